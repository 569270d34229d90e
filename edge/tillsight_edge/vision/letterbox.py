"""A picture scaled into the fixed canvas that a network takes."""

import cv2
import numpy as np

from .frames import Image


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
        smooth = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        cv2.resize(image, covered, self.canvas[: covered[1], : covered[0]], interpolation=smooth)
        return scale
