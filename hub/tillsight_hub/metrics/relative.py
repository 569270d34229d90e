"""Metrics per contact: of everyone who was served, not only of those who pressed."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from math import exp, sqrt
from typing import NamedTuple

from .counts import Calibration, Counts
from .intervals import Interval, wilson, z_value
from .pooling import Correction
from .registry import Estimate, Metric, Told, told_nothing, told_per_contact

UNAUDITED = Correction(factor=1.0, variance=0.1**2)
"""Takes a counter as it is where no counter of the company was ever audited. Good ones miss 3 to 15 % and
count 3 to 12 % too many, which partly cancels: an error of 10 % is our assumption, and the score says so."""

CAMERA_SHOULD_SEE = 0.9
"""Share of its time below which numbers per contact say that the camera saw only part of it."""


class Served(NamedTuple):
    """People served, as the counters say after correction."""

    people: float
    variance: float
    """Of its logarithm: from the error of the counters alone."""


def correction(calibration: Calibration | None) -> Correction | None:
    """precision / recall, var(log) = (1 - precision)/matched + (1 - recall)/matched, unless it is pooled.

    None where an audit found nobody: that divides by nothing, or leaves nobody to divide by.
    """
    if calibration is None:
        return UNAUDITED
    if calibration.pooled is not None:
        return calibration.pooled
    precision, recall = calibration.precision, calibration.recall
    if not precision.n and not recall.n:
        return UNAUDITED
    if not precision.k or not recall.k:
        return None
    variance = sum((1 - audit.k / audit.n) / audit.k for audit in (precision, recall))
    return Correction((precision.k / precision.n) / (recall.k / recall.n), variance)


def served(counted: Iterable[tuple[Calibration | None, int]]) -> Served | None:
    """Sum of counted x factor; counters err independently but for what all of the company share.

    None where nobody was counted, or a counter's audit found nobody.
    """
    people = independent = shared = 0.0
    for calibration, contacts in counted:
        known = correction(calibration)
        if known is None:
            return None
        part = contacts * known.factor
        people += part
        independent += part**2 * (known.variance - known.shared**2)
        shared += part * known.shared
    return Served(people, (independent + shared**2) / people**2) if people else None


def people_served(counted: int, calibration: Calibration | None) -> float | None:
    """counted x precision / recall: ghosts taken out, missed people put in; None as in `served`."""
    people = served([(calibration, counted)])
    return people.people if people else None


def per_contact(votes: int, counted: int, calibration: Calibration | None, level: float) -> Estimate:
    """votes / people served, of one counter; the interval as in `share_of`."""
    return share_of(votes, served([(calibration, counted)]), counted, level)


def share_of(votes: int, among: Served | None, counted: int, level: float) -> Estimate:
    """votes / people served; the interval includes the counters' own error (delta method on the log).

    var(log share) = (1 - share)/votes + var(log people served). No votes: 0 up to Wilson's upper limit.
    Neither end is clipped here: a share above 1 says that the counter misses people.
    """
    if among is None:
        return Estimate(None, n=counted)
    if votes == 0:
        return Estimate(0.0, n=counted, interval=wilson(0, among.people, level))
    value = votes / among.people
    reach = z_value(level) * sqrt(max(0.0, 1 - value) / votes + among.variance)
    return Estimate(value, n=counted, interval=Interval(value * exp(-reach), value * exp(reach)))


def contacts(counts: Counts, level: float) -> Estimate:
    """People served; 0 is exact, because a counter that works and saw nobody is right about that."""
    flags = per_contact_flags(counts)
    if counts.contacts is None or not counts.events:
        return Estimate(None, n=counts.contacts or 0, flags=flags)
    if not counts.contacts:
        return Estimate(0.0, n=0, interval=Interval(0.0, 0.0), flags=flags)
    people = served_of(counts)
    if people is None:
        return Estimate(None, n=counts.contacts, flags=flags)
    reach = z_value(level) * sqrt(people.variance)
    interval = Interval(people.people * exp(-reach), people.people * exp(reach))
    return Estimate(people.people, n=counts.contacts, interval=interval, flags=flags)


def served_of(counts: Counts) -> Served | None:
    """Everybody who was served."""
    return served((part.calibration, part.contacts) for part in counts.counted)


def served_among(counts: Counts) -> Served | None:
    """Those served while the ratings may be told."""
    return served((part.calibration, part.rated_among) for part in counts.counted)


def response_rate(counts: Counts, level: float) -> Estimate:
    """Responses per person served; above 1 it is shown as it is, and flagged."""
    rate = share_of(counts.answered, served_of(counts), counts.contacts or 0, level)
    rate = replace(rate, flags=per_contact_flags(counts))
    return rate if rate.value is not None and rate.value > 1 else _clipped(rate)


def silent_share(counts: Counts, level: float) -> Estimate:
    """1 - response rate; below 0 where the counter misses people."""
    rate = response_rate(counts, level)
    if rate.value is None or rate.interval is None:
        return rate
    interval = Interval(1 - rate.interval.upper, 1 - rate.interval.lower)
    return replace(rate, value=1 - rate.value, interval=interval)


def relative_dissatisfaction(counts: Counts, level: float) -> Estimate:
    """Share of the people served who pressed a negative button; the interval ends at 1."""
    return _of_served(counts.of(counts.scale.negative, counts.rated_contacts), counts, level)


def relative_satisfaction(counts: Counts, level: float) -> Estimate:
    """Share of the people served who pressed a positive button; the interval ends at 1."""
    return _of_served(counts.of(counts.scale.positive, counts.rated_contacts), counts, level)


def _of_served(votes: int, counts: Counts, level: float) -> Estimate:
    estimate = share_of(votes, served_among(counts), counts.rated_among or 0, level)
    return _clipped(replace(estimate, flags=per_contact_flags(counts)))


def _clipped(estimate: Estimate) -> Estimate:
    if estimate.interval is None:
        return estimate
    lower, upper = estimate.interval
    return replace(estimate, interval=Interval(min(1.0, lower), min(1.0, upper)))


def per_contact_flags(counts: Counts) -> frozenset[str]:
    """What every number per contact has to say about these counts."""
    seen = counts.camera_share
    partly = {"camera-partly"} if seen is not None and seen < CAMERA_SHOULD_SEE else set[str]()
    if not counts.contacts:
        missed = {"counter-under-counts"} if counts.answered else set()
        return frozenset({"no-contacts"} | missed | partly)
    people = served_of(counts)
    held = {
        "uncalibrated": any(part.contacts and not _is_audited(part.calibration) for part in counts.counted),
        "contacts-partly": counts.answered < counts.accepted,
        "counter-under-counts": people is not None and counts.answered > people.people,
    }
    return frozenset({flag for flag, holds in held.items() if holds} | partly)


def _is_audited(calibration: Calibration | None) -> bool:
    return calibration is not None and calibration.is_audited


PROLAN = (
    "relative score as ProLAN describes it: share of those served, not of those interviewed; interval ours"
)


def relative_metrics() -> list[Metric]:
    """The metrics of this module."""
    return [
        Metric(
            id="contacts",
            name="Contacts",
            unit="count",
            formula="people served = Σ counted × precision ÷ recall of each counter; few audited contacts "
            "lean on the company's other counters; without any audit: counted",
            inputs=("contacts", "calibration", "apart", "events"),
            interval="log-delta",
            source="count, corrected by audits",
            minimum_n=0,
            compute=contacts,
        ),
        _per_contact(
            "response_rate",
            "Response rate",
            "responses ÷ people served, not clipped above 1",
            response_rate,
            told_nothing,
        ),
        _per_contact(
            "silent_share", "Silent customers", "1 − responses ÷ people served", silent_share, told_nothing
        ),
        _per_contact(
            "relative_dissatisfaction",
            "Relative dissatisfaction",
            "negative responses ÷ people served",
            relative_dissatisfaction,
        ),
        _per_contact(
            "relative_satisfaction",
            "Relative satisfaction",
            "positive responses ÷ people served",
            relative_satisfaction,
        ),
    ]


def _per_contact(
    id: str,
    name: str,
    formula: str,
    compute: Callable[[Counts, float], Estimate],
    told: Callable[[Counts], Told] = told_per_contact,
) -> Metric:
    return Metric(
        id=id,
        name=name,
        unit="share",
        formula=f"{formula}; people served as in contacts",
        inputs=("rated_contacts", "contacts", "calibration", "apart"),
        interval="log-delta",
        source=PROLAN,
        compute=compute,
        told=told,
        worst="high" if id in ("silent_share", "relative_dissatisfaction") else "low",
    )
