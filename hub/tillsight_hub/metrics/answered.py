"""Formulas of questionnaires: from the answers of the people of a place and period to a number."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import fsum

from .advocacy import word_of_mouth
from .answers import NOBODY, Answers
from .counts import Counts
from .gaps import experience_gap
from .intervals import t_interval
from .questions import CSI, PUBLISHED, SERVQUAL_EXPECTED, SERVQUAL_PERCEIVED, Points, top_box
from .registry import Estimate, Told
from .responses import net_score, share
from .satisfaction import satisfaction_of_people
from .servqual import DIMENSIONS, Servqual, servqual
from .topics import topic_of

Formula = Callable[[Answers, float], Estimate]


@dataclass(frozen=True)
class FromAnswers:
    """A metric's formula on the answers to one topic, with what is to be said of them."""

    formula: Formula
    asked: tuple[str, ...]

    @property
    def topic(self) -> str:
        """In which all that is asked lies."""
        return topic_of(*self.asked)

    def __call__(self, counts: Counts, level: float) -> Estimate:
        answers = counts.answers or NOBODY
        estimate = self.formula(answers, level)
        interval = estimate.interval
        held = {
            "answers-refused": bool(answers.refused.get(self.topic)),
            "all-alike": interval is not None and interval.lower == interval.upper,
        }
        return replace(estimate, flags=frozenset(flag for flag, holds in held.items() if holds))

    def told(self, counts: Counts) -> Told:
        """People whose answers the number tells, and people of the topic whose answers are withheld."""
        answers = counts.answers or NOBODY
        asked = set(self.asked)
        people = sum(not asked.isdisjoint(person) for person in answers.about(self.topic))
        return Told(people, answers.withheld.get(self.topic, 0))


def survey_nps(answers: Answers, level: float) -> Estimate:
    """100 (P - D) of the answers 0 to 10."""
    counts = answers.counted("nps", *PUBLISHED["nps"])
    return net_score(sum(counts[:7]), sum(counts[7:9]), sum(counts[9:]), level)


@dataclass(frozen=True)
class TopBox:
    """Share of the best answers to a question."""

    asked: str
    points: Points

    def __call__(self, answers: Answers, level: float) -> Estimate:
        given = answers.to(self.asked)
        return share(sum(answer >= top_box(self.points) for answer in given), len(given), level)


@dataclass(frozen=True)
class Index:
    """The satisfaction index of the people who answered its three questions."""

    weights: tuple[float, ...]
    points: Points

    def __call__(self, answers: Answers, level: float) -> Estimate:
        return satisfaction_of_people(answers.to_all(*CSI), self.weights, *self.points, level)


def womi(answers: Answers, level: float) -> Estimate:
    """100 mean(recommend - discourage) of the people who answered both."""
    people = answers.to_all("womi-recommend", "womi-discourage")
    found = word_of_mouth([one for one, _ in people], [two for _, two in people], level)
    return found.score if found else Estimate(None, n=0)


@dataclass(frozen=True)
class Gap:
    """What customers got against what they expected, or would have found ideal."""

    reference: str

    def __call__(self, answers: Answers, level: float) -> Estimate:
        people = answers.to_all(self.reference, "actual")
        return experience_gap([wanted for wanted, _ in people], [got for _, got in people], level)


@dataclass(frozen=True)
class Quality:
    """SERVQUAL's gap over all dimensions, weighted."""

    weights: tuple[float, ...]

    def __call__(self, answers: Answers, level: float) -> Estimate:
        people = _items(answers)
        found = _servqual(people, self.weights, level)
        known = [
            (gap, weight)
            for gap, weight in zip(found.gaps, self.weights, strict=True)
            if weight and gap.value is not None
        ]
        if found.weighted is None or not known:
            return Estimate(None, n=0)
        each = [_servqual([person], self.weights, level).gaps for person in people]
        interval = t_interval(_stand_ins(found.weighted, found.gaps, each, self.weights), level)
        fewest = min(gap.n for gap, _ in known)
        return Estimate(found.weighted, fewest, interval, weights=self.weights)


def _stand_ins(
    value: float, gaps: tuple[Estimate, ...], each: list[tuple[Estimate, ...]], weights: tuple[float, ...]
) -> list[float]:
    """A number for each person whose mean is the weighted gap, and whose spread is that of the gap.

    Linearised: n times what the person moves each dimension's mean, which matters where some left out a
    dimension. With every dimension answered it is the person's own weighted gap.
    """
    whole = fsum(weight for gap, weight in zip(gaps, weights, strict=True) if gap.value is not None)
    answered = [person for person in each if any(gap.value is not None for gap in person)]
    return [
        value
        + len(answered)
        * fsum(
            weight / whole * (own.value - gap.value) / gap.n
            for own, gap, weight in zip(person, gaps, weights, strict=True)
            if own.value is not None and gap.value is not None
        )
        for person in answered
    ]


@dataclass(frozen=True)
class QualityDimension:
    """SERVQUAL's gap in one dimension."""

    position: int

    def __call__(self, answers: Answers, level: float) -> Estimate:
        return _servqual(_items(answers), EQUAL, level).gaps[self.position]


Items = tuple[list[int | None], list[int | None]]
"""What one person expected and found, item by item."""
EQUAL = (20.0,) * len(DIMENSIONS)


def _items(answers: Answers) -> list[Items]:
    return [
        ([visit.get(item) for item in SERVQUAL_EXPECTED], [visit.get(item) for item in SERVQUAL_PERCEIVED])
        for visit in answers.about("servqual")
    ]


def _servqual(people: list[Items], weights: tuple[float, ...], level: float) -> Servqual:
    return servqual([expected for expected, _ in people], [found for _, found in people], weights, level)
