"""Scores: the counts of places and times, and every metric on them.

A period is whole business days. Counts of two scales are never added: they are two groups.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, partial, reduce
from itertools import groupby
from operator import add
from typing import Literal

from sqlalchemy import Connection

from ..calendar import PlaceCalendar
from ..cells import sums
from ..cells.release import without_what_was_said
from ..cells.sums import Kind, Sums, add_to
from ..cells.withholding import Withholding
from ..hierarchy import Touchpoint
from ..metrics.answers import NOBODY
from ..metrics.counts import Counts
from ..metrics.questions import Questions
from ..metrics.registry import DEFAULT_LEVEL, Catalogue, Score
from ..metrics.settings import SUPPRESS_BELOW
from ..periods import (
    Bucket,
    Every,
    Period,
    bucket_days,
    bucket_of,
    hour_bounds,
    open_minutes_between,
    open_minutes_by_hour,
)
from .asked import Asked, by_calendar, by_scale, doubted, shared_calendar
from .surveys import gathered, read_cells

PlaceBy = Literal["touchpoint", "store", "region", "org"]
DayBy = Literal["day", "week", "month", "weekday"]
By = Literal[PlaceBy, DayBy, "hour"]

Spans = Callable[[PlaceCalendar], tuple[int, int, int]]

HOUR_UNKNOWN = "unknown"
"""Key of what is known to the day only."""


@dataclass(frozen=True)
class Group:
    """The counts of one place or time."""

    key: str
    """Id of the place, or 2026-03-29, 2026-W13, 2026-03, weekday 1 (Monday) to 7, local hour 00 to 23."""
    label: str
    counts: Counts
    start: int
    """ms UTC, half-open like `end`: of the whole period where the key comes round again (weekday, hour)."""
    end: int
    tz: str | None
    """None where the group's touchpoints lie in several zones."""
    open_minutes: int | None
    """Opening time in the group; None where its touchpoints have different hours."""

    @property
    def counter_up_minutes(self) -> int | None:
        """Opening time but for what its cameras could not see (on average where there are several); None
        where nothing counts, or where the opening time is not known."""
        counts, minutes = self.counts, self.open_minutes
        if not counts.contact_sources or minutes is None:
            return None
        blind = (counts.camera_ms - counts.camera_working_ms) / 60_000
        cameras = max(1.0, counts.camera_ms / 60_000 / minutes) if minutes else 1.0
        return max(0, round(minutes - blind / cameras))


def read_counts(
    connection: Connection,
    touchpoints: Iterable[Touchpoint],
    first_day: str,
    last_day: str,
    by: By = "touchpoint",
    *,
    smallest_cell: int = SUPPRESS_BELOW,
    now: int | None = None,
    questions: Questions = (),
    weekdays: Collection[int] = (),
) -> list[Group]:
    """Counts of these touchpoints from business day to business day, both included, grouped.

    What people said is in them as far as it may be told: see `release`; `now` (ms UTC) says which month is
    not over.

    By place: one group per place and scale, in the order of the touchpoints. By time: one per bucket and
    scale, empty ones too. By hour of day, what is known to the day only comes last, as `unknown`. The answers
    to `questions` come with the counts. `weekdays` (1 is Monday) leaves out the business days of all others;
    by hour of day it has no effect, see `narrowing`.
    """
    places = tuple(touchpoints)
    period = Period.between(first_day, last_day)
    if not places:
        return []
    now = now or _now_ms()
    withholding = Withholding.of(connection, places, period, smallest_cell, now)
    asked = Asked.about(connection, places, period, withholding, weekdays)
    match by:
        case "day" | "week" | "month" | "weekday":
            return _answered(_by_day(asked, by), asked, questions, now, lambda _, day: _time_key(day, by))
        case "hour":
            return _by_hour(asked)
        case _:
            return _answered(
                _by_place(asked, by), asked, questions, now, lambda place, _: place_of(place, by)[0]
            )


def series(
    connection: Connection,
    place: Touchpoint,
    period: Period,
    every: Every,
    *,
    smallest_cell: int = SUPPRESS_BELOW,
    now: int | None = None,
    questions: Questions = (),
) -> Iterator[Group]:
    """Counts of one touchpoint bucket by bucket, in order of time; a bucket with nothing stored is left out.

    What people said is in them as far as it may be told: see `release`; `now` (ms UTC) says which month is
    not over.

    Hours that look alike on the wall in autumn are two groups; what is known to the day only comes last.
    Weeks and months are cut at the period's ends. `total` is one group, stored or not.
    """
    now = now or _now_ms()
    withholding = Withholding.of(connection, (place,), period, smallest_cell, now)
    asked = Asked.about(connection, (place,), period, withholding)
    groups = _groups(asked, place, every)
    if questions and every != "hour":
        key_of = partial(_series_key, every=every, period=period)
        groups = iter(_answered(groups, asked, questions, now, lambda _, day: key_of(day)))
    for group in groups:
        flags = frozenset(doubt.flag for doubt in asked.doubts if doubt.touches(group.start, group.end))
        yield replace(group, counts=replace(group.counts, doubts=flags))


def scores_of(
    groups: Iterable[Group], metrics: Catalogue, level: float = DEFAULT_LEVEL
) -> Iterator[tuple[Group, list[Score]]]:
    """Each group with the metrics that apply to its scale."""
    for group in groups:
        yield group, metrics.scores(group.counts, level)


# --- Grouped by place ------------------------------------------------------------------------------------


def _by_place(asked: Asked, by: PlaceBy) -> list[Group]:
    days = asked.days() if asked.weekdays else None
    rows = sums.of_touchpoints(asked.connection, asked.places, asked.period, days)
    for place, _, less in asked.withholding.of_days(lambda day: "" if asked.holds(day) else None):
        add_to(rows[place.id], less)
    span = _spans(asked.period, days)
    groups: dict[tuple[str, str], list[Touchpoint]] = {}
    for place in asked.places:
        groups.setdefault((place_of(place, by)[0], place.scale.id), []).append(place)
    return [
        _group(
            *place_of(members[0], by), members, doubted(_summed(asked, members, rows), members, asked), span
        )
        for members in groups.values()
    ]


def place_of(place: Touchpoint, by: By) -> tuple[str, str]:
    """Id and name of the place of that level that the touchpoint is in."""
    return {
        "touchpoint": (place.id, place.name),
        "store": (place.store_id, place.store_name),
        "region": (place.region_id, place.region_name),
        "org": (place.org_id, place.org_id),
    }[by]


def _summed(asked: Asked, members: Sequence[Touchpoint], rows: Mapping[str, Sums]) -> Counts:
    return reduce(add, (asked.counts(rows.get(place.id, {}), place) for place in members))


# --- Grouped by day, week, month or weekday --------------------------------------------------------------


def _by_day(asked: Asked, by: DayBy) -> list[Group]:
    totals: dict[tuple[str, Kind], dict[str, int]] = {}
    for day, kind, row in sums.of_days(asked.connection, asked.places, asked.period, asked.calibrations):
        if asked.holds(day):
            add_to(totals.setdefault((_time_key(day, by), kind), {}), row)
    for place, day, less in asked.withholding.of_days(
        lambda day: _time_key(day, by) if asked.holds(day) else None
    ):
        add_to(totals[_time_key(day, by), asked.kind(place)], less)
    flags = _flags_by_time(asked, by)
    return [
        _day_group(key, days, members, _flagged(asked.of_kinds(key, members, totals), key, flags))
        for key, days in _days_by_key(asked.days(), by).items()
        for members in by_scale(asked.places)
    ]


def _flagged(counts: Counts, key: str, flags: Mapping[tuple[str, str], set[str]]) -> Counts:
    return replace(counts, doubts=frozenset(flags.get((key, counts.scale.id), ())))


def _day_group(key: str, days: Sequence[str], members: Sequence[Touchpoint], counts: Counts) -> Group:
    calendar = shared_calendar(members)
    minutes = sum(map(calendar.open_minutes, days)) if calendar else None
    span = _spans(Period(days[0], days[-1]))
    return replace(_group(key, key, members, counts, span), open_minutes=minutes)


def _days_by_key(within: Iterable[str], by: DayBy) -> dict[str, list[str]]:
    days: dict[str, list[str]] = {}
    for day in within:
        days.setdefault(_time_key(day, by), []).append(day)
    return dict(sorted(days.items()))


def _time_key(day: str, by: DayBy) -> str:
    return str(date.fromisoformat(day).isoweekday()) if by == "weekday" else bucket_of(day, by)


def _flags_by_time(asked: Asked, by: DayBy) -> dict[tuple[str, str], set[str]]:
    """By bucket and scale: the flags of every doubt that concerns one of its days."""
    by_id = {place.id: place for place in asked.places}
    flags: dict[tuple[str, str], set[str]] = {}
    for doubt in asked.doubts:
        place = by_id[doubt.touchpoint]
        start, end = asked.period.bounds(place.calendar)
        first = place.calendar.business_day(max(doubt.start, start))
        last = place.calendar.business_day(min(doubt.end, end - 1))
        for key in _days_by_key(filter(asked.holds, Period(first, last).days()), by):
            flags.setdefault((key, place.scale.id), set()).add(doubt.flag)
    return flags


# --- Grouped by hour of day ------------------------------------------------------------------------------


def _by_hour(asked: Asked) -> list[Group]:
    totals = _hour_totals(asked)
    unknown = {kind[0] for key, kind in totals if key == HOUR_UNKNOWN}
    span = _spans(asked.period)
    parts = [(members, _open_by_hour(members, asked.period)) for members in by_scale(asked.places)]
    return [
        _hour_group(
            key, members, doubted(asked.of_kinds(key, members, totals), members, asked), span, minutes
        )
        for key in (*(f"{hour:02}" for hour in range(24)), HOUR_UNKNOWN)
        for members, minutes in parts
        if key != HOUR_UNKNOWN or members[0].scale.id in unknown
    ]


def _hour_totals(asked: Asked) -> dict[tuple[str, Kind], dict[str, int]]:
    """By local hour of day and kind, as far as they may be told."""
    totals: dict[tuple[str, Kind], dict[str, int]] = {}
    withheld: list[tuple[tuple[str, Kind], Sums]] = []
    for members in by_calendar(asked.places):
        calendar = members[0].calendar
        for hour, kind, row in sums.of_hours(asked.connection, members, asked.period, asked.calibrations):
            key = _hour_of_day(calendar, hour), kind
            add_to(totals.setdefault(key, {}), row)
            if _is_cut(calendar, hour, asked.period):
                withheld.append((key, without_what_was_said(row, kind[1])))
        for place, hour, less in asked.withholding.of_hours_of_day(members):
            withheld.append(((_hour_of_day(calendar, hour), asked.kind(place)), less))
    unknown = _unknown_hours(asked, totals)
    for key, less in withheld:
        add_to(totals[key], less)
    return totals | unknown


def _hour_of_day(calendar: PlaceCalendar, hour: int) -> str:
    return f"{calendar.local(hour * 1000).hour:02}"


def _is_cut(calendar: PlaceCalendar, hour: int, period: Period) -> bool:
    """Whether a part of that local hour lies outside the period."""
    (begins, ends), (start, end) = hour_bounds(calendar, hour), period.bounds(calendar)
    return begins < start or ends > end


def _hour_group(
    key: str, members: Sequence[Touchpoint], counts: Counts, span: Spans, minutes: Mapping[str, int]
) -> Group:
    label = "hour unknown" if key == HOUR_UNKNOWN else f"{key}:00"
    return replace(_group(key, label, members, counts, span), open_minutes=minutes.get(key))


def _open_by_hour(members: Sequence[Touchpoint], period: Period) -> dict[str, int]:
    """Opening minutes by local hour of day over the whole period; empty where the touchpoints' differ."""
    calendar = shared_calendar(members)
    if calendar is None:
        return {}
    return {f"{hour:02}": minutes for hour, minutes in enumerate(open_minutes_by_hour(calendar, period))}


def _unknown_hours(
    asked: Asked, totals: Mapping[tuple[str, Kind], Sums]
) -> dict[tuple[str, Kind], dict[str, int]]:
    """What the days have and no hour has: events that are known to the day only, without what they say."""
    rest: dict[Kind, dict[str, int]] = {}
    for _, kind, row in sums.of_days(asked.connection, asked.places, asked.period, asked.calibrations):
        add_to(rest.setdefault(kind, {}), row)
    for (_, kind), total in totals.items():
        add_to(rest.setdefault(kind, {}), total, times=-1)
    unknown = {kind: row for kind, row in rest.items() if any(row.values())}
    for kind, row in unknown.items():
        add_to(row, without_what_was_said(row, kind[1]))
    return {(HOUR_UNKNOWN, kind): row for kind, row in unknown.items()}


# --- One touchpoint, bucket by bucket --------------------------------------------------------------------


def _groups(asked: Asked, place: Touchpoint, every: Every) -> Iterator[Group]:
    match every:
        case "hour":
            yield from _each_hour(asked, place)
        case "total":
            period = asked.period
            row = sums.of_touchpoints(asked.connection, (place,), period).get(place.id, {})
            for _, _, less in asked.withholding.of_days(lambda _: ""):
                add_to(row, less)
            yield _series_group(f"{period.first}/{period.last}", place, asked.counts(row, place), period)
        case _:
            yield from _each_bucket(asked, place, every)


def _each_bucket(asked: Asked, place: Touchpoint, every: Bucket) -> Iterator[Group]:
    withheld = {day: less for _, day, less in asked.withholding.of_days(lambda day: bucket_of(day, every))}
    days = sums.of_days(asked.connection, (place,), asked.period)
    for key, rows in groupby(days, lambda row: bucket_of(row[0], every)):
        total: dict[str, int] = {}
        for day, _, row in rows:
            add_to(total, row)
            add_to(total, withheld.get(day, {}))
            within = bucket_days(day, every).within(asked.period)
        yield _series_group(key, place, asked.counts(total, place), within)


def _each_hour(asked: Asked, place: Touchpoint) -> Iterator[Group]:
    connection, period, calendar = asked.connection, asked.period, place.calendar
    withheld = {hour: less for _, hour, less in asked.withholding.of_hours((place,))}
    start, end = period.bounds(calendar)
    rest = sums.of_touchpoints(connection, (place,), period).get(place.id, {})
    for hour, _, row in sums.of_hours(connection, (place,), period):
        add_to(rest, row, times=-1)
        told = dict(row)
        cut = _is_cut(calendar, hour, period)
        add_to(told, without_what_was_said(row, place.contact_source) if cut else withheld.get(hour, {}))
        begins, ends = hour_bounds(calendar, hour)
        begins, ends = max(begins, start), min(ends, end)
        minutes = open_minutes_between(calendar, begins, ends)
        key = calendar.local(hour * 1000).isoformat(timespec="minutes")
        yield Group(key, key, asked.counts(told, place), begins, ends, calendar.tz, minutes)
    if any(rest.values()):
        add_to(rest, without_what_was_said(rest, place.contact_source))
        unknown = _series_group(HOUR_UNKNOWN, place, asked.counts(rest, place), period)
        yield replace(unknown, label="hour unknown", open_minutes=None)


def _series_key(day: str, every: Bucket | Literal["total"], period: Period) -> str:
    return f"{period.first}/{period.last}" if every == "total" else bucket_of(day, every)


def _series_group(key: str, place: Touchpoint, counts: Counts, period: Period) -> Group:
    return _group(key, key, (place,), counts, _spans(period))


# --- Answers of questionnaires ---------------------------------------------------------------------------


def _answered(
    groups: Iterable[Group],
    asked: Asked,
    questions: Questions,
    now: int,
    key_of: Callable[[Touchpoint, str], str],
) -> list[Group]:
    """The groups with the answers of their people; by hour of day none are told."""
    if not questions:
        return list(groups)
    period, smallest = asked.period, asked.withholding.smallest_cell
    cells = read_cells(asked.connection, asked.places, period, questions, smallest=smallest, now=now)
    found = gathered(cells, lambda place, day: key_of(place, day) if asked.holds(day) else None)
    return [
        replace(
            group, counts=replace(group.counts, answers=found.get((group.key, group.counts.scale.id), NOBODY))
        )
        for group in groups
    ]


# --- Shared ----------------------------------------------------------------------------------------------


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _spans(period: Period, days: Sequence[str] | None = None) -> Spans:
    """Begin, end and opening minutes of a period (of these days of it), worked out once per calendar."""

    def span(calendar: PlaceCalendar) -> tuple[int, int, int]:
        minutes = sum(map(calendar.open_minutes, days if days is not None else period.days()))
        return *period.bounds(calendar), minutes

    return cache(span)


def _group(key: str, label: str, members: Sequence[Touchpoint], counts: Counts, span: Spans) -> Group:
    calendars = [some[0].calendar for some in by_calendar(members)]
    zones = {calendar.tz for calendar in calendars}
    shared = shared_calendar(members)
    return Group(
        key=key,
        label=label,
        counts=counts,
        start=min(span(calendar)[0] for calendar in calendars),
        end=max(span(calendar)[1] for calendar in calendars),
        tz=zones.pop() if len(zones) == 1 else None,
        open_minutes=span(shared)[2] if shared else None,
    )
