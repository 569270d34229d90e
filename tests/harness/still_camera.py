"""A camera and a detector that show what a test says."""

import threading
import time

import numpy as np

from tillsight_edge.vision.camera.capture_process import CaptureState
from tillsight_edge.vision.detections import Detection, Detections
from tillsight_edge.vision.frames import Frame, Image

WIDTH, HEIGHT = 320, 240
PERSON = (140.0, 60.0, 180.0, 180.0)
"""x1, y1, x2, y2: feet in the middle of the picture, three quarters down."""


def picture() -> Image:
    """Grey, brighter to the right."""
    across = np.linspace(60, 200, WIDTH).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(across[None, :, None], (HEIGHT, WIDTH, 3)))


class StillCamera:
    """Gives the same picture twenty times a second; `problem` stops it."""

    def __init__(self) -> None:
        self.frames = 0
        self.problem = ""
        self._pause = threading.Event()

    def tend(self) -> CaptureState:
        """See CaptureProcess."""
        return CaptureState(bool(self.problem), 0.0, self.frames, 1, self.problem)

    def newest(self, after: int = 0, timeout_s: float = 0.0) -> Frame | None:
        """See CaptureProcess."""
        self._pause.wait(min(timeout_s, 0.05))
        if self.problem:
            return None
        self.frames += 1
        return Frame(self.frames, time.monotonic_ns() // 1_000_000, picture())


class SaidDetector:
    """Sees `boxes`, and keeps the last image that it was given."""

    def __init__(self, *boxes: tuple[float, float, float, float]) -> None:
        self.boxes = list(boxes)
        self.image: Image | None = None

    def detect(self, image: Image) -> Detections:
        """See Detector."""
        self.image = image.copy()
        return Detections(tuple(Detection(*box, 0.9) for box in self.boxes))
