"""What a detector says of one frame, and what the pipeline asks of a detector."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
"""[H, W, 3], BGR, C-contiguous."""


@dataclass(frozen=True)
class Detection:
    """One box in pixels of the frame it was found in; x to the right, y down."""

    x1: float
    y1: float
    x2: float
    y2: float
    score: float
    """0..1."""

    @property
    def width(self) -> float:
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        return self.y2 - self.y1


@dataclass(frozen=True)
class Detections:
    """Persons and faces of one frame, each best first."""

    persons: tuple[Detection, ...] = ()
    faces: tuple[Detection, ...] = ()


class Detector(Protocol):
    """Finds persons, and faces large enough to be found beside them."""

    def detect(self, image: Image) -> Detections:
        """Persons and faces in one frame."""
