"""SERVQUAL: 22 pairs of expectation and perception, in five dimensions (Parasuraman et al. 1988)."""

from collections.abc import Sequence
from math import fsum
from typing import NamedTuple

from .intervals import t_interval
from .registry import Estimate

ITEMS = 22
DIMENSIONS = {
    "tangibles": range(4),
    "reliability": range(4, 9),
    "responsiveness": range(9, 13),
    "assurance": range(13, 17),
    "empathy": range(17, 22),
}
"""Positions of each dimension's items."""

Answers = Sequence[float | None]
"""One person's answers, 1 to 7, to all items; None for one left out."""


class Servqual(NamedTuple):
    """Gaps are perception - expectation: below 0 the service disappoints."""

    gaps: tuple[Estimate, ...]
    """By dimension, in the order of DIMENSIONS; the value is None for one that nobody answered."""
    unweighted: float | None
    """Mean of the dimensions' gaps."""
    weighted: float | None
    """By importance; None where no answered dimension has any."""


def servqual(
    expectation: Sequence[Answers], perception: Sequence[Answers], weights: Sequence[float], level: float
) -> Servqual:
    """The gaps of these people, each with the t interval over people.

    A person's gap in a dimension is the mean of the items that were answered both times. `weights` are 100
    points that customers share out between the dimensions. Without answers a dimension is in no mean.
    """
    people = list(zip(expectation, perception, strict=True))
    gaps = tuple(_gap(people, items, level) for items in DIMENSIONS.values())
    known = [(gap.value, w) for gap, w in zip(gaps, weights, strict=True) if gap.value is not None]
    weight = fsum(w for _, w in known)
    return Servqual(
        gaps=gaps,
        unweighted=fsum(value for value, _ in known) / len(known) if known else None,
        weighted=fsum(w * value for value, w in known) / weight if weight else None,
    )


def _gap(people: Sequence[tuple[Answers, Answers]], items: range, level: float) -> Estimate:
    of_people = [gap for person in people if (gap := _gap_of_person(*person, items)) is not None]
    if not of_people:
        return Estimate(None, n=0)
    mean = fsum(of_people) / len(of_people)
    return Estimate(mean, n=len(of_people), interval=t_interval(of_people, level))


def _gap_of_person(expected: Answers, perceived: Answers, items: range) -> float | None:
    pairs = ((expected[item], perceived[item]) for item in items)
    gaps = [got - wanted for wanted, got in pairs if wanted is not None and got is not None]
    return fsum(gaps) / len(gaps) if gaps else None
