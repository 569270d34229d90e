"""`/api/v1/chain`: the hierarchy, changed one place at a time, and what a change would mean."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field

from tillsight_models.errors import BadConfig

from ..access import CurrentAdmin, require_role
from ..chain.changing import NoSuchPlace, Outlook, PlaceStays, change, foresee, remove
from ..chain.places import Branch, Kind, as_values, place_seed, told_by, tree
from ..hierarchy import read_hierarchy
from ..services import ServicesDep
from ..viewer import Viewer
from .reading import READ_ERRORS

router = APIRouter(prefix="/api/v1/chain", tags=["places"], responses=READ_ERRORS)

ChainReader = Annotated[Viewer, Depends(require_role("admin", "ops"))]
Values = Annotated[
    dict[str, Any],
    Body(description="fields as in the hierarchy file, without the id; absent ones stay as they are"),
]


class BranchOut(BaseModel):
    """A place with what lies in it."""

    kind: Kind
    id: str
    name: str
    within: list["BranchOut"]


class OutlookOut(BaseModel):
    """What a change means, or has meant."""

    done: bool = Field(description="false: this is only what it would mean")
    is_new: bool
    recounted: list[str] = Field(description="touchpoints whose events come into other hours and days")
    events: int = Field(description="stored events of those, which are counted anew")
    rescaled: list[str] = Field(description="touchpoints with another scale: older presses leave the scores")
    resourced: list[str] = Field(description="touchpoints of which something else counts who was served")
    regrouped: list[str] = Field(description="touchpoints that come into another place, with their past")
    readdressed: list[str] = Field(description="devices whose configuration has to follow")


class ChangeQuery(BaseModel):
    """How to change."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    preview: bool = Field(False, description="only say what it would mean")


Done = dict[Literal["done"], bool]


@router.get("")
def chain(viewer: ChainReader, services: ServicesDep) -> list[BranchOut]:
    """From the orgs down to the devices, as far as you may see."""
    with services.engine.connect() as connection:
        hierarchy = read_hierarchy(connection)
    return [_branch(org) for org in tree(hierarchy, viewer.scope)]


@router.put("/{kind}/{id}")
def put_place(
    *,
    admin: CurrentAdmin,
    services: ServicesDep,
    kind: Kind,
    id: str,
    values: Values,
    query: Annotated[ChangeQuery, Query()],
) -> OutlookOut:
    """Make or change a place. The id is the one in the address, and stays."""
    with services.engine.connect() as connection:
        known = as_values(connection, kind, id) or {}
    told = told_by(services.config.seed).get((kind, id), frozenset()) & values.keys()
    if held := sorted(name for name in told if values[name] != known.get(name)):
        raise HTTPException(409, f"{held[0]}: the file {services.config.seed} says it: change it there")
    try:
        seed = place_seed(kind, {**known, **values, "id": id})
        outlook = foresee(services.engine, seed)
        if not query.preview:
            words = f"{kind} {id}: {', '.join(f'{name} {value}' for name, value in values.items())}"
            change(services.engine, seed, admin.name, words)
    except BadConfig as error:
        raise HTTPException(422, "; ".join(error.problems)) from error
    return _outlook(outlook, done=not query.preview)


@router.delete("/{kind}/{id}")
def remove_place(admin: CurrentAdmin, services: ServicesDep, kind: Kind, id: str) -> Done:
    """Take out a place that nothing was ever heard of; 409 says what holds it."""
    try:
        remove(services.engine, kind, id, admin.name)
    except NoSuchPlace as error:
        raise HTTPException(404, str(error)) from error
    except PlaceStays as error:
        raise HTTPException(409, str(error)) from error
    return {"done": True}


def _branch(branch: Branch) -> BranchOut:
    within = [_branch(each) for each in branch.branches]
    return BranchOut(kind=branch.kind, id=branch.id, name=branch.name, within=within)


def _outlook(outlook: Outlook, *, done: bool) -> OutlookOut:
    return OutlookOut(
        done=done,
        is_new=outlook.is_new,
        recounted=list(outlook.recounted),
        events=outlook.events,
        rescaled=list(outlook.rescaled),
        resourced=list(outlook.resourced),
        regrouped=list(outlook.regrouped),
        readdressed=[box.id for box in outlook.readdressed],
    )
