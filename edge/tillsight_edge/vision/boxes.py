"""Boxes as arrays: from a network's grid, without their doubles, back in the picture."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .detections import Detection

Floats: TypeAlias = npt.NDArray[np.float32]
"""Of boxes: [N, 5] of x1, y1, x2, y2, score."""

NO_BOXES: Floats = np.zeros((0, 5), np.float32)


def overlaps(boxes: Floats, others: Floats) -> Floats:
    """Intersection over union of each of N boxes with each of M others, [N, M]."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:4], others[None, :, 2:4])
    sides = np.maximum(high - low, 0)
    shared = sides[..., 0] * sides[..., 1]
    union = _areas(boxes)[:, None] + _areas(others)[None, :] - shared
    return np.asarray(shared / np.maximum(union, 1e-9), np.float32)


def without_doubles(boxes: Floats, overlap: float, most: int = 300) -> Floats:
    """The best of boxes that overlap by more than a share, best first; of `most` boxes at most."""
    if len(boxes) < 2:
        return boxes
    best = boxes[np.argsort(-boxes[:, 4], kind="stable")[:most]]
    alike = overlaps(best, best) > overlap
    kept = np.ones(len(best), bool)
    for index in range(len(best)):
        if kept[index]:
            kept[index + 1 :] &= ~alike[index, index + 1 :]
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


def _areas(boxes: Floats) -> Floats:
    return np.asarray((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), np.float32)
