"""`/actions`: what was done and what happened, who answers for it, and what a number did before and after."""

from collections.abc import Mapping
from typing import Any, cast

from fastapi import APIRouter, HTTPException, Request
from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from ..access import PageSession
from ..access.clock import now_ms
from ..access.forms import CheckedForm
from ..actions.effect import MOST_DAYS, WEEK, Effect, read_effect, spans_of
from ..actions.register import (
    KINDS,
    LONGEST_DETAIL,
    LONGEST_ROLE,
    LONGEST_TITLE,
    ROLES,
    Action,
    BadAction,
    Draft,
    Kind,
    UnknownAction,
    add_action,
    change_action,
    find_action,
    read_actions,
    remove_action,
)
from ..cases.desk import MAY_WORK
from ..database import writing
from ..hierarchy import Hierarchy, read_hierarchy
from ..metrics.registry import DEFAULT_LEVEL, Catalogue
from ..periods import Period
from ..scores.score_ids import EXPLAIN_PAGE, ScoreId
from ..services import ServicesDep
from ..shown.places import has_whole, names_of, own_places
from ..viewer import Viewer
from .cases import needs_worker
from .choosing import today_of
from .rendering import Pages, PagesDep
from .source import Source, SourceDep

router = APIRouter(include_in_schema=False)

MEASURED = (
    "relative_dissatisfaction",
    "relative_satisfaction",
    "csat",
    "csat_mean",
    "happy_index",
    "nps",
    "response_rate",
)
"""What an action may be meant to change."""


@router.get("/actions")
def actions_page(
    *,
    request: Request,
    session: PageSession,
    pages: PagesDep,
    source: SourceDep,
    place: str = "",
    kind: str = "",
    case: int | None = None,
) -> Response:
    """The register; `case` fills in where the new one comes from."""
    typed = {"place": place, "case_id": case}
    return _page(request, session, pages, source, (place, kind), typed)


@router.post("/actions")
def add(
    *,
    request: Request,
    session: PageSession,
    services: ServicesDep,
    pages: PagesDep,
    source: SourceDep,
    form: CheckedForm,
) -> Response:
    """Enter one."""
    viewer, draft = session.viewer, draft_of(form)
    needs_worker(viewer)
    try:
        with writing(services.engine) as connection:
            _sees_whole(read_hierarchy(connection), viewer, draft.place)
            number = add_action(connection, draft, viewer.name, now_ms())
    except BadAction as bad:
        typed = vars(draft) | {"problems": bad.problems}
        return _page(request, session, pages, source, ("", ""), typed, 422)
    return RedirectResponse(f"/actions/{number}", 303)


@router.get("/actions/{number}")
def action_page(
    request: Request, session: PageSession, pages: PagesDep, source: SourceDep, number: int
) -> Response:
    """One, with what came of it."""
    return _one(request, session, pages, source, number)


@router.post("/actions/{number}")
def change(
    *,
    request: Request,
    session: PageSession,
    services: ServicesDep,
    pages: PagesDep,
    source: SourceDep,
    number: int,
    form: CheckedForm,
) -> Response:
    """Change or remove it."""
    viewer, draft = session.viewer, draft_of(form)
    needs_worker(viewer)
    try:
        with writing(services.engine) as connection:
            hierarchy = read_hierarchy(connection)
            found = _find(connection, hierarchy, viewer, number)
            _sees_whole(hierarchy, viewer, found.place)
            if form.get("do") == "remove":
                remove_action(connection, found, viewer.name)
                return RedirectResponse("/actions", 303)
            _sees_whole(hierarchy, viewer, draft.place)
            change_action(connection, number, draft, viewer.name)
    except BadAction as bad:
        typed = vars(draft) | {"problems": bad.problems}
        return _one(request, session, pages, source, number, typed, 422)
    return RedirectResponse(f"/actions/{number}", 303)


def draft_of(form: FormData) -> Draft:
    """What the form says, unchecked."""
    text = {name: str(form.get(name, "")).replace("\r\n", "\n").strip() for name in form}
    roles = {role: text[role] for role in ROLES if text.get(role)}
    metric = text.get("metric", "")
    number = text.get("case_id", "")
    return Draft(
        place=text.get("place", ""),
        kind=cast("Kind", text.get("kind", "")),
        title=" ".join(text.get("title", "").split()),
        first_day=text.get("first_day", ""),
        last_day=text.get("last_day") or None,
        detail=text.get("detail", ""),
        roles=roles,
        metric=metric if metric in MEASURED else None,
        goal=text.get("goal") or None,
        quick_win=text.get("quick_win") == "yes",
        case_id=int(number) if number.isascii() and number.isdigit() and len(number) < 18 else None,
    )


def explained(action: Action, scale: str, period: Period) -> str:
    """Address of the page about the number of one of the two spans."""
    metric = action.metric or ""
    name = ScoreId(metric, action.place, scale, period, "total", "", DEFAULT_LEVEL)
    return EXPLAIN_PAGE.format(id=name)


def _effect(
    connection: Connection, hierarchy: Hierarchy, metrics: Catalogue, action: Action
) -> Effect | None:
    """None while it is too soon, or where no number is to change."""
    places = hierarchy.within(action.place)
    if action.metric not in MEASURED or action.kind != "action":
        return None
    incidents = read_actions(connection, hierarchy, places, kind="incident")
    spans = spans_of(action, incidents, today_of(places, now_ms()))
    return None if spans is None else read_effect(connection, places, spans, metrics, action.metric)


def _one(  # noqa: PLR0917
    request: Request,
    session: PageSession,
    pages: Pages,
    source: Source,
    number: int,
    typed: Mapping[str, Any] | None = None,
    status: int = 200,
) -> Response:
    viewer = session.viewer
    with source.reading() as (connection, hierarchy):
        action = _find(connection, hierarchy, viewer, number)
        sees_whole = has_whole(hierarchy, viewer, action.place)
        effect = _effect(connection, hierarchy, source.metrics, action) if sees_whole else None
        values = _form_values(hierarchy, viewer, source.metrics, vars(action) | dict(typed or {}))
        name = names_of(hierarchy)[action.place]
    return pages.page(
        request,
        "action.html",
        session,
        status,
        action=action,
        place_name=name,
        effect=effect,
        metric=source.metrics[action.metric] if action.metric else None,
        explained=explained,
        sees_whole=sees_whole,
        may_work=viewer.role in MAY_WORK and sees_whole,
        week=WEEK,
        **values,
    )


def _page(  # noqa: PLR0917
    request: Request,
    session: PageSession,
    pages: Pages,
    source: Source,
    chosen: tuple[str, str],
    typed: Mapping[str, Any],
    status: int = 200,
) -> Response:
    viewer, (place, kind) = session.viewer, chosen
    with source.reading() as (connection, hierarchy):
        seen = hierarchy.within(viewer.scope)
        inside = {each.id for each in hierarchy.within(place or None)}
        here = [each for each in seen if each.id in inside]
        only = kind if kind in KINDS else None
        found = read_actions(connection, hierarchy, here, kind=only)
        today = today_of(seen, now_ms()) if seen else ""
        empty = {"first_day": today, "kind": only or "action"}
        values = _form_values(hierarchy, viewer, source.metrics, empty | dict(typed))
        names = names_of(hierarchy)
    return pages.page(
        request,
        "actions.html",
        session,
        status,
        actions=found,
        names=names,
        metrics=source.metrics,
        chosen_place=place,
        chosen_kind=kind,
        today=today,
        may_work=viewer.role in MAY_WORK,
        most_weeks=MOST_DAYS // WEEK,
        **values,
    )


def _form_values(
    hierarchy: Hierarchy, viewer: Viewer, metrics: Catalogue, typed: Mapping[str, Any]
) -> dict[str, Any]:
    empty = {"place": "", "kind": "action", "title": "", "detail": "", "roles": {}, "metric": "", "goal": ""}
    more = {"quick_win": False, "first_day": "", "last_day": "", "case_id": None, "problems": {}}
    return {
        "typed": empty | more | {name: value for name, value in typed.items() if value is not None},
        "places": own_places(hierarchy, viewer),
        "kinds": KINDS,
        "roles": ROLES,
        "measured": [metrics[id] for id in MEASURED],
        "longest": {"title": LONGEST_TITLE, "detail": LONGEST_DETAIL, "role": LONGEST_ROLE},
    }


def _find(connection: Connection, hierarchy: Hierarchy, viewer: Viewer, number: int) -> Action:
    try:
        return find_action(connection, hierarchy, hierarchy.within(viewer.scope), number)
    except UnknownAction as error:
        raise HTTPException(404, str(error)) from error


def _sees_whole(hierarchy: Hierarchy, viewer: Viewer, place: str) -> None:
    if not has_whole(hierarchy, viewer, place):
        raise HTTPException(
            404, f"place {place!r:.60}: you see no org, region, store or touchpoint of this id"
        )
