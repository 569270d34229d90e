"""Counting in a clip: the same pipeline as at the till, with the clip's own time."""

import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from ...camera_config import CameraSettings
from ..detections import Detector
from ..errors import BadClip
from ..frames import Frame, as_bgr, at_most_wide
from .contacts import Contact
from .drawing import Film
from .pipeline import Pipeline


@dataclass(frozen=True)
class Counted:
    """What was counted in a clip, and what it took."""

    contacts: tuple[Contact, ...]
    """In the order in which they ended."""
    frames: int
    """Looked at, after those that the wanted frame rate leaves out."""
    looked: int
    """Of them, those that the detector saw."""
    wall_s: float
    cpu_s: float
    rss_mb: float
    """The most memory that the process has ever held."""

    def as_json(self) -> dict[str, Any]:
        """As `tillsight-edge count` writes it; seconds from the clip's start."""
        return {
            "contacts": [
                {
                    "enter_s": contact.enter_ms / 1000,
                    "leave_s": contact.leave_ms / 1000,
                    "dwell_s": contact.dwell_s,
                }
                for contact in self.contacts
            ],
            "frames": self.frames,
            "wall_s": round(self.wall_s, 3),
            "cpu_s": round(self.cpu_s, 3),
            "rss_mb": round(self.rss_mb, 1),
        }


class Clip:
    """A video file, as frames at no more than so many a second; those in between are not even decoded."""

    def __init__(self, path: Path, frames_a_second: float | None = None) -> None:
        """BadClip where there is no video at `path`."""
        capture = cv2.VideoCapture(str(path)) if path.is_file() else None
        if capture is None or not capture.isOpened():
            raise BadClip(f"{path}: cannot be read as a video")
        told = capture.get(cv2.CAP_PROP_FPS)
        own_rate = told if 0 < told <= 1000 else 25.0
        self._path, self._capture = path, capture
        self._step_ms = 1000 / own_rate
        self._total = capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.rate_hz = min(own_rate, frames_a_second or own_rate)
        self.end_ms = 0
        """When the last frame that was read ends, from the clip's start."""
        self.done = 0.0
        """Share of the clip that was read, 0..1; 0 where its length is not known."""

    def frames(self) -> Iterator[Frame]:
        """Frames with their time from the clip's start; BadClip where there is none."""
        due_ms = 0.0
        for number, at_ms in self._moments():
            if at_ms < due_ms - 1:
                continue
            read, image = self._capture.retrieve()
            if read:
                due_ms = max(due_ms, at_ms - 1000 / self.rate_hz) + 1000 / self.rate_hz
                yield Frame(number, round(at_ms), at_most_wide(as_bgr(image)))
        self._capture.release()
        if due_ms == 0:
            raise BadClip(f"{self._path}: has no frame that can be read")

    def _moments(self) -> Iterator[tuple[int, float]]:
        """Each frame's number and time, which never goes back, whatever the file says."""
        number, at_ms, began_ms = 0, 0.0, 0.0
        while self._capture.grab():
            told_ms = self._capture.get(cv2.CAP_PROP_POS_MSEC)
            if number == 0:
                began_ms = told_ms
            else:
                at_ms = told_ms - began_ms if told_ms - began_ms > at_ms else at_ms + self._step_ms
            number += 1
            self.end_ms = round(at_ms + self._step_ms)
            self.done = min(1.0, number / self._total) if self._total > 0 else 0.0
            yield number, at_ms


def count_clip(
    clip: Clip,
    camera: CameraSettings,
    detector: Detector,
    *,
    sure: float = 0.4,
    show: Path | None = None,
    progress: Callable[[float, int], None] | None = None,
) -> Counted:
    """Count the contacts of a clip; `progress` is told the share that is done and the contacts so far.

    Whoever is still there when the clip ends leaves then. `show` draws it all into a film.
    """
    cv2.setNumThreads(1)
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    pipeline = Pipeline(camera, detector, sure=sure)
    film = Film(show, camera, clip.rate_hz) if show else None
    contacts: list[Contact] = []
    try:
        for frame in clip.frames():
            contacts += (new for new in pipeline.look(frame) if isinstance(new, Contact))
            if progress:
                progress(clip.done, len(contacts))
            if film:
                film.add(frame, pipeline.view, len(contacts))
    finally:
        if film:
            film.close()
    contacts += (new for new in pipeline.finish(clip.end_ms) if isinstance(new, Contact))
    return Counted(
        tuple(contacts),
        pipeline.frames,
        pipeline.looked,
        time.perf_counter() - wall_s,
        time.process_time() - cpu_s,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )
