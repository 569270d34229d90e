"""HSEmotion (Savchenko, Apache-2.0): coloured faces of 224 or 260 pixels in, a logit for each class out."""

from collections.abc import Sequence

import numpy as np

from ...faces.emotion import Crop, Probabilities, resized
from ..registry import Model
from .face_batches import FaceNetwork, as_colour, shares

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's red, green and blue, in shares of 255."""


class HsemotionEmotion:
    """The files `enet_b0_8_*` and `enet_b2_*`; valence and arousal of the `_mtl` ones are not read."""

    def __init__(self, model: Model) -> None:
        self.name, self.sha256, self.threshold = model.name, model.entry.sha256, model.entry.threshold
        self._side = model.entry.input[-1]
        self._network = FaceNetwork(model, (3, self._side, self._side))

    def predict(self, crops: Sequence[Crop]) -> Probabilities:
        """See EmotionModel."""
        return self._network.in_order(shares(self._network.run([self._face(crop) for crop in crops])))

    def _face(self, crop: Crop) -> Probabilities:
        """Planes of red, green and blue [3, side, side]."""
        red_first = resized(as_colour(crop), self._side)[:, :, ::-1].astype(np.float32) / 255
        return np.ascontiguousarray(((red_first - MEAN) / DEVIATION).transpose(2, 0, 1), np.float32)
