"""Letterboxing, decoding and average precision, with numpy and OpenCV only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Image = npt.NDArray[np.uint8]

PADDING = 114


def letterbox(image: Image, width: int, height: int) -> tuple[Image, float]:
    """Scaled to fit, anchored top-left, the rest grey; and the scale."""
    scale = min(width / image.shape[1], height / image.shape[0])
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    smooth = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    canvas = np.full((height, width, 3), PADDING, np.uint8)
    canvas[: size[1], : size[0]] = cv2.resize(image, size, interpolation=smooth)
    return canvas, scale


def overlaps(first: Floats, second: Floats) -> Floats:
    """Intersection over union of boxes [N,4] and [M,4] as [N,M]."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:4], second[None, :, 2:4])
    shared = np.prod(np.clip(high - low, 0, None), axis=2)
    areas = [np.prod(boxes[:, 2:4] - boxes[:, :2], axis=1) for boxes in (first, second)]
    union = areas[0][:, None] + areas[1][None, :] - shared
    return np.asarray(shared / np.maximum(union, 1e-9), np.float32)


def suppress(boxes: Floats, overlap: float = 0.5, most: int = 200) -> Floats:
    """The best of each group of overlapping boxes [N,5], best first."""
    boxes = boxes[np.argsort(-boxes[:, 4])[:most]]
    alike = overlaps(boxes, boxes) > overlap
    kept: list[int] = []
    for index in range(len(boxes)):
        if not alike[index, kept].any():
            kept.append(index)
    return boxes[kept]


def decode(scores: Sequence[Floats], boxes: Sequence[Floats], wanted: int, least: float = 0.02) -> Floats:
    """Boxes [N,5] of one class from [h,w,c] and [h,w,c,4] of the strides 8, 16, 32, after suppression."""
    found: list[Floats] = []
    for level, stride in enumerate((8, 16, 32)):
        values = scores[level][:, :, wanted]
        rows, columns = np.nonzero(values > least)
        sides = boxes[level][rows, columns, wanted]
        centres = (np.stack([columns, rows], 1) + 0.5) * stride
        corners = [centres - sides[:, :2], centres + sides[:, 2:]]
        found.append(np.concatenate([*corners, values[rows, columns, None]], 1).astype(np.float32))
    return suppress(np.concatenate(found))


@dataclass(frozen=True)
class Judged:
    """One image: what was found [N,5], what is there [M,4], what counts neither way [K,4]; in one scale."""

    found: Floats
    wanted: Floats
    ignored: Floats


def _verdicts(image: Judged, overlap: float) -> list[tuple[float, bool]]:
    """(score, hit) for each finding that counts."""
    taken: set[int] = set()
    verdicts: list[tuple[float, bool]] = []
    shared = overlaps(image.found, image.wanted)
    for index in np.argsort(-image.found[:, 4]):
        row = shared[index].copy()
        row[list(taken)] = 0
        score = float(image.found[index, 4])
        if len(row) and row.max() >= overlap:
            taken.add(int(row.argmax()))
            verdicts.append((score, True))
        elif not _is_ignored(image.found[index], image.ignored):
            verdicts.append((score, False))
    return verdicts


def _is_ignored(box: Floats, ignored: Floats) -> bool:
    """Whether at least half of the box lies inside one ignored box, or overlaps it by half."""
    if not len(ignored):
        return False
    low = np.maximum(box[:2], ignored[:, :2])
    high = np.minimum(box[2:4], ignored[:, 2:4])
    inside = np.prod(np.clip(high - low, 0, None), axis=1) / max(float(np.prod(box[2:4] - box[:2])), 1e-9)
    return bool((inside >= 0.5).any() or (overlaps(box[None], ignored) >= 0.5).any())


@dataclass(frozen=True)
class Curve:
    """Precision and recall while the score falls; `wanted` boxes were there."""

    scores: Floats
    precision: Floats
    recall: Floats
    wanted: int

    @property
    def average_precision(self) -> float:
        """Area under the envelope of precision over recall; nan when nothing was there."""
        if not self.wanted:
            return float("nan")
        envelope = np.maximum.accumulate(self.precision[::-1])[::-1]
        steps = np.diff(np.concatenate([[0.0], self.recall]))
        return float((envelope * steps).sum())

    def best_f1(self) -> tuple[float, float]:
        """(F1, score where it is reached)."""
        if not len(self.scores):
            return 0.0, 1.0
        f1 = 2 * self.precision * self.recall / np.maximum(self.precision + self.recall, 1e-9)
        return float(f1.max()), float(self.scores[int(f1.argmax())])


def curve(images: Sequence[Judged], overlap: float = 0.5) -> Curve:
    """Precision and recall of all images together; findings of the same score come all at once."""
    verdicts = sorted((verdict for image in images for verdict in _verdicts(image, overlap)), reverse=True)
    wanted = sum(len(image.wanted) for image in images)
    scores = np.array([score for score, _ in verdicts], np.float32)
    hits = np.cumsum([hit for _, hit in verdicts], dtype=np.float32)
    last = np.append(scores[1:] != scores[:-1], True)[: len(scores)]
    return Curve(
        scores=scores[last],
        precision=np.asarray(hits / np.arange(1, len(scores) + 1), np.float32)[last],
        recall=np.asarray(hits / max(wanted, 1), np.float32)[last],
        wanted=wanted,
    )
