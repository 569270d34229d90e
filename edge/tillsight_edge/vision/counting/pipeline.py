"""One camera's way from a frame to numbers: mask, gate, detector, tracker, zones. The frame ends here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import cv2
import numpy as np

from tillsight_models.geometry import Box, Line, Zone

from ...camera_config import CameraSettings
from ..detections import Detector
from ..frames import Frame, Image
from .contacts import Contact, ContactCounter, Presence
from .motion import MotionGate, MotionRules
from .queues import QueueMeter, QueueWindow
from .sightings import Track
from .tracker import Tracker, TrackerRules
from .traffic import Entrance, LineEntrance, Visitor, ZoneEntrance

Result: TypeAlias = Contact | Presence | Visitor


class FaceHook(Protocol):
    """What may look at the faces of people who stand in the zone."""

    def look(self, image: Image, mono_ms: int, standing: Mapping[int, Box]) -> None:
        """A frame, staff zones black, and the boxes of those who stand in the zone, by track."""

    def left(self, track: int, mono_ms: int, *, served: bool) -> None:
        """Somebody who stood in the zone has left it; the number of their track may be used again."""


@dataclass(frozen=True)
class View:
    """What was made of the last frame, for those who draw it. It ends with the next one."""

    tracks: tuple[Track, ...] = ()
    standing: frozenset[int] = frozenset()
    """Tracks of people who came to stand in the zone."""
    served: frozenset[int] = frozenset()
    """Of them, those who are being served by now."""
    queue: int = 0
    looked: bool = False
    """Whether the detector saw the frame."""


class Pipeline:
    """Counts what one camera sees. `look` takes frames in their order, and all time is theirs."""

    def __init__(
        self,
        camera: CameraSettings,
        detector: Detector,
        *,
        faces: FaceHook | None = None,
        sure: float = 0.4,
        motion: MotionRules | None = None,
    ) -> None:
        """`sure`: the score from which on the detector's box is somebody; its threshold in the manifest."""
        self._camera = camera
        self._detector = detector
        self._faces = faces
        self._rules = TrackerRules(
            score_high=sure,
            score_low=0.7 * sure,
            max_age_s=max(TrackerRules.max_age_s, camera.leave_gap_s),
        )
        self._motion = motion
        self._floor: _Floor | None = None
        self.frames = 0
        """Frames that were given to `look`."""
        self.looked = 0
        """Of them, those that the detector saw; the others showed nothing new."""
        self.view = View()

    def look(self, frame: Frame) -> list[Result]:
        """What is new by this frame. Its image is blackened where staff are, and nothing of it is kept."""
        results: list[Result] = []
        if self._floor is None or self._floor.size != (frame.width, frame.height):
            results += self.finish(frame.mono_ms)
            self._floor = _Floor(self._camera, frame.width, frame.height, self._rules, self._motion)
        image = frame.image if frame.image.flags.writeable else frame.image.copy()
        blacken(image, self._floor.staff)
        looked, tracks = self._tracks(self._floor, image, frame.mono_ms)
        results += self._floor.count(tracks, frame.mono_ms)
        self.view = self._floor.view(tracks, looked)
        self._tell_faces(self._floor, frame.mono_ms, image if looked else None)
        return results

    def finish(self, mono_ms: int) -> list[Result]:
        """No more frames, or none for a long time: whoever is still there leaves now."""
        if self._floor is None:
            return []
        results = self._floor.finish(mono_ms)
        self.view = View()
        self._tell_faces(self._floor, mono_ms, None)
        self._floor = None
        return results

    def queue(self, mono_ms: int) -> QueueWindow | None:
        """What the queue was since the last call; None without a queue zone or before the first frame."""
        if self._floor is None or self._floor.queue is None:
            return None
        return self._floor.queue.window(mono_ms)

    def _tracks(self, floor: "_Floor", image: Image, mono_ms: int) -> tuple[bool, list[Track]]:
        """Everybody in the frame; unless something has changed they are where they were."""
        self.frames += 1
        tracker = floor.tracker
        if not floor.gate.opens(image, mono_ms, watching=tracker.watches, settled=tracker.settled):
            return False, tracker.hold(mono_ms)
        self.looked += 1
        return True, tracker.update(self._detector.detect(image).persons, mono_ms, floor.size[1])

    def _tell_faces(self, floor: "_Floor", mono_ms: int, image: Image | None) -> None:
        if self._faces is None or floor.contacts is None:
            return
        for track in floor.contacts.given_up:
            self._faces.left(track, mono_ms, served=False)
        for stay in floor.contacts.left:
            self._faces.left(stay.track, mono_ms, served=floor.contacts.is_served(stay))
        here = {stay.track for stay in floor.contacts.current if stay.standing}
        standing = {track.number: track.last.box for track in self.view.tracks if track.number in here}
        if image is not None and standing:
            self._faces.look(image, mono_ms, standing)


class _Floor:
    """Everything that is measured in pixels of frames of one size."""

    def __init__(
        self, camera: CameraSettings, width: int, height: int, rules: TrackerRules, motion: MotionRules | None
    ) -> None:
        self.size = (width, height)
        self.staff = [Zone.of(polygon, width, height) for polygon in camera.staff_zones]
        self.gate = MotionGate(motion)
        self.tracker = Tracker(rules)
        self.contacts: ContactCounter | None = None
        self.entrance: Entrance | None = None
        self.queue: QueueMeter | None = None
        if camera.zone is not None:
            self.contacts = ContactCounter(
                Zone.of(camera.zone, width, height),
                min_dwell_s=camera.min_dwell_s,
                max_dwell_s=camera.max_dwell_s,
                leave_gap_s=camera.leave_gap_s,
                count_groups=camera.count_groups,
            )
        if camera.entrance_line is not None:
            self.entrance = LineEntrance(Line.of(camera.entrance_line, width, height))
        elif camera.entrance_zone is not None:
            self.entrance = ZoneEntrance(Zone.of(camera.entrance_zone, width, height))
        if camera.queue_zone is not None:
            zone = Zone.of(camera.queue_zone, width, height)
            self.queue = QueueMeter(zone, leave_gap_s=camera.leave_gap_s)

    def count(self, tracks: Sequence[Track], mono_ms: int) -> list[Result]:
        """What is new by these tracks."""
        results: list[Result] = []
        if self.contacts is not None:
            results += self.contacts.update(tracks, mono_ms)
        if self.entrance is not None:
            results += self.entrance.update(tracks)
        if self.queue is not None:
            here, served = (self.contacts.current, self.contacts.served) if self.contacts else ([], [])
            self.queue.update(tracks, mono_ms, here, served)
        return results

    def finish(self, mono_ms: int) -> list[Result]:
        """No more frames."""
        results: list[Result] = []
        if self.contacts is not None:
            results += self.contacts.finish(mono_ms)
        if self.entrance is not None:
            results += self.entrance.finish()
        return results

    def view(self, tracks: Sequence[Track], looked: bool) -> View:
        """The frame, for those who draw it."""
        contacts = self.contacts
        return View(
            tuple(tracks),
            frozenset(stay.track for stay in contacts.current) if contacts else frozenset(),
            frozenset(stay.track for stay in contacts.served) if contacts else frozenset(),
            self.queue.people if self.queue else 0,
            looked,
        )


def blacken(image: Image, zones: Iterable[Zone]) -> None:
    """Paint the zones black, in place, their borders included."""
    for zone in zones:
        corners = np.rint(np.asarray(zone.corners)).astype(np.int32)
        cv2.fillPoly(image, [corners], (0, 0, 0))
