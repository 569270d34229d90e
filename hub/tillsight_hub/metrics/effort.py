"""Customer effort scores: how hard, or how easy, customers say it was."""

from collections.abc import Sequence
from dataclasses import dataclass

from .registry import Estimate
from .responses import mean_weight, net_score, share


@dataclass(frozen=True)
class EffortQuestion:
    """One published version of the question; answers run from 1 to `answers`."""

    answers: int
    easy: range
    """Answers that count as easy in the share."""
    net_easy: range
    """Answers that count for the net score,"""
    net_hard: range
    """and those that count against it."""


CES_1 = EffortQuestion(answers=5, easy=range(1, 3), net_easy=range(1, 3), net_hard=range(4, 6))
"""1 very low effort .. 5 very high effort: low is good (CES 1.0, Dixon, Freeman, Toman 2010)."""
CES_2 = EffortQuestion(answers=7, easy=range(5, 8), net_easy=range(6, 8), net_hard=range(1, 4))
"""'They made it easy': 1 disagree .. 7 agree (CES 2.0, 2013); easy as Zonka has it, net as CYS has it."""


def effort_mean(counts: Sequence[int], level: float) -> Estimate:
    """Mean answer; `counts` are of the answers 1, 2, ...; None for no answers."""
    return mean_weight(counts, [float(answer) for answer in range(1, len(counts) + 1)], level)


def easy_share(counts: Sequence[int], question: EffortQuestion, level: float) -> Estimate:
    """Share who found it easy."""
    return share(_of(counts, question.easy), sum(counts), level)


def net_ease(counts: Sequence[int], question: EffortQuestion, level: float) -> Estimate:
    """100 (share easy - share hard)."""
    easy, hard = _of(counts, question.net_easy), _of(counts, question.net_hard)
    return net_score(hard, sum(counts) - easy - hard, easy, level)


def _of(counts: Sequence[int], answers: range) -> int:
    return sum(counts[answer - 1] for answer in answers)
