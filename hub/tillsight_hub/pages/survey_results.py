"""`/surveys/{survey}/results`: what people answered, how far they came, and their own words."""

from typing import Any

from fastapi import APIRouter, HTTPException
from starlette.responses import RedirectResponse, Response

from ..access.clock import now_ms
from ..access.forms import CheckedForm
from ..hierarchy import Hierarchy
from ..shown.answers import Asking
from ..shown.comments import erase_comment, read_comments
from ..shown.places import has_whole
from ..shown.results import read_funnel, read_results
from ..shown.surveys import Kept, asked_ever
from .choosing import Choice, choose, place_options, today_of
from .desk import Desk, DeskDep

router = APIRouter(include_in_schema=False)

COMMENT_READERS = ("admin", "manager", "analyst")
"""Who reads what shoppers wrote."""


@router.get("/surveys/{survey}/results")
def results_page(desk: DeskDep, survey: str) -> Response:
    """Answers of a period at a place."""
    with desk.reading() as (connection, hierarchy):
        kept = desk.survey(connection, hierarchy, survey)
        choice, asking = _asking(desk, hierarchy)
        questions = list(asked_ever(kept).questions)
        asked = desk.source.metrics.questions
        values: dict[str, Any] = {
            "funnel": read_funnel(connection, asking, survey),
            "told": read_results(connection, asking, survey, questions, asked),
        }
        reads = desk.viewer.role in COMMENT_READERS
        cells, hidden = read_comments(connection, asking, survey, questions) if reads else ([], 0)
    return desk.page(
        "surveys/results.html",
        choice.status,
        kept=kept,
        choice=choice,
        options=place_options(hierarchy, desk.viewer.scope),
        language=_language(desk, kept),
        has_words=any(each.kind == "text" for each in questions),
        has_reasons=any(each.kind == "reason" for each in questions),
        reads=reads,
        cells=cells,
        hidden=hidden,
        smallest=asking.smallest,
        names={each.id: each for each in questions},
        here=str(desk.request.url.path) + "?" + desk.request.url.query,
        **values,
    )


@router.post("/surveys/{survey}/comments/delete")
def delete_comment(desk: DeskDep, survey: str, form: CheckedForm) -> Response:
    """Take away what somebody wrote; the answer still counts as one."""
    if desk.viewer.role not in COMMENT_READERS:
        desk.must_keep()
    with desk.writing() as (connection, hierarchy):
        desk.survey(connection, hierarchy, survey)
        _, asking = _asking(desk, hierarchy)
        found = erase_comment(connection, asking, survey, str(form.get("comment", "")), desk.viewer.name)
    if not found:
        raise HTTPException(404, desk.pages.t("surveys.no_comment"))
    query = desk.request.url.query
    return RedirectResponse(f"/surveys/{survey}/results{f'?{query}' if query else ''}#comments", 303)


def _asking(desk: Desk, hierarchy: Hierarchy) -> tuple[Choice, Asking]:
    """404 where the place is not theirs."""
    now = now_ms()
    choice = choose(desk.request.query_params, desk.pages, today_of(hierarchy.within(desk.viewer.scope), now))
    if choice.place and not has_whole(hierarchy, desk.viewer, choice.place):
        raise HTTPException(404, f"place {choice.place!r}: you see no such place")
    places = hierarchy.within(choice.place or desk.viewer.scope)
    smallest = desk.services.config.privacy.smallest_cell
    return choice, Asking(places, choice.period, smallest, now)


def _language(desk: Desk, kept: Kept) -> str:
    languages: list[str] = kept.newest.content["languages"]
    return desk.pages.language if desk.pages.language in languages else languages[0]
