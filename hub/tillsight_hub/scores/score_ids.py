"""Ids of scores: a readable name from which the question that a number answers can be asked again.

`csat.till-1.smiley-4.2026-03-01.2026-03-31.total.0-95` is the CSAT of till 1 in March with its 95 % interval;
`nps._all.nps.2026-03-01.2026-03-31.weekday-1.0-95` the NPS of all touchpoints together on Mondays.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Literal, get_args

from sqlalchemy import Connection

from tillsight_models.scales import SCALES

from ..calendar import PlaceCalendar
from ..errors import BadPeriod, BadScoreId
from ..hierarchy import Hierarchy, Touchpoint
from ..metrics.registry import DEFAULT_LEVEL, LOWEST_LEVEL, Score
from ..periods import Every, Period, bucket_of, hour_bounds
from .narrowing import Narrowing
from .revisions import read_revisions
from .scores import HOUR_UNKNOWN, By, DayBy, Group

EVERYTHING = "_all"
"""Stands for all places; no place can have this id."""
EXPLAIN_API = "/api/v1/scores/{id}/explain"
EXPLAIN_PAGE = "/explain/{id}"

Cut = Literal["total", "day", "week", "month", "weekday", "hour", "each-hour", "weekdays", "hours"]
"""`hour` is the hour of the day over the whole period, `each-hour` one hour of one day; `weekdays` and
`hours` are some weekdays and hours of the day (see `narrowing`), their keys those of a `Narrowing`."""

_HOUR = "%Y%m%dT%H%MZ"
_PART = re.compile(r"[\w-]+")


@dataclass(frozen=True)
class ScoreId:
    """Everything that decides which number it is."""

    metric: str
    place: str | None
    """None: all touchpoints that there are."""
    scale: str
    period: Period
    cut: Cut
    key: str
    """Which part of the period; empty for `total`."""
    level: float

    def __str__(self) -> str:
        """Safe in the path of an address as it is."""
        cut = f"{self.cut}-{self.key}" if self.key else self.cut
        level = repr(self.level).replace(".", "-")
        place = self.place or EVERYTHING
        return ".".join((self.metric, place, self.scale, self.period.first, self.period.last, cut, level))

    @classmethod
    def parse(cls, text: str) -> "ScoreId":
        """BadScoreId where it is none."""
        parts = text.split(".")
        if len(parts) != len(("metric", "place", "scale", "first", "last", "cut", "level")) or not all(
            _PART.fullmatch(part) for part in parts
        ):
            raise BadScoreId(f"score {text!r:.200}: expected metric.place.scale.first.last.cut.level")
        metric, place, scale, first, last, cut, level = parts
        try:
            found = cls(
                metric,
                None if place == EVERYTHING else place,
                SCALES[scale].id,
                Period.between(first, last),
                *_cut(cut),
                float(level.replace("-", ".", 1)),
            )
        except (BadPeriod, KeyError, ValueError) as error:
            raise BadScoreId(f"score {text!r:.200}: {error}") from None
        if str(found) != text or not LOWEST_LEVEL <= found.level < 1:
            raise BadScoreId(f"score {text!r:.200}: expected {found} with a level from {LOWEST_LEVEL} to 1")
        return found


@dataclass(frozen=True)
class Edition:
    """What the scores of one group are called, and how often they have changed after their time."""

    place: str | None
    scale: str
    period: Period
    cut: Cut
    key: str
    revision: int
    """1 and 1 more for each change after the day was over."""

    def id(self, metric: str, level: float = DEFAULT_LEVEL) -> str:
        """Of the group's score by this metric."""
        return str(ScoreId(metric, self.place, self.scale, self.period, self.cut, self.key, level))


EditionOf = Callable[[Group], Edition]


def explain_page(score: Score, place: str | None, scale: str, day: str, hour: int | None = None) -> str:
    """Address of the page about a score of one business day, or of one of its hours (UTC seconds)."""
    cut: Cut = "total" if hour is None else "each-hour"
    key = "" if hour is None else _hour_key(hour)
    name = ScoreId(score.metric, place, scale, Period(day, day), cut, key, score.level)
    return EXPLAIN_PAGE.format(id=name)


def editions(
    connection: Connection,
    hierarchy: Hierarchy,
    places: Sequence[Touchpoint],
    *,
    asked: str | None,
    period: Period,
    by: By = "touchpoint",
) -> EditionOf:
    """The editions of `read_counts`' groups; `asked` is the place (or the viewer's scope) that these are."""
    revisions = read_revisions(connection, places, period)

    def of_place(group: Group) -> Edition:
        scale = group.counts.scale.id
        members = {place.id for place in places if scale == place.scale.id and group.key in _above(place)}
        whole = {place.id for place in hierarchy.within(group.key) if place.scale.id == scale}
        place = group.key if members == whole else asked
        return Edition(place, scale, period, "total", "", revisions.of(members))

    def of_time(group: Group, by: DayBy | Literal["hour"]) -> Edition:
        scale = group.counts.scale.id
        members = [place.id for place in places if place.scale.id == scale]
        days = None if by == "hour" else _days(period, by, group.key)
        return Edition(asked, scale, period, by, group.key, revisions.of(members, days))

    match by:
        case "day" | "week" | "month" | "weekday" | "hour":
            return lambda group: of_time(group, by)
        case _:
            return of_place


def series_editions(connection: Connection, place: Touchpoint, period: Period, every: Every) -> EditionOf:
    """The editions of `series`' groups."""
    revisions = read_revisions(connection, [place], period)

    within = set(period.days())

    def edition(cut: Cut, key: str, days: Collection[str] | None) -> Edition:
        return Edition(place.id, place.scale.id, period, cut, key, revisions.of([place.id], days))

    def of(group: Group) -> Edition:
        match every:
            case "total":
                return edition(every, "", None)
            case "hour" if group.key == HOUR_UNKNOWN:
                return edition("each-hour", HOUR_UNKNOWN, None)
            case "hour":
                hour = place.calendar.hour_start(group.start)
                days = [day for day in _hour_days(place.calendar, hour) if day in within]
                return edition("each-hour", _hour_key(hour), days)
            case _:
                return edition(every, group.key, _days(period, every, group.key))

    return of


def hour_of(key: str) -> int | None:
    """UTC seconds at which the hour of an `each-hour` key begins; None for the unknown one."""
    try:
        return int(datetime.strptime(key, _HOUR).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None


def days_of(question: ScoreId, calendar: PlaceCalendar) -> set[str] | None:
    """The business days that a score is of; None means all of its period."""
    match question.cut:
        case "day" | "week" | "month" | "weekday":
            return _days(question.period, question.cut, question.key)
        case "each-hour" if (hour := hour_of(question.key)) is not None:
            return {day for day in _hour_days(calendar, hour) if day in set(question.period.days())}
        case "weekdays" | "hours":
            return on_weekdays(question.period, Narrowing.of_key(question.key))
        case _:
            return None


def narrowed_editions(
    connection: Connection,
    hierarchy: Hierarchy,
    places: Sequence[Touchpoint],
    *,
    asked: str | None,
    period: Period,
    by: By,
    narrowing: Narrowing,
) -> EditionOf:
    """The editions of `read_narrowed`'s groups; `period` is what it used."""
    plain = editions(connection, hierarchy, places, asked=asked, period=period, by=by)
    revisions = read_revisions(connection, places, period)

    def of(group: Group) -> Edition:
        edition, within, part = plain(group), period, narrowing
        if not narrowing.is_any or (edition.cut in ("day", "weekday") and not narrowing.hours):
            return edition
        match edition.cut:
            case "week" | "month":
                days = sorted(_days(period, edition.cut, group.key))
                within = Period(days[0], days[-1])
            case "weekday":
                part = replace(narrowing, weekdays=frozenset((int(group.key),)))
            case "hour":
                part = replace(narrowing, hours=frozenset((int(group.key),)))
        members = [
            place.id
            for place in places
            if place.scale.id == edition.scale and (edition.cut != "total" or group.key in _above(place))
        ]
        revision = revisions.of(members, on_weekdays(within, part))
        return Edition(edition.place, edition.scale, within, *narrowed_cut(part), revision)

    return of


def narrowed_cut(narrowing: Narrowing) -> tuple[Cut, str]:
    """What a total of these weekdays and hours is called."""
    if not narrowing.is_any:
        return "total", ""
    return ("hours" if narrowing.hours else "weekdays"), narrowing.key


def on_weekdays(period: Period, narrowing: Narrowing) -> set[str]:
    """The days of the period that are asked for."""
    days = narrowing.weekdays
    return {day for day in period.days() if not days or date.fromisoformat(day).isoweekday() in days}


def _cut(text: str) -> tuple[Cut, str]:
    for cut in ("each-hour", "total", "day", "weekday", "week", "month", "hour", "weekdays", "hours"):
        if text == cut == "total":
            return "total", ""
        if text.startswith(f"{cut}-") and cut != "total":
            key = text.removeprefix(f"{cut}-")
            if cut in ("weekdays", "hours") and bool(Narrowing.of_key(key).hours) != (cut == "hours"):
                raise ValueError(f"{text!r}: expected weekdays-125 or hours-125_0910")
            return cut, key
    raise ValueError(f"{text!r}: expected one of {', '.join(get_args(Cut))}")


def _hour_key(hour: int) -> str:
    return datetime.fromtimestamp(hour, UTC).strftime(_HOUR)


def _hour_days(calendar: PlaceCalendar, hour: int) -> set[str]:
    """The business days that a local hour (UTC seconds of its begin) lies in: two where one ends within."""
    start, end = hour_bounds(calendar, hour)
    return {calendar.business_day(start), calendar.business_day(end - 1)}


def _above(place: Touchpoint) -> tuple[str, ...]:
    return place.id, place.store_id, place.region_id, place.org_id


def _days(period: Period, by: DayBy, key: str) -> set[str]:
    if by == "weekday":
        return {day for day in period.days() if str(date.fromisoformat(day).isoweekday()) == key}
    return {day for day in period.days() if bucket_of(day, by) == key}
