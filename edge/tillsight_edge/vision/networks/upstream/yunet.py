"""YuNet (libfacedetection, Apache-2.0): faces, for three strides class, objectness and box of each cell."""

from collections.abc import Sequence

import numpy as np

from ...frames import Image
from ..box_formats import STRIDES, BoxesByClass
from ..boxes import Floats
from ..onnx_model import Array, Tensor
from .planes import as_planes


class YunetBoxes:
    """The files with outputs `cls_8` to `bbox_32`; the landmarks are not read."""

    filling = 0
    doubles = 0.3
    input_type = "float32"

    def __init__(self, classes: Sequence[str]) -> None:
        del classes  # it has one, the face
        self._width = 0

    def input_shape(self, width: int, height: int) -> tuple[int, ...]:
        return (1, 3, height, width)

    def canvas_size(self, shape: Sequence[int]) -> tuple[int, int]:
        return shape[3], shape[2]

    def outputs(self, width: int, height: int) -> tuple[Tensor, ...]:
        """Of each stride `cls`, `obj` and `bbox`, cells row by row."""
        kinds = (("cls", 1), ("obj", 1), ("bbox", 4))
        return tuple(
            Tensor(f"{kind}_{stride}", "float32", (1, (width // stride) * (height // stride), values))
            for stride in STRIDES
            for kind, values in kinds
        )

    def feed(self, canvas: Image) -> Array:
        self._width = canvas.shape[1]
        return as_planes(canvas)

    def boxes(self, outputs: Sequence[Array], least: float) -> BoxesByClass:
        """The score is the geometric mean of class and objectness."""
        found = [
            _boxes(outputs[3 * level : 3 * level + 3], stride, self._width // stride, least)
            for level, stride in enumerate(STRIDES)
        ]
        return {"face": np.concatenate(found)}


def _boxes(outputs: Sequence[Array], stride: int, columns: int, least: float) -> Floats:
    """Of one stride, whose cells lie in so many columns."""
    kind, objectness, sides = (output[0] for output in outputs)
    scores = np.sqrt(np.clip(kind[:, 0], 0, 1) * np.clip(objectness[:, 0], 0, 1))
    cells = np.flatnonzero(scores > least)
    offset, log_size = sides[cells, :2], sides[cells, 2:]
    middles = (np.stack([cells % columns, cells // columns], 1) + offset) * stride
    half = np.exp(np.clip(log_size, -10, 10)) * (stride / 2)
    return np.concatenate([middles - half, middles + half, scores[cells, None]], 1).astype(np.float32)
