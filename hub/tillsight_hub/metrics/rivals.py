"""Rivals' rules, to compare ours with; no number that we show is made of them."""

from collections.abc import Sequence


def weighted_ranking(indexes: Sequence[float], responses: Sequence[int]) -> list[float | None]:
    """HappyOrNot's ranking score: (WAI W + I R) / (W + R), all None where nobody answered.

    WAI is the mean index weighed by responses, W is 'based on the average number of responses', taken as
    that average (support.happy-or-not.com, Ranking).
    """
    total = sum(responses)
    if not total:
        return [None] * len(indexes)
    pairs = list(zip(indexes, responses, strict=True))
    mean = sum(index * count for index, count in pairs if count) / total
    weight = total / len(responses)
    return [(mean * weight + (index * count if count else 0)) / (weight + count) for index, count in pairs]


def response_interval(times: Sequence[float], interval_s: float) -> list[int]:
    """HappyOrNot's misuse rule: a press counts where the last one that counted is this long ago.

    Indexes of the presses that count, in order of time (seconds).
    """
    accepted: list[int] = []
    for index in sorted(range(len(times)), key=times.__getitem__):
        if not accepted or times[index] - times[accepted[-1]] >= interval_s:
            accepted.append(index)
    return accepted
