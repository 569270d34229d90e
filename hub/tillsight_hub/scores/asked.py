"""What was asked for: places and days, with what every number made of them needs to know."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from operator import add

from sqlalchemy import Connection

from ..calendar import PlaceCalendar
from ..cells.release import without_raw
from ..cells.sums import Kind, Sums, add_to
from ..cells.withholding import Withholding
from ..hierarchy import Touchpoint
from ..metrics.counts import Calibration, Counts
from ..periods import Period
from .calibrations import read_calibrations
from .doubts import Doubt, read_doubts


@dataclass(frozen=True)
class Asked:
    """Places and days, with what every number of them needs to know."""

    connection: Connection
    places: tuple[Touchpoint, ...]
    period: Period
    doubts: Sequence[Doubt]
    calibrations: Mapping[str, Calibration]
    """By touchpoint; absent where its contact counter was never audited."""
    withholding: Withholding
    weekdays: frozenset[int] = frozenset()
    """The business days that are asked for, 1 is Monday; empty means all."""

    @classmethod
    def about(
        cls,
        connection: Connection,
        places: tuple[Touchpoint, ...],
        period: Period,
        withholding: Withholding,
        weekdays: Collection[int] = (),
    ) -> "Asked":
        """With what is known about them in that period."""
        return cls(
            connection,
            places,
            period,
            _doubts(connection, places, period),
            read_calibrations(connection, places, period),
            withholding,
            frozenset(weekdays),
        )

    def holds(self, day: str) -> bool:
        """Whether that business day is asked for."""
        is_within = self.period.first <= day <= self.period.last
        return is_within and (not self.weekdays or date.fromisoformat(day).isoweekday() in self.weekdays)

    def days(self) -> list[str]:
        """All of them, in order."""
        return [day for day in self.period.days() if self.holds(day)]

    def counts(self, row: Sums, place: Touchpoint) -> Counts:
        """Of the sums of one touchpoint's rows, as far as they may be told."""
        told = dict(row)
        add_to(told, without_raw(told))
        return Counts.from_rollup(told, place.scale, place.contact_source, self.calibrations.get(place.id))

    def kind(self, place: Touchpoint) -> Kind:
        """What the counters of its rows mean."""
        return place.scale.id, place.contact_source, place.id if place.id in self.calibrations else None

    def of_kinds(
        self, key: str, members: Sequence[Touchpoint], totals: Mapping[tuple[str, Kind], Sums]
    ) -> Counts:
        """The counts of a bucket for touchpoints that share a scale, zero where nothing is stored."""
        kinds = {self.kind(place): place for place in members}
        return reduce(add, (self.counts(totals.get((key, kind), {}), place) for kind, place in kinds.items()))


def doubted(counts: Counts, members: Sequence[Touchpoint], asked: Asked) -> Counts:
    """With the flags of every doubt about these touchpoints."""
    ids = {place.id for place in members}
    return replace(counts, doubts=frozenset(doubt.flag for doubt in asked.doubts if doubt.touchpoint in ids))


def by_scale(places: Sequence[Touchpoint]) -> list[list[Touchpoint]]:
    """Those with one rating scale together: counts of two scales are never added."""
    groups: dict[str, list[Touchpoint]] = {}
    for place in places:
        groups.setdefault(place.scale.id, []).append(place)
    return list(groups.values())


def by_calendar(places: Sequence[Touchpoint]) -> list[list[Touchpoint]]:
    """Those that share a calendar together."""
    groups: dict[int, list[Touchpoint]] = {}
    for place in places:
        groups.setdefault(id(place.calendar), []).append(place)
    return list(groups.values())


def shared_calendar(members: Sequence[Touchpoint]) -> PlaceCalendar | None:
    """The calendar of them all, or None where they differ."""
    first = members[0].calendar
    same = all((place.calendar.tz, place.calendar.hours) == (first.tz, first.hours) for place in members)
    return first if same else None


def _doubts(connection: Connection, places: Sequence[Touchpoint], period: Period) -> list[Doubt]:
    """Of each touchpoint, in its own time."""
    bounds = {id(place.calendar): period.bounds(place.calendar) for place in places}
    of = {place.id: bounds[id(place.calendar)] for place in places}
    start, end = min(of.values())[0], max(span[1] for span in of.values())
    return [
        doubt for doubt in read_doubts(connection, of, start, end) if doubt.touches(*of[doubt.touchpoint])
    ]
