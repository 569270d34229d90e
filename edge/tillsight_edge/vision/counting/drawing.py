"""A film for people, on request: boxes, zones and counts drawn on the frames of a clip."""

from pathlib import Path

import cv2
import numpy as np

from tillsight_models.geometry import Zone

from ...camera_config import CameraSettings
from ..errors import BadClip
from ..frames import Frame, Image
from .pipeline import View
from .sightings import Track

PASSING = (190, 190, 190)
STANDING = (0, 200, 255)
SERVED = (80, 220, 80)
ZONE = (255, 160, 40)
FONT = cv2.FONT_HERSHEY_SIMPLEX


class Film:
    """An MP4 file with everything that was counted drawn in it."""

    def __init__(self, path: Path, camera: CameraSettings, frames_a_second: float) -> None:
        self._path = path
        self._camera = camera
        self._rate = frames_a_second
        self._writer: cv2.VideoWriter | None = None

    def add(self, frame: Frame, view: View, contacts: int) -> None:
        """One more frame; it is drawn on."""
        if self._writer is None:
            self._writer = self._open(frame.width, frame.height)
        draw(frame.image, self._camera, view)
        text = f"{frame.mono_ms / 1000:.1f} s  contacts {contacts}  present {len(view.standing)}"
        _write(frame.image, text, (8, 20))
        self._writer.write(frame.image)

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.release()

    def _open(self, width: int, height: int) -> cv2.VideoWriter:
        fourcc = cv2.VideoWriter.fourcc(*"mp4v")
        writer = cv2.VideoWriter(str(self._path), fourcc, self._rate, (width, height))
        if not writer.isOpened():
            raise BadClip(f"{self._path}: cannot be written as a video")
        return writer


def draw(image: Image, camera: CameraSettings, view: View) -> None:
    """Draw zones and people on a frame: grey passes, yellow stands, green is being served."""
    height, width = image.shape[:2]
    for polygon in (camera.zone, camera.queue_zone, camera.entrance_zone):
        if polygon is not None:
            corners = np.rint(np.asarray(Zone.of(polygon, width, height).corners)).astype(np.int32)
            cv2.polylines(image, [corners], True, ZONE, 2, cv2.LINE_AA)
    for track in view.tracks:
        _draw_track(image, track, view)


def _draw_track(image: Image, track: Track, view: View) -> None:
    served, standing = track.number in view.served, track.number in view.standing
    colour = SERVED if served else STANDING if standing else PASSING
    x1, y1, x2, y2 = (round(side) for side in track.last.box)
    cv2.rectangle(image, (x1, y1), (x2, y2), colour, 2 if track.seen else 1, cv2.LINE_AA)
    foot = (round(track.last.foot[0]), round(track.last.foot[1]))
    cv2.circle(image, foot, 4, colour, -1, cv2.LINE_AA)
    _write(image, "served" if served else "stands" if standing else "", (x1 + 4, y1 + 16))


def _write(image: Image, text: str, at: tuple[int, int]) -> None:
    cv2.putText(image, text, at, FONT, 0.5, (0, 0, 0), 3, cv2.LINE_AA)
    cv2.putText(image, text, at, FONT, 0.5, (255, 255, 255), 1, cv2.LINE_AA)
