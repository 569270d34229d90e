"""The first page of an empty hub: a form makes the first store, touchpoint and box; the next connects it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from tillsight_models.configuration import read_settings
from tillsight_models.errors import BadConfig
from tillsight_models.scales import SCALES

from ..access import PageSession
from ..access.asking import whole_admin
from ..access.forms import CheckedForm
from ..calendar import WEEKDAYS, OpeningHours, zone
from ..chain.changing import change
from ..errors import BadHours, BadZone
from ..hierarchy import Hierarchy
from ..seed import Seed
from ..services import ServicesDep
from .place_form import slug_of, spans_of
from .rendering import Pages, PagesDep
from .source import SourceDep
from .texts import Texts

router = APIRouter(include_in_schema=False)

LOCAL_ZONE = Path("/etc/localtime")
OPEN_DAYS = {"mon-sat": 6, "mon-fri": 5, "every": 7}
NAMES = ("org", "region", "store", "touchpoint")


@dataclass
class FirstForm:
    """What the form shows."""

    typed: dict[str, str]
    problems: dict[str, str] = field(default_factory=dict)
    """By field; under "" what belongs to none."""


def first_page(
    request: Request,
    session: PageSession,
    pages: Pages,
    hierarchy: Hierarchy,
    form: FirstForm | None = None,
) -> Response:
    """The welcome; with the form for who may fill it in."""
    status = 422 if form and form.problems else 200
    return pages.page(
        request,
        "first_run.html",
        session,
        status,
        structure=hierarchy.version,
        form=form or _defaults(hierarchy, pages),
        zones=sorted(available_timezones()),
        scales=SCALES,
        open_days=OPEN_DAYS,
        may_begin=session.viewer.role == "admin" and session.viewer.scope is None,
    )


@router.post("/first")
def begin(
    *,
    request: Request,
    session: PageSession,
    services: ServicesDep,
    pages: PagesDep,
    source: SourceDep,
    form: CheckedForm,
) -> Response:
    """Make the first places, and go on to the box; where there are some, `/chain` changes them."""
    whole_admin(session.viewer)
    with source.reading() as (_, hierarchy):
        if hierarchy.touchpoints:
            return RedirectResponse("/chain", 303)
        shown = FirstForm(_typed(form))
        ids = _ids(shown.typed, hierarchy)
        values = _values(shown, ids, pages)
    if not shown.problems:
        try:
            seed = read_settings(values, Seed)
            words = f"first places: {', '.join(ids.values())}"
            change(services.engine, seed, session.viewer.name, words)
        except BadConfig as error:
            shown.problems[""] = pages.tell_all(error.problems)
        else:
            return RedirectResponse(f"/devices/{ids['device']}/connect", 303)
    return first_page(request, session, pages, hierarchy, shown)


def _typed(form: FormData) -> dict[str, str]:
    names = (*NAMES, "tz", "hours", "days", "scale", "device")
    return {name: str(form.get(name, "")).strip()[:200] for name in names}


def _defaults(hierarchy: Hierarchy, pages: Pages) -> FirstForm:
    """What fits most, with the names of what is there already."""
    t = pages.t
    known: dict[str, Mapping[str, Any]] = {
        "org": hierarchy.orgs,
        "region": hierarchy.regions,
        "store": hierarchy.stores,
    }
    here: dict[str, str] = {}
    for kind, places in known.items():
        first: Any = next(iter(places.values()), None)
        here[kind] = first.name if first else ""
    return FirstForm(
        {
            "org": here["org"],
            "region": here["region"] or t("first.region_default"),
            "store": here["store"],
            "touchpoint": t("first.touchpoint_default"),
            "tz": _zone_here(),
            "hours": "09:00-20:00",
            "days": "mon-sat",
            "scale": "smiley-4",
            "device": t("first.device_default"),
        }
    )


def _values(form: FirstForm, ids: Mapping[str, str], pages: Pages) -> dict[str, Any]:
    """A seed of one place of each kind; what cannot be read is a problem beside its field."""
    typed, t = form.typed, pages.t
    for name in NAMES:
        if not typed[name]:
            form.problems[name] = t("chain.wrong_name")
        elif not ids[name]:
            form.problems[name] = t("first.wrong_letters")
    try:
        zone(typed["tz"])
    except BadZone:
        form.problems["tz"] = t("chain.wrong_tz")
    store = {
        "id": ids["store"],
        "name": typed["store"],
        "region": ids["region"],
        "tz": typed["tz"],
        "language": pages.language,
        "opening_hours": _hours(form, t),
    }
    till = {
        "id": ids["touchpoint"],
        "name": typed["touchpoint"],
        "store": ids["store"],
        "scale": typed["scale"] or "smiley-4",
    }
    box = {"id": ids["device"], "name": typed["device"], "touchpoint": ids["touchpoint"]}
    return {
        "org": [{"id": ids["org"], "name": typed["org"]}],
        "region": [{"id": ids["region"], "name": typed["region"], "org": ids["org"]}],
        "store": [store],
        "touchpoint": [till],
        "device": [box],
    }


def _hours(form: FirstForm, t: Texts) -> dict[str, list[str]]:
    try:
        spans = spans_of(form.typed["hours"])
        hours = dict.fromkeys(WEEKDAYS[: OPEN_DAYS.get(form.typed["days"], 7)], spans) if spans else {}
        OpeningHours.parse(hours)
    except BadHours as error:
        form.problems["hours"] = t("chain.wrong_hours", text=error.problems[0])
        return {}
    return hours


def _ids(typed: Mapping[str, str], hierarchy: Hierarchy) -> dict[str, str]:
    """Made of the names; a name that is there already keeps its id."""
    known: dict[str, Mapping[str, Any]] = {
        "org": hierarchy.orgs,
        "region": hierarchy.regions,
        "store": hierarchy.stores,
        "touchpoint": hierarchy.touchpoints,
    }
    taken = [id for places in known.values() for id in places]
    ids: dict[str, str] = {}
    for kind, places in known.items():
        same = next((id for id, place in places.items() if place.name == typed[kind]), None)
        name = f"{ids['store']} {typed[kind]}" if kind == "touchpoint" else typed[kind]
        ids[kind] = same or (slug_of(name, _all(taken, ids)) if typed[kind] else "")
    ids["device"] = slug_of(f"{ids['touchpoint']} box", list(hierarchy.devices))
    return ids


def _all(taken: Sequence[str], ids: Mapping[str, str]) -> list[str]:
    return [*taken, *ids.values()]


def _zone_here() -> str:
    """The zone of the hub's machine; the browser's script puts in its own."""
    _, found, name = str(LOCAL_ZONE.resolve()).partition("zoneinfo/")
    return name if found and name in available_timezones() else "UTC"
