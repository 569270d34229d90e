"""Metrics per contact: of everyone who was served, not only of those who pressed."""

from collections.abc import Callable
from dataclasses import replace
from math import exp, sqrt

from .counts import Audit, Calibration, Counts
from .intervals import Interval, wilson, z_value
from .registry import Estimate, Metric, Told, told_nothing, told_per_contact

UNAUDITED = Calibration(precision=Audit(1, 1), recall=Audit(1, 1))
"""Takes the counter as it is: it adds nothing to the interval, so the flag `uncalibrated` has to."""

CAMERA_SHOULD_SEE = 0.9
"""Share of its time below which numbers per contact say that the camera saw only part of it."""


def people_served(counted: int, calibration: Calibration | None) -> float | None:
    """counted x precision / recall: ghosts taken out, missed people put in.

    None where that divides by nothing, or leaves nobody to divide by.
    """
    audits = calibration or UNAUDITED
    precision, recall = audits.precision, audits.recall
    if not counted or not precision.k or not recall.k:
        return None
    return counted * (precision.k / precision.n) / (recall.k / recall.n)


def per_contact(votes: int, counted: int, calibration: Calibration | None, level: float) -> Estimate:
    """votes / people served; the interval includes the counter's own error (delta method on the log).

    var(log share) = (1 - share)/votes + (1 - precision)/k_precision + (1 - recall)/k_recall. No votes: 0 up
    to Wilson's upper limit. Neither end is clipped here: a share above 1 says that the counter misses people.
    """
    served = people_served(counted, calibration)
    if served is None:
        return Estimate(None, n=counted)
    if votes == 0:
        return Estimate(0.0, n=counted, interval=wilson(0, served, level))
    value = votes / served
    reach = z_value(level) * sqrt(max(0.0, 1 - value) / votes + _audit_variance(calibration))
    return Estimate(value, n=counted, interval=Interval(value * exp(-reach), value * exp(reach)))


def contacts(counts: Counts, level: float) -> Estimate:
    """People served; without an audit what the counter says, and no interval."""
    flags = _flags(counts)
    if counts.contacts is None or not counts.events:
        return Estimate(None, n=counts.contacts or 0, flags=flags)
    if counts.calibration is None or not counts.contacts:
        return Estimate(float(counts.contacts), n=counts.contacts, flags=flags)
    served = people_served(counts.contacts, counts.calibration)
    if served is None:
        return Estimate(None, n=counts.contacts, flags=flags)
    reach = z_value(level) * sqrt(_audit_variance(counts.calibration))
    interval = Interval(served * exp(-reach), served * exp(reach))
    return Estimate(served, n=counts.contacts, interval=interval, flags=flags)


def response_rate(counts: Counts, level: float) -> Estimate:
    """Responses per person served; above 1 it is shown as it is, and flagged."""
    estimate = _of_served(counts.answered, counts.contacts, counts, level)
    if estimate.value is not None and estimate.value > 1:
        return estimate
    return _clipped(estimate)


def silent_share(counts: Counts, level: float) -> Estimate:
    """1 - response rate; below 0 where the counter misses people."""
    rate = response_rate(counts, level)
    if rate.value is None or rate.interval is None:
        return rate
    interval = Interval(1 - rate.interval.upper, 1 - rate.interval.lower)
    return replace(rate, value=1 - rate.value, interval=interval)


def relative_dissatisfaction(counts: Counts, level: float) -> Estimate:
    """Share of the people served who pressed a negative button; the interval ends at 1."""
    negative = counts.of(counts.scale.negative, counts.rated_contacts)
    return _clipped(_of_served(negative, counts.rated_among, counts, level))


def relative_satisfaction(counts: Counts, level: float) -> Estimate:
    """Share of the people served who pressed a positive button; the interval ends at 1."""
    positive = counts.of(counts.scale.positive, counts.rated_contacts)
    return _clipped(_of_served(positive, counts.rated_among, counts, level))


def _of_served(votes: int, contacts: int | None, counts: Counts, level: float) -> Estimate:
    estimate = per_contact(votes, contacts or 0, counts.calibration, level)
    return replace(estimate, flags=_flags(counts))


def _clipped(estimate: Estimate) -> Estimate:
    if estimate.interval is None:
        return estimate
    lower, upper = estimate.interval
    return replace(estimate, interval=Interval(min(1.0, lower), min(1.0, upper)))


def _flags(counts: Counts) -> frozenset[str]:
    seen = counts.camera_share
    partly = {"camera-partly"} if seen is not None and seen < CAMERA_SHOULD_SEE else set[str]()
    if not counts.contacts:
        missed = {"counter-under-counts"} if counts.answered else set()
        return frozenset({"no-contacts"} | missed | partly)
    responses = counts.answered
    served = people_served(counts.contacts, counts.calibration)
    held = {
        "uncalibrated": counts.calibration is None,
        "contacts-partly": responses < counts.accepted,
        "counter-under-counts": served is not None and responses > served,
    }
    return frozenset({flag for flag, holds in held.items() if holds} | partly)


def _audit_variance(calibration: Calibration | None) -> float:
    audits = calibration or UNAUDITED
    return sum((1 - audit.k / audit.n) / audit.k for audit in (audits.precision, audits.recall))


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
            formula="people served = counted × precision ÷ recall of the counter; without an audit: counted",
            inputs=("contacts", "calibration", "events"),
            interval="log-delta",
            source="count, corrected by the counter's audit",
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
        inputs=("rated_contacts", "contacts", "calibration"),
        interval="log-delta",
        source=PROLAN,
        compute=compute,
        told=told,
        worst="high" if id in ("silent_share", "relative_dissatisfaction") else "low",
    )
