"""`/api/v1/settings/{place}`: what devices are set to, by place, with every version that there was."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from ..access import require_role
from ..database import writing
from ..hierarchy import Hierarchy, read_hierarchy
from ..services import ServicesDep
from ..viewer import Viewer
from ..wanted.device_settings import (
    MOST_VERSIONS,
    Change,
    Version,
    decided,
    go_back,
    path_seen,
    read_held,
    read_settings,
    read_steps,
    set_settings,
)
from ..wanted.errors import BadSettings, StaleSettings
from .reading import READ_ERRORS, Utc, utc

router = APIRouter(prefix="/api/v1/settings", tags=["devices"], responses=READ_ERRORS)

Reader = Annotated[Viewer, Depends(require_role("admin", "ops", "manager"))]
Setter = Annotated[Viewer, Depends(require_role("admin", "ops"))]
IfMatch = Annotated[str | None, Header(description='the version that you read: `"12"`')]


class DecidedOut(BaseModel):
    """A setting that is in force somewhere, and the place that decides."""

    value: Any
    place: str


class SettingsOut(BaseModel):
    """What a place sets, and what holds there."""

    place: str = Field(description="an org, region, store or touchpoint, or `device:box-1`")
    version: int = Field(description="0: this place never set anything")
    settings: dict[str, Any]
    at: Utc | None
    actor: str | None
    decided: dict[str, DecidedOut] = Field(description="by setting, also by the places above")


class ChangeOut(BaseModel):
    """What a version made of a setting; `before` and `after` are absent where it was, or is, not set."""

    name: str
    before: Any = None
    after: Any = None


class VersionOut(BaseModel):
    """What a place set at one time, and how that differs from the version before it."""

    version: int
    at: Utc
    actor: str
    settings: dict[str, Any]
    changes: list[ChangeOut]


class SettingsIn(BaseModel):
    """All that the place is to set from now on, or an earlier version to go back to."""

    model_config = ConfigDict(extra="forbid")

    settings: dict[str, Any] | None = Field(None, description="what is absent is left to the places above")
    version: Annotated[int, Field(ge=0)] | None = None


@router.get("/{place}")
def settings(place: str, reader: Reader, services: ServicesDep, response: Response) -> SettingsOut:
    """What the place sets now. `ETag` has the version, for `If-Match`."""
    with services.engine.connect() as connection:
        path = _path(reader, read_hierarchy(connection), place)
        return _told(connection, path, response)


@router.put("/{place}")
def put_settings(  # noqa: PLR0917
    place: str,
    setter: Setter,
    services: ServicesDep,
    wanted: SettingsIn,
    response: Response,
    if_match: IfMatch = None,
) -> SettingsOut:
    """Set it: wholly, and only if nobody changed it since you read it. 428 without `If-Match`, 412 where
    somebody was first, 422 with a problem by setting where a device could not follow."""
    base = _base(if_match)
    if (wanted.settings is None) == (wanted.version is None):
        raise HTTPException(422, "expected one of settings and version")
    try:
        with writing(services.engine) as connection:
            path = _path(setter, read_hierarchy(connection), place)
            if wanted.settings is not None:
                set_settings(connection, place, wanted.settings, base, setter.name)
            else:
                go_back(connection, place, wanted.version or 0, base, setter.name)
            return _told(connection, path, response)
    except StaleSettings as error:
        raise HTTPException(412, f"{error.problems['base']} changed it since") from error
    except BadSettings as error:
        raise HTTPException(422, str(error)) from error
    except LookupError as error:
        raise HTTPException(404, str(error)) from error


@router.get("/{place}/history", response_model_exclude_unset=True)
def history(
    place: str,
    reader: Reader,
    services: ServicesDep,
    most: Annotated[int, Query(ge=1, le=MOST_VERSIONS)] = 20,
) -> list[VersionOut]:
    """The newest versions first, each with what it changed."""
    with services.engine.connect() as connection:
        _path(reader, read_hierarchy(connection), place)
        return [_version(each, changed) for each, changed in read_steps(connection, place, most)]


def _path(viewer: Viewer, hierarchy: Hierarchy, place: str) -> tuple[str, ...]:
    """The place and those above it; 404 where it is not wholly within what they may see."""
    path = path_seen(hierarchy, viewer, place)
    if not path:
        raise HTTPException(404, f"place {place!r}: you see no such place")
    return path


def _base(if_match: str | None) -> int:
    if if_match is None:
        raise HTTPException(428, 'send If-Match with the version that you read, such as "12"')
    text = if_match.strip().removeprefix("W/").strip('"')
    return int(text) if text.isdecimal() else -1


def _told(connection: Connection, path: tuple[str, ...], response: Response) -> SettingsOut:
    held = read_held(connection, path[0])
    response.headers["ETag"] = f'"{held.number}"'
    by_name = decided(read_settings(connection), path)
    return SettingsOut(
        place=path[0],
        version=held.number,
        settings=dict(held.settings),
        at=utc(held.at) if held.number else None,
        actor=held.actor or None,
        decided={name: DecidedOut(value=value, place=place) for name, (value, place) in by_name.items()},
    )


def _version(version: Version, changed: Sequence[Change]) -> VersionOut:
    return VersionOut(
        version=version.number,
        at=utc(version.at),
        actor=version.actor,
        settings=dict(version.settings),
        changes=[_change(each) for each in changed],
    )


def _change(change: Change) -> ChangeOut:
    before = {"before": change.before} if change.was_set else {}
    return ChangeOut(name=change.name, **before, **({"after": change.after} if change.is_set else {}))
