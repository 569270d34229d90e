"""Metrics of those who pressed: counts, shares, CSAT, happy index and NPS."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tillsight_models.scales import MAX_RATINGS, Scale

from .counts import Counts
from .intervals import Interval, nps_adjusted, weighted_mean, wilson
from .registry import Estimate, Metric


def presses(counts: Counts, _: float) -> Estimate:
    """None where the hub heard nothing at all from there: no press is news only from a device that lives."""
    return exactly(counts.presses if counts.events else None, counts.presses)


def responses(counts: Counts, _: float) -> Estimate:
    """As `presses`."""
    return exactly(counts.accepted if counts.events else None, counts.accepted)


def exactly(value: float | None, n: int) -> Estimate:
    """A plain count: its interval has no width, because nothing was estimated."""
    return Estimate(value, n=n, interval=None if value is None else Interval(value, value))


def share(k: int, n: int, level: float) -> Estimate:
    """k of n with Wilson's interval; None for 0 of 0."""
    return Estimate(k / n if n else None, n=n, interval=wilson(k, n, level))


def csat(counts: Counts, level: float) -> Estimate:
    """Share of the top box: the scale's positive ratings."""
    return share(counts.positive, counts.responses, level)


def csat_mean(counts: Counts, level: float) -> Estimate:
    """Mean rating, 1..K."""
    ratings = range(1, counts.scale.ratings + 1)
    return mean_weight(counts.ratings, tuple(map(float, ratings)), level)


def csat_index(counts: Counts, level: float) -> Estimate:
    """100 (mean - 1) / (K - 1)."""
    return mean_weight(counts.ratings, equal_steps(counts.scale.ratings), level)


def nps(counts: Counts, level: float) -> Estimate:
    """100 (P - D) with the adjusted Wald interval."""
    detractors, promoters = counts.negative, counts.positive
    return net_score(detractors, counts.responses - detractors - promoters, promoters, level)


def net_score(against: int, neither: int, in_favour: int, level: float) -> Estimate:
    """100 (share in favour - share against), in points, with the adjusted Wald interval of an NPS."""
    n = against + neither + in_favour
    value = 100 * (in_favour - against) / n if n else None
    return Estimate(value, n=n, interval=nps_adjusted(against, neither, in_favour, level))


@dataclass(frozen=True)
class HappyIndex:
    """The mean weight of the answers, 0..100."""

    weights: Mapping[str, tuple[float, ...]]
    """By scale; a scale without weights has equal steps."""

    def __call__(self, counts: Counts, level: float) -> Estimate:
        steps = self.weights.get(counts.scale.id) or equal_steps(counts.scale.ratings)
        estimate = mean_weight(counts.ratings, steps, level)
        return Estimate(estimate.value, estimate.n, estimate.interval, weights=steps)


@dataclass(frozen=True)
class RatingShare:
    """The share of one button among the accepted presses."""

    rating: int

    def __call__(self, counts: Counts, level: float) -> Estimate:
        return share(counts.ratings[self.rating - 1], counts.responses, level)

    def applies(self, scale: Scale) -> bool:
        """Whether the scale has this rating."""
        return self.rating <= scale.ratings


def mean_weight(counts: Sequence[int], weights: Sequence[float], level: float) -> Estimate:
    """sum(w_i c_i) / n; None for no answers."""
    n = sum(counts)
    total = sum(weight * count for weight, count in zip(weights, counts, strict=True))
    return Estimate(total / n if n else None, n=n, interval=weighted_mean(counts, weights, level))


def equal_steps(ratings: int) -> tuple[float, ...]:
    """0..100 in `ratings` equal steps."""
    return tuple(100 * step / (ratings - 1) for step in range(ratings))


def has_boxes(scale: Scale) -> bool:
    """Whether the scale's positive ratings are a top box; the 0-10 question has its own formula."""
    return scale.id != "nps"


def response_metrics(happy_index_weights: Mapping[str, tuple[float, ...]]) -> list[Metric]:
    """The metrics of this module."""
    return [
        Metric(
            id="presses",
            name="Presses",
            unit="count",
            formula="all presses of any button, as they came, repeats and undone ones too",
            inputs=("presses", "events"),
            interval="exact",
            source="count",
            minimum_n=0,
            compute=presses,
        ),
        Metric(
            id="responses",
            name="Responses",
            unit="count",
            formula="accepted presses: all presses on the touchpoint's scale − repeats inside the cool-down "
            "− presses taken back",
            inputs=("ratings", "events"),
            interval="exact",
            source="count",
            minimum_n=0,
            compute=responses,
        ),
        Metric(
            id="csat",
            name="Customer satisfaction (CSAT)",
            unit="share",
            formula="top-box share = positive responses ÷ responses; positive are the best 1 of 2 or 3 "
            "ratings, the best 2 of 4 or 5",
            inputs=("ratings",),
            interval="wilson",
            source="common practice (top-2-box)",
            applies=has_boxes,
            compute=csat,
        ),
        Metric(
            id="csat_mean",
            name="Mean rating",
            unit="rating",
            formula="mean = Σ rating × responses ÷ Σ responses, ratings 1 (worst) … K (best)",
            inputs=("ratings",),
            interval="dirichlet",
            source="common practice",
            applies=has_boxes,
            compute=csat_mean,
        ),
        Metric(
            id="csat_index",
            name="CSAT index",
            unit="index",
            formula="100 × (mean rating − 1) ÷ (K − 1)",
            inputs=("ratings",),
            interval="dirichlet",
            source="common practice",
            applies=has_boxes,
            compute=csat_index,
        ),
        Metric(
            id="happy_index",
            name="Happy index",
            unit="index",
            formula="Σ weight × responses ÷ Σ responses; weights 0 … 100 in equal steps "
            "(four smileys: 0, 33⅓, 66⅔, 100) unless set otherwise",
            inputs=("ratings",),
            interval="dirichlet",
            source="of the kind that smiley terminals show; theirs is unpublished, ours has equal steps",
            applies=has_boxes,
            compute=HappyIndex(happy_index_weights),
        ),
        Metric(
            id="nps",
            name="Net Promoter Score (NPS)",
            unit="points",
            formula="100 × (share of 9–10 − share of 0–6)",
            inputs=("ratings",),
            interval="adjusted-wald",
            source="Reichheld 2003; interval: Rocks 2016, arXiv 1601.07235",
            applies=lambda scale: scale.id == "nps",
            minimum_n=50,
            compute=nps,
        ),
        *map(_rating_share, range(1, MAX_RATINGS + 1)),
    ]


def _rating_share(rating: int) -> Metric:
    compute = RatingShare(rating)
    return Metric(
        id=f"share_rating_{rating}",
        name=f"Share of rating {rating}",
        unit="share",
        formula=f"responses of rating {rating} ÷ responses; rating 1 is the worst, whatever button it has",
        inputs=("ratings",),
        interval="wilson",
        source="Wilson 1927",
        applies=compute.applies,
        compute=compute,
        worst="high" if rating == 1 else "low",
    )
