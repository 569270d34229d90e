"""Boxes as arrays: from a network's grid, without their doubles, back in the picture."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..detections import Detection

Floats: TypeAlias = npt.NDArray[np.float32]
"""Of boxes: [N, 5] of x1, y1, x2, y2, score."""

NO_BOXES: Floats = np.zeros((0, 5), np.float32)


def without_doubles(boxes: Floats, overlap: float, most: int = 300) -> Floats:
    """Best first, without those that overlap a better one by more than `overlap` (intersection over union).

    At most the best `most` are looked at.
    """
    if len(boxes) < 2:
        return boxes
    best = boxes[np.argsort(-boxes[:, 4], kind="stable")[:most]]
    x1, y1, x2, y2 = np.ascontiguousarray(best[:, :4].T)
    areas = (x2 - x1) * (y2 - y1)
    rest, kept = np.arange(len(best)), []
    while len(rest):
        one, rest = rest[0], rest[1:]
        kept.append(one)
        wide = np.minimum(x2[rest], x2[one]) - np.maximum(x1[rest], x1[one])
        high = np.minimum(y2[rest], y2[one]) - np.maximum(y1[rest], y1[one])
        shared = np.maximum(wide, 0) * np.maximum(high, 0)
        rest = rest[shared <= overlap * (areas[rest] + areas[one] - shared)]
    return best[kept]


def to_detections(
    boxes: Floats, scale: float, size: tuple[int, int], offset: tuple[float, float] = (0, 0)
) -> tuple[Detection, ...]:
    """Boxes of a picture scaled by `scale`, cut to the picture's (width, height), then moved by `offset`."""
    if not len(boxes):
        return ()
    width, height = size
    corners = boxes[:, :4] / scale
    corners = np.clip(corners, 0, (width, height, width, height)) + np.tile(offset, 2)
    return tuple(
        Detection(x1, y1, x2, y2, score)
        for (x1, y1, x2, y2), score in zip(corners.tolist(), boxes[:, 4].tolist(), strict=True)
        if x2 > x1 and y2 > y1
    )
