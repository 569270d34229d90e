"""`/screens`: what every screen shows, who decided that, and whether the device has taken it over."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from tillsight_models.wanted import LONGEST_CALL, SPOKEN

from ..access.forms import checked_long_form
from ..hierarchy import Hierarchy
from ..shown.errors import BadLook
from ..shown.looks import NO_SURVEY, SWITCHES, TIMES, WORDS, Look, decided, decides, read_looks, set_look
from ..shown.places import names_of, orgs_of, path_of, upwards
from ..shown.preview import kiosk_words
from ..shown.surveys import read_surveys
from ..wanted.keeping import Wanted, read_wanted
from .desk import Desk, DeskDep

router = APIRouter(include_in_schema=False)

LongForm = Annotated[FormData, Depends(checked_long_form)]
INHERIT, NOTHING = "", "-"
"""Values of the choice of a survey: what the place above says, and none."""


@router.get("/screens")
def screens_page(desk: DeskDep) -> Response:
    """Every touchpoint with its devices."""
    with desk.reading() as (connection, hierarchy):
        looks, wanted = read_looks(connection), read_wanted(connection)
    seen = hierarchy.within(desk.viewer.scope)
    devices = [each for each in hierarchy.devices.values() if not each.is_import]
    lines = []
    for place in seen:
        survey, _ = decided(looks, path_of(place))
        boxes = [(each, wanted.get(each.id)) for each in devices if each.touchpoint_id == place.id]
        lines.append((place, survey, decides(looks, path_of(place), "survey"), boxes))
    return desk.page(
        "screens.html",
        lines=lines,
        names=names_of(hierarchy),
        above=_above(desk, hierarchy, looks),
        is_troubled=any(box and box.problems for *_, boxes in lines for _, box in boxes),
    )


@router.get("/screens/{place}")
def look_page(desk: DeskDep, place: str) -> Response:
    """The form of one place."""
    return _page(desk, place)


@router.post("/screens/{place}")
def keep_look(desk: DeskDep, place: str, form: LongForm) -> Response:
    """Set it."""
    desk.must_keep()
    sent = {name: str(value).strip() for name, value in form.items()}
    chosen = sent.get("survey", INHERIT)
    survey = None if chosen == INHERIT else NO_SURVEY if chosen == NOTHING else chosen
    try:
        look = Look(place, survey, settings_of(sent))
        with desk.writing() as (connection, hierarchy):
            desk.must_have(hierarchy, place)
            if survey:
                desk.survey(connection, hierarchy, survey)
            set_look(connection, look, sent.get("base", ""), desk.viewer.name)
    except BadLook as error:
        status = 409 if "base" in error.problems else 422
        return _page(desk, place, sent, error.problems, status)
    return RedirectResponse(f"/screens/{place}?saved=1", 303)


def settings_of(sent: Mapping[str, str]) -> dict[str, Any]:
    """The settings in the fields of the form; an empty field leaves it to the place above. BadLook where a
    time is no number."""
    settings: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name in TIMES:
        if text := sent.get(name, ""):
            try:
                settings[name] = float(text.replace(",", "."))
            except ValueError:
                problems[name] = "-".join(map(str, TIMES[name]))
    for name in SWITCHES:
        if sent.get(name) in ("yes", "no"):
            settings[name] = sent[name] == "yes"
    for name in WORDS:
        words = {each: sent[f"{name}_{each}"] for each in SPOKEN if sent.get(f"{name}_{each}")}
        if words:
            settings[name] = words
    if languages := [each for each in SPOKEN if f"speaks_{each}" in sent]:
        settings["languages"] = languages
    if first := sent.get("default_language", ""):
        settings["default_language"] = first
    if problems:
        raise BadLook(problems)
    return settings


def _page(
    desk: Desk,
    place: str,
    sent: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    with desk.reading() as (connection, hierarchy):
        desk.must_have(hierarchy, place)
        looks, wanted = read_looks(connection), read_wanted(connection)
        surveys = read_surveys(connection, orgs_of(hierarchy, desk.viewer))
    look = looks.get(place, Look(place, None, {}))
    path = tuple(upwards(hierarchy, place))
    survey_above, above = decided(looks, path[1:])
    names = names_of(hierarchy)
    inside = {each.id for each in hierarchy.within(place)}
    boxes = [
        each for each in hierarchy.devices.values() if each.touchpoint_id in inside and not each.is_import
    ]
    return desk.page(
        "screens/look.html",
        status,
        place=place,
        name=names[place],
        look=look,
        base=look.base,
        fields=fields_of(look) if sent is None else {"survey": INHERIT, **sent},
        problems=problems or {},
        above=above,
        survey_above=survey_above,
        places_above=[(id, names[id]) for id in path[1:]],
        surveys=[each.id for each in surveys if each.asked or each.id == look.survey_id],
        spoken=[(each, kiosk_words(each)) for each in SPOKEN],
        times=TIMES,
        switches=SWITCHES,
        words=WORDS,
        longest=LONGEST_CALL,
        boxes=[(each, wanted.get(each.id)) for each in boxes[:50]],
        saved="saved" in desk.request.query_params,
    )


def fields_of(look: Look) -> dict[str, str]:
    """The form's fields, as they are kept."""
    fields = {"survey": {None: INHERIT, NO_SURVEY: NOTHING}.get(look.survey_id, look.survey_id or "")}
    for name, value in look.settings.items():
        if name in WORDS:
            fields |= {f"{name}_{language}": text for language, text in value.items()}
        elif name == "languages":
            fields |= {f"speaks_{language}": "yes" for language in value}
        elif isinstance(value, bool):
            fields[name] = "yes" if value else "no"
        else:
            fields[name] = f"{value:g}" if isinstance(value, float | int) else str(value)
    return fields


def shows_card(wanted: Wanted | None, card: int) -> bool:
    """Whether the device has taken over a configuration with this card in it."""
    if wanted is None or wanted.state() != "in-force":
        return False
    return any(each["id"] == card for each in json.loads(wanted.message).get("kiosk", {}).get("cards", ()))


def _above(desk: Desk, hierarchy: Hierarchy, looks: Mapping[str, Look]) -> list[tuple[str, str, bool]]:
    """Orgs, regions and stores that are wholly the viewer's: id, name, and whether something is set there."""
    names = names_of(hierarchy)
    seen = {each.id for each in hierarchy.within(desk.viewer.scope)}
    return [
        (id, name, id in looks)
        for id, name in names.items()
        if id not in hierarchy.touchpoints
        and (held := {each.id for each in hierarchy.within(id)})
        and held <= seen
    ]
