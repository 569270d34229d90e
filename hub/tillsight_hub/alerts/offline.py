"""Alerts of histories that lie in memory, raised as the live hub would have raised them, day after day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from ..hierarchy import Touchpoint
from .baseline import Traffic
from .chain import Knowledge, by_store, charts_of, is_due, study
from .charts import Alarm, Cleared, StoreState
from .settings import AlertSettings
from .streams import SETTLE_MS, Heard, Slots, Stream, days_of, punctual, slots_between

END_OF_TIME = 2**62


@dataclass(frozen=True)
class Raised:
    """An alert as a file has it."""

    alarm: Alarm
    noticed: int
    """ms UTC at which the hub raises it: when the vote is settled."""
    cleared: int | None
    """ms UTC"""


def alerts_of(heard: Mapping[str, Heard], settings: AlertSettings) -> list[Raised]:
    """What the built-in rule raises at these touchpoints, in order of time.

    Presses must have their labels. Each day's charts know only what happened on the days before.
    """
    tracks = [_Track.of(each) for each in heard.values() if each.history.end > each.history.start]
    if not tracks or not settings.enabled:
        return []
    teller = _Teller(tracks, float(settings.months))
    first, last = min(track.first for track in tracks), max(track.last for track in tracks)
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        teller.live_through(date.fromordinal(ordinal))
    return sorted(teller.raised(), key=lambda each: (each.noticed, each.alarm.tp))


@dataclass(frozen=True)
class _Track:
    place: Touchpoint
    first: date
    last: date
    slots: Slots
    heard: Stream
    """What is judged at the time."""
    known: Stream
    """What is learnt from afterwards: with what came late."""

    @classmethod
    def of(cls, heard: Heard) -> "_Track":
        history = heard.history
        first, last = days_of(history.place.calendar, history.start, history.end)
        slots = slots_between(history.place.calendar, first - timedelta(days=1), last)
        return cls(history.place, first, last, slots, punctual(heard, slots), Stream.of(history, slots))

    def closing(self, t: int) -> int:
        """End of the business day in which `t` lies, ms UTC."""
        slot = int(self.slots.find(np.array([t]))[0])
        return int(self.slots.end[self.slots.day == self.slots.day[slot]][-1])

    def slots_on(self, day: int) -> Slots:
        """Of one business day."""
        slots, on = self.slots, self.slots.day == day
        return Slots(slots.start[on], slots.end[on], slots.day[on], slots.cell[on])


class _Teller:
    """Goes through the days."""

    def __init__(self, tracks: Sequence[_Track], months: float) -> None:
        self._tracks = {track.place.id: track for track in tracks}
        self._places = [track.place for track in tracks]
        self._months = months
        self._traffic = {tp: Traffic() for tp in self._tracks}
        self._states = {store: StoreState() for store in by_store(self._places)}
        self._knowledge: Knowledge | None = None
        self._learnt_days = 0
        self._alarms: list[Alarm] = []
        self._over: dict[tuple[str, int], int] = {}

    def live_through(self, day: date) -> None:
        """Judge one business day by what is known of those before, then learn from it."""
        days = max(each.days for each in self._traffic.values())
        if is_due(days, self._learnt_days):
            self._knowledge = study(self._places, self._traffic, day)
            self._learnt_days = days
        wrong: dict[str, list[tuple[int, int]]] = {}
        if self._knowledge is not None:
            charts = charts_of(self._places, self._knowledge, lambda _: self._months)
            for store, members in by_store(self._places).items():
                streams = {each.id: self._tracks[each.id].heard.of_day(day.toordinal()) for each in members}
                told = charts[store].advance(self._states[store], day.toordinal(), streams)
                self._note(told, wrong)
        for tp, track in self._tracks.items():
            self._learn(tp, track, day, wrong.get(tp, []))

    def raised(self) -> list[Raised]:
        """What was, so far."""
        return [
            Raised(alarm, alarm.t + SETTLE_MS, self._over.get((alarm.tp, alarm.t))) for alarm in self._alarms
        ]

    def _note(self, told: Sequence[Alarm | Cleared], wrong: dict[str, list[tuple[int, int]]]) -> None:
        for each in told:
            if isinstance(each, Alarm):
                self._alarms.append(each)
                wrong.setdefault(each.tp, []).append((each.since, END_OF_TIME))
            else:
                track = self._tracks[each.tp]
                over = track.closing(each.raised) if each.t is None else each.t
                self._over[each.tp, each.raised] = over
                if spans := wrong.get(each.tp):
                    spans[-1] = spans[-1][0], over + 1

    def _learn(self, tp: str, track: _Track, day: date, wrong: Sequence[tuple[int, int]]) -> None:
        """Without the times of alerts: what went wrong is not what is usual."""
        slots = track.slots_on(day.toordinal())
        if not len(slots.start):
            return
        counts = track.place.contact_source is not None
        stream = track.known.of_day(day.toordinal()).without(wrong)
        self._traffic[tp] = self._traffic[tp].plus(stream, slots, counts_contacts=counts)
