"""How a network takes a picture and gives boxes: what each kind has to say, and the kind that we train."""

from collections.abc import Sequence
from typing import Protocol, TypeAlias

import numpy as np

from ..frames import Image
from .boxes import NO_BOXES, Floats
from .onnx_model import Array, Tensor

STRIDES = (8, 16, 32)

BoxesByClass: TypeAlias = dict[str, Floats]
"""Boxes in pixels of the canvas, doubles included, by `person` and `face`."""


class BoxFormat(Protocol):
    """One kind of network."""

    filling: int
    """Grey around a picture that has another shape than the input."""
    doubles: float
    """Boxes of a class that overlap by more are one."""
    input_type: str

    def input_shape(self, width: int, height: int) -> tuple[int, ...]:
        """Of one picture; 0 stays 0."""

    def canvas_size(self, shape: Sequence[int]) -> tuple[int, int]:
        """(width, height) of an input of that shape; 0 stays 0."""

    def outputs(self, width: int, height: int) -> tuple[Tensor, ...]:
        """What comes out for a picture of that size."""

    def feed(self, canvas: Image) -> Array:
        """The canvas as input."""

    def boxes(self, outputs: Sequence[Array], least: float) -> BoxesByClass:
        """What the outputs say, of scores above `least`."""


class TillsightBoxes:
    """Our own networks: for each cell of three grids scores, and distances of the four sides."""

    filling = 114
    doubles = 0.5
    input_type = "uint8"

    def __init__(self, classes: Sequence[str]) -> None:
        self.classes = tuple(classes)

    def input_shape(self, width: int, height: int) -> tuple[int, ...]:
        return (1, height, width, 3)

    def canvas_size(self, shape: Sequence[int]) -> tuple[int, int]:
        return shape[2], shape[1]

    def outputs(self, width: int, height: int) -> tuple[Tensor, ...]:
        """Scores and boxes of each stride."""
        count = len(self.classes)
        outputs: list[Tensor] = []
        for stride in STRIDES:
            grid = (1, height // stride, width // stride, count)
            outputs += [
                Tensor(f"scores_{stride}", "float32", grid),
                Tensor(f"boxes_{stride}", "float32", (*grid, 4)),
            ]
        return tuple(outputs)

    def feed(self, canvas: Image) -> Array:
        return canvas[None]

    def boxes(self, outputs: Sequence[Array], least: float) -> BoxesByClass:
        """Only cells above `least` are read further."""
        found: dict[int, list[Floats]] = {}
        for level, stride in enumerate(STRIDES):
            scores, sides = outputs[2 * level][0], outputs[2 * level + 1][0]
            rows, columns, kinds = np.nonzero(scores > least)
            if not len(rows):
                continue
            near = _corners(columns, rows, sides[rows, columns, kinds], stride)
            boxes = np.concatenate([near, scores[rows, columns, kinds, None]], 1)
            for kind in range(len(self.classes)):
                found.setdefault(kind, []).append(boxes[kinds == kind])
        return {
            name: np.concatenate(found[kind]) if kind in found else NO_BOXES
            for kind, name in enumerate(self.classes)
        }


def _corners(columns: Array, rows: Array, sides: Floats, stride: int) -> Floats:
    """Corners [N, 4] from distances left, top, right, bottom of the cells' middles."""
    middles = (np.stack([columns, rows], 1).astype(np.float32) + 0.5) * stride
    return np.concatenate([middles - sides[:, :2], middles + sides[:, 2:]], 1)
