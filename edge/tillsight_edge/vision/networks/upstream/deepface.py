"""deepface's emotion network (serengil, MIT): grey faces of 48 pixels in, seven probabilities out."""

from collections.abc import Sequence

import numpy as np

from ...faces.emotion import Crop, Probabilities, grey_face
from ..registry import Model
from .face_batches import FaceNetwork

SIDE = 48


class DeepfaceEmotion:
    """The file `facial_expression_model_weights.onnx` in a session of our own, without deepface."""

    def __init__(self, model: Model) -> None:
        self.name, self.sha256, self.threshold = model.name, model.entry.sha256, model.entry.threshold
        self._network = FaceNetwork(model, (SIDE, SIDE, 1))

    def predict(self, crops: Sequence[Crop]) -> Probabilities:
        """See EmotionModel."""
        faces = [grey_face(crop, SIDE)[:, :, None].astype(np.float32) / 255 for crop in crops]
        return self._network.in_order(self._network.run(faces))
