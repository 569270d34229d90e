"""`/settings/{place}`: what the devices of a place are set to, who decided that, and every version before."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, HTTPException
from sqlalchemy import Connection, select
from starlette.responses import RedirectResponse, Response

from tillsight_models.events import CameraReported
from tillsight_models.wanted_cameras import EVERY

from ..access import wrong_role
from ..access.clock import now_ms
from ..access.forms import CheckedForm, LongForm
from ..hierarchy import Hierarchy
from ..shown.places import names_of
from ..tables import event
from ..wanted.device_settings import (
    changes,
    decided,
    go_back,
    path_seen,
    read_held,
    read_history,
    read_settings,
    read_version,
    set_settings,
)
from ..wanted.errors import BadSettings, StaleSettings
from ..wanted.keeping import read_wanted
from ..wanted.named_settings import OF_DEVICE, typed
from .desk import Desk, DeskDep
from .settings_fields import (
    CAMERA,
    HEIGHT,
    WIDTH,
    Known,
    camera_blocks,
    cameras_in,
    device_fields,
    typed_in,
    typed_settings,
    values_of,
)

router = APIRouter(include_in_schema=False)

READERS = ("admin", "ops", "manager")
SETTERS = ("admin", "ops")
HEARD_MS = 2 * 86_400_000
"""Cameras that told something within so long are on their device's form."""
MOST_HEARD = 200
VERSIONS_SHOWN = 50


@dataclass(frozen=True)
class Typed:
    """A form that is shown again."""

    fields: Mapping[str, str]
    problems: Mapping[str, str]
    base: int
    """Version that it began with."""


@router.get("/settings/{place}")
def settings_page(desk: DeskDep, place: str) -> Response:
    """The form of one place, or of a device: `device:box-1`."""
    return _page(desk, place)


@router.post("/settings/{place}")
def keep_settings(desk: DeskDep, place: str, form: LongForm) -> Response:
    """Set it; with `look` it is only drawn."""
    _must_set(desk)
    fields, base = typed_in(form), _number(form.get("base"))
    try:
        values = values_of(fields)
        if "look" in form:
            return _page(desk, place, Typed(fields, {}, base))
        with desk.writing() as (connection, hierarchy):
            _path(desk, hierarchy, place)
            set_settings(connection, place, values, base, desk.viewer.name)
    except BadSettings as error:
        status = 409 if isinstance(error, StaleSettings) else 422
        return _page(desk, place, Typed(fields, error.problems, base), status)
    return RedirectResponse(f"/settings/{place}?saved=1", 303)


@router.get("/settings/{place}/versions")
def versions_page(
    desk: DeskDep, place: str, number: int | None = None, before: int | None = None
) -> Response:
    """Every version of a place, and what is different between two of them."""
    return _versions(desk, place, number, before)


@router.post("/settings/{place}/versions")
def back_to_version(desk: DeskDep, place: str, form: CheckedForm) -> Response:
    """Go back to an earlier one: a new version with its content."""
    _must_set(desk)
    number = _number(form.get("number"))
    try:
        with desk.writing() as (connection, hierarchy):
            _path(desk, hierarchy, place)
            go_back(connection, place, number, _number(form.get("base")), desk.viewer.name)
    except StaleSettings as error:
        return _versions(desk, place, number, None, error)
    except BadSettings as error:  # what an older program kept, and this one does not
        raise HTTPException(422, str(error)) from error
    except LookupError as error:
        raise HTTPException(404, str(error)) from error
    return RedirectResponse(f"/settings/{place}?saved=1", 303)


def _path(desk: Desk, hierarchy: Hierarchy, place: str) -> tuple[str, ...]:
    """The place and those above it; 404 where it is not wholly within what they may see."""
    path = path_seen(hierarchy, desk.viewer, place)
    if not path:
        raise HTTPException(404, f"place {place!r}: you see no such place")
    return path


def _page(desk: Desk, place: str, shown: Typed | None = None, status: int = 200) -> Response:
    _must_read(desk)
    with desk.reading() as (connection, hierarchy):
        path = _path(desk, hierarchy, place)
        settings, held = read_settings(connection), read_held(connection, place)
        history = read_history(connection, place, 5)
        wanted = read_wanted(connection)
        heard = _heard(connection, place)
    names = _names(hierarchy)
    above = {name: (value, names[by]) for name, (value, by) in decided(settings, path[1:]).items()}
    shown = shown or Typed(typed_settings(held.settings), {}, held.number)
    known = Known(shown.fields, above, shown.problems)
    is_device = place.startswith(OF_DEVICE)
    asked = desk.request.query_params.get("camera", "")
    more = [asked] if CAMERA.fullmatch(asked) else []
    cameras = sorted({*cameras_in(shown.fields, held.settings), *heard, *more}) if is_device else []
    inside = {each.id for each in hierarchy.within(place)}
    return desk.page(
        "devices/settings.html",
        status,
        place=place,
        name=names[place],
        base=shown.base,
        fields=device_fields(known),
        cameras=camera_blocks(known, [EVERY, *cameras]),
        is_device=is_device,
        drawing=(WIDTH, HEIGHT),
        problems=shown.problems,
        places_above=[(id, names[id]) for id in path[1:]],
        history=history,
        devices=[
            (each, wanted.get(each.id))
            for each in hierarchy.devices.values()
            if not each.is_import and (each.touchpoint_id in inside or place == f"{OF_DEVICE}{each.id}")
        ],
        may_set=desk.viewer.role in SETTERS,
        saved="saved" in desk.request.query_params,
    )


def _versions(
    desk: Desk, place: str, number: int | None, before: int | None, stale: StaleSettings | None = None
) -> Response:
    _must_read(desk)
    with desk.reading() as (connection, hierarchy):
        _path(desk, hierarchy, place)
        history = read_history(connection, place, VERSIONS_SHOWN)
        held = read_held(connection, place)
        after = held if number is None else read_version(connection, place, number)
        earlier = next((each.number for each in history if after and each.number < after.number), 0)
        base = read_version(connection, place, earlier if before is None else before)
    if after is None or base is None:
        raise HTTPException(404, f"version {number}: {place} had no such version")
    return desk.page(
        "devices/settings_versions.html",
        409 if stale else 200,
        place=place,
        name=_names(hierarchy)[place],
        history=history,
        held=held,
        shown=after,
        against=base,
        changes=changes(base.settings, after.settings),
        typed=typed,
        stale=stale,
        may_set=desk.viewer.role in SETTERS,
    )


def _heard(connection: Connection, place: str) -> set[str]:
    """Names of a device's cameras, as far as it told of them lately."""
    if not place.startswith(OF_DEVICE):
        return set()
    query = (
        select(event.c.data)
        .where(event.c.dev == place.removeprefix(OF_DEVICE), event.c.type == CameraReported.TYPE)
        .where(event.c.t >= now_ms() - HEARD_MS)
        .order_by(event.c.t.desc())
        .limit(MOST_HEARD)
    )
    names = {str(json.loads(data).get("camera")) for data in connection.scalars(query)}
    return {name for name in names if CAMERA.fullmatch(name)}


def _names(hierarchy: Hierarchy) -> dict[str, str]:
    return names_of(hierarchy) | {f"{OF_DEVICE}{id}": id for id in hierarchy.devices}


def _must_read(desk: Desk) -> None:
    if desk.viewer.role not in READERS:
        raise wrong_role(desk.viewer, READERS)


def _must_set(desk: Desk) -> None:
    if desk.viewer.role not in SETTERS:
        raise wrong_role(desk.viewer, SETTERS)


def _number(text: object) -> int:
    """A version's number; -1, which none has, for anything else."""
    return int(str(text)) if str(text).isdecimal() else -1
