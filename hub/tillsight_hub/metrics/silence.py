"""Metrics of everybody who was served, the silent too: bounds, because nobody knows what the silent think."""

from dataclasses import dataclass
from math import sqrt

from scipy.special import ndtr

from .bounds import interval_around, reach, selection_bounds
from .counts import Counts
from .intervals import Interval, wilson
from .registry import Estimate, Metric
from .relative import per_contact_flags, served_among

ANYTHING = "the silent may all be satisfied, or all dissatisfied"


def dissatisfied_among_all(counts: Counts, level: float) -> Estimate:
    """Negative / served up to (negative + silent) / served; the interval includes the counters' error.

    More responses than people served leave no room for silence: both bounds are then the share of the
    responses, of whom there are too many, and the flag says so.
    """
    flags = per_contact_flags(counts)
    people = served_among(counts)
    if people is None:
        return Estimate(None, n=counts.rated_among or 0, flags=flags)
    responses = sum(counts.rated_contacts)
    negative = counts.of(counts.scale.negative, counts.rated_contacts)
    n = max(people.people, float(responses))
    others = (responses - negative) / n
    bounds = Interval(negative / n, 1 - others)
    errors = tuple(
        share * sqrt((1 - share) / (share * n) + people.variance) if share else 0.0
        for share in (bounds.lower, others)
    )
    return Estimate(
        None,
        n=counts.rated_among or 0,
        interval=interval_around(*bounds, errors, level),
        flags=flags,
        bounds=bounds,
        assumption=ANYTHING,
    )


@dataclass(frozen=True)
class Eagerness:
    """The dissatisfied press `least` to `most` times as readily as the others."""

    least: float
    most: float

    @property
    def assumption(self) -> str:
        """For who reads the number."""
        return f"dissatisfied people press {self.least:g} to {self.most:g} times as readily as others"

    def __call__(self, counts: Counts, level: float) -> Estimate:
        """Bounds of the share; the interval adds how far the responses' own share may be off.

        That is Wilson's, as far out as Imbens and Manski have to go, at either end of the eagerness.
        """
        negative, n = counts.negative, counts.responses
        bounds = selection_bounds(negative, n - negative, (self.least, self.most))
        if bounds is None:
            return Estimate(None, n=n)
        share = (negative + 0.5) / (n + 1)
        error = share * (1 - share) * sqrt(1 / (negative + 0.5) + 1 / (n - negative + 0.5))
        c = reach((bounds.upper - bounds.lower) / error, level)
        pressed = wilson(negative, n, float(2 * ndtr(c) - 1))
        assert pressed is not None
        interval = Interval(_content(pressed.lower, self.most), _content(pressed.upper, self.least))
        return Estimate(None, n=n, interval=interval, bounds=bounds, assumption=self.assumption)


def _content(share: float, eagerness: float) -> float:
    """The share among all of whom this share presses, if they press so many times as readily."""
    return share / (share + eagerness * (1 - share))


def silence_metrics(eagerness: tuple[float, float]) -> list[Metric]:
    """The metrics of this module."""
    return [
        Metric(
            id="dissatisfied_among_all",
            name="Dissatisfied among all served",
            unit="share",
            formula="from negative responses ÷ people served (all of the silent are content) to (negative "
            "responses + silent) ÷ people served (none is)",
            inputs=("rated_contacts", "contacts", "calibration", "apart"),
            interval="imbens-manski",
            source="Manski 1989; interval: Imbens, Manski 2004, with the counter's error",
            compute=dissatisfied_among_all,
            worst="high",
        ),
        Metric(
            id="dissatisfied_by_eagerness",
            name="Dissatisfied among all served, if they press more readily",
            unit="share",
            formula="(negative ÷ m) ÷ (negative ÷ m + other responses) for m times as ready to press; "
            f"m from {eagerness[0]:g} to {eagerness[1]:g} unless set otherwise",
            inputs=("ratings",),
            interval="imbens-manski-wilson",
            source="selection bounds under a stated assumption; the range of m is ours",
            compute=Eagerness(*eagerness),
            worst="high",
        ),
    ]
