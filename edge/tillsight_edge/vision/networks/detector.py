"""Finding persons in a frame, and faces in a frame or where a person's head must be."""

from collections.abc import Callable, Sequence
from math import inf
from typing import TypeAlias

import numpy as np

from ..detections import Detection, Detections
from ..errors import BadModel
from ..frames import Image
from .box_formats import BoxesByClass, BoxFormat, TillsightBoxes
from .boxes import NO_BOXES, to_detections, without_doubles
from .letterbox import Letterbox
from .onnx_model import Contract, OnnxModel, Tensor
from .registry import Model
from .upstream.ultraface import UltraFaceBoxes
from .upstream.yolox import YoloxBoxes
from .upstream.yunet import YunetBoxes

Region: TypeAlias = tuple[int, int, int, int]
"""x1, y1, x2, y2 in whole pixels, inside the frame."""

LEAST_SCORE = 0.15
"""Weaker boxes say nothing to a tracker."""
MOST_BOXES = 300
WHOLE_PICTURE = (640, 512)
"""Canvas of a face network of any size, for the small faces of a whole frame; those of half and of a quarter
the size are for larger ones."""
LARGEST_PX = 80
"""Longer side of a face on a canvas; of larger ones a network sees parts, so the next canvas has them."""
OVERLAP = 0.9
"""The next canvas begins a little below."""
HEAD_PICTURE = (160, 160)
"""Canvas of a face network of any size, for a region: the upper part of one person."""

FORMATS: dict[str, Callable[[Sequence[str]], BoxFormat]] = {
    "tillsight": TillsightBoxes,
    "yunet": YunetBoxes,
    "yolox": YoloxBoxes,
    "ultraface": UltraFaceBoxes,
}


class BoxNetwork:
    """A network that finds boxes, with one canvas for each size that it is used with."""

    def __init__(self, model: Model, *, whole: tuple[int, int] = WHOLE_PICTURE) -> None:
        entry = model.entry
        if entry.decoder not in FORMATS:
            raise BadModel(f"model {entry.name}: decoder {entry.decoder!r} finds no boxes")
        self.classes = entry.classes
        self._format: BoxFormat = FORMATS[entry.decoder](entry.classes)
        self.size = self._fixed_size(model) or whole
        self._network = OnnxModel(model.read(), entry.name, self._contract(entry.input))
        self._canvases: dict[tuple[int, int], Letterbox] = {}
        self.any_size = 0 in entry.input[1:]
        """Whether it takes a canvas of any size."""

    def find(
        self, image: Image, least: float, size: tuple[int, int] | None = None
    ) -> tuple[BoxesByClass, float]:
        """Boxes by class in pixels of the canvas without doubles, best first, and the canvas's scale.

        `size` (width, height) is for networks that take any; others use their own.
        """
        canvas = self._canvas(size if size and self.any_size else self.size)
        scale = canvas.place(image)
        outputs = self._network.run(self._format.feed(canvas.canvas))
        found = self._format.boxes(outputs, least)
        return {
            name: without_doubles(boxes, self._format.doubles, MOST_BOXES) for name, boxes in found.items()
        }, scale

    def _canvas(self, size: tuple[int, int]) -> Letterbox:
        if size not in self._canvases:
            self._canvases[size] = Letterbox(*size, self._format.filling)
        return self._canvases[size]

    def _fixed_size(self, model: Model) -> tuple[int, int] | None:
        shape = model.entry.input
        if len(shape) != 4:
            raise BadModel(f"model {model.name}: input {list(shape)} should have four sizes")
        width, height = self._format.canvas_size(shape)
        return (width, height) if width and height else None

    def _contract(self, shape: Sequence[int]) -> Contract:
        width, height = self.size
        asked = Tensor(
            "image" if isinstance(self._format, TillsightBoxes) else "", self._format.input_type, tuple(shape)
        )
        return Contract(asked, self._format.input_shape(width, height), self._format.outputs(width, height))


class OnnxDetector:
    """Persons, and faces large enough to be found beside them, in a whole frame."""

    def __init__(self, model: Model, least: float = LEAST_SCORE) -> None:
        """`least`: boxes with lower scores are not even told."""
        self._network = BoxNetwork(model)
        self._least = least

    def scale(self, image: Image) -> float:
        """Pixels of the network's canvas for one of the frame."""
        width, height = self._network.size
        return float(min(width / image.shape[1], height / image.shape[0]))

    def detect(self, image: Image) -> Detections:
        """Persons and faces in one frame, best first."""
        found, scale = self._network.find(image, self._least)
        size = (image.shape[1], image.shape[0])
        return Detections(
            to_detections(found.get("person", NO_BOXES), scale, size),
            to_detections(found.get("face", NO_BOXES), scale, size),
        )


class FaceFinder:
    """Faces: in a whole frame, or in regions of it, where heads must be."""

    def __init__(self, model: Model, least: float = LEAST_SCORE) -> None:
        self._network = BoxNetwork(model)
        self._least = least

    def find_all(self, image: Image) -> tuple[Detection, ...]:
        """All faces of the frame, whatever their size; the same face may be there twice."""
        if not self._network.any_size:
            return self._find_on(None, image, 0, inf)
        width, height = WHOLE_PICTURE
        least_px = OVERLAP * LARGEST_PX / 2
        return (
            *self._find_on((width, height), image, 0, LARGEST_PX),
            *self._find_on((width // 2, height // 2), image, least_px, LARGEST_PX),
            *self._find_on((width // 4, height // 4), image, least_px, inf),
        )

    def _find_on(
        self, canvas: tuple[int, int] | None, image: Image, least_px: float, most_px: float
    ) -> tuple[Detection, ...]:
        """Faces between two sizes on a canvas, in pixels of the frame."""
        found, scale = self._network.find(image, self._least, canvas)
        boxes = found["face"]
        sides = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
        fitting = boxes[(sides >= least_px) & (sides <= most_px)]
        return to_detections(fitting, scale, (image.shape[1], image.shape[0]))

    def find(self, image: Image, regions: Sequence[Region]) -> tuple[tuple[Detection, ...], ...]:
        """For each region of the frame its faces, best first, in pixels of the frame."""
        return tuple(self._find_in(image, region) for region in regions)

    def _find_in(self, image: Image, region: Region) -> tuple[Detection, ...]:
        left, top, right, bottom = region
        part = image[top:bottom, left:right]
        if not part.size:
            return ()
        found, scale = self._network.find(part, self._least, HEAD_PICTURE)
        return to_detections(found["face"], scale, (part.shape[1], part.shape[0]), (left, top))
