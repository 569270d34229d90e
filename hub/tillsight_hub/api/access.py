"""`/api/v1/me`, `/api/v1/users`, `/api/v1/tokens`: accounts and API tokens over HTTP, for admins."""

from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from ..access import (
    BadAccount,
    CurrentAdmin,
    CurrentViewer,
    add_user,
    create_token,
    disable_user,
    enable_user,
    list_tokens,
    list_users,
    revoke_token,
    set_password,
)
from ..access.accounts import User, UserRole
from ..access.tokens import Token
from ..services import ServicesDep
from ..viewer import Role, Viewer

router = APIRouter(prefix="/api/v1", tags=["access"])


class NewUser(BaseModel):
    """An account to make."""

    name: str
    password: str
    role: UserRole
    scope: str | None = Field(None, description="org, region or store id; null means everything")


class UserChange(BaseModel):
    """What to change of an account; absent fields stay as they are."""

    password: str | None = None
    disabled: bool | None = None


class NewToken(BaseModel):
    """An API token to make."""

    name: str
    role: Role
    scope: str | None = Field(None, description="org, region or store id; for role `device` the device id")
    days: float | None = Field(None, gt=0, description="its life; null means for ever")


class MadeToken(BaseModel):
    """A new token: this answer is the only place where it can be read."""

    token: str


Done = dict[Literal["done"], bool]
DONE: Done = {"done": True}


@router.get("/me")
def me(viewer: CurrentViewer) -> Viewer:
    """Who you are to the hub."""
    return viewer


@router.get("/users")
def users(_: CurrentAdmin, services: ServicesDep) -> list[User]:
    """Every account."""
    return list_users(services.engine)


@router.post("/users", status_code=201)
def make_user(admin: CurrentAdmin, services: ServicesDep, new: NewUser) -> Done:
    """Make an account."""
    try:
        add_user(services.engine, new.name, new.password, new.role, new.scope, actor=admin.name)
    except BadAccount as problem:
        raise HTTPException(422, str(problem)) from problem
    return DONE


@router.patch("/users/{name}")
def change_user(admin: CurrentAdmin, services: ServicesDep, name: str, change: UserChange) -> Done:
    """Give an account a new password, lock it or unlock it; the first two end its sessions."""
    try:
        if change.password is not None:
            set_password(services.engine, name, change.password, actor=admin.name)
        if change.disabled is not None:
            (disable_user if change.disabled else enable_user)(services.engine, name, actor=admin.name)
    except BadAccount as problem:
        raise HTTPException(422, str(problem)) from problem
    return DONE


@router.get("/tokens")
def tokens(_: CurrentAdmin, services: ServicesDep) -> list[Token]:
    """Every token, without the secret itself."""
    return list_tokens(services.engine)


@router.post("/tokens", status_code=201)
def make_token(admin: CurrentAdmin, services: ServicesDep, new: NewToken) -> MadeToken:
    """Make a token."""
    try:
        token = create_token(services.engine, new.name, new.role, new.scope, new.days, actor=admin.name)
    except BadAccount as problem:
        raise HTTPException(422, str(problem)) from problem
    return MadeToken(token=token)


@router.delete("/tokens/{number}")
def end_token(admin: CurrentAdmin, services: ServicesDep, number: Annotated[int, Field(ge=1)]) -> Done:
    """Revoke a token at once."""
    try:
        revoke_token(services.engine, number, actor=admin.name)
    except BadAccount as problem:
        raise HTTPException(404, str(problem)) from problem
    return DONE
