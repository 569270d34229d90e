"""Rating scales: what each button of a panel means, and which ratings count as positive or negative.

A rating is 1..n, worst to best, whatever order the buttons have on the panel.
"""

from dataclasses import dataclass

from .errors import BadScale

MAX_RATINGS = 11


@dataclass(frozen=True)
class Scale:
    """One published answer scale; ratings run from 1 (worst) to `ratings` (best)."""

    id: str
    labels: tuple[str, ...]
    """English name of each rating, worst first."""
    negative: frozenset[int]
    positive: frozenset[int]
    first_value: int = 1
    """What rating 1 is called in the published scale: 0 for NPS, 1 elsewhere."""

    @property
    def ratings(self) -> int:
        return len(self.labels)

    def rating(self, button: int, *, is_reversed: bool = False) -> int:
        """Rating of panel button `button` (1 is the leftmost); a reversed panel has the best one first."""
        if not 1 <= button <= self.ratings:
            raise BadScale(f"button {button}: scale {self.id} has buttons 1 to {self.ratings}")
        return self.ratings + 1 - button if is_reversed else button

    def value(self, rating: int) -> int:
        """The published value of a rating, such as 0..10 for NPS."""
        return rating - 1 + self.first_value

    def label(self, rating: int) -> str:
        return self.labels[rating - 1]


def _scale(
    id: str, labels: tuple[str, ...], negative: set[int], positive: set[int], first_value: int = 1
) -> Scale:
    return Scale(id, labels, frozenset(negative), frozenset(positive), first_value)


SCALES: dict[str, Scale] = {
    scale.id: scale
    for scale in (
        _scale("smiley-4", ("very unhappy", "unhappy", "happy", "very happy"), {1, 2}, {3, 4}),
        _scale("smiley-5", ("very unhappy", "unhappy", "neutral", "happy", "very happy"), {1, 2}, {4, 5}),
        _scale("smiley-3", ("unhappy", "neutral", "happy"), {1}, {3}),
        _scale("nps", tuple(str(n) for n in range(11)), set(range(1, 8)), {10, 11}, first_value=0),
        _scale("yes-no", ("no", "yes"), {1}, {2}, first_value=0),
    )
}


def scale(id: str) -> Scale:
    """The scale called `id`; BadScale names the known ones."""
    try:
        return SCALES[id]
    except KeyError:
        raise BadScale(f"scale {id!r}: expected one of {', '.join(SCALES)}") from None
