"""Word of mouth: who would recommend, and who would really speak against."""

from collections.abc import Sequence
from typing import NamedTuple

from .intervals import nps_standard_error
from .registry import Estimate
from .responses import net_score


class WordOfMouth(NamedTuple):
    """WoMI of the people who answered both questions."""

    score: Estimate
    """Points, -100..100."""
    standard_error: float
    nps_detractors: float
    """Share whom the NPS calls detractors (recommend 6 or less),"""
    true_detractors: float
    """and share who would discourage others (9 or 10): the NPS overstates them."""


def word_of_mouth(
    recommend: Sequence[float | None], discourage: Sequence[float | None], level: float
) -> WordOfMouth | None:
    """100 mean(recommend >= 9 - discourage >= 9), answers 1..10 person by person; None for nobody.

    Its error is that of the difference in each person, since one person gives both answers; somebody who
    would do both counts as neither. (wordofmouthindex.com; Internet Retailer, 2013-07-16.)
    """
    people = [
        (likes, warns)
        for likes, warns in zip(recommend, discourage, strict=True)
        if likes is not None and warns is not None
    ]
    n = len(people)
    if not n:
        return None
    differences = [int(likes >= 9) - int(warns >= 9) for likes, warns in people]
    down, up = differences.count(-1), differences.count(1)
    return WordOfMouth(
        score=net_score(down, n - down - up, up, level),
        standard_error=nps_standard_error(down, n - down - up, up),
        nps_detractors=sum(likes <= 6 for likes, _ in people) / n,
        true_detractors=sum(warns >= 9 for _, warns in people) / n,
    )
