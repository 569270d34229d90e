"""`/chain`: the hierarchy, and one form for each kind of place in it."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import available_timezones

from babel import Locale
from fastapi import APIRouter, HTTPException
from sqlalchemy import Connection, select
from starlette.responses import RedirectResponse, Response

from tillsight_models.errors import BadConfig
from tillsight_models.problems import Problem
from tillsight_models.scales import SCALES

from ..access import wrong_role
from ..access.clock import now_ms
from ..access.forms import CheckedForm
from ..chain.changing import NoSuchPlace, Outlook, PlaceStays, change, foresee, held_by, remove
from ..chain.places import MODELS, PARENTS, TABLES, Kind, as_values, choices, place_seed, told_by, tree
from ..hierarchy import Hierarchy
from ..viewer import Viewer
from .desk import Desk, DeskDep
from .place_form import PlaceForm, explain, filled, typed_in, values_of

router = APIRouter(include_in_schema=False)

READERS = ("admin", "ops")
SPOKEN = ("en", "it", "de", "fr", "es", "pt", "nl", "pl", "ar")
"""Languages that a store's shoppers may be offered; reports come in those that the pages speak."""
REVIEW_WARNS_DAYS = 30


@router.get("/chain")
def chain_page(desk: DeskDep) -> Response:
    """Every place that the viewer may see, from the orgs down to the boxes."""
    _may_read(desk.viewer)
    with desk.reading() as (connection, hierarchy):
        lives = _lives(connection)
    return desk.page(
        "chain.html",
        orgs=tree(hierarchy, desk.viewer.scope),
        places=hierarchy,
        lives=lives,
        due=_in_days(REVIEW_WARNS_DAYS),
        today=_in_days(0),
        may_change=may_change(desk.viewer),
        seed=desk.services.config.seed,
        told=told_by(desk.services.config.seed),
    )


@router.get("/chain/add/{kind}")
def new_place(desk: DeskDep, kind: Kind, parent: str = "") -> Response:
    """An empty form, inside the place that one came from."""
    _must_change(desk.viewer)
    defaults = {
        name: field.get_default(call_default_factory=True)
        for name, field in MODELS[kind].model_fields.items()
    }
    values = {name: value if isinstance(value, (str, dict)) else None for name, value in defaults.items()}
    if kind in PARENTS:
        values[PARENTS[kind]] = parent
    if kind == "store":
        with desk.reading() as (_, hierarchy):
            values |= _like_the_neighbours(hierarchy, parent)
    return _form(desk, filled(kind, values), id=None)


@router.post("/chain/add/{kind}")
def add_place(desk: DeskDep, kind: Kind, form: CheckedForm) -> Response:
    """Make the place."""
    _must_change(desk.viewer)
    with desk.reading() as (_, hierarchy):
        taken = _ids(hierarchy, kind)
    shown = typed_in(kind, form, None, taken)
    values = values_of(shown, desk.pages.t)
    if shown.typed["id"] in taken:
        shown.problems["id"] = desk.pages.t("chain.wrong_taken", id=shown.typed["id"])
    if not shown.problems:
        try:
            seed = place_seed(kind, values)
            change(desk.services.engine, seed, desk.viewer.name, f"{kind} {values['id']}: {values['name']}")
        except BadConfig as error:
            explain(shown, error, desk.pages.t)
        else:
            return RedirectResponse(_after(kind, values), 303)
    return _form(desk, shown, id=None, status=422)


@router.get("/chain/{kind}/{id}")
def place_page(desk: DeskDep, kind: Kind, id: str) -> Response:
    """The form of a place."""
    _may_read(desk.viewer)
    with desk.reading() as (connection, hierarchy):
        values = _sees(connection, hierarchy, desk.viewer, kind, id)
    return _form(desk, filled(kind, values), id=id)


@router.post("/chain/{kind}/{id}")
def change_place(desk: DeskDep, kind: Kind, id: str, form: CheckedForm) -> Response:
    """Change the place; what a change means is shown first, and the change made once that is agreed to."""
    _must_change(desk.viewer)
    with desk.reading() as (connection, hierarchy):
        before = _sees(connection, hierarchy, desk.viewer, kind, id)
    told = told_by(desk.services.config.seed).get((kind, id), frozenset())
    shown = typed_in(kind, form, id, ())
    shown.keep(filled(kind, before), told)
    values = values_of(shown, desk.pages.t)
    if not shown.problems:
        try:
            seed = place_seed(kind, values)
            outlook = foresee(desk.services.engine, seed)
            if outlook.is_plain or form.get("agreed") == _seal(outlook, values):
                words = f"{kind} {id}: {_difference(before, values)}"
                change(desk.services.engine, seed, desk.viewer.name, words)
                return RedirectResponse(f"/chain#{kind}-{id}", 303)
        except BadConfig as error:
            explain(shown, error, desk.pages.t)
        else:
            seal = _seal(outlook, values)
            return _form(desk, shown, id=id, outlook=outlook, seal=seal)
    return _form(desk, shown, id=id, status=422)


@router.post("/chain/{kind}/{id}/remove")
def remove_place(desk: DeskDep, kind: Kind, id: str, _: CheckedForm) -> Response:
    """Take out what nothing was ever heard of."""
    _must_change(desk.viewer)
    try:
        remove(desk.services.engine, kind, id, desk.viewer.name)
    except NoSuchPlace as error:
        raise HTTPException(404, str(error)) from error
    except PlaceStays:
        with desk.reading() as (connection, hierarchy):
            shown = filled(kind, _sees(connection, hierarchy, desk.viewer, kind, id))
        return _form(desk, shown, id=id, status=422)
    return RedirectResponse("/chain", 303)


def may_change(viewer: Viewer) -> bool:
    """Places belong to no part: who changes them must be admin of everything."""
    return viewer.role == "admin" and viewer.scope is None


def _may_read(viewer: Viewer) -> None:
    if viewer.role not in READERS:
        raise wrong_role(viewer, ("admin", "ops"))


def _must_change(viewer: Viewer) -> None:
    if not may_change(viewer):
        line = "places are changed by an admin of everything"
        raise HTTPException(403, Problem(line, "places_by_admin"))


def _sees(
    connection: Connection, hierarchy: Hierarchy, viewer: Viewer, kind: Kind, id: str
) -> dict[str, Any]:
    """The place's fields; 404 where there is none, or not in what the viewer may see."""
    values = as_values(connection, kind, id)
    seen = {place.id for place in hierarchy.within(viewer.scope)}
    if kind == "device":
        box = hierarchy.devices.get(id)
        inside = box is not None and not box.is_import and box.touchpoint_id in seen
    else:
        held = {place.id for place in hierarchy.within(id)}
        inside = viewer.scope is None or (bool(held) and held <= seen)
    if values is None or not inside:
        raise HTTPException(404, f"{kind} {id!r}: you see none of this id")
    return values


def _form(
    desk: Desk,
    shown: PlaceForm,
    *,
    id: str | None,
    status: int = 200,
    outlook: Outlook | None = None,
    seal: str = "",
) -> Response:
    """`id` None: the form of a place that is not there yet."""
    kind = shown.kind
    with desk.reading() as (connection, hierarchy):
        held = held_by(connection, kind, id) if id else {}
    return desk.page(
        "chain/place.html",
        status,
        form=shown,
        kind=kind,
        id=id,
        parent_kind=PARENTS.get(kind),
        parents=choices(hierarchy, PARENTS[kind]) if kind in PARENTS else [],
        zones=sorted(available_timezones()) if kind == "store" else [],
        scales=SCALES,
        spoken=[(code, _own_name(code)) for code in SPOKEN],
        held=held,
        outlook=outlook,
        seal=seal,
        places=hierarchy,
        told=told_by(desk.services.config.seed).get((kind, id or ""), frozenset()),
        seed=desk.services.config.seed,
        may_change=may_change(desk.viewer),
    )


def _like_the_neighbours(hierarchy: Hierarchy, region: str) -> dict[str, Any]:
    """A chain's next store is mostly open like the one before, in the same zone."""
    stores = list(hierarchy.stores.values())
    near = [store for store in stores if store.region_id == region] or stores
    if not near:
        return {}
    like = near[-1]
    hours = json.loads(like.calendar.hours.to_json())
    return {"tz": like.calendar.tz, "opening_hours": hours, "language": like.language}


def _ids(hierarchy: Hierarchy, kind: Kind) -> list[str]:
    """Ids that a new place of this kind cannot have."""
    if kind == "device":
        return list(hierarchy.devices)
    return [*hierarchy.orgs, *hierarchy.regions, *hierarchy.stores, *hierarchy.touchpoints]


def _after(kind: Kind, values: Mapping[str, Any]) -> str:
    """A new device has to be connected next; else back to the tree."""
    return f"/devices/{values['id']}/connect" if kind == "device" else f"/chain#{kind}-{values['id']}"


def _lives(connection: Connection) -> dict[str, Any]:
    """By touchpoint: who answers for it, and its dates."""
    place = TABLES["touchpoint"].c
    query = select(place.id, place.owner, place.opened, place.closed, place.review_due)
    return {row.id: row for row in connection.execute(query)}


def _in_days(days: int) -> str:
    return date.fromordinal(date.fromtimestamp(now_ms() / 1000).toordinal() + days).isoformat()  # noqa: DTZ012


def _own_name(code: str) -> str:
    return str(Locale.parse(code).get_display_name(code))


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Which fields changed, from what to what."""
    changed = [
        f"{name} {before.get(name)} to {value}"
        for name, value in after.items()
        if (value or None) != (before.get(name) or None)
    ]
    return "; ".join(changed) or "as it was"


def _seal(outlook: Outlook, values: Mapping[str, Any]) -> str:
    """Agreed to is this change with this outlook, and no other."""
    return hashlib.sha256(repr((outlook, sorted(values.items(), key=str))).encode()).hexdigest()[:32]
