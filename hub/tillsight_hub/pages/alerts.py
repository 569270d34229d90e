"""`/alerts`: what is wrong now, how near every chart is to its threshold, and what raises alerts."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Header, HTTPException, Request
from sqlalchemy import Connection, select
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from tillsight_models.problems import Problem

from ..access import CurrentViewer, PageSession, wrong_role
from ..access.clock import now_ms
from ..access.forms import CheckedForm
from ..alerts.chain import FIRST_DAYS, Knowledge, threshold_of
from ..alerts.knowing import read_knowledge
from ..alerts.listing import WORDS, Precision, UnknownAlert, precisions, qualify, read_alerts
from ..alerts.outbox import LONGEST_SNOOZE_DAYS, read_snoozes, set_snooze
from ..alerts.rules import (
    BadRule,
    Rule,
    UnknownRule,
    add_rule,
    change_rule,
    find_rule,
    path_of,
    read_rules,
    remove_rule,
)
from ..alerts.settings import AlertSettings
from ..alerts.stating import Stated, months_of, stated
from ..alerts.streams import Slots, week_of
from ..cases.opening import cases_of
from ..database import writing
from ..hierarchy import Hierarchy, Touchpoint, read_hierarchy
from ..live.live import Parts
from ..services import Services, ServicesDep
from ..tables import alert_state
from ..viewer import Viewer
from .rendering import Pages, PagesDep
from .source import Source, SourceDep
from .telling import wrong_choice

router = APIRouter(include_in_schema=False)

PAST_DAYS = 14
PARTS = ("open", "charts", "past")
"""Fragments of the page that are renewed by themselves."""
Mode = Literal["hot", "learning", "daily", "nothing", "off"]


@dataclass(frozen=True)
class Gauge:
    """One touchpoint's chart as the page draws it."""

    place: Touchpoint
    mode: Mode
    value: float
    threshold: float | None
    per_hour: float | None
    """Answers per opening hour; None while nothing is learnt."""
    snoozed_until: int | None

    @property
    def fill(self) -> float:
        """Share of the way to the threshold, 0 to 1."""
        return min(1.0, self.value / self.threshold) if self.threshold else 0.0


@dataclass(frozen=True)
class RuleLine:
    """A rule with what is said of it."""

    rule: Rule
    stated: Stated
    precision: Precision
    may_change: bool


@router.get("/alerts")
def alerts_page(
    request: Request, session: PageSession, services: ServicesDep, pages: PagesDep, source: SourceDep
) -> Response:
    """The page."""
    return _page(request, session, services, pages, source)


@router.get("/live/alerts")
async def alerts_stream(
    services: ServicesDep,
    viewer: CurrentViewer,
    pages: PagesDep,
    source: SourceDep,
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """The changes of the page as server-sent events."""
    view = AlertsView(pages, source, services.config.alerts, viewer.scope)
    return services.live.respond(view, last_event_id)


@router.post("/alerts/rules")
def add(
    *,
    request: Request,
    session: PageSession,
    services: ServicesDep,
    pages: PagesDep,
    source: SourceDep,
    form: CheckedForm,
) -> Response:
    """Make a rule."""
    _may(session.viewer, "admin", "manager")
    place, kind = str(form.get("place", "")), str(form.get("kind", ""))
    try:
        with writing(services.engine) as connection:
            hierarchy = read_hierarchy(connection)
            _sees(hierarchy, session.viewer, place)
            values = {name: _number(form, name) for name in FIELDS.get(kind, ()) if form.get(name)}
            add_rule(connection, hierarchy, place, kind, values, actor=session.viewer.name)
    except BadRule as error:
        return _page(
            request, session, services, pages, source, problem=pages.tell_all(error.problems), status=422
        )
    return RedirectResponse("/alerts#rules", 303)


FIELDS: Mapping[str, tuple[str, ...]] = {
    "baseline": ("months",),
    "negative-share": ("window_minutes", "share", "least_answers"),
    "count": ("window_minutes", "negative"),
    "index": ("window_minutes", "index", "least_answers"),
}
"""Of the form for a new rule."""


@router.post("/alerts/rules/{number}")
def change(session: PageSession, services: ServicesDep, number: int, form: CheckedForm) -> Response:
    """Switch a rule off or on, or remove it."""
    _may(session.viewer, "admin", "manager")
    with writing(services.engine) as connection:
        hierarchy = read_hierarchy(connection)
        try:
            rule = find_rule(connection, number)
        except UnknownRule as error:
            raise HTTPException(404, str(error)) from error
        _sees(hierarchy, session.viewer, rule.place or "")
        if form.get("do") == "remove":
            remove_rule(connection, rule, session.viewer.name)
        else:
            enabled, actor = form.get("do") == "on", session.viewer.name
            change_rule(connection, hierarchy, rule, rule.settings.model_dump(), enabled=enabled, actor=actor)
    return RedirectResponse("/alerts#rules", 303)


@router.post("/alerts/snooze")
def quieten(session: PageSession, services: ServicesDep, form: CheckedForm) -> Response:
    """Send nothing of a place for some hours."""
    _may(session.viewer, "admin", "manager", "ops")
    place = str(form.get("place", ""))
    hours = _number(form, "hours")
    if not isinstance(hours, (int, float)) or not 0 <= hours <= LONGEST_SNOOZE_DAYS * 24:
        most = LONGEST_SNOOZE_DAYS * 24
        line = f"hours {hours!r}: expected 0 to {most}"
        raise HTTPException(422, Problem(line, "range", "hours", given=str(hours)[:40], least=0, most=most))
    with writing(services.engine) as connection:
        _sees(read_hierarchy(connection), session.viewer, place)
        set_snooze(connection, place, now_ms() + round(hours * 3_600_000), session.viewer.name)
    return RedirectResponse("/alerts#charts", 303)


@router.post("/alerts/{number}/qualify")
def judge(session: PageSession, services: ServicesDep, number: int, form: CheckedForm) -> Response:
    """Say whether an alert was right."""
    _may(session.viewer, "admin", "manager", "analyst")
    word = form.get("as")
    if word not in WORDS:
        raise wrong_choice("as", word, WORDS)
    with writing(services.engine) as connection:
        places = read_hierarchy(connection).within(session.viewer.scope)
        try:
            qualify(connection, places, number, word, session.viewer.name)
        except UnknownAlert as error:
            raise HTTPException(404, str(error)) from error
    return RedirectResponse("/alerts#past", 303)


class AlertsView:
    """The page of one scope, in its parts. Forms are not in them: their tokens belong to one session."""

    def __init__(self, pages: Pages, source: Source, settings: AlertSettings, scope: str | None) -> None:
        self.key = f"alerts {scope or '*'} {pages.language}"
        self._pages = pages
        self._source = source
        self._settings = settings
        self._scope = scope
        self._places: frozenset[str] = frozenset()

    def concerns(self, touchpoints: frozenset[str]) -> bool:
        return not touchpoints.isdisjoint(self._places)

    def read(self, changed: frozenset[str] | None) -> Parts:  # noqa: ARG002 - the page is one of few parts
        with self._source.reading() as (connection, hierarchy):
            self._places = frozenset(place.id for place in hierarchy.within(self._scope))
            values = fragment_values(connection, hierarchy, self._scope, self._settings)
        return {
            "structure": msgspec.json.encode(str(hierarchy.version)),
            **{
                name: msgspec.json.encode({"html": self._pages.html(f"alerts/{name}.html", **values)})
                for name in PARTS
            },
        }


def fragment_values(
    connection: Connection, hierarchy: Hierarchy, scope: str | None, settings: AlertSettings
) -> dict[str, Any]:
    """What the page's fragments show."""
    places, now = hierarchy.within(scope), now_ms()
    rules = read_rules(connection, settings)
    found = read_alerts(connection, hierarchy, places, rules, start=now - PAST_DAYS * 86_400_000, limit=200)
    return {
        "now": now,
        "open": [each for each in found if each.cleared is None and each.detail["chart"] != "daily"],
        "past": [each for each in found if each.cleared is not None or each.detail["chart"] == "daily"],
        "gauges": read_gauges(connection, places, rules, read_knowledge(connection)),
        "first_days": FIRST_DAYS,
        "past_days": PAST_DAYS,
        "cases": cases_of(connection, [each.id for each in found]),
    }


def _page(  # noqa: PLR0917
    request: Request,
    session: PageSession,
    services: Services,
    pages: Pages,
    source: Source,
    problem: str = "",
    status: int = 200,
) -> Response:
    settings, viewer = services.config.alerts, session.viewer
    with source.reading() as (connection, hierarchy):
        values = fragment_values(connection, hierarchy, viewer.scope, settings)
        lines = _lines(connection, hierarchy, viewer, settings)
    return pages.page(
        request,
        "alerts.html",
        session,
        status,
        structure=str(hierarchy.version),
        problem=problem,
        lines=lines,
        choices=_choices(hierarchy, viewer.scope),
        may_keep=viewer.role in ("admin", "manager"),
        may_judge=viewer.role in ("admin", "manager", "analyst"),
        may_quieten=viewer.role in ("admin", "manager", "ops"),
        settings=settings,
        has_webhook=settings.webhook_url is not None or settings.webhook_url_file is not None,
        **values,
    )


def read_gauges(
    connection: Connection, places: Sequence[Touchpoint], rules: Sequence[Rule], knowledge: Knowledge
) -> list[tuple[str, list[Gauge]]]:
    """By store, in the order of the hierarchy."""
    stores = {place.store_id for place in places}
    rows = connection.execute(select(alert_state).where(alert_state.c.tp.in_(stores)))
    runs: dict[str, float] = {}
    for row in rows:
        charts = json.loads(row.state)["charts"]
        runs |= {
            tp: run["evidence"] if run["open_since"] else run["value"]
            for tp, run in charts["touchpoints"].items()
        }
    snoozed = read_snoozes(connection, now_ms())
    found: dict[str, list[Gauge]] = {}
    weeks: dict[int, Slots] = {}
    for place in places:
        calendar = place.calendar
        if id(calendar) not in weeks:
            weeks[id(calendar)] = week_of(calendar, date.today())  # noqa: DTZ011 - any week does
        gauge = _gauge(
            place,
            months_of(rules, place),
            knowledge,
            value=runs.get(place.id, 0.0),
            snoozed=snoozed,
            week=weeks[id(calendar)],
        )
        found.setdefault(place.store_name, []).append(gauge)
    return list(found.items())


def _gauge(
    place: Touchpoint,
    months: float | None,
    knowledge: Knowledge,
    *,
    value: float,
    snoozed: Mapping[str, int],
    week: Slots,
) -> Gauge:
    until = max((snoozed[each] for each in path_of(place) if each in snoozed), default=None)
    learnt = knowledge.touchpoints.get(place.id)
    if months is None:
        return Gauge(place, "off", 0.0, None, None, until)
    if learnt is None or learnt.baseline.days < FIRST_DAYS:
        return Gauge(place, "nothing", 0.0, None, None, until)
    has_store = place.store_id in knowledge.stores
    threshold = threshold_of(learnt, months, has_store_chart=has_store)
    baseline = learnt.baseline
    answers = baseline.votes_per_hour(week)
    if threshold is None:
        return Gauge(place, "daily", 0.0, None, answers, until)
    mode: Mode = "learning" if baseline.is_learning else "hot"
    return Gauge(place, mode, value, threshold.level, answers, until)


def _lines(
    connection: Connection, hierarchy: Hierarchy, viewer: Viewer, settings: AlertSettings
) -> list[RuleLine]:
    rules, judged = read_rules(connection, settings), precisions(connection)
    knowledge = read_knowledge(connection)
    seen = {place.id for place in hierarchy.within(viewer.scope)}
    lines = []
    for rule in rules:
        held = hierarchy.within(rule.place)
        on = [place for place in held if place.id in seen]
        if on or rule.place is None:
            may = rule.place is not None and {place.id for place in held} <= seen
            said = stated(rule, rules, on, knowledge)
            lines.append(RuleLine(rule, said, judged.get(rule.id, Precision(0, 0)), may))
    return lines


def _choices(hierarchy: Hierarchy, scope: str | None) -> list[tuple[str, str]]:
    """Ids and names of the places that lie wholly within the scope, from the large to the small."""
    seen = {place.id for place in hierarchy.within(scope)}
    named = [
        *((id, org.name) for id, org in hierarchy.orgs.items()),
        *((id, region.name) for id, region in hierarchy.regions.items()),
        *((id, store.name) for id, store in hierarchy.stores.items()),
        *((id, f"{place.store_name}: {place.name}") for id, place in hierarchy.touchpoints.items()),
    ]
    return [
        (id, name)
        for id, name in named
        if (held := {place.id for place in hierarchy.within(id)}) and held <= seen
    ]


def _may(viewer: Viewer, *roles: str) -> None:
    if viewer.role not in roles:
        raise wrong_role(viewer, roles)


def _sees(hierarchy: Hierarchy, viewer: Viewer, place: str) -> None:
    """404 where the place does not lie wholly within what the viewer may see."""
    held = {each.id for each in hierarchy.within(place or "")}
    if not held or not held <= {each.id for each in hierarchy.within(viewer.scope)}:
        raise HTTPException(404, f"place {place!r}: you see no org, region, store or touchpoint of this id")


def _number(form: FormData, name: str) -> Any:
    text = str(form.get(name, ""))
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else number
