"""Metrics of what people look like: persons, not frames, corrected by how often the model errs.

A model calls some neutral people happy. How often, a site tells by judging faces itself: the validation
counts, of true mood by what the model said. Without them a share would be the model's opinion, so it is
withheld. Everybody of one model shares its validation, and so its error.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .counts import Counts, Validation
from .intervals import Interval, wilson
from .prevalence import class_shares, nearest_shares
from .registry import Estimate, Metric

DRAWS = 2000
STRETCH = 1.05
"""Of the quantiles of the draws: with 400 judged faces of each mood and 8,000 faces they alone cover 94.5 %
of the shares of positive people, and with it 95.3 % (1,000 simulated touchpoints)."""
_PRIOR = 0.5
"""Added to every count before drawing (Jeffreys): what was not seen yet is not impossible."""
_MOODS = 3

_Numbers = NDArray[np.float64]


class Moods(NamedTuple):
    """True shares of positive, neutral and negative people."""

    shares: _Numbers
    draws: _Numbers
    """One row each: what they could be as well."""
    faces: int


@dataclass(frozen=True)
class MoodScore:
    """A sum of the shares of positive, neutral and negative people, each times its weight."""

    weights: tuple[float, float, float]

    def __call__(self, counts: Counts, level: float) -> Estimate:
        """Interval: quantiles of draws over faces and validation; n is faces that the model could tell."""
        groups = _validated(counts)
        faces = sum(counts.emotions[:_MOODS])
        seen = sum(count for _, emotions in groups for count in emotions[:_MOODS])
        flags = frozenset({"unvalidated"} if faces > seen else ())
        found = [moods for group in groups if (moods := moods_of(*group))]
        told = sum(moods.faces for moods in found)
        if not told:
            return Estimate(None, n=faces, flags=flags)
        weights = np.array(self.weights)
        value = sum(float(moods.shares @ weights) * moods.faces for moods in found) / told
        draws = sum((moods.draws @ weights) * moods.faces for moods in found) / told
        lower, upper = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
        interval = Interval(
            max(min(self.weights), value - STRETCH * max(0.0, value - float(lower))),
            min(max(self.weights), value + STRETCH * max(0.0, float(upper) - value)),
        )
        return Estimate(value, n=told, interval=interval, flags=flags)


@lru_cache(maxsize=256)
def moods_of(validation: Validation, emotions: tuple[int, ...]) -> Moods | None:
    """Corrected shares; None without faces, or where the validation cannot tell the moods apart.

    People whose face did not say enough are left out, and how often that happens to a mood is put right from
    the validation.
    """
    examples, faces = np.array(validation, float), np.array(emotions[:_MOODS], float)
    corrected = class_shares(faces, examples[:, :_MOODS])
    if corrected is None or corrected.simplex is None:
        return None
    shares = _with_unread(np.array(corrected.simplex), examples)
    return Moods(shares, _draws(examples, faces), int(faces.sum()))


def unknown_share(counts: Counts, level: float) -> Estimate:
    """Share of the people whose face did not say enough, ghosts of the counter among them."""
    unknown, n = counts.emotions[_MOODS], sum(counts.emotions)
    return Estimate(unknown / n if n else None, n=n, interval=wilson(unknown, n, level))


def _validated(counts: Counts) -> list[tuple[Validation, tuple[int, ...]]]:
    """People by the validation of the model that looked at them."""
    groups: dict[Validation, tuple[int, ...]] = {}
    for part in counts.counted:
        validation = part.calibration.validation if part.calibration else None
        if validation is not None and any(part.emotions[:_MOODS]):
            before = groups.get(validation, (0,) * len(part.emotions))
            groups[validation] = tuple(map(int.__add__, before, part.emotions))
    return list(groups.items())


def _draws(examples: _Numbers, faces: _Numbers) -> _Numbers:
    """Shares for faces and examples that could have come as well; the same ones for the same counts."""
    random = np.random.default_rng(zlib.crc32(np.concatenate([examples.ravel(), faces]).tobytes()))
    said = random.dirichlet(faces + _PRIOR, DRAWS)
    others = np.stack([random.dirichlet(row + _PRIOR, DRAWS) for row in examples], axis=1)
    read = others[..., :_MOODS]
    chances = np.swapaxes(read / read.sum(axis=-1, keepdims=True), -1, -2)
    return _with_unread(_shares(chances, said), others)


def _shares(chances: _Numbers, said: _Numbers) -> _Numbers:
    """The nearest shares; where the plain solution is one already, that is it."""
    shares = np.asarray(np.linalg.solve(chances, said[..., None])[..., 0], np.float64)
    outside = (shares < 0).any(axis=-1)
    if outside.any():
        shares[outside] = nearest_shares(chances[outside], said[outside])
    return shares


def _with_unread(shares: _Numbers, examples: _Numbers) -> _Numbers:
    """From shares among the faces that said enough to shares among all."""
    all_of_mood = examples.sum(axis=-1)
    weighted = shares * all_of_mood / examples[..., :_MOODS].sum(axis=-1)
    scaled: _Numbers = weighted / weighted.sum(axis=-1, keepdims=True)
    return scaled


SOURCE = "adjusted classify and count on the simplex; bootstrap over faces and validation counts"


def emotion_metrics() -> list[Metric]:
    """The metrics of this module."""
    corrected = "M[said, true] p = shares as the model said, p ≥ 0, Σ p = 1, M from the validation counts"
    return [
        _mood("positive_emotion_share", "People who look positive", f"p positive of {corrected}", (1, 0, 0)),
        _mood("negative_emotion_share", "People who look negative", f"p negative of {corrected}", (0, 0, 1)),
        _mood("person_valence", "Valence", f"100 × (p positive − p negative) of {corrected}", (100, 0, -100)),
        Metric(
            id="emotion_unknown_share",
            name="People whose face did not say enough",
            unit="share",
            formula="people with unknown expression ÷ people whose expression was looked for",
            inputs=("emotions",),
            interval="wilson",
            source="abstention rate of the model",
            compute=unknown_share,
            worst="high",
        ),
    ]


def _mood(id: str, name: str, formula: str, weights: tuple[float, float, float]) -> Metric:
    compute: Callable[[Counts, float], Estimate] = MoodScore(weights)
    return Metric(
        id=id,
        name=name,
        unit="points" if id == "person_valence" else "share",
        formula=formula,
        inputs=("emotions", "calibration", "apart"),
        interval="bootstrap",
        source=SOURCE,
        compute=compute,
        worst="high" if id == "negative_emotion_share" else "low",
    )
