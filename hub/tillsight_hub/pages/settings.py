"""`/settings/{place}`: what the devices of a place are set to, who decided that, and every version before."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, HTTPException
from starlette.responses import RedirectResponse, Response

from tillsight_models.wanted import REMOTE

from ..access.forms import CheckedForm
from ..hierarchy import Hierarchy
from ..shown.places import has_whole, names_of, upwards
from ..wanted.device_settings import (
    OF_DEVICE,
    Version,
    decided,
    path_of,
    read_history,
    read_settings,
    set_settings,
)
from ..wanted.errors import BadSettings
from ..wanted.keeping import read_wanted
from .desk import Desk, DeskDep

router = APIRouter(include_in_schema=False)

READERS = ("admin", "ops", "manager")
SETTERS = ("admin", "ops")


@dataclass(frozen=True)
class Field:
    """One setting on the form."""

    name: str
    least: float
    most: float
    typed: str
    above: float | None
    """What it is where this place sets nothing; None: as each device's own file says."""
    decides: str
    """Name of the place above that decides."""
    problem: str


@router.get("/settings/{place}")
def settings_page(desk: DeskDep, place: str) -> Response:
    """The form of one place, or of a device: `device:box-1`."""
    return _page(desk, place)


@router.post("/settings/{place}")
def keep_settings(desk: DeskDep, place: str, form: CheckedForm) -> Response:
    """Set it."""
    if desk.viewer.role not in SETTERS:
        raise HTTPException(403, f"your role is {desk.viewer.role}; this needs {' or '.join(SETTERS)}")
    typed = {name: str(form.get(name, "")).strip()[:40] for name in REMOTE}
    base = str(form.get("base", "0"))
    try:
        values = _values(typed)
        with desk.writing() as (connection, hierarchy):
            _path(desk, hierarchy, place)
            number = int(base) if base.isdecimal() else -1
            set_settings(connection, place, values, number, desk.viewer.name)
    except BadSettings as error:
        return _page(desk, place, typed, error.problems, 409 if "base" in error.problems else 422)
    return RedirectResponse(f"/settings/{place}?saved=1", 303)


def _values(typed: Mapping[str, str]) -> dict[str, float]:
    """Empty fields leave it to the place above; BadSettings where something is no number."""
    values, problems = {}, {}
    for name, text in typed.items():
        if not text:
            continue
        try:
            values[name] = float(text.replace(",", "."))
        except ValueError:
            values[name] = math.nan
        if not math.isfinite(values[name]):
            problems[name] = "{:g}-{:g}".format(*REMOTE[name])
    if problems:
        raise BadSettings(problems)
    return values


def _page(
    desk: Desk,
    place: str,
    typed: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    if desk.viewer.role not in READERS:
        raise HTTPException(403, f"your role is {desk.viewer.role}; this needs {' or '.join(READERS)}")
    with desk.reading() as (connection, hierarchy):
        path = _path(desk, hierarchy, place)
        settings, history = read_settings(connection), read_history(connection, place)
        wanted = read_wanted(connection)
    held = settings.get(place, Version(0, place, {}, 0, ""))
    names = names_of(hierarchy) | {f"{OF_DEVICE}{id}": id for id in hierarchy.devices}
    above = decided(settings, path[1:])
    shown = {name: f"{held.settings[name]:g}" for name in held.settings} if typed is None else typed
    wrong = problems or {}
    fields = [
        Field(
            name,
            *REMOTE[name],
            typed=shown.get(name, ""),
            above=above[name][0] if name in above else None,
            decides=names[above[name][1]] if name in above else "",
            problem=wrong.get(name, ""),
        )
        for name in REMOTE
    ]
    inside = {each.id for each in hierarchy.within(place)}
    devices = [
        (each, wanted.get(each.id))
        for each in hierarchy.devices.values()
        if not each.is_import and (each.touchpoint_id in inside or place == f"{OF_DEVICE}{each.id}")
    ]
    return desk.page(
        "devices/settings.html",
        status,
        place=place,
        name=names[place],
        base=held.number,
        fields=fields,
        problems=wrong,
        places_above=[(id, names[id]) for id in path[1:]],
        history=history,
        devices=devices,
        may_set=desk.viewer.role in SETTERS,
        saved="saved" in desk.request.query_params,
    )


def _path(desk: Desk, hierarchy: Hierarchy, place: str) -> tuple[str, ...]:
    """The place and those above it; 404 where it is not wholly within what they may see."""
    device = hierarchy.devices.get(place.removeprefix(OF_DEVICE)) if place.startswith(OF_DEVICE) else None
    if device is None:
        desk.must_have(hierarchy, place)
        return tuple(upwards(hierarchy, place))
    if not has_whole(hierarchy, desk.viewer, device.touchpoint_id):
        raise HTTPException(404, f"device {device.id!r}: you see none of this id")
    return path_of(hierarchy, device)
