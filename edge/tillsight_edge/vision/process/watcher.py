"""From one camera's frames to messages of numbers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from tillsight_models.events import CameraState

from ...camera_config import CameraSettings
from ..counting.contacts import Contact, Presence
from ..counting.pipeline import Pipeline, Result
from ..counting.queues import QueueWindow
from ..counting.traffic import Visitor
from ..faces.moods import Moods
from ..frames import Frame
from .sight import SightMeter
from .wire import ContactSeen, PresenceSeen, QueueSeen, Seen, VisitorsCounted


class Eyes(Protocol):
    """Judges each frame: is there something to be seen?"""

    def look(self, frame: Frame) -> CameraState:
        """`ok`, `dark`, `covered`, `frozen` or `moved`."""


@dataclass
class Windows:
    """What is told each `window_s`."""

    window_ms: float
    began_ms: int
    entered: int = 0
    left: int = 0

    def due(self, now_ms: int) -> bool:
        return now_ms - self.began_ms >= self.window_ms

    def visitors(self, now_ms: int) -> VisitorsCounted:
        """Those of this window; the next one begins."""
        counted = VisitorsCounted(
            at_ms=now_ms, period_s=(now_ms - self.began_ms) / 1000, entered=self.entered, left=self.left
        )
        self.entered = self.left = 0
        return counted


class Watcher:
    """From one camera's frames to messages, on a clock that is handed in."""

    def __init__(
        self,
        settings: CameraSettings,
        pipeline: Pipeline,
        eyes: Eyes,
        moods: Moods | None = None,
        *,
        window_s: float,
        now_ms: int,
    ) -> None:
        self._settings = settings
        self._pipeline = pipeline
        self._eyes = eyes
        self._moods = moods
        self._meter = SightMeter(now_ms, settings.down_after_s)
        self._windows = Windows(1000 * window_s, now_ms)
        self._present = self._served = 0
        self._paused = False

    @property
    def now(self) -> PresenceSeen:
        """How it is."""
        return PresenceSeen(present=self._present, serving=self._served, state=self._meter.state)

    @property
    def sees(self) -> bool:
        """Whether the camera is `ok`."""
        return self._meter.sees

    def frame(self, frame: Frame, now_ms: int) -> list[Seen]:
        """What is new by this frame. While the camera is not `ok` nothing is counted in it."""
        state = self._eyes.look(frame)
        told: list[Seen] = []
        looked = False
        if state == "ok":
            before = self._pipeline.looked
            told += self._told(self._pipeline.look(frame))
            looked = self._pipeline.looked > before
        elif self._meter.sees:
            told += self._end_counting(frame.mono_ms)
        if changed := self._meter.frame(now_ms, state, looked=looked):
            told.append(changed)
        return told

    def no_frame(self, now_ms: int) -> list[Seen]:
        """None came until now."""
        changed = self._meter.no_frame(now_ms)
        return [*self._end_counting(now_ms), changed] if changed else []

    def pause(self, now_ms: int) -> list[Seen]:
        """No frame is wanted: whoever is there leaves, as far as we know; said again, it changes nothing."""
        if self._paused:
            return []
        self._paused = True
        return [*self._end_counting(now_ms), self._meter.pause(now_ms)]

    def go_on(self, now_ms: int) -> None:
        """Frames are wanted, perhaps again."""
        if self._paused:
            self._paused = False
            self._meter.go_on(now_ms)

    def windows(self, now_ms: int) -> list[Seen]:
        """The windows that are over by now."""
        told: list[Seen] = list(self._moods.take(now_ms)) if self._moods else []
        return [*told, *self._close_windows(now_ms)] if self._windows.due(now_ms) else told

    def finish(self, now_ms: int) -> list[Seen]:
        """No more frames: whoever is there leaves, and all windows end."""
        return [*self._end_counting(now_ms), *self._close_windows(now_ms)]

    def _close_windows(self, now_ms: int) -> list[Seen]:
        """Coverage always; visitors and queue only where there was anything to see: never as zeros."""
        told = self._queue(now_ms)
        seen = self._meter.worked or self._windows.entered or self._windows.left
        if self._settings.counts_visitors and seen:
            told.append(self._windows.visitors(now_ms))
        self._windows.began_ms = now_ms
        return [*told, self._meter.period(now_ms)]

    def _end_counting(self, now_ms: int) -> list[Seen]:
        """Nothing is seen for a while: whoever is there leaves, as far as we know."""
        return [*self._queue(now_ms), *self._told(self._pipeline.finish(now_ms))]

    def _queue(self, now_ms: int) -> list[Seen]:
        """The queue since it was last told; nothing where there is no queue, or none was seen."""
        queue = self._pipeline.queue(now_ms)
        return [] if queue is None or queue.period_s == 0 else [_queue_seen(queue, now_ms)]

    def _told(self, results: Iterable[Result]) -> list[Seen]:
        told: list[Seen] = []
        for result in results:
            if isinstance(result, Contact):
                told.append(_contact_seen(result))
            elif isinstance(result, Visitor):
                self._windows.entered += result.entered
                self._windows.left += not result.entered
            elif isinstance(result, Presence):
                self._present, self._served = result.present, result.served
        return told


def _contact_seen(contact: Contact) -> ContactSeen:
    return ContactSeen(
        enter_ms=contact.enter_ms,
        leave_ms=contact.leave_ms,
        dwell_s=contact.dwell_s,
        people=min(100, contact.people),
        quality=min(1.0, max(0.0, contact.quality)),
    )


def _queue_seen(queue: QueueWindow, now_ms: int) -> QueueSeen:
    return QueueSeen(
        at_ms=now_ms,
        period_s=queue.period_s,
        mean_people=queue.mean_people,
        most_people=queue.most_people,
        waited=len(queue.waits_s),
        mean_wait_s=queue.mean_wait_s,
        longest_wait_s=queue.longest_wait_s,
    )
