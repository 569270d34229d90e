"""A picture scaled into the fixed canvas that a network takes."""

import cv2
import numpy as np

from ..frames import Image


class Letterbox:
    """One canvas, used again for each picture: scaled to fit, in the top left corner, the rest one grey."""

    def __init__(self, width: int, height: int, filling: int = 114) -> None:
        self.canvas: Image = np.full((height, width, 3), filling, np.uint8)
        self._filling = filling
        self._covered = (0, 0)

    def place(self, image: Image) -> float:
        """Put a picture onto the canvas; pixels of the canvas for one of the picture."""
        height, width = self.canvas.shape[:2]
        scale = float(min(width / image.shape[1], height / image.shape[0]))
        covered = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
        if covered != self._covered:
            self.canvas[:] = self._filling
            self._covered = covered
        _scaled(image, self.canvas[: covered[1], : covered[0]])
        return scale


def _scaled(image: Image, target: Image) -> None:
    """Fill `target`. Averaging in one step would take ten times as long, and detectors find no more by it."""
    height, width = target.shape[:2]
    if min(image.shape[1] / width, image.shape[0] / height) >= 2:
        image = np.asarray(
            cv2.resize(image, (2 * width, 2 * height), interpolation=cv2.INTER_LINEAR), np.uint8
        )
        cv2.resize(image, (width, height), target, interpolation=cv2.INTER_AREA)
    else:
        cv2.resize(image, (width, height), target, interpolation=cv2.INTER_LINEAR)
