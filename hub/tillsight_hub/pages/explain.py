"""`/explain/{id}`: where one number comes from, on a sheet to read, print and pass on."""

import json
from itertools import groupby
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from ..access import PageSession
from ..calendar import WEEKDAYS, PlaceCalendar
from ..errors import BadScoreId, TooManyEvents, UnknownPlace
from ..hierarchy import Hierarchy
from ..metrics.counts import FLAGS
from ..scores.explain import Explanation, explain, recompute
from ..scores.narrowing import Narrowing
from ..scores.score_ids import EXPLAIN_API, hour_of
from ..services import ServicesDep
from .figures import EN_DASH, Figures
from .rendering import Pages, PagesDep
from .source import SourceDep
from .texts import Texts

router = APIRouter(include_in_schema=False)

AT_ONCE = 20_000
"""So many events are counted again while the page is made; for more somebody has to ask."""


@router.get("/explain/{score_id}")
def explain_page(
    *,
    request: Request,
    session: PageSession,
    services: ServicesDep,
    pages: PagesDep,
    source: SourceDep,
    score_id: str,
    recount: bool = False,
) -> Response:
    """The sheet; `recount` counts the raw events even where there are many."""
    again, too_many = None, ""
    with source.reading() as (connection, hierarchy):
        try:
            found = explain(
                connection,
                hierarchy,
                session.viewer.scope,
                score_id,
                metrics=source.metrics,
                rules=services.config.cleaning,
            )
            if recount or found.events <= AT_ONCE:
                again = recompute(connection, hierarchy, found, source.metrics)
        except (BadScoreId, UnknownPlace) as error:
            raise HTTPException(404, str(error)) from error
        except TooManyEvents as error:
            too_many = pages.tell(error)
    values: dict[str, Any] = {
        "found": found,
        "score": found.score,
        "metric": found.metric,
        "counts": found.group.counts,
        "again": again,
        "too_many": too_many,
        "where": where(hierarchy, found, pages.t),
        "when": when(found, pages),
        "flags": {flag: text for flag, text in FLAGS.items() if flag in found.score.flags},
        "calendars": calendars(found),
        "smallest_cell": source.metrics.smallest_cell,
        "api": EXPLAIN_API.format(id=found.question),
        "week_text": week_text,
    }
    return pages.page(request, "explain.html", session, **values)


def where(hierarchy: Hierarchy, found: Explanation, t: Texts) -> str:
    """The place in words."""
    place = found.question.place
    if place in hierarchy.touchpoints:
        touchpoint = hierarchy.touchpoints[place]
        return f"{touchpoint.name}, {touchpoint.store_name}"
    if place is None:
        return t("explain.everything")
    for places in (hierarchy.stores, hierarchy.regions, hierarchy.orgs):
        if place in places:
            return places[place].name
    return place


def when(found: Explanation, pages: Pages) -> str:
    """Days, and which part of them, in words."""
    t, figures, question = pages.t, pages.figures, found.question
    first, last = figures.full_date(question.period.first), figures.full_date(question.period.last)
    days = first if first == last else t("explain.days", first=first, last=last)
    match question.cut:
        case "total":
            words = days
        case "day":
            words = figures.full_date(question.key)
        case "weekday":
            words = t("explain.weekday", weekday=figures.weekday(int(question.key)), days=days)
        case "hour" if question.key.isdigit():
            words = t("explain.hour", hour=question.key, days=days)
        case "each-hour" if (hour := hour_of(question.key)) is not None:
            local = found.places[0].calendar.local(hour * 1000)
            words = t("explain.each_hour", at=local.isoformat(" ", "minutes"))
        case "weekdays" | "hours":
            words = t(
                "explain.narrowed", part=narrowed_words(Narrowing.of_key(question.key), figures), days=days
            )
        case "hour" | "each-hour":
            words = t("explain.hour_unknown", days=days)
        case _:
            words = t("explain.part", part=question.key, days=days)
    return words


def narrowed_words(narrowing: Narrowing, figures: Figures) -> str:
    """Some weekdays and hours: Mon, Tue · 9:00-12:00."""
    days = [figures.weekday(day, short=True) for day in sorted(narrowing.weekdays)]
    spans = [f"{first}:00{EN_DASH}{last}:00" for first, last in narrowing.spans()]
    return " · ".join(filter(None, (", ".join(days) if len(days) < len(WEEKDAYS) else "", ", ".join(spans))))


def calendars(found: Explanation) -> list[tuple[PlaceCalendar, list[str]]]:
    """Each calendar among the touchpoints with their names, those that are alike together."""
    alike: dict[tuple[str, object], tuple[PlaceCalendar, list[str]]] = {}
    for place in found.places:
        key = (place.calendar.tz, place.calendar.hours)
        alike.setdefault(key, (place.calendar, []))[1].append(place.name)
    return list(alike.values())


def week_text(calendar: PlaceCalendar, t: Texts, figures: Figures) -> str:
    """The opening hours of a normal week on one line: Mon to Fri 09:00-21:00, Sat 09:00-13:00."""
    week: dict[str, list[str]] = json.loads(calendar.hours.to_json())
    if not week:
        return t("touchpoint.hours_unknown")
    spans = [", ".join(week[day]).replace("-", EN_DASH) or t("overview.closed") for day in WEEKDAYS]
    names = [figures.weekday(number) for number in range(1, 8)]
    runs = [list(run) for _, run in groupby(range(7), lambda at: spans[at])]
    return "; ".join(
        f"{names[run[0]]}{EN_DASH}{names[run[-1]]} {spans[run[0]]}"
        if len(run) > 1
        else f"{names[run[0]]} {spans[run[0]]}"
        for run in runs
    )
