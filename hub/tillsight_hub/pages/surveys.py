"""`/surveys`: the list, one survey with its versions, places and screens, and what is done with it."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from fastapi import APIRouter, HTTPException
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from tillsight_models.problems import Problem

from ..access.forms import CheckedForm
from ..hierarchy import Hierarchy
from ..shown.asked import asked_by, questions_of
from ..shown.editing import move
from ..shown.errors import BadSurvey, NotDraft, StaleDraft
from ..shown.files import TEMPLATES, as_toml, from_text, template
from ..shown.looks import Look, read_looks, set_look
from ..shown.places import names_of, orgs_of, own_places
from ..shown.preview import preview
from ..shown.surveys import (
    Kept,
    Version,
    begin_draft,
    create,
    draft_of,
    publish,
    published_surveys,
    read_surveys,
    remove_draft,
    retire,
    save_draft,
)
from .desk import Desk, DeskDep
from .survey_words import by_question
from .telling import wrong_choice

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Told:
    """What the page says on top, and what was typed."""

    problem: str = ""
    """Key of a text."""
    values: Mapping[str, str] = field(default_factory=dict)
    lines: Sequence[str] = ()
    typed: Mapping[str, str] = field(default_factory=dict)


@router.get("/surveys")
def surveys_page(desk: DeskDep) -> Response:
    """Every survey of the orgs that the viewer sees something of."""
    return _list(desk)


@router.post("/surveys")
def make(desk: DeskDep, form: CheckedForm) -> Response:
    """A new survey: from one of ours, or from a file's text."""
    desk.must_keep()
    typed = {name: str(form.get(name, "")).strip() for name in ("template", "id", "org", "text")}
    try:
        content = _first_content(typed)
        with desk.writing() as (connection, hierarchy):
            orgs = orgs_of(hierarchy, desk.viewer)
            if not orgs or (typed["org"] and typed["org"] not in orgs):
                raise HTTPException(404, f"org {typed['org']!r}: you see no such org")
            made = create(connection, typed["org"] or orgs[0], content, desk.viewer.name)
    except BadSurvey as error:
        return _list(desk, Told("not_made", lines=error.problems, typed=typed), 422)
    return RedirectResponse(f"/surveys/{made.id}", 303)


@router.get("/surveys/{survey}")
def survey_page(desk: DeskDep, survey: str, shown: str = "") -> Response:
    """One survey; `shown` is the language of its screens."""
    return _survey(desk, survey, shown=shown)


@router.get("/surveys/{survey}/file")
def survey_file(desk: DeskDep, survey: str, version: int | None = None) -> Response:
    """A version as TOML."""
    with desk.reading() as (connection, hierarchy):
        kept = desk.survey(connection, hierarchy, survey)
    found = [each for each in kept.versions if version in (None, each.version)]
    if not found:
        raise HTTPException(404, f"survey {survey}: has no version {version}")
    name = f"{survey}-{found[0].version}.toml"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(as_toml(found[0].survey), media_type="application/toml; charset=utf-8", headers=headers)


@router.post("/surveys/{survey}/do")
def act(desk: DeskDep, survey: str, form: CheckedForm) -> Response:
    """Begin or remove a draft, publish it, or retire what is asked."""
    what = str(form.get("do", ""))
    try:
        with desk.writing() as (connection, hierarchy):
            kept = own_survey(desk, connection, hierarchy, survey)
            if what in ("publish", "remove"):
                _not_stale(kept, str(form.get("base", "")))
            if what == "publish" and kept.draft is not None:
                _fits_the_others(desk, connection, kept.draft)
            steps = {"draft": begin_draft, "publish": publish, "retire": retire, "remove": remove_draft}
            if what not in steps:
                raise wrong_choice("do", what, steps)
            steps[what](connection, survey, desk.viewer.name)
            is_gone = what == "remove" and len(kept.versions) == 1
    except BadSurvey as error:
        return _survey(desk, survey, Told("not_published", lines=error.problems), 422)
    except StaleDraft as error:
        return _survey(desk, survey, Told("stale_page", {"actor": error.actor}), 409)
    except NotDraft:
        return _survey(desk, survey, Told("not_draft"), 409)
    return RedirectResponse("/surveys" if is_gone else f"/surveys/{survey}", 303)


@router.post("/surveys/{survey}/settings")
def settle(desk: DeskDep, survey: str, form: CheckedForm) -> Response:
    """Languages, turns and limits of the draft."""
    typed = {name: str(form.get(name, "")).strip() for name in SETTINGS}
    return _change(desk, survey, form, lambda content: _settings(content, typed), typed, "#settings")


SETTINGS = ("languages", "rotation", "every_contacts", "every_minutes", "per_day")


@router.post("/surveys/{survey}/order")
def order(desk: DeskDep, survey: str, form: CheckedForm) -> Response:
    """Move a question up or down, or remove it."""
    how, _, id = str(form.get("do", "")).partition(":")

    def moved(content: dict[str, Any]) -> None:
        ids = [each["id"] for each in content["questions"]]
        if how == "remove" and len(ids) == 1:
            line = "questions: a survey has at least one question"
            raise BadSurvey([Problem(line, "no_questions", "questions")])
        if id in ids and how in ("up", "down", "remove"):
            move(content["questions"], ids.index(id), how)

    return _change(desk, survey, form, moved, {}, "#questions")


@router.post("/surveys/{survey}/places")
def assign(desk: DeskDep, survey: str, form: CheckedForm) -> Response:
    """Ask it at a place from now on, or not any more."""
    place = str(form.get("place", ""))
    with desk.writing() as (connection, hierarchy):
        desk.must_keep()
        kept = desk.survey(connection, hierarchy, survey)
        desk.must_have(hierarchy, place)
        if kept.newest.org_id != next(each.org_id for each in hierarchy.within(place)):
            raise HTTPException(404, f"survey {survey}: belongs to another org than {place}")
        held = read_looks(connection).get(place)
        settings = held.settings if held else {}
        wanted = None if form.get("do") == "remove" else survey
        if wanted is None and held is not None and held.survey_id != survey:
            wanted = held.survey_id
        set_look(connection, Look(place, wanted, settings), held.base if held else "0", desk.viewer.name)
    return RedirectResponse(f"/surveys/{survey}#places", 303)


def _list(desk: Desk, told: Told | None = None, status: int = 200) -> Response:
    with desk.reading() as (connection, hierarchy):
        orgs = orgs_of(hierarchy, desk.viewer)
        kept, looks = read_surveys(connection, orgs), read_looks(connection)
    names = names_of(hierarchy)
    return desk.page(
        "surveys.html",
        status,
        surveys=kept,
        shown_at={each.id: _shown_at(looks, names, each.id) for each in kept},
        orgs=[(id, names[id]) for id in orgs],
        templates=TEMPLATES,
        told=told or Told(),
    )


def _survey(desk: Desk, id: str, told: Told | None = None, status: int = 200, *, shown: str = "") -> Response:
    with desk.reading() as (connection, hierarchy):
        kept = desk.survey(connection, hierarchy, id)
        looks = read_looks(connection)
    version = kept.newest
    languages = version.content["languages"]
    language = shown if shown in languages else languages[0]
    problems = by_question(version.problems)
    names = names_of(hierarchy)
    return desk.page(
        "surveys/survey.html",
        status,
        kept=kept,
        newest=version,
        problems={id: [problem for _, problem in found] for id, found in problems.items()},
        general=problems.get("", []),
        screens=[(each, preview(each, language)) for each in version.content["questions"]],
        language=language,
        metrics=_metrics(desk, version),
        places=_shown_at(looks, names, id),
        own=own_places(hierarchy, desk.viewer),
        elsewhere=[names.get(place, place) for place in desk.elsewhere(hierarchy, looks, id)],
        told=told or Told(),
    )


def _change(  # noqa: PLR0917
    desk: Desk, survey: str, form: FormData, change: Any, typed: Mapping[str, str], back: str
) -> Response:
    """Change the draft's content; what cannot be is said on the page of the survey."""
    try:
        with desk.writing() as (connection, hierarchy):
            kept = own_survey(desk, connection, hierarchy, survey)
            content = copy.deepcopy(draft_of(kept).content)
            change(content)
            save_draft(connection, survey, content, str(form.get("base", "")), desk.viewer.name)
    except BadSurvey as error:
        return _survey(desk, survey, Told("not_saved", lines=error.problems, typed=typed), 422)
    except StaleDraft as error:
        return _survey(desk, survey, Told("stale_page", {"actor": error.actor}, typed=typed), 409)
    except NotDraft:
        return _survey(desk, survey, Told("not_draft", typed=typed), 409)
    return RedirectResponse(f"/surveys/{survey}{back}", 303)


def own_survey(desk: Desk, connection: Any, hierarchy: Hierarchy, survey: str) -> Kept:
    """403 where it is shown at places of somebody else."""
    desk.must_keep()
    kept = desk.survey(connection, hierarchy, survey)
    if places := desk.elsewhere(hierarchy, read_looks(connection), survey):
        raise HTTPException(403, desk.pages.t("surveys.others_have_it", n=len(places)))
    return kept


def _not_stale(kept: Kept, base: str) -> None:
    if kept.draft is not None and kept.draft.base != base:
        raise StaleDraft(kept.draft.actor)


def _fits_the_others(desk: Desk, connection: Any, draft: Version) -> None:
    """BadSurvey where the metrics could not take its questions beside those of the other surveys."""
    others = [each.survey for id, each in published_surveys(connection).items() if id != draft.id]
    settings = desk.services.config.metrics
    known, _ = questions_of(others, settings.questions, settings.forces)
    _, problems = questions_of([draft.survey], known, settings.forces)
    if problems:
        raise BadSurvey(problems)


def _first_content(typed: Mapping[str, str]) -> dict[str, Any]:
    """BadSurvey or the content of the first draft."""
    if typed["text"]:
        content: dict[str, Any] = msgspec.to_builtins(from_text(typed["text"]))
    else:
        try:
            content = template(typed["template"])
        except KeyError:
            name = typed["template"]
            line = f"template {name!r}: there is none"
            raise BadSurvey([Problem(line, "no_template", name=name)]) from None
    return content | ({"id": typed["id"]} if typed["id"] else {})


def _settings(content: dict[str, Any], typed: Mapping[str, str]) -> None:
    """The general part of a survey, from the fields of a form."""
    content["languages"] = typed["languages"].replace(",", " ").split()
    rotation: dict[str, int] = {}
    for part in typed["rotation"].replace(",", " ").split():
        group, _, asked = part.partition("=")
        rotation[group] = int(_figure("rotation", asked))
    content["rotation"] = rotation
    content["limits"] = {
        "every_contacts": int(_figure("every_contacts", typed["every_contacts"] or "0")),
        "every_minutes": _figure("every_minutes", typed["every_minutes"] or "0"),
        "per_day": int(_figure("per_day", typed["per_day"] or "0")),
    }
    for question in content["questions"]:
        for texts in (question["text"], *(each["text"] for each in question.get("options", ()))):
            for gone in texts.keys() - set(content["languages"]):
                del texts[gone]


def _figure(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        line = f"{name}: {text}: should be a number"
        raise BadSurvey([Problem(line, "number", name, given=text)]) from None


def _metrics(desk: Desk, version: Version) -> dict[str, list[str]]:
    """By question: what the metrics make of its answers."""
    found: dict[str, list[str]] = {}
    for each in asked_by(version.survey, desk.services.config.metrics.forces):
        found.setdefault(each.question, []).append(each.asks)
    return found


def _shown_at(looks: Mapping[str, Look], names: Mapping[str, str], survey: str) -> list[tuple[str, str]]:
    return [(id, names.get(id, id)) for id, look in looks.items() if look.survey_id == survey]
