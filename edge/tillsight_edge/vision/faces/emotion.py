"""How a face looks: probabilities of eight emotions by a network, and the valence that follows from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from ..errors import BadModel
from ..networks.onnx_model import Contract, OnnxModel, Tensor
from ..networks.registry import Model

FERPLUS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
"""Order of the probabilities. Inside only: people are shown a valence, never one of these words."""
NEUTRAL, HAPPINESS, SURPRISE = 0, 1, 2
NEGATIVE = (3, 4, 5, 6, 7)

Sign: TypeAlias = Literal[-1, 0, 1]
Probabilities: TypeAlias = npt.NDArray[np.float32]
"""[N, 8] in the order of `FERPLUS`; rows sum to 1."""
Crop: TypeAlias = npt.NDArray[np.uint8]
"""Grey [H, W], or [H, W, 3] with blue first."""

BATCH = 64
"""Faces in one run: more are no faster, and take more memory."""


class EmotionModel(Protocol):
    """A network that looks at faces."""

    @property
    def name(self) -> str:
        """As in `tillsight-edge models list`."""

    @property
    def sha256(self) -> str:
        """Of its file: what was validated with one file says nothing of another."""

    @property
    def threshold(self) -> float:
        """Confidence below which a valence is unknown, 0..1."""

    def predict(self, crops: Sequence[Crop]) -> Probabilities:
        """One row for each crop, whatever their sizes; none for none."""


@dataclass(frozen=True)
class Valence:
    """How somebody looked: positive 1, neutral 0, negative -1, or unknown."""

    sign: Sign | None
    confidence: float
    """Probability of the likeliest of the three, whether or not it was enough, 0..1."""


class NetworkEmotion:
    """The product's own kind of network: grey faces of one size in, calibrated probabilities out."""

    def __init__(self, model: Model) -> None:
        entry = model.entry
        self.name, self.sha256, self.threshold = entry.name, entry.sha256, entry.threshold
        if entry.classes != FERPLUS or len(entry.input) != 3 or entry.input[1] != entry.input[2]:
            raise BadModel(f"model {entry.name}: should take [N, side, side] and have the classes of FER+")
        self._side = entry.input[1]
        self._network = OnnxModel(
            model.read(),
            entry.name,
            Contract(
                input=Tensor("faces", "uint8", (0, self._side, self._side)),
                trial=(2, self._side, self._side),
                outputs=(Tensor("probabilities", "float32", (2, len(FERPLUS))),),
            ),
        )

    def predict(self, crops: Sequence[Crop]) -> Probabilities:
        """See EmotionModel."""
        parts = [np.zeros((0, len(FERPLUS)), np.float32)]
        for start in range(0, len(crops), BATCH):
            faces = [grey_face(crop, self._side) for crop in crops[start : start + BATCH]]
            parts += self._network.run(np.stack(faces))
        return np.concatenate(parts)


def checked(rows: Probabilities, name: str) -> Probabilities:
    """The rows that model `name` gave, where they are numbers; what comes from others may not be."""
    if not np.isfinite(rows).all():
        raise BadModel(f"model {name}: gave values that are no numbers")
    return rows


def valence_shares(probabilities: Probabilities) -> Probabilities:
    """Probabilities [N, 3] of negative, neutral and positive.

    Negative are sadness, anger, disgust, fear and contempt. Surprise may be either: it counts to none of
    them, so that a surprised face has three low numbers and ends as unknown.
    """
    columns = (
        probabilities[:, NEGATIVE].sum(1),
        probabilities[:, NEUTRAL],
        probabilities[:, HAPPINESS],
    )
    return np.stack(columns, 1)


def valence(shares: Sequence[float] | npt.NDArray[Any], threshold: float) -> Valence:
    """What one row of `valence_shares` says; unknown where the likeliest is below `threshold`."""
    likeliest = max(range(3), key=lambda place: float(shares[place]))
    confidence = float(shares[likeliest])
    sign: Sign = (-1, 0, 1)[likeliest]
    return Valence(sign if confidence >= threshold else None, confidence)


def grey_face(crop: Crop, side: int) -> Crop:
    """The crop in grey, `side` pixels wide and high; one that is so already comes back as it is."""
    grey = crop if crop.ndim == 2 else np.asarray(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), np.uint8)
    return resized(grey, side)


def resized(crop: Crop, side: int) -> Crop:
    """The crop as a square; of one that is not square the edge goes on beside the shorter side."""
    height, width = crop.shape[:2]
    if (height, width) == (side, side):
        return crop
    longer = max(height, width)
    if height != width:
        rows = np.clip(np.arange(longer) - (longer - height) // 2, 0, height - 1)
        columns = np.clip(np.arange(longer) - (longer - width) // 2, 0, width - 1)
        crop = np.ascontiguousarray(crop[rows[:, None], columns])
    way = cv2.INTER_AREA if longer >= 2 * side else cv2.INTER_LINEAR  # below, averaging is only slower
    return np.asarray(cv2.resize(crop, (side, side), interpolation=way), np.uint8)
