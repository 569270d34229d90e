"""UltraFace (Linzaer, MIT): faces, with boxes that are shares of the picture already."""

from collections.abc import Sequence

import numpy as np

from ...frames import Image
from ..box_formats import BoxesByClass
from ..onnx_model import Array, Tensor
from .planes import as_planes

STRIDES = (8, 16, 32, 64)
ANCHORS = (3, 2, 2, 3)
"""Boxes for each cell of a stride."""


class UltraFaceBoxes:
    """The files with outputs `scores` and `boxes`."""

    filling = 127
    doubles = 0.3
    input_type = "float32"

    def __init__(self, classes: Sequence[str]) -> None:
        del classes  # it has one, the face
        self._size = (1, 1)

    def input_shape(self, width: int, height: int) -> tuple[int, ...]:
        return (1, 3, height, width)

    def canvas_size(self, shape: Sequence[int]) -> tuple[int, int]:
        return shape[3], shape[2]

    def outputs(self, width: int, height: int) -> tuple[Tensor, ...]:
        """Background and face for each anchor, and its corners."""
        count = sum(
            anchors * -(-width // stride) * -(-height // stride)
            for anchors, stride in zip(ANCHORS, STRIDES, strict=True)
        )
        return Tensor("scores", "float32", (1, count, 2)), Tensor("boxes", "float32", (1, count, 4))

    def feed(self, canvas: Image) -> Array:
        self._size = canvas.shape[1], canvas.shape[0]
        return (as_planes(np.asarray(canvas[:, :, ::-1])) - 127) / 128

    def boxes(self, outputs: Sequence[Array], least: float) -> BoxesByClass:
        """Corners in pixels of the canvas."""
        scores = outputs[0][0, :, 1]
        seen = np.flatnonzero(scores > least)
        corners = outputs[1][0, seen] * np.tile(self._size, 2)
        return {"face": np.concatenate([corners, scores[seen, None]], 1).astype(np.float32)}
