"""`/compare`: who is better, who has changed, and who cannot be told apart, by one metric and one period."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import Response

from tillsight_models.problems import Problem

from ..access import PageSession
from ..access.clock import now_ms
from ..charts.caterpillar import Caterpillar, caterpillar
from ..charts.drawing import Drawing
from ..charts.funnel import FunnelPoint, funnel_plot
from ..errors import UnknownMetric
from ..hierarchy import Hierarchy, Touchpoint
from ..metrics.registry import Metric, Score
from ..scores.changes import Change
from ..scores.ranking import RANKED_STATUSES
from .choosing import choose, place_options, range_of, today_of
from .rendering import Pages, PagesDep
from .source import Source, SourceDep
from .standings import By, Comparison, Question, comparable, is_comparable, read_comparisons

router = APIRouter(include_in_schema=False)

BYS: tuple[By, ...] = ("touchpoint", "store", "region")
PER_PERSON, PER_ANSWER = "relative_dissatisfaction", "csat"
"""What is compared where nobody chose: of those served, or of those who pressed where nothing counts."""


MOST_CHANGES = 48
"""With more places a chart of their changes shows those alone that are no chance."""


@dataclass(frozen=True)
class Shown:
    """A comparison with its charts."""

    compared: Comparison
    caterpillar: Drawing | None
    """None where fewer than two places can be compared."""
    funnel: Drawing | None
    changes: Drawing | None


@router.get("/compare")
def compare(
    *,
    request: Request,
    session: PageSession,
    pages: PagesDep,
    source: SourceDep,
    metric: Annotated[str, Query(max_length=60)] = "",
    by: By = "touchpoint",
) -> Response:
    """The page."""
    scope, now = session.viewer.scope, now_ms()
    with source.reading() as (connection, hierarchy):
        place = request.query_params.get("place") or None
        places = places_within(hierarchy, scope, place)
        choice = choose(request.query_params, pages, today_of(places, now))
        chosen = _metric(source, places, metric)
        question = Question(places, place or scope, choice.period, by, chosen, choice.narrowing)
        found = read_comparisons(connection, hierarchy, question, source.metrics, now)
    return pages.page(
        request,
        "compare.html",
        session,
        choice.status,
        choice=choice,
        options=place_options(hierarchy, scope, down_to=2),
        by=by,
        bys=BYS,
        metric=question.metric,
        metrics=comparable(source.metrics, found.sums, question.metric.id),
        used=range_of(found.used, pages) if found.used else "",
        is_partly_used=found.used is not None and found.used != choice.period,
        earlier=found.earlier,
        shown=[_shown(pages, each, alone=len(found.comparisons) == 1) for each in found.comparisons],
        why=lambda line: why_not_ranked(pages, line.score, question.metric),
        span=lambda change: change_text(pages, change, question.metric),
    )


def places_within(hierarchy: Hierarchy, scope: str | None, place: str | None) -> list[Touchpoint]:
    """The touchpoints of a place; 404 where it does not lie wholly within the scope."""
    allowed = hierarchy.within(scope)
    if place is None:
        return allowed
    asked = hierarchy.within(place)
    if not asked or not {each.id for each in asked} <= {each.id for each in allowed}:
        raise HTTPException(404, f"place {place!r}: you see no place of this id")
    return asked


def why_not_ranked(pages: Pages, score: Score, metric: Metric) -> str:
    """In words; what `ranking.why_not` says to programs."""
    if score.bound_lower is not None:
        return pages.t("compare.why_bounds")
    if score.status not in RANKED_STATUSES or score.value is None:
        return pages.t(f"compare.why_{score.status}", n=pages.figures.count(score.n), least=metric.minimum_n)
    if "counter-under-counts" in score.flags:
        return pages.t("flag.counter-under-counts")
    return pages.t("compare.why_no_interval" if score.lower is None else "compare.why_alone")


def change_text(pages: Pages, change: Change, metric: Metric) -> str:
    """+1.2 percentage points (0.3 to 2.1), or × 1.4 (1.1 to 1.8)."""
    figures = pages.figures
    if change.value is None or change.lower is None or change.upper is None:
        return ""
    if change.kind == "ratio":
        numbers = [figures.number(each, 2) for each in (change.value, change.lower, change.upper)]
        return pages.t("compare.times", value=numbers[0], lower=numbers[1], upper=numbers[2])
    if metric.unit == "share":
        numbers = [_signed(pages, 100 * each) for each in (change.value, change.lower, change.upper)]
        return pages.t("compare.points", value=numbers[0], lower=numbers[1], upper=numbers[2])
    parts = [figures.quantity(each, metric.unit) for each in (change.value, change.lower, change.upper)]
    return pages.t("compare.plainly", value=parts[0], lower=parts[1], upper=parts[2])


def _signed(pages: Pages, value: float) -> str:
    return ("+" if value > 0 else "") + pages.figures.number(value)


def _metric(source: Source, places: Sequence[Touchpoint], metric_id: str) -> Metric:
    """422 where there is none of this id that can be compared."""
    counting = any(place.contact_source for place in places)
    try:
        metric = source.metrics[metric_id or (PER_PERSON if counting else PER_ANSWER)]
    except UnknownMetric as error:
        raise HTTPException(422, *error.args) from error
    if not is_comparable(metric):
        line = f"metric {metric.id!r}: expected one with an interval, not a plain count"
        raise HTTPException(422, Problem(line, "metric_count", metric=metric.id))
    return metric


def _shown(pages: Pages, compared: Comparison, *, alone: bool) -> Shown:
    """Where several scales are compared, each chart says which one is its own."""
    of = "" if alone else f" ({pages.t(f'scale.{compared.scale}')})"
    return Shown(
        compared,
        _caterpillar(pages, compared, of) if len(compared.ranked) > 1 else None,
        _funnel(pages, compared, of),
        _changes(pages, compared, of),
    )


def _caterpillar(pages: Pages, compared: Comparison, of: str) -> Drawing:
    """Each one's own score, and what is left of it; the worst on top."""
    t, unit = pages.t, compared.metric.unit
    lines = [
        Caterpillar(
            line.name,
            line.score.value or 0.0,
            line.score.lower or 0.0,
            line.score.upper or 0.0,
            standing.shrunk_value or 0.0,
            line.verdict,
            (
                pages.figures.value_text(line.score, unit),
                pages.figures.range_text(line.score, unit),
                pages.figures.count(line.score.n),
                pages.figures.quantity(standing.shrunk_value, unit),
                span(pages, standing.shrunk_lower, standing.shrunk_upper, unit),
                ranks(standing.rank_low, standing.rank_high),
                pages.figures.share(standing.p_worst),
                t(f"compare.verdict_{line.verdict}"),
            ),
            line.explain,
        )
        for line in reversed(compared.ranked)
        for standing in (line.standing,)
    ]
    columns = tuple(
        t(f"compare.{name}")
        for name in (
            "place",
            "own",
            "interval",
            "n",
            "shrunk",
            "shrunk_interval",
            "ranks",
            "p_worst",
            "verdict",
        )
    )
    return caterpillar(
        pages,
        f"ranking-{compared.scale}",
        t("compare.caterpillar", metric=pages.name_of(compared.metric)) + of,
        lines,
        summary=t("compare.caterpillar_summary"),
        columns=columns,
        unit=unit,
        reference=compared.mean.value or 0.0,
    )


def _funnel(pages: Pages, compared: Comparison, of: str) -> Drawing | None:
    fitted = compared.funnel
    if fitted is None:
        return None
    t = pages.t
    points = [
        FunnelPoint(
            line.name,
            line.score.value or 0.0,
            line.score.n,
            (
                pages.figures.value_text(line.score, "share"),
                pages.figures.range_text(line.score, "share"),
                pages.figures.count(line.score.n),
            ),
            line.explain,
        )
        for line in compared.in_funnel
    ]
    key = "compare.funnel_spread" if fitted.spread else "compare.funnel_chance"
    return funnel_plot(
        pages,
        f"funnel-{compared.scale}",
        t("compare.funnel") + of,
        points,
        fitted,
        summary=t(key, spread=pages.figures.share(fitted.spread)),
        columns=tuple(t(f"compare.{name}") for name in ("place", "own", "interval", "n")),
        people=t("compare.people"),
        is_high_bad=compared.metric.worst == "high",
    )


def _changes(pages: Pages, compared: Comparison, of: str) -> Drawing | None:
    """Only what was tested, the largest change for the worse on top; of many only what is no chance."""
    t, metric = pages.t, compared.metric
    sign = 1 if metric.worst == "high" else -1
    tested = [(line, line.change) for line in compared.tested if line.change]
    if len(tested) > MOST_CHANGES:
        tested = [(line, change) for line, change in tested if change.arrow]
    if not tested:
        return None
    found = sorted(tested, key=lambda pair: -sign * (pair[1].value or 0.0))
    lines = [
        Caterpillar(
            line.name,
            change.value or 0.0,
            change.lower or 0.0,
            change.upper or 0.0,
            change.value or 0.0,
            "same" if change.arrow is None else "better" if change.is_better else "worse",
            (
                pages.figures.value_text(change.before, metric.unit),
                pages.figures.value_text(change.after, metric.unit),
                change_text(pages, change, metric),
                pages.figures.number(change.p_adjusted, 3),
            ),
            line.explain,
        )
        for line, change in found
    ]
    is_ratio = found[0][1].kind == "ratio"
    return caterpillar(
        pages,
        f"change-{compared.scale}",
        t("compare.change_title", metric=pages.name_of(metric)) + of,
        lines,
        summary=t("compare.change_ratio" if is_ratio else "compare.change_difference"),
        columns=tuple(t(f"compare.{name}") for name in ("place", "before", "after", "change", "p_adjusted")),
        unit=metric.unit,
        reference=1.0 if is_ratio else 0.0,
        is_ratio=is_ratio,
    )


def span(pages: Pages, lower: float | None, upper: float | None, unit: Any) -> str:
    """Both ends of an interval."""
    return pages.t(
        "compare.span", lower=pages.figures.quantity(lower, unit), upper=pages.figures.quantity(upper, unit)
    )


def ranks(low: int | None, high: int | None) -> str:
    """Between which ranks, such as 3–41."""
    return "" if low is None else str(low) if low == high else f"{low}–{high}"
