"""The queue: how many people stand in its zone, and how long those waited who went on to be served."""

from collections.abc import Sequence
from dataclasses import dataclass

from tillsight_models.geometry import Zone

from .sightings import Track
from .stays import Stay, StayRules, Stays

TO_THE_TILL_S = 20.0
"""Who stands at the till so long after leaving the queue's zone waited in the queue."""


@dataclass(frozen=True)
class QueueWindow:
    """The queue since the last window."""

    period_s: float
    mean_people: float
    """Over time, not over frames."""
    most_people: int
    waits_s: tuple[float, ...]
    """Of everybody who went on from the queue to be served."""

    @property
    def mean_wait_s(self) -> float:
        return sum(self.waits_s) / len(self.waits_s) if self.waits_s else 0.0

    @property
    def longest_wait_s(self) -> float:
        return max(self.waits_s, default=0.0)


class QueueMeter:
    """Measures one queue; who only walks through its zone does not stand in it."""

    def __init__(self, zone: Zone, *, leave_gap_s: float = 1.0) -> None:
        self._stays = Stays(zone, StayRules(leave_gap_s=leave_gap_s))
        self._began_ms: int | None = None
        self._now_ms = 0
        self._people = self._most = 0
        self._people_ms = 0
        self._queued: dict[int, Stay] = {}
        """The last stay in the queue of everybody who is still in view, by track."""
        self._went_on: set[int] = set()
        self._waits_s: list[float] = []

    @property
    def people(self) -> int:
        """In the queue by the last frame."""
        return self._people

    def update(
        self, tracks: Sequence[Track], mono_ms: int, at_till: Sequence[Stay] = (), served: Sequence[Stay] = ()
    ) -> None:
        """One frame, who stands where people are served, and who of them is being served by now."""
        self._pass_time(mono_ms)
        self._stays.update(tracks, mono_ms)
        queue = {stay.track: stay for stay in self._stays.current}
        self._queued |= queue
        for stay in served:
            self._note_wait(stay)
        self._people = len(queue.keys() - {stay.track for stay in at_till})
        self._most = max(self._most, self._people)
        self._forget({track.number for track in tracks})

    def window(self, mono_ms: int) -> QueueWindow:
        """What was measured since the last window; the next one begins now."""
        self._pass_time(mono_ms)
        period_ms = mono_ms - (mono_ms if self._began_ms is None else self._began_ms)
        mean = self._people_ms / period_ms if period_ms > 0 else 0.0
        window = QueueWindow(period_ms / 1000, mean, self._most, tuple(self._waits_s))
        self._began_ms, self._people_ms, self._most, self._waits_s = mono_ms, 0, self._people, []
        return window

    def _pass_time(self, mono_ms: int) -> None:
        """The queue was as long as it was until now."""
        if self._began_ms is None:
            self._began_ms = self._now_ms = mono_ms
        self._people_ms += self._people * max(0, mono_ms - self._now_ms)
        self._now_ms = max(self._now_ms, mono_ms)

    def _note_wait(self, served: Stay) -> None:
        """Somebody is being served: how long since they came to stand in the queue, if they did."""
        queued = self._queued.get(served.track)
        if queued is None or served.track in self._went_on or queued.enter_ms >= served.enter_ms:
            return
        self._went_on.add(served.track)
        if served.enter_ms - queued.leave_ms <= TO_THE_TILL_S * 1000:
            self._waits_s.append((served.enter_ms - queued.enter_ms) / 1000)

    def _forget(self, in_view: set[int]) -> None:
        self._queued = {track: stay for track, stay in self._queued.items() if track in in_view}
        self._went_on &= in_view
