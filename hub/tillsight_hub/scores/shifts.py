"""Shifts: what was counted at a touchpoint while a team of the rota was on duty there.

A team is a rota code, never a name. Its counts are presses and contacts alone: nothing of what cameras make
of faces is ever read here.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

import msgspec
from sqlalchemy import Connection, select

from tillsight_models.events import StaffShifted

from ..cells.release import told_hours, without_ratings, without_raw, without_uncovered
from ..cells.sums import add_to
from ..hierarchy import Touchpoint
from ..metrics.counts import Counts
from ..metrics.registry import Catalogue
from ..periods import Period, bucket_days, hour_bounds
from ..rollups import TO_THE_HOUR, count_events, stored_events
from ..tables import (
    CONTACT_COUNTERS,
    IS_RARE,
    LABEL_COUNTERS,
    RATING_COUNTERS,
    RAW_COUNTERS,
    UNCOVERED_COUNTERS,
    event,
    rollup_day,
    rollup_hour,
)
from .calibrations import read_calibrations
from .doubts import read_doubts
from .scores import Group

LONGEST_MS = 16 * 3_600_000
"""A shift whose end nobody told lasts until the team's next one, but not longer than this."""
COUNTED = (
    *("events", "presses", "repeats", "undone", "other_scale", "closed", "set_aside"),
    *(*RATING_COUNTERS, *RAW_COUNTERS, *UNCOVERED_COUNTERS, *LABEL_COUNTERS.values()),
    *(*CONTACT_COUNTERS.values(), "camera_ms", "camera_working_ms"),
)
INPUTS = frozenset(
    (
        "presses",
        "events",
        "ratings",
        "raw",
        "contacts",
        "rated_contacts",
        "calibration",
        "apart",
        "set_aside",
        "labelled",
    )
)
"""Of the metrics that are told of shifts."""

Sums = dict[str, int]


@dataclass(frozen=True)
class Shift:
    """A team on duty at a touchpoint, from `start` to `end`, ms UTC, half-open."""

    place: Touchpoint
    team: str
    start: int
    end: int
    is_ended: bool
    """False where nobody told its end."""

    @property
    def day(self) -> str:
        """The business day on which it began: all of it counts there."""
        return self.place.calendar.business_day(self.start)


def shift_metrics(metrics: Catalogue) -> Catalogue:
    """Those that are told of shifts."""
    told = (metric for metric in metrics if INPUTS.issuperset(metric.inputs))
    return Catalogue(told, metrics.smallest_cell)


def read_shift_groups(
    connection: Connection,
    places: Sequence[Touchpoint],
    period: Period,
    smallest: int,
    now: int | None = None,
) -> list[Group]:
    """One group per touchpoint and team, in the order of the touchpoints and by the team's code.

    What people said is told of several days together and of all teams of the touchpoint at once, as soon as
    each team, and the time without any, has enough responses: see `release`. `now` (ms UTC) says which month
    is not over.
    """
    months = Period(bucket_days(period.first, "month").first, bucket_days(period.last, "month").last)
    now = now or time.time_ns() // 1_000_000
    shifts = _read_shifts(connection, places, months, now)
    calibrations = read_calibrations(connection, places, period)
    groups = []
    for place in places:
        of_place = [shift for shift in shifts if shift.place is place]
        if not of_place:
            continue
        rows = {shift: _counted(connection, shift) for shift in of_place}
        sizes = _Sizes(_responses_by_day(connection, place, months), rows, smallest)
        told = _told(sizes, period, place.calendar.business_day(now)[:7])
        for team in sorted({shift.team for shift in of_place}):
            within = [
                shift for shift in of_place if shift.team == team and period.first <= shift.day <= period.last
            ]
            row = _sum(within, rows, told, smallest)
            counts = Counts.from_rollup(row, place.scale, place.contact_source, calibrations.get(place.id))
            if within:
                groups.append(_group(connection, within, counts, period))
    return groups


def _group(connection: Connection, shifts: Sequence[Shift], counts: Counts, period: Period) -> Group:
    place = shifts[0].place
    start, end = period.bounds(place.calendar)
    flags = {
        doubt.flag
        for doubt in read_doubts(connection, [place.id], start, end)
        if any(doubt.touches(shift.start, shift.end) for shift in shifts)
    }
    if not all(shift.is_ended for shift in shifts):
        flags.add("shift-unended")
    return Group(
        key=f"{place.id}/{shifts[0].team}",
        label=f"{place.name}: {shifts[0].team}",
        counts=replace(counts, doubts=frozenset(flags)),
        start=start,
        end=end,
        tz=place.calendar.tz,
        open_minutes=sum(shift.end - shift.start for shift in shifts) // 60_000,
    )


# --- Which shifts there were ------------------------------------------------------------------------------


def _read_shifts(
    connection: Connection, places: Sequence[Touchpoint], months: Period, now: int
) -> list[Shift]:
    """Those that began on these days; one whose beginning nobody told is none."""
    by_id = {place.id: place for place in places}
    if not by_id:
        return []
    bounds = [months.bounds(place.calendar) for place in places]
    start, end = min(start for start, _ in bounds), max(end for _, end in bounds)
    query = (
        select(event.c.tp, event.c.t, event.c.data)
        .where(IS_RARE, event.c.type == StaffShifted.TYPE, event.c.tp.in_(list(by_id)))
        .where(event.c.t.between(start, end + LONGEST_MS), event.c.tq.in_(TO_THE_HOUR))
        .order_by(event.c.t, event.c.stream, event.c.seq)
    )
    told: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for tp, t, data in connection.execute(query):
        shifted = msgspec.json.decode(data, type=StaffShifted)
        told.setdefault((tp, shifted.team), []).append((t, shifted.state))
    found = [shift for (tp, team), moments in told.items() for shift in _spans(by_id[tp], team, moments, now)]
    return [shift for shift in found if months.first <= shift.day <= months.last]


def _spans(place: Touchpoint, team: str, moments: Sequence[tuple[int, str]], now: int) -> Iterator[Shift]:
    """From each start to what comes next; a start told twice is one shift after the other."""
    for (start, state), (end, then) in pairwise([*moments, (now, "now")]):
        latest = min(end, start + LONGEST_MS)
        if state == "start" and start < latest:
            yield Shift(place, team, start, latest, is_ended=then == "end" and end == latest)


# --- What was counted in them -----------------------------------------------------------------------------


def _counted(connection: Connection, shift: Shift) -> Sums:
    """Whole local hours from the rollups, the rest event by event."""
    place, calendar = shift.place, shift.place.calendar
    hour = rollup_hour.c.hour
    query = select(hour, *(rollup_hour.c[name] for name in COUNTED)).where(
        rollup_hour.c.tp == place.id, hour.between(-(-shift.start // 1000), shift.end // 1000 - 1)
    )
    whole = calendar.hour_start(shift.start + 3_599_999) * 1000
    first = whole if whole >= shift.start else hour_bounds(calendar, whole // 1000)[1]
    last = max(first, calendar.hour_start(shift.end) * 1000)
    total: Sums = {}
    for begins, *numbers in connection.execute(query):
        if first <= begins * 1000 < last:
            add_to(total, dict(zip(COUNTED, numbers, strict=True)))
    parts = [(shift.start, first), (last, shift.end)] if first < last else [(shift.start, shift.end)]
    for start, end in parts:
        if start < end:
            add_to(total, _of_events(connection, place, start, end))
    return total


def _of_events(connection: Connection, place: Touchpoint, start: int, end: int) -> Sums:
    within = event.c.t.between(start, end - 1) & event.c.tq.in_(TO_THE_HOUR)
    total: Sums = {}
    for counted in count_events(place, stored_events(connection, place.id, within)).hours().values():
        add_to(total, {name: counted.get(name, 0) for name in COUNTED})
    return total


# --- What may be told of them -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Sizes:
    """How many people answered at one touchpoint, by day and by shift."""

    of_day: Mapping[str, int]
    rows: Mapping[Shift, Sums]
    smallest: int

    def days(self) -> list[str]:
        return sorted({*self.of_day, *(shift.day for shift in self.rows)})

    def told_teams(self, days: Sequence[str]) -> set[str]:
        """Those that may be told where these days are told together."""
        teams = self.by_team(days)
        everyone = max(sum(self.of_day.get(day, 0) for day in days), sum(teams.values()))
        return told_hours(teams, everyone, self.smallest)

    def by_team(self, days: Sequence[str]) -> dict[str, int]:
        """Responses of the teams that had any."""
        teams: dict[str, int] = {}
        for shift, row in self.rows.items():
            if shift.day in days and _responses(row):
                teams[shift.team] = teams.get(shift.team, 0) + _responses(row)
        return teams


def _told(sizes: _Sizes, period: Period, running_month: str) -> set[Shift]:
    """The shifts whose ratings may be told; days of a month are joined until they may be told."""
    told: set[Shift] = set()
    for month, days in groupby(sizes.days(), key=lambda day: day[:7]):
        for block in _blocks(list(days), sizes, is_over=month < running_month):
            if all(period.first <= day <= period.last for day in block):
                teams = sizes.told_teams(block)
                told |= {shift for shift in sizes.rows if shift.day in block and shift.team in teams}
    return told


def _blocks(days: Sequence[str], sizes: _Sizes, *, is_over: bool) -> list[list[str]]:
    """Days that are told together: each of their teams has enough; the time without any has, or has none."""
    blocks: list[list[str]] = []
    left: list[str] = []
    for day in days:
        left.append(day)
        if sizes.told_teams(left) == sizes.by_team(left).keys():
            blocks.append(left)
            left = []
    if left and is_over:
        blocks[-1:] = [[*blocks[-1], *left]] if blocks else [left]
    return blocks


def _responses(row: Mapping[str, int]) -> int:
    return sum(row.get(name, 0) for name in RATING_COUNTERS)


def _responses_by_day(connection: Connection, place: Touchpoint, months: Period) -> dict[str, int]:
    columns = [rollup_day.c[name] for name in RATING_COUNTERS]
    query = select(rollup_day.c.day, *columns).where(
        rollup_day.c.tp == place.id, rollup_day.c.day.between(months.first, months.last)
    )
    return {day: sum(numbers) for day, *numbers in connection.execute(query)}


def _sum(shifts: Sequence[Shift], rows: Mapping[Shift, Sums], told: set[Shift], smallest: int) -> Sums:
    """Of a team's shifts: every press and contact, and the ratings that may be told."""
    total: Sums = {}
    for shift in shifts:
        row = dict(rows[shift])
        if shift not in told:
            add_to(row, without_ratings(row, shift.place.contact_source))
        add_to(row, without_raw(row))
        add_to(total, row)
    if 0 < sum(total.get(name, 0) for name in UNCOVERED_COUNTERS) < smallest:
        add_to(total, without_uncovered(total))
    return total
