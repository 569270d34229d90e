"""The hours of one business day: what was counted in each, and which of them nobody heard."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ..calendar import PlaceCalendar
from ..metrics.counts import Counts
from ..periods import Period, hour_bounds, open_minutes_between

State = Literal["heard", "blind", "gap", "closed", "ahead"]
"""`gap`: open, past, and the hub heard nothing at all, which is not zero; `blind`: the camera that counts
contacts could not see; `ahead`: not begun yet."""


@dataclass(frozen=True)
class Hour:
    """One local hour of a business day."""

    start: int
    """UTC seconds"""
    label: str
    """Local hour, 00 to 23; twice in an autumn night."""
    open_minutes: int
    state: State
    counts: Counts

    @property
    def contacts(self) -> int:
        return self.counts.contacts or 0

    @property
    def silent(self) -> int:
        """At least none: an hour may have a press of somebody who was counted in the hour before."""
        return max(0, self.contacts - self.counts.accepted)


@dataclass(frozen=True)
class Spark:
    """The hours as four SVG paths in a box of `width` by HEIGHT, which the page stretches as it likes."""

    width: int
    top: int
    """People or answers that fill the height."""
    served: str
    said: str
    unhappy: str
    gaps: str


SPARK_STEP = 10
SPARK_HEIGHT = 30


def spark_of(hours: Sequence[Hour]) -> Spark:
    """The small chart of a day: a column per hour."""
    top = max((max(hour.contacts, hour.counts.accepted) for hour in hours), default=0) or 1
    return Spark(
        width=SPARK_STEP * len(hours),
        top=top,
        served=_columns([hour.contacts / top for hour in hours]),
        said=_columns([hour.counts.accepted / top for hour in hours]),
        unhappy=_columns([hour.counts.negative / top for hour in hours]),
        gaps=_columns([1.0 if hour.state == "gap" else 0.0 for hour in hours]),
    )


@dataclass(frozen=True)
class Slot:
    """An hour on the axis of a day, before anything is known of it."""

    start: int
    end: int
    label: str
    open_minutes: int


def slots_of(calendar: PlaceCalendar, day: str) -> list[Slot]:
    """Every local hour of that business day, in order."""
    start, end = Period(day, day).bounds(calendar)
    return list(_slots(calendar, start, end))


def hours_of(slots: list[Slot], counted: Mapping[int, Counts], none_yet: Counts, now_ms: int) -> list[Hour]:
    """The hours from opening to closing, and whichever else has presses or contacts.

    `counted` by UTC seconds of the hour's start.
    """
    hours = []
    for slot in slots:
        counts = counted.get(slot.start, none_yet)
        state = _state(slot, counts, now_ms)
        hours.append(Hour(slot.start, slot.label, slot.open_minutes, state, counts))
    used = [at for at, hour in enumerate(hours) if hour.open_minutes or hour.counts.presses or hour.contacts]
    return hours[used[0] : used[-1] + 1] if used else []


def _columns(heights: Sequence[float]) -> str:
    """One closed column for each height that is not zero, as path data."""
    return "".join(
        f"M{at * SPARK_STEP + 1} {SPARK_HEIGHT}v-{height * SPARK_HEIGHT:.1f}h{SPARK_STEP - 2}V{SPARK_HEIGHT}z"
        for at, height in enumerate(heights)
        if height > 0
    )


def _slots(calendar: PlaceCalendar, start: int, end: int) -> Iterator[Slot]:
    at = calendar.hour_start(start) * 1000
    while at < end:
        first, after = hour_bounds(calendar, at // 1000)
        opened = open_minutes_between(calendar, max(first, start), min(after, end))
        yield Slot(at // 1000, after, f"{calendar.local(first).hour:02}", opened)
        at = after


def _state(slot: Slot, counts: Counts, now_ms: int) -> State:
    if counts.events:
        return "blind" if counts.camera_share == 0 else "heard"
    if slot.start * 1000 > now_ms:
        return "ahead"
    return "gap" if slot.open_minutes else "closed"
