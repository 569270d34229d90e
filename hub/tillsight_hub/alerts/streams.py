"""Streams: what the charts see of a touchpoint - answers and people served, by hour of the business week."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from ..calendar import PlaceCalendar
from ..cleaning.history import History, Times
from ..labels import NOT_COUNTED

SETTLE_MS = 90_000
"""A press is judged so long after it happened: until then its person may press again, the contact that it
belongs to may end, and both may be on their way. What arrives later corrects the scores and never alarms."""
CELLS = 168
"""Hours of the business week: weekday of the business day from Monday on, times 24, plus the local hour."""
NOWHERE = -1

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Slots:
    """The opening hours of some business days, cut into local hours, in order of time."""

    start: Times
    end: Times
    day: Ints
    """Ordinal of the business day, as `date.toordinal`."""
    cell: Ints

    def find(self, t: Times) -> Ints:
        """Index of the slot around each time; NOWHERE outside the opening hours."""
        if not len(self.start):
            return np.full(len(t), NOWHERE, np.int64)
        at = np.searchsorted(self.start, t, side="right") - 1
        inside = (at >= 0) & (t < self.end[np.maximum(at, 0)])
        return np.where(inside, at, NOWHERE)

    @property
    def hours(self) -> npt.NDArray[np.float64]:
        """Length of each, in hours."""
        return (self.end - self.start) / 3_600_000


def slots_between(calendar: PlaceCalendar, first: date, last: date) -> Slots:
    """The slots of these business days, both included."""
    rows: list[tuple[int, int, int, int]] = []
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        for opens, closes in calendar.open_intervals(day.isoformat()):
            at = opens
            while at < closes:
                local = calendar.local(at)
                until = min(at + 3_600_000 - (local.minute * 60 + local.second) * 1000, closes)
                rows.append((at, until, ordinal, day.weekday() * 24 + local.hour))
                at = until
    table = np.array(sorted(rows), np.int64).reshape(-1, 4)
    return Slots(table[:, 0], table[:, 1], table[:, 2], table[:, 3])


class Heard(Protocol):
    """A history with the times at which its parts reached the hub, ms UTC."""

    @property
    def history(self) -> History: ...
    @property
    def press_arrived(self) -> Times: ...
    @property
    def contact_arrived(self) -> Times: ...


@dataclass(frozen=True)
class Stream:
    """Answers and contacts during the opening hours, each in order of time. Neutral answers are left out:
    for the charts such a customer is one who said nothing bad."""

    vote_t: Times
    negative: Flags
    vote_cell: Ints
    vote_day: Ints
    blind: Flags
    """Of every vote: the counter could not see, so that nothing is known of who kept silent."""
    contact_t: Times
    """When the person left."""
    people: Ints
    contact_cell: Ints
    contact_day: Ints

    @classmethod
    def of(cls, history: History, slots: Slots) -> Self:
        """Of a history whose presses have their labels."""
        place = history.place
        is_bad = np.isin(history.rating, list(place.scale.negative))
        is_good = np.isin(history.rating, list(place.scale.positive))
        at = slots.find(history.press_t)
        kept = (is_bad | is_good) & (history.labels & int(NOT_COUNTED) == 0) & (at != NOWHERE)
        vote_t, vote_at = history.press_t[kept], at[kept]
        where = slots.find(history.contact_end)
        seen = where != NOWHERE
        return cls(
            vote_t=vote_t,
            negative=is_bad[kept],
            vote_cell=slots.cell[vote_at],
            vote_day=slots.day[vote_at],
            blind=_within(vote_t, history.blind) if place.contact_source else np.ones(len(vote_t), np.bool_),
            contact_t=history.contact_end[seen],
            people=history.people[seen].astype(np.int64),
            contact_cell=slots.cell[where[seen]],
            contact_day=slots.day[where[seen]],
        )

    def part(self, votes: Flags, contacts: Flags) -> Self:
        """Only these of them."""
        return type(self)(
            self.vote_t[votes],
            self.negative[votes],
            self.vote_cell[votes],
            self.vote_day[votes],
            self.blind[votes],
            self.contact_t[contacts],
            self.people[contacts],
            self.contact_cell[contacts],
            self.contact_day[contacts],
        )

    def of_day(self, day: int) -> Self:
        """One business day."""
        return self.part(self.vote_day == day, self.contact_day == day)

    def without(self, spans: Iterable[tuple[int, int]]) -> Self:
        """What lies outside these half-open times."""
        some = tuple(spans)
        return self.part(~_within(self.vote_t, some), ~_within(self.contact_t, some)) if some else self


def punctual(heard: Heard, slots: Slots) -> Stream:
    """What a hub had heard of when it was judged: without what arrived later than SETTLE_MS."""
    history = heard.history
    stream = Stream.of(history, slots)
    late_press = history.press_t[heard.press_arrived > history.press_t + SETTLE_MS]
    late_contact = history.contact_end[heard.contact_arrived > history.contact_end + SETTLE_MS]
    return stream.part(~np.isin(stream.vote_t, late_press), ~np.isin(stream.contact_t, late_contact))


def days_of(calendar: PlaceCalendar, start: int, end: int) -> tuple[date, date]:
    """The business days that can have events in the half-open time, ms UTC."""
    first = date.fromisoformat(calendar.business_day(start))
    return first, max(first, date.fromisoformat(calendar.business_day(max(start, end - 1))))


def week_of(calendar: PlaceCalendar, day: date) -> Slots:
    """The seven business days before `day`."""
    return slots_between(calendar, day - timedelta(days=7), day - timedelta(days=1))


def _within(t: Times, spans: Iterable[tuple[int, int]]) -> Flags:
    found = np.zeros(len(t), np.bool_)
    for start, end in spans:
        found |= (t >= start) & (t < end)
    return found
