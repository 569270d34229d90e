"""`/explore`: any numbers of any place, days and hours, side by side, to sort, explain and take away."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import Response, StreamingResponse

from tillsight_models.problems import Problem

from ..access import PageSession
from ..access.clock import now_ms
from ..charts.drawing import Drawing, Tone
from ..charts.profile import Slot, profile
from ..charts.trend import TrendPoint, trend
from ..charts.whiskers import Whisker, whiskers
from ..errors import PartMissing, UnknownMetric
from ..exports.formats import MEDIA_TYPES, Format, check_format, encode
from ..hierarchy import Hierarchy
from ..metrics.registry import Metric
from ..scores.narrowing import HOURS_BY, Narrowing, read_narrowed
from ..scores.score_ids import narrowed_editions
from ..scores.scores import By
from ..viewer import Viewer
from .choosing import MOST_MONTHS, Choice, choose, place_options, range_of, today_of
from .compare import places_within
from .day import NOT_EVERYWHERE
from .explored import COLUMNS, Explored, Line, Sorting, cells_of, rows_of
from .rendering import Pages, PagesDep
from .source import Source, SourceDep

router = APIRouter(include_in_schema=False)

BYS: tuple[By, ...] = ("touchpoint", "store", "region", "day", "week", "month", "weekday", "hour")
USUAL = ("relative_dissatisfaction", "csat", "response_rate")
"""What is shown where nobody chose."""
MOST_METRICS = 12
MOST_BARS = 40
"""With more places a chart would be a wall."""
TAKERS = ("analyst", "admin")
"""Who may take numbers away as files, as over the API."""


@router.get("/explore")
def explore(
    *,
    request: Request,
    session: PageSession,
    pages: PagesDep,
    source: SourceDep,
    metric: Annotated[list[str], Query()] = [],  # noqa: B006 - FastAPI never changes it
    by: By = "touchpoint",
    sort: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """The page."""
    asked = _asked(request, session.viewer, pages, source, metric_ids=metric, by=by)
    found = asked.found
    sorting = Sorting.parse(sort, found)
    return pages.page(
        request,
        "explore.html",
        session,
        asked.choice.status,
        choice=asked.choice,
        options=place_options(asked.hierarchy, session.viewer.scope),
        where=_where(pages, asked, session.viewer),
        by=found.by,
        bys=BYS,
        found=found,
        sorting=sorting,
        tables=[_table(pages, found, sorting, lines) for _, lines in found.by_scale()],
        kept=parse_qsl(asked.choice.query(metric=None, by=None, sort=None)),
        metrics=_offered(source, found),
        may_take=session.viewer.role in TAKERS,
        used=range_of(found.used, pages) if found.used else "",
        is_partly_used=found.used is not None and found.used != asked.choice.period,
        hours_by=HOURS_BY,
        hours_need_another=asked.needs_another,
        api=api_address(asked.choice, found),
    )


@router.get("/explore/export")
def take(
    *,
    request: Request,
    session: PageSession,
    pages: PagesDep,
    source: SourceDep,
    format: Format = "csv",
    metric: Annotated[list[str], Query()] = [],  # noqa: B006 - as above
    by: By = "touchpoint",
    sort: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """The page's table as a file: a row for each line and metric, in the page's order."""
    if session.viewer.role not in TAKERS:
        raise HTTPException(403, pages.t("explore.no_export"))
    try:
        check_format(format)
    except PartMissing as error:
        raise HTTPException(501, str(error)) from error
    asked = _asked(request, session.viewer, pages, source, metric_ids=metric, by=by)
    if asked.choice.problems:
        raise HTTPException(422, "; ".join(asked.choice.problems.values()))
    found = asked.found
    sorting = Sorting.parse(sort, found)
    lines = [line for _, lines in found.by_scale() for line in sorting.sorted(lines)]
    rows = map(cells_of, rows_of(found, lines, version("tillsight"), now_ms()))
    name = f"tillsight-{found.by}-{asked.choice.period.first}-{asked.choice.period.last}.{format}"
    return StreamingResponse(
        encode(format, COLUMNS, rows),
        media_type=MEDIA_TYPES[format],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def api_address(choice: Choice, found: Explored) -> str:
    """The same question to `/api/v1/scores`."""
    pairs = [("place", choice.place or "")]
    pairs += [("from", choice.period.first), ("to", choice.period.last), ("by", found.by)]
    pairs += [("metric", metric.id) for metric in found.metrics]
    pairs.append(("weekdays", ",".join(map(str, sorted(choice.weekdays)))))
    pairs.append(("hours", f"{choice.from_hour}-{choice.until_hour}" if choice.hours else ""))
    return f"/api/v1/scores?{urlencode([pair for pair in pairs if pair[1]], safe=',')}"


# --- Reading ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Asked:
    """What was asked for, and the answer."""

    choice: Choice
    hierarchy: Hierarchy
    found: Explored
    needs_another: bool
    """Hours were asked for by days or weeks: all hours are shown instead."""


def _asked(
    request: Request, viewer: Viewer, pages: Pages, source: Source, *, metric_ids: Sequence[str], by: By
) -> _Asked:
    """404 for a place that one does not see, 422 for a metric that there is not."""
    with source.reading() as (connection, hierarchy):
        place = request.query_params.get("place") or None
        places = places_within(hierarchy, viewer.scope, place)
        now = now_ms()
        choice = choose(request.query_params, pages, today_of(places, now))
        narrowing = Narrowing(choice.weekdays, choice.hours)
        needs_another = bool(choice.hours) and by not in HOURS_BY
        if needs_another:
            narrowing = replace(narrowing, hours=frozenset())
        metrics = _metrics(source, metric_ids)
        narrowed = read_narrowed(
            connection,
            places,
            choice.period,
            by,
            narrowing,
            smallest_cell=source.metrics.smallest_cell,
            now=now,
            questions=source.metrics.chosen([each.id for each in metrics]).questions,
            most_months=MOST_MONTHS,
        )
        edition_of = narrowed_editions(
            connection,
            hierarchy,
            places,
            asked=place or viewer.scope,
            period=narrowed.used or choice.period,
            by=by,
            narrowing=narrowing,
        )
        lines = [
            Line.of(pages, hierarchy, group, by=by, metrics=metrics, edition=edition_of(group))
            for group in narrowed.groups
        ]
    return _Asked(
        choice, hierarchy, Explored(by, place, metrics, lines, narrowed.used, narrowing), needs_another
    )


def _where(pages: Pages, asked: _Asked, viewer: Viewer) -> str:
    """The name of the place."""
    here = asked.found.place or viewer.scope
    options = place_options(asked.hierarchy, viewer.scope)
    return next((each.name for each in options if each.id == here), pages.t("choosing.everywhere"))


def _metrics(source: Source, ids: Sequence[str]) -> list[Metric]:
    """Those named, in their order; the usual ones where none is."""
    if len(ids) > MOST_METRICS:
        line = f"metric: {len(ids)}, expected at most {MOST_METRICS}"
        raise HTTPException(422, Problem(line, "metrics_many", has=len(ids), most=MOST_METRICS))
    try:
        return [source.metrics[each] for each in dict.fromkeys(ids or USUAL)]
    except UnknownMetric as error:
        raise HTTPException(422, *error.args) from error


def _offered(source: Source, found: Explored) -> list[Metric]:
    """Those that any line has something to say of, and those that are shown."""
    counts = [line.group.counts for line in found.lines]
    shown = {metric.id for metric in found.metrics}
    return [
        metric
        for metric in source.metrics
        if metric.id in shown
        or not NOT_EVERYWHERE.issuperset(metric.inputs)
        or any(metric.applies(each.scale) and metric.score(each).status != "no_data" for each in counts[:5])
    ]


# --- The chart --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Table:
    """The lines of one rating scale, in order, with their chart."""

    scale: str
    metrics: Sequence[Metric]
    lines: Sequence[Line]
    chart: Drawing | None


def _table(pages: Pages, found: Explored, sorting: Sorting, lines: Sequence[Line]) -> Table:
    """A chart of time stays in order of time."""
    ordered = sorting.sorted(lines)
    drawn = lines if found.by in ("day", "week", "month", "weekday", "hour") else ordered
    scale = lines[0].group.counts.scale.id
    metrics = found.applying(lines)
    charted = next((each for each in metrics if each.id == sorting.column), next(iter(metrics), None))
    return Table(scale, metrics, ordered, _chart(pages, found, drawn, charted))


def _chart(pages: Pages, found: Explored, lines: Sequence[Line], metric: Metric | None) -> Drawing | None:
    """Of the number that sorts, or the first; None where there is too little to draw."""
    known = [line for line in lines if metric and line.scores[metric.id].value is not None]
    if metric is None or len(known) < 2:
        return None
    name = f"explore-{lines[0].group.counts.scale.id}"
    title, tone = pages.name_of(metric), tone_of(metric)
    match found.by:
        case "day" | "week" | "month" as every:
            points = [
                TrendPoint(line.first_day or "", line.scores[metric.id], line.explain(metric))
                for line in lines
            ]
            return trend(pages, name, title, points, unit=metric.unit, every=every, tone=tone)
        case "weekday" | "hour":
            column = pages.t(f"explore.by_{found.by}")
            slots = [Slot(line.name, line.scores[metric.id], explain=line.explain(metric)) for line in lines]
            return profile(pages, name, title, slots, unit=metric.unit, tone=tone, column=column)
        case _:
            return _bars(pages, name, known[:MOST_BARS], metric, pages.t(f"explore.by_{found.by}"))


def _bars(pages: Pages, name: str, lines: Sequence[Line], metric: Metric, column: str) -> Drawing | None:
    """In the table's order."""
    numbers = [
        Whisker(
            ", ".join(filter(None, (line.name, line.more))),
            score.value,
            score.lower,
            score.upper,
            score.n,
            explain=line.explain(metric),
        )
        for line in lines
        if (score := line.scores[metric.id]).value is not None
        and score.lower is not None
        and score.upper is not None
    ]
    if not numbers:
        return None
    title, tone = pages.name_of(metric), tone_of(metric)
    return whiskers(pages, name, title, numbers, unit=metric.unit, first_column=column, tone=tone)


def tone_of(metric: Metric) -> Tone:
    """Good news is high, bad news is high, or neither."""
    if not metric.minimum_n or metric.unit == "count":
        return "rate"
    return "negative" if metric.worst == "high" else "positive"
