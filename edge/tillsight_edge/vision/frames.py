"""A frame: the only thing that carries pixels, and what a raw array must be to become one."""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .errors import BadFrame

Image: TypeAlias = npt.NDArray[np.uint8]
"""C-contiguous uint8 [H,W,3], blue first."""

Box: TypeAlias = tuple[float, float, float, float]
"""x1, y1, x2, y2 in pixels; the second corner lies outside."""

MIN_SIDE_PX = 16
MAX_SIDE_PX = 8192
MAX_WIDTH_PX = 1280
"""Larger pictures are scaled down at the source; the detector sees 320 pixels of it."""


@dataclass(frozen=True)
class Frame:
    """One picture and when it was taken."""

    number: int
    """Counts from 1; a gap is a frame that nobody fetched in time."""
    mono_ms: int
    """On the clock of `Clock.mono_ms`."""
    image: Image = field(repr=False, compare=False)
    checksum: int | None = None
    """Adler-32 of the pixels, where somebody has taken it already."""

    @property
    def width(self) -> int:
        return int(self.image.shape[1])

    @property
    def height(self) -> int:
        return int(self.image.shape[0])


def as_bgr(array: npt.NDArray[Any], name: str = "frame") -> Image:
    """The picture in uint8 `array`: grey [H,W] or [H,W,1], BGR, or BGRA [H,W,4]; else BadFrame."""
    if not isinstance(array, np.ndarray):
        raise BadFrame(f"{name}: {type(array).__name__}: should be an array")
    if array.dtype != np.uint8:
        raise BadFrame(f"{name}: {_described(array)}: should be uint8")
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise BadFrame(f"{name}: {_described(array)}: should be [H,W], or [H,W,C] with 1, 3 or 4 channels")
    if not all(MIN_SIDE_PX <= side <= MAX_SIDE_PX for side in array.shape[:2]):
        raise BadFrame(f"{name}: {_described(array)}: sides should be {MIN_SIDE_PX} to {MAX_SIDE_PX} pixels")
    channels = array.reshape(*array.shape[:2], -1)
    colours = channels[:, :, :3] if channels.shape[2] > 1 else np.repeat(channels, 3, axis=2)
    return np.ascontiguousarray(colours)


def at_most_wide(image: Image, width_px: int = MAX_WIDTH_PX) -> Image:
    """The picture, scaled down where it is wider than `width_px`, or higher than that."""
    import cv2  # not where frames are only passed on

    height, width = image.shape[:2]
    scale = width_px / max(height, width)
    if scale >= 1:
        return image
    size = max(MIN_SIDE_PX, round(width * scale)), max(MIN_SIDE_PX, round(height * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _described(array: npt.NDArray[Any]) -> str:
    return f"{array.dtype} [{','.join(map(str, array.shape))}]"
