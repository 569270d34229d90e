"""One export: what was asked for, its rows one after the other, and how many there will be."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Literal

from sqlalchemy import Connection, Engine, Select, func, select

from ..cells.faces import event_may_be_told
from ..hierarchy import Touchpoint
from ..metrics.registry import Catalogue
from ..periods import Every, Period
from ..tables import event, rollup_day, rollup_hour
from .columns import EVENT_COLUMNS, SCORE_COLUMNS, EventRow, ScoreRow
from .formats import Cells, Columns, Format, check_format, encode
from .score_rows import ScoreRows

ExportKind = Literal["scores", "events"]
Watch = Callable[[Iterator[Cells], int], Iterator[Cells]]
"""Passes rows on; it is told about how many will come."""


@dataclass(frozen=True)
class Export:
    """What to export: of which touchpoints, which days, cut into what."""

    kind: ExportKind
    format: Format
    places: tuple[Touchpoint, ...]
    period: Period
    every: Every
    """Of scores; events come one by one."""
    level: float
    metrics: Catalogue
    """All of them: some columns are made of other metrics than the row's."""
    chosen: tuple[str, ...] = ()
    """Metric ids; none means all."""
    ranks: bool = True
    """Whether touchpoints are compared with each other; without it the export is more than twice as fast."""

    @property
    def columns(self) -> Columns:
        return SCORE_COLUMNS if self.kind == "scores" else EVENT_COLUMNS

    @property
    def file_name(self) -> str:
        """tillsight-scores-2026-03-01-2026-03-31.csv"""
        return f"tillsight-{self.kind}-{self.period.first}-{self.period.last}.{self.format}"

    def check(self) -> None:
        """Raises what would otherwise break off the file in the middle."""
        check_format(self.format)
        self.metrics.chosen(self.chosen)


def write_export(engine: Engine, export: Export, watch: Watch = lambda rows, _: rows) -> Iterator[bytes]:
    """The file piece by piece, from one connection that is given back at the end."""
    with engine.connect() as connection:
        rows = _score_rows if export.kind == "scores" else _event_rows
        cells = rows(connection, export)
        yield from encode(export.format, export.columns, watch(cells, estimated_rows(connection, export)))


def estimated_rows(connection: Connection, export: Export) -> int:
    """About how many rows there will be; exact but for weeks, months and what is stored meanwhile."""
    counts = dict(connection.execute(_stored(export)).all())
    if export.kind == "events":
        return sum(counts.values())
    per_bucket = {"hour": 1, "day": 1, "week": 7, "month": 30, "total": 0}[export.every]
    wanted = export.metrics.chosen(export.chosen)
    return sum(
        (-(-counts.get(place.id, 0) // per_bucket) if per_bucket else 1)
        * sum(metric.applies(place.scale) for metric in wanted)
        for place in export.places
    )


def _stored(export: Export) -> Select[str, int]:
    """Events or buckets by touchpoint."""
    bounds = [export.period.bounds(place.calendar) for place in export.places]
    start = min((begin for begin, _ in bounds), default=0)
    end = max((end for _, end in bounds), default=0)
    if export.kind == "events":
        table, within = event, event.c.t.between(start, end - 1)
    elif export.every == "hour":
        table, within = rollup_hour, rollup_hour.c.hour.between(start // 1000, end // 1000 - 1)
    else:
        table, within = rollup_day, rollup_day.c.day.between(export.period.first, export.period.last)
    ids = [place.id for place in export.places]
    return select(table.c.tp, func.count()).where(table.c.tp.in_(ids), within).group_by(table.c.tp)


def _score_rows(connection: Connection, export: Export) -> Iterator[Cells]:
    """One row per period, metric and touchpoint."""
    made = time.time_ns() // 1_000_000, version("tillsight")
    asked = ScoreRows(
        connection,
        export.places,
        export.period,
        export.every,
        export.level,
        every_metric=export.metrics,
        metrics=export.metrics.chosen(export.chosen),
        ranks=export.ranks,
    )
    for cut, score, standing in asked.rows():
        row = ScoreRow(cut, score, standing, *made)
        yield [column.cell(row) for column in SCORE_COLUMNS]


def _event_rows(connection: Connection, export: Export) -> Iterator[Cells]:
    """By touchpoint, in order of time. Events without a known time lie in no period."""
    for place in export.places:
        start, end = export.period.bounds(place.calendar)
        query = (
            select(event)
            .where(event.c.tp == place.id, event.c.t.between(start, end - 1), event.c.tq != "unsynced")
            .where(event_may_be_told(connection, (place,)))
            .order_by(event.c.t, event.c.stream, event.c.seq)
            .execution_options(yield_per=1000)
        )
        for stored in connection.execute(query).mappings():
            row = EventRow(place, dict(stored))
            yield [column.cell(row) for column in EVENT_COLUMNS]
