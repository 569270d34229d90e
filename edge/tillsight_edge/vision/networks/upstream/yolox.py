"""YOLOX (Megvii, Apache-2.0): 80 classes of COCO, of which the person is read; raw grids of three strides."""

from collections.abc import Sequence

import numpy as np

from ...frames import Image
from ..box_formats import STRIDES, BoxesByClass
from ..boxes import Floats
from ..onnx_model import Array, Tensor
from .planes import as_planes

COCO_CLASSES = 80
PERSON = 5
"""Column of the person's score, after four of the box and one of objectness."""


class YoloxBoxes:
    """The files that leave the decoding of the grids to the reader, as the official ones do."""

    filling = 114
    doubles = 0.45
    input_type = "float32"

    def __init__(self, classes: Sequence[str]) -> None:
        del classes  # those of COCO
        self._cells: dict[tuple[int, int], tuple[Floats, Floats]] = {}
        self._size = (0, 0)

    def input_shape(self, width: int, height: int) -> tuple[int, ...]:
        return (1, 3, height, width)

    def canvas_size(self, shape: Sequence[int]) -> tuple[int, int]:
        return shape[3], shape[2]

    def outputs(self, width: int, height: int) -> tuple[Tensor, ...]:
        """One row for each cell of the three grids."""
        cells = sum((width // stride) * (height // stride) for stride in STRIDES)
        return (Tensor("", "float32", (1, cells, PERSON + COCO_CLASSES)),)

    def feed(self, canvas: Image) -> Array:
        self._size = canvas.shape[1], canvas.shape[0]
        return as_planes(canvas)

    def boxes(self, outputs: Sequence[Array], least: float) -> BoxesByClass:
        """The score is objectness times the person's."""
        rows = outputs[0][0]
        scores = rows[:, 4] * rows[:, PERSON]
        seen = np.flatnonzero(scores > least)
        corners, strides = self._grid()
        middles = (rows[seen, :2] + corners[seen]) * strides[seen]
        half = np.exp(np.clip(rows[seen, 2:4], -10, 10)) * strides[seen] / 2
        boxes = np.concatenate([middles - half, middles + half, scores[seen, None]], 1)
        return {"person": boxes.astype(np.float32)}

    def _grid(self) -> tuple[Floats, Floats]:
        """Column and row of each cell, [N, 2], and its stride, [N, 1]."""
        if self._size not in self._cells:
            self._cells[self._size] = _grid(*self._size)
        return self._cells[self._size]


def _grid(width: int, height: int) -> tuple[Floats, Floats]:
    corners, strides = [], []
    for stride in STRIDES:
        rows, columns = np.mgrid[: height // stride, : width // stride]
        corners.append(np.stack([columns, rows], -1).reshape(-1, 2))
        strides.append(np.full((rows.size, 1), stride))
    return np.concatenate(corners).astype(np.float32), np.concatenate(strides).astype(np.float32)
