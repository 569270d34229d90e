"""How well probabilities of emotions agree with what people saw: accuracies, valence, smiles, calibration."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from emotion_data import FERPLUS_CLASSES

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]

NEUTRAL, HAPPINESS, SURPRISE = 0, 1, 2
NEGATIVE = (3, 4, 5, 6, 7)
# Valence of each FER+ class; surprise is neither good nor bad and has none.
NO_VALENCE = 9
CLASS_VALENCE = np.array([0, 1, NO_VALENCE, -1, -1, -1, -1, -1])


@dataclass(frozen=True)
class Valence:
    """`sign` [N] in -1, 0, 1 and the probability [N] of what it sums up."""

    sign: Labels
    confidence: Floats


def valence_of(probabilities: Floats) -> Valence:
    """The likeliest of negative, neutral and positive; surprise is none of them, so it lowers confidence."""
    sums = np.stack(
        [probabilities[:, NEGATIVE].sum(1), probabilities[:, NEUTRAL], probabilities[:, HAPPINESS]], 1
    )
    return Valence(sums.argmax(1).astype(np.int64) - 1, sums.max(1))


def accuracy(chosen: Labels, truth: Labels) -> float:
    """Share of the labelled (truth not negative) that were chosen rightly."""
    return float((chosen == truth)[truth >= 0].mean())


def valence_accuracy(probabilities: Floats, truth: Labels, threshold: float = 0.0) -> tuple[float, float]:
    """Accuracy where the confidence reaches the threshold, and the share kept; without surprise."""
    rows = (truth >= 0) & (truth != SURPRISE)
    valence = valence_of(probabilities[rows])
    kept = valence.confidence >= threshold
    right = valence.sign == CLASS_VALENCE[truth[rows]]
    return float(right[kept].mean()), float(kept.mean())


def valence_table(probabilities: Floats, truth: Labels, threshold: float) -> list[list[int]]:
    """Counts: rows are what people saw (negative, neutral, positive), columns the answer, then unknown."""
    rows = (truth >= 0) & (truth != SURPRISE)
    valence, seen = valence_of(probabilities[rows]), CLASS_VALENCE[truth[rows]]
    answer = np.where(valence.confidence >= threshold, valence.sign, 2)
    return [
        [int(((seen == row) & (answer == column)).sum()) for column in (-1, 0, 1, 2)] for row in (-1, 0, 1)
    ]


def smiles(probabilities: Floats, truth: Labels, threshold: float) -> tuple[float, float]:
    """Share of the happy faces that reach the threshold, and of the others that do."""
    labelled = truth >= 0
    smiling, seen = probabilities[labelled, HAPPINESS] >= threshold, truth[labelled] == HAPPINESS
    return float(smiling[seen].mean()), float(smiling[~seen].mean())


def calibration_error(probabilities: Floats, truth: Labels, bins: int = 15) -> float:
    """Expected calibration error: |share right - confidence| per bin, weighed by the faces in it."""
    labelled = truth >= 0
    confidence = probabilities[labelled].max(1)
    right = probabilities[labelled].argmax(1) == truth[labelled]
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(place, right - confidence, bins)
    return float(np.abs(gaps).sum() / len(right))


def recalls(probabilities: Floats, truth: Labels) -> dict[str, tuple[float, int]]:
    """Per class: share found and how many faces there were (classes without faces are left out)."""
    chosen = probabilities.argmax(1)
    counts = {name: int((truth == place).sum()) for place, name in enumerate(FERPLUS_CLASSES)}
    return {
        name: (float((chosen == place)[truth == place].mean()), counts[name])
        for place, name in enumerate(FERPLUS_CLASSES)
        if counts[name]
    }


def abstention(probabilities: Floats, truth: Labels) -> list[tuple[float, float, float, float, float]]:
    """Lines of threshold, share kept and accuracy of the eight classes, the same two of the valence."""
    labelled = truth >= 0
    confidence = probabilities[labelled].max(1)
    right = probabilities[labelled].argmax(1) == truth[labelled]
    lines = []
    for threshold in (0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8, 0.9):
        kept = confidence >= threshold
        correct, share = valence_accuracy(probabilities, truth, threshold)
        lines.append((threshold, float(kept.mean()), float(right[kept].mean()), share, correct))
    return lines


def fitted_temperature(probabilities: Floats, truths: list[Labels]) -> float:
    """The temperature, 0.5 to 2, at which the largest calibration error over the label sets is least."""
    logs = np.log(np.maximum(probabilities, 1e-9))
    choices = np.arange(0.5, 2.0, 0.01)

    def worst(temperature: float) -> float:
        scaled = np.exp(logs / temperature)
        scaled /= scaled.sum(1, keepdims=True)
        return max(calibration_error(scaled, truth) for truth in truths)

    return float(min(choices, key=worst))
