"""Age band and gender as a network estimates them from a face; under 18 is one band, and nothing finer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from ..errors import BadModel
from ..networks.onnx_model import Contract, OnnxModel, Tensor
from ..networks.registry import Model
from .emotion import BATCH, Crop, resized

AGE_BANDS = ("under-18", "18-29", "30-44", "45-59", "60+")
GENDERS = ("male", "female")

Shares: TypeAlias = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Estimates:
    """Probabilities of N faces: `age_band` [N, 5] and `gender` [N, 2], rows sum to 1."""

    age_band: Shares
    gender: Shares


class DemographicsModel(Protocol):
    """A network that looks at faces."""

    @property
    def threshold(self) -> float:
        """Probability below which an age band or gender is unknown, 0..1."""

    def predict(self, crops: Sequence[Crop]) -> Estimates:
        """One row for each crop, whatever their sizes; none for none."""


class NetworkDemographics:
    """The product's own kind of network: coloured faces of one size in, two sets of probabilities out."""

    def __init__(self, model: Model) -> None:
        entry = model.entry
        self.name, self.threshold = entry.name, entry.threshold
        side = entry.input[1]
        expected = (AGE_BANDS, GENDERS, (side, side, 3))
        if (entry.classes, entry.genders, entry.input[1:]) != expected:
            raise BadModel(
                f"model {entry.name}: should take [N, side, side, 3] and have the classes"
                f" {', '.join(AGE_BANDS)} and the genders {', '.join(GENDERS)}"
            )
        self._side, shape = side, (side, side, 3)
        self._network = OnnxModel(
            model.read(),
            entry.name,
            Contract(
                input=Tensor("faces", "uint8", (0, *shape)),
                trial=(2, *shape),
                outputs=(
                    Tensor("age_band", "float32", (2, len(AGE_BANDS))),
                    Tensor("gender", "float32", (2, len(GENDERS))),
                ),
            ),
        )

    def predict(self, crops: Sequence[Crop]) -> Estimates:
        """See DemographicsModel."""
        ages = [np.zeros((0, len(AGE_BANDS)), np.float32)]
        genders = [np.zeros((0, len(GENDERS)), np.float32)]
        for start in range(0, len(crops), BATCH):
            faces = [colour_face(crop, self._side) for crop in crops[start : start + BATCH]]
            age, gender = self._network.run(np.stack(faces))
            ages.append(age)
            genders.append(gender)
        return Estimates(np.concatenate(ages), np.concatenate(genders))


def named(shares: Sequence[float] | npt.NDArray[Any], names: Sequence[str], threshold: float) -> str | None:
    """The likeliest of the names, None where it is less likely than `threshold`."""
    likeliest = max(range(len(names)), key=lambda place: float(shares[place]))
    return names[likeliest] if float(shares[likeliest]) >= threshold else None


def is_minor(ages: Sequence[float] | npt.NDArray[Any]) -> bool:
    """Whether the likeliest age band is the first; of minors nothing else is said, their gender neither."""
    return max(range(len(AGE_BANDS)), key=lambda place: float(ages[place])) == 0


def colour_face(crop: Crop, side: int) -> Crop:
    """The crop with red first, `side` pixels wide and high."""
    way = cv2.COLOR_GRAY2RGB if crop.ndim == 2 else cv2.COLOR_BGR2RGB
    return resized(np.asarray(cv2.cvtColor(crop, way), np.uint8), side)
