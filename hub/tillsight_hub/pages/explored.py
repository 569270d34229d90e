"""What `/explore` shows: lines of numbers in an order, and the same as rows of a file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from ..charts.trend import when
from ..exports.columns import Cell, Column, utc
from ..hierarchy import Hierarchy
from ..metrics.registry import DEFAULT_LEVEL, Metric, Score
from ..periods import Period
from ..scores.narrowing import Narrowing
from ..scores.score_ids import EXPLAIN_PAGE, Edition
from ..scores.scores import HOUR_UNKNOWN, By, Group
from .rendering import Pages

SEPARATOR = ";"


@dataclass(frozen=True)
class Line:
    """One place or piece of time, with its numbers."""

    group: Group
    name: str
    """In words."""
    more: str
    """What tells it from others of the same name; may be empty."""
    first_day: str | None
    """Of a day, week or month."""
    scores: dict[str, Score]
    """By metric; absent where one does not apply to the scale."""
    edition: Edition

    @classmethod
    def of(
        cls,
        pages: Pages,
        hierarchy: Hierarchy,
        group: Group,
        *,
        by: By,
        metrics: Sequence[Metric],
        edition: Edition,
    ) -> "Line":
        """With the numbers that apply to its scale."""
        first_day = _first_day(group.key, by)
        scale = group.counts.scale
        scores = {
            metric.id: metric.score(group.counts, DEFAULT_LEVEL)
            for metric in metrics
            if metric.applies(scale)
        }
        name = _name(pages, group, by, first_day)
        place = hierarchy.touchpoints.get(group.key) if by == "touchpoint" else None
        return cls(group, name, place.store_name if place else "", first_day, scores, edition)

    def explain(self, metric: Metric) -> str:
        """Address of the page about one of its numbers."""
        return EXPLAIN_PAGE.format(id=self.edition.id(metric.id, DEFAULT_LEVEL))

    @property
    def is_empty(self) -> bool:
        """An hour in which nobody ever came and nothing was ever open."""
        counts = self.group.counts
        return not (counts.presses or counts.contacts or self.group.open_minutes)


@dataclass(frozen=True)
class Explored:
    """The answer to one question."""

    by: By
    place: str | None
    metrics: Sequence[Metric]
    lines: Sequence[Line]
    used: Period | None
    """The days that the numbers are of; None where hours are asked for and no whole month is over."""
    narrowing: Narrowing

    def by_scale(self) -> list[tuple[str, list[Line]]]:
        """Numbers of two rating scales stand in two tables."""
        found: dict[str, list[Line]] = {}
        for line in self.lines:
            if not (self.by == "hour" and line.is_empty):
                found.setdefault(line.group.counts.scale.id, []).append(line)
        return list(found.items())

    def applying(self, lines: Sequence[Line]) -> list[Metric]:
        """The metrics that any of these lines has."""
        return [metric for metric in self.metrics if any(metric.id in line.scores for line in lines)]


@dataclass(frozen=True)
class Sorting:
    """By which column; "" is the order of places or of time."""

    column: str
    falls: bool

    @classmethod
    def parse(cls, text: str, found: Explored) -> "Sorting":
        """From `csat` or `-csat`; a column that there is not means the usual order."""
        column = text.removeprefix("-")
        known = {"name", "accepted", "contacts", *(metric.id for metric in found.metrics)}
        return cls(column, text.startswith("-")) if column in known else cls("", falls=False)

    def sorted(self, lines: Sequence[Line]) -> list[Line]:
        """Lines without a number come last either way."""
        if not self.column:
            return list(lines)
        if self.column == "name":
            return sorted(lines, key=lambda line: (line.name.casefold(), line.more), reverse=self.falls)
        known = [(value, line) for line in lines if (value := self._value(line)) is not None]
        known.sort(key=lambda pair: pair[0], reverse=self.falls)
        return [line for _, line in known] + [line for line in lines if self._value(line) is None]

    def next(self, column: str) -> str:
        """What a click on the column's head asks for: the highest first, then the lowest."""
        falls = not self.falls if self.column == column else column != "name"
        return f"-{column}" if falls else column

    def aria(self, column: str) -> str:
        """For those who do not see the arrow."""
        if self.column != column:
            return "none"
        return "descending" if self.falls else "ascending"

    def _value(self, line: Line) -> float | None:
        if self.column in ("accepted", "contacts"):
            number: int | None = getattr(line.group.counts, self.column)
            return number
        score = line.scores.get(self.column)
        return score.value if score else None


# --- In words ---------------------------------------------------------------------------------------------


def _first_day(key: str, by: By) -> str | None:
    if by == "day":
        return key
    if by == "month":
        return f"{key}-01"
    return date.fromisocalendar(int(key[:4]), int(key[6:]), 1).isoformat() if by == "week" else None


def _name(pages: Pages, group: Group, by: By, first_day: str | None) -> str:
    if by == "day" and first_day:
        weekday = pages.figures.weekday(date.fromisoformat(first_day).isoweekday(), short=True)
        return f"{weekday} {pages.figures.short_date(first_day)}"
    if by in ("week", "month") and first_day:
        return when(pages, first_day, "week" if by == "week" else "month")
    if by == "weekday":
        return pages.figures.weekday(int(group.key))
    if by == "hour":
        return pages.t("explore.hour_unknown") if group.key == HOUR_UNKNOWN else f"{group.key}:00"
    return group.label


# --- As a file --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FileRow:
    """One number of one line."""

    found: Explored
    line: Line
    score: Score
    computed_at: int
    """ms UTC"""
    software_version: str


def rows_of(found: Explored, lines: Sequence[Line], software_version: str, now: int) -> Iterator[FileRow]:
    """Every number of these lines."""
    for line in lines:
        for metric in found.metrics:
            if metric.id in line.scores:
                yield FileRow(found, line, line.scores[metric.id], now, software_version)


def _hours(row: FileRow) -> str:
    return SEPARATOR.join(f"{hour:02}" for hour in sorted(row.found.narrowing.hours))


def _weekdays(row: FileRow) -> str:
    return SEPARATOR.join(map(str, sorted(row.found.narrowing.weekdays)))


def _used(row: FileRow) -> Period:
    assert row.found.used, "lines without days"
    return row.found.used


COLUMNS: tuple[Column[FileRow], ...] = (
    Column("place", "text", "what was asked for", lambda row: row.found.place or ""),
    Column("by", "text", "one row per metric and ...", lambda row: row.found.by),
    Column(
        "key",
        "text",
        "id of the place, or which day, week, month, weekday or hour",
        lambda row: row.line.group.key,
    ),
    Column(
        "label",
        "text",
        "the same in words",
        lambda row: " ".join(filter(None, (row.line.name, row.line.more))),
    ),
    Column("scale", "text", "rating scale", lambda row: row.line.group.counts.scale.id),
    Column("first_day", "text", "first business day that the numbers are of", lambda row: _used(row).first),
    Column("last_day", "text", "last one, included", lambda row: _used(row).last),
    Column("weekdays", "text", "1 (Monday) to 7; empty: all", _weekdays),
    Column("hours", "text", "local hours by their begin; empty: all", _hours),
    Column("start_utc", "time", "first instant", lambda row: utc(row.line.group.start)),
    Column("end_utc", "time", "first instant after it", lambda row: utc(row.line.group.end)),
    Column("tz", "text", "IANA time zone; empty over several", lambda row: row.line.group.tz),
    Column("open_minutes", "integer", "opening time", lambda row: row.line.group.open_minutes, "min"),
    Column("metric", "text", "metric id", lambda row: row.score.metric),
    Column("metric_version", "integer", "of its formula", lambda row: row.score.version),
    Column("value", "number", "the number", lambda row: row.score.value),
    Column("lower", "number", "lower end of its interval", lambda row: row.score.lower),
    Column("upper", "number", "upper end of its interval", lambda row: row.score.upper),
    Column("level", "number", "confidence level of the interval", lambda row: row.score.level),
    Column("n", "integer", "answers, or people served, that it rests on", lambda row: row.score.n),
    Column("status", "text", "whether it is known and told", lambda row: row.score.status),
    Column("flags", "text", "what to know about it", lambda row: SEPARATOR.join(row.score.flags)),
    Column("accepted", "integer", "accepted presses", lambda row: row.line.group.counts.accepted),
    Column(
        "withheld",
        "integer",
        "of them, those whose rating is withheld",
        lambda row: row.line.group.counts.withheld,
    ),
    Column("contacts", "integer", "people served, as counted", lambda row: row.line.group.counts.contacts),
    Column(
        "score_id",
        "text",
        "names the number for ever",
        lambda row: row.line.edition.id(row.score.metric, row.score.level),
    ),
    Column(
        "score_revision",
        "integer",
        "how often it changed after its days",
        lambda row: row.line.edition.revision,
    ),
    Column("computed_at", "time", "when it was computed", lambda row: utc(row.computed_at)),
    Column("software_version", "text", "by what", lambda row: row.software_version),
)


def cells_of(row: FileRow) -> list[Cell]:
    """One row of the file."""
    return [column.cell(row) for column in COLUMNS]
