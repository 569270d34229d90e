"""`/places/{id}`: a touchpoint, store, region or company over a period: how much, why, and who exactly."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from sqlalchemy import Connection
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ..access import PageSession
from ..access.clock import now_ms
from ..charts.drawing import Drawing
from ..charts.trend import Mark, MarkKind, TrendPoint, trend
from ..charts.whiskers import Whisker, whiskers
from ..hierarchy import Hierarchy
from ..metrics.counts import Counts
from ..metrics.registry import Metric, Score
from ..periods import bucket_days
from ..scores.reasons import in_words, read_reasons, read_words
from ..services import Services, ServicesDep
from .choosing import Choice, choose, place_options, range_of, today_of
from .figures import axis_end
from .place_reading import dates_of, read_place
from .place_view import Number, PlaceView, Where, find_place, metric_name
from .place_why import Why, leading, read_why, reasons_drawing
from .rendering import Pages, PagesDep
from .source import SourceDep

router = APIRouter(include_in_schema=False)

MOST_LISTED = 40
"""Alerts, incidents and actions that are listed; all are in the chart."""


@router.get("/places/{place_id}")
def place_page(
    *,
    request: Request,
    session: PageSession,
    services: ServicesDep,
    pages: PagesDep,
    source: SourceDep,
    place_id: str,
    place: str = "",
    why: bool = False,
) -> Response:
    """The page. `place` is another one to go to, as the form sends it; `why` puts everything into it at once,
    for who has no scripts."""
    scope = session.viewer.scope
    with source.reading() as (connection, hierarchy):
        where = _found(hierarchy, scope, place_id)
        choice = choose(request.query_params, pages, today_of(where.members, now_ms()))
        if place and place != place_id:
            _found(hierarchy, scope, place)
            return RedirectResponse(choice.link(f"/places/{place}", place=None), 303)
        view = read_place(connection, where, choice, services.metrics, now_ms())
        values = place_values(connection, view, pages, services)
        values["why"] = _why(connection, where, choice, pages, services) if why else None
        values["options"] = place_options(hierarchy, scope)
    return pages.page(request, "place.html", session, choice.status, **values)


@router.get("/places/{place_id}/why")
def why_fragment(
    *,
    request: Request,
    session: PageSession,
    services: ServicesDep,
    pages: PagesDep,
    source: SourceDep,
    place_id: str,
) -> Response:
    """The part of the page that takes a moment, to be put into it."""
    with source.reading() as (connection, hierarchy):
        where = _found(hierarchy, session.viewer.scope, place_id)
        choice = choose(request.query_params, pages, today_of(where.members, now_ms()))
        why = _why(connection, where, choice, pages, services)
    return HTMLResponse(pages.html("place/why.html", why=why))


def place_values(connection: Connection, view: PlaceView, pages: Pages, services: Services) -> dict[str, Any]:
    """What the template shows."""
    choice, members = view.choice, view.where.members
    smallest, now = services.metrics.smallest_cell, now_ms()
    words = read_words(connection, {place.org_id for place in members}, pages.language)
    told = read_reasons(connection, members, choice.period, smallest=smallest, now=now)
    reasons = in_words(told, words)
    one = members[0] if view.where.level == "touchpoint" else None
    today = members[0].calendar.business_day(now)
    return {
        "view": view,
        "called": lambda metric: metric_name(pages, metric),
        "choice": choice,
        "place": view.where,
        "path_of_page": f"/places/{view.where.id}",
        "changes": {number.metric.id: change_of(pages, number) for number in view.headline},
        "before": range_of(view.before, pages),
        "used": range_of(view.used, pages) if view.used else "",
        "axis_end": axis_end(_per_served(view)),
        "cases_link": f"/cases?show=all&place={view.where.id}",
        "metric": chosen_trend(view).metric,
        "trend": trend_drawing(pages, view),
        "reasons": reasons,
        "leading": leading(reasons),
        "reason_names": list(reasons.named.items()),
        "reasons_drawing": reasons_drawing(pages, reasons),
        "faces": faces_drawing(pages, view),
        "dates": dates_of(connection, one, today) if one else (None, None),
        "listed": list(reversed(view.happenings))[:MOST_LISTED],
        "moment_of": {place.id: place.calendar for place in members},
    }


def _per_served(view: PlaceView) -> list[Score]:
    """The scores that share an axis: those of the dissatisfied and of the satisfied."""
    rows = [row.scores["relative_dissatisfaction"] for row in view.below]
    return [view.numbers[id].score for id in ("relative_dissatisfaction", "relative_satisfaction")] + rows


def chosen_trend(view: PlaceView) -> Number:
    """The number of the line: as asked for (`metric` in the address), else the first of the headline."""
    asked = dict(view.choice.others).get("metric", "")
    if asked in {metric.id for metric in view.trends}:
        return view.numbers[asked]
    return view.headline[0]


def trend_drawing(pages: Pages, view: PlaceView) -> Drawing:
    """The line of the chosen number, with what happened."""
    number = chosen_trend(view)
    metric = number.metric
    points = [_point(view, metric, day, counts) for day, counts in view.buckets]
    return trend(
        pages,
        "trend",
        metric_name(pages, metric),
        points,
        unit=metric.unit,
        every=view.choice.every,
        tone=number.tone,
        marks=_marks(pages, view),
        height=240,
    )


def _point(view: PlaceView, metric: Metric, first_day: str, counts: Counts | None) -> TrendPoint:
    if counts is None:
        return TrendPoint(first_day, None)
    score = metric.score(counts)
    return TrendPoint(first_day, score, view.explain_bucket(score, first_day))


def faces_drawing(pages: Pages, view: PlaceView) -> Drawing | None:
    """What people looked like, where anything looked; None where it did not, or may not be told."""
    if not view.has_faces:
        return None
    numbers = []
    for metric in ("positive_emotion_share", "negative_emotion_share", "emotion_unknown_share"):
        score = view.numbers[metric].score
        if score.value is not None and score.lower is not None and score.upper is not None:
            label = pages.t(f"place.{metric}")
            explain = view.explain(score)
            numbers.append(Whisker(label, score.value, score.lower, score.upper, score.n, explain=explain))
    if not numbers:
        return None
    return whiskers(
        pages,
        "faces",
        pages.t("place.faces"),
        numbers,
        unit="share",
        first_column=pages.t("place.expression"),
        summary=pages.t("place.faces_summary"),
        tone="rate",
        bars=True,
    )


def change_of(pages: Pages, number: Number) -> Mapping[str, str]:
    """What became of a number, in words: `arrow` up, down or empty, `tone` good, bad or empty."""
    change, t, figures = number.change, pages.t, pages.figures
    if change is None:
        return {}
    if change.value is None or change.lower is None or change.upper is None:
        return {"arrow": "", "tone": "", "text": t("place.change_unknown"), "range": ""}
    ends = change.value, change.lower, change.upper
    if change.kind == "ratio":
        amounts, key = [100 * (each - 1) for each in ends], "place.change_ratio"
    else:
        times = 100 if number.metric.unit == "share" else 1
        amounts, key = [times * each for each in ends], "place.change_points"
    value, lower, upper = (f"{'+' if each > 0 else ''}{figures.number(each)}" for each in amounts)
    return {
        "arrow": change.arrow or "",
        "tone": "" if change.is_better is None else "good" if change.is_better else "bad",
        "text": t("place.change_from", before=figures.value_text(change.before, number.metric.unit)),
        "range": t(key, value=value, lower=lower, upper=upper),
        "words": t("place.change_certain") if change.arrow else t("place.change_chance"),
    }


def _found(hierarchy: Hierarchy, scope: str | None, id: str) -> Where:
    where = find_place(hierarchy, scope, id)
    if where is None:
        raise HTTPException(404, "no such place")
    return where


def _why(connection: Connection, where: Where, choice: Choice, pages: Pages, services: Services) -> Why:
    config = services.metrics, services.metric_settings.questions
    return read_why(connection, where, choice, pages, config, now_ms())


def _marks(pages: Pages, view: PlaceView) -> Sequence[Mark]:
    """One for each kind of thing in each part of the line, so that many alerts do not hide it."""
    together: dict[tuple[str, MarkKind], list[str]] = {}
    first, last = view.choice.period.first, view.choice.period.last
    for each in view.happenings:
        if first <= each.day <= last:
            at = max(first, bucket_days(each.day, view.choice.every).first)
            title = each.title or view.names.get(each.place, "")
            together.setdefault((at, each.kind), []).append(title)
    return [
        Mark(at, kind, titles[0] if len(titles) == 1 else pages.t("place.so_many", n=len(titles)))
        for (at, kind), titles in together.items()
    ]
