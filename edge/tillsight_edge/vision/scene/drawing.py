"""Antialiased shapes on a picture, with a map of whose shape is seen at each pixel."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from ..frames import Box, Image

Colour: TypeAlias = tuple[float, float, float]
Point: TypeAlias = tuple[float, float]

_SHIFT = 4
_ONE = 1 << _SHIFT


class Canvas:
    """A picture and its owners: 0 is the room, others are people in the order in which they were drawn."""

    def __init__(self, image: Image) -> None:
        self.image = image
        self.owners: npt.NDArray[np.uint8] = np.zeros(image.shape[:2], np.uint8)

    def polygon(self, points: Iterable[Point], colour: Colour, owner: int = 0) -> None:
        """A filled polygon in pixels."""
        corners = np.rint(np.asarray(list(points), np.float64) * _ONE).astype(np.int32)
        cv2.fillPoly(self.image, [corners], colour, cv2.LINE_AA, _SHIFT)
        cv2.fillPoly(self.owners, [corners], (owner,), cv2.LINE_8, _SHIFT)

    def ellipse(
        self,
        centre: Point,
        radii: Point,
        colour: Colour,
        owner: int = 0,
        *,
        turn: float = 0.0,
        arc: tuple[float, float] = (0.0, 360.0),
    ) -> None:
        """A filled ellipse, or the segment of it between two angles in degrees, clockwise from the right."""
        at, size = _fixed(centre), _fixed((max(0.4, radii[0]), max(0.4, radii[1])))
        start, end = arc
        cv2.ellipse(self.image, at, size, turn, start, end, colour, -1, cv2.LINE_AA, _SHIFT)
        cv2.ellipse(self.owners, at, size, turn, start, end, (owner,), -1, cv2.LINE_8, _SHIFT)

    def limb(self, points: Sequence[Point], radii: Sequence[float], colour: Colour, owner: int = 0) -> None:
        """A round limb through the points with a radius at each."""
        for (start, end), (thick, thin) in zip(pairwise(points), pairwise(radii), strict=True):
            across = _across(start, end)
            self.polygon(
                [
                    (start[0] + across[0] * thick, start[1] + across[1] * thick),
                    (end[0] + across[0] * thin, end[1] + across[1] * thin),
                    (end[0] - across[0] * thin, end[1] - across[1] * thin),
                    (start[0] - across[0] * thick, start[1] - across[1] * thick),
                ],
                colour,
                owner,
            )
        for point, radius in zip(points, radii, strict=True):
            self.ellipse(point, (radius, radius), colour, owner)

    def line(self, start: Point, end: Point, colour: Colour, width_px: float = 1.0) -> None:
        """A line that belongs to whom it is drawn on."""
        thick = max(1, round(width_px))
        cv2.line(self.image, _fixed(start), _fixed(end), colour, thick, cv2.LINE_AA, _SHIFT)

    def shadow(self, centre: Point, radii: Point, strength: float) -> None:
        """Darkens the room under somebody, softly."""
        x1, y1, x2, y2 = self._inside(
            (centre[0] - radii[0], centre[1] - radii[1], centre[0] + radii[0], centre[1] + radii[1])
        )
        if x2 - x1 < 2 or y2 - y1 < 2:
            return
        across = (np.arange(x1, x2, dtype=np.float32) - centre[0]) / radii[0]
        down = (np.arange(y1, y2, dtype=np.float32) - centre[1]) / radii[1]
        depth = np.clip(1 - across[None, :] ** 2 - down[:, None] ** 2, 0, 1) * strength
        part = self.image[y1:y2, x1:x2]
        part[:] = (part * (1 - depth[:, :, None])).astype(np.uint8)

    def pattern(self, owner: int, box: Box, pattern: npt.NDArray[np.float32]) -> None:
        """Multiplies the owner's pixels inside the box by a pattern around 1, stretched over the box."""
        x1, y1, x2, y2 = self._inside(box)
        if x2 - x1 < 2 or y2 - y1 < 2:
            return
        stretched = cv2.resize(pattern, (x2 - x1, y2 - y1), interpolation=cv2.INTER_LINEAR)
        part = self.image[y1:y2, x1:x2]
        shaded = cv2.multiply(part, cv2.merge([stretched] * 3), dtype=cv2.CV_8U)
        cv2.copyTo(shaded, (self.owners[y1:y2, x1:x2] == owner).astype(np.uint8), part)

    def seen(self, owner: int, box: Box) -> tuple[int, Box | None]:
        """How many pixels of the owner are seen inside the box, and the box around them."""
        x1, y1, x2, y2 = self._inside(box)
        if x2 <= x1 or y2 <= y1:
            return 0, None
        mine = self.owners[y1:y2, x1:x2] == owner
        rows, columns = np.flatnonzero(mine.any(axis=1)), np.flatnonzero(mine.any(axis=0))
        if not rows.size:
            return 0, None
        around = (x1 + columns[0], y1 + rows[0], x1 + columns[-1] + 1, y1 + rows[-1] + 1)
        return int(np.count_nonzero(mine)), (
            float(around[0]),
            float(around[1]),
            float(around[2]),
            float(around[3]),
        )

    def _inside(self, box: Box) -> tuple[int, int, int, int]:
        height, width = self.owners.shape
        return (
            max(0, int(np.floor(box[0]))),
            max(0, int(np.floor(box[1]))),
            min(width, int(np.ceil(box[2]))),
            min(height, int(np.ceil(box[3]))),
        )


def shaded(colour: Colour, factor: float) -> Colour:
    """The colour in more or less light."""
    return (
        min(255.0, colour[0] * factor),
        min(255.0, colour[1] * factor),
        min(255.0, colour[2] * factor),
    )


def _fixed(point: Point) -> tuple[int, int]:
    return round(point[0] * _ONE), round(point[1] * _ONE)


def _across(start: Point, end: Point) -> Point:
    """The unit vector at a right angle."""
    x, y = end[0] - start[0], end[1] - start[1]
    length = max(1e-6, (x * x + y * y) ** 0.5)
    return -y / length, x / length
