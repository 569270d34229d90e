"""What a person saw against what the counter counted: pairs by time, and what their shares are worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

Z_95 = NormalDist().inv_cdf(0.975)
"""Standard errors that a two-sided 95 % interval reaches."""


@dataclass(frozen=True)
class Tap:
    """A person saw a served customer leave."""

    mono_ms: int
    pressed: bool = False
    """The customer pressed a button."""


@dataclass(frozen=True)
class Comparison:
    """Contacts by the counter, by the person, and by both; and those of the customers who pressed."""

    counted: int
    observed: int
    matched: int
    pressers_observed: int
    pressers_matched: int


@dataclass(frozen=True)
class Share:
    """A share, 0..1, and its 95 % interval; both ends belong to it."""

    value: float
    lower: float
    upper: float


def pairs(counted_ms: Sequence[int], observed_ms: Sequence[int], tolerance_ms: int) -> list[tuple[int, int]]:
    """Index pairs of as many one-to-one matches within the tolerance as there can be, at the least distance.

    Both sequences are sorted, so the best matching crosses nowhere and is found like the alignment of two
    texts: the best of the first i and j is the best of fewer, with or without the pair of the last two.
    """
    worth = [[(0, 0)] * (len(observed_ms) + 1)]
    for left in counted_ms:
        above, row = worth[-1], [(0, 0)]
        for column, tapped in enumerate(observed_ms):
            distance = abs(left - tapped)
            paired = (above[column][0] + 1, above[column][1] - distance)
            skipped = max(above[column + 1], row[column])
            row.append(max(skipped, paired) if distance <= tolerance_ms else skipped)
        worth.append(row)
    return _way_back(worth)


def compare(
    counted_ms: Sequence[int], taps: Sequence[Tap], period_ms: tuple[int, int], tolerance_ms: int
) -> Comparison:
    """The numbers of an audit from `period_ms[0]` to `period_ms[1]`; taps outside of it are no taps.

    A contact that left so close to one of the ends that its tap may lie outside, and that has no pair, is
    not held against the counter: nobody can say whether it was right.
    """
    start, end = period_ms
    seen = sorted((tap for tap in taps if start <= tap.mono_ms <= end), key=lambda tap: tap.mono_ms)
    near = sorted(left for left in counted_ms if start - tolerance_ms <= left <= end + tolerance_ms)
    found = pairs(near, [tap.mono_ms for tap in seen], tolerance_ms)
    paired = {left for left, _ in found}
    alone = [
        left
        for index, left in enumerate(near)
        if index not in paired and start + tolerance_ms <= left <= end - tolerance_ms
    ]
    return Comparison(
        counted=len(found) + len(alone),
        observed=len(seen),
        matched=len(found),
        pressers_observed=sum(tap.pressed for tap in seen),
        pressers_matched=sum(seen[index].pressed for _, index in found),
    )


def share(k: int, n: int) -> Share | None:
    """k of n with its Wilson score interval without continuity correction (Wilson 1927); None where n is 0.

    (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n), as the hub has it for every share.
    """
    if n <= 0:
        return None
    z, p = Z_95, k / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    reach = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Share(p, 0.0 if k == 0 else centre - reach, 1.0 if k == n else centre + reach)


def _way_back(worth: list[list[tuple[int, int]]]) -> list[tuple[int, int]]:
    found = []
    row, column = len(worth) - 1, len(worth[0]) - 1
    while row and column:
        here = worth[row][column]
        if here == worth[row - 1][column]:
            row -= 1
        elif here == worth[row][column - 1]:
            column -= 1
        else:
            row, column = row - 1, column - 1
            found.append((row, column))
    return found[::-1]
