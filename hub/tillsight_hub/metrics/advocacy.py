"""Word of mouth: who would recommend, and who would really speak against."""

from collections.abc import Sequence
from typing import NamedTuple

from .intervals import Interval, nps_adjusted, nps_standard_error


class WordOfMouth(NamedTuple):
    """WoMI of the people who answered both questions."""

    n: int
    score: float
    """Points, -100..100."""
    standard_error: float
    interval: Interval | None
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
        n=n,
        score=100 * (up - down) / n,
        standard_error=nps_standard_error(down, n - down - up, up),
        interval=nps_adjusted(down, n - down - up, up, level),
        nps_detractors=sum(likes <= 6 for likes, _ in people) / n,
        true_detractors=sum(warns >= 9 for _, warns in people) / n,
    )
