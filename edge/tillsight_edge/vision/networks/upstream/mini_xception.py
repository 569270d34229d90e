"""mini_XCEPTION (oarriaga, MIT): grey faces of 64 pixels in, seven probabilities out."""

from collections.abc import Sequence

import numpy as np

from ...faces.emotion import Crop, Probabilities, grey_face
from ..registry import Model
from .face_batches import FaceNetwork

SIDE = 64


class MiniXceptionEmotion:
    """The network of `fer2013_mini_XCEPTION`, brought to ONNX with channels first."""

    def __init__(self, model: Model) -> None:
        self.name, self.sha256, self.threshold = model.name, model.entry.sha256, model.entry.threshold
        self._network = FaceNetwork(model, (1, SIDE, SIDE))

    def predict(self, crops: Sequence[Crop]) -> Probabilities:
        """See EmotionModel."""
        faces = [grey_face(crop, SIDE)[None].astype(np.float32) / 127.5 - 1 for crop in crops]
        return self._network.in_order(self._network.run(faces))
