"""Counters that learn from each other: how far, and whether what they then say holds."""

from math import exp, sqrt

import numpy as np
import pytest

from tillsight_hub.metrics.pooling import AuditSums, Correction, pooled_corrections

ALIKE = tuple(AuditSums(200, 184, 198) for _ in range(20))
"""Twenty counters that each find 92 % and count 7 ghosts for 100 people."""


def corrections(*audits: AuditSums) -> tuple[Correction, ...]:
    found = pooled_corrections(audits)
    assert found is not None
    return found


def test_nobody_observed_anywhere_teaches_nothing() -> None:
    assert pooled_corrections((AuditSums(), AuditSums())) is None


def test_counters_that_agree_are_corrected_by_what_they_agree_on() -> None:
    for correction in corrections(*ALIKE):
        assert correction.factor == pytest.approx(200 / 198, rel=0.01)


def test_a_counter_without_an_audit_gets_the_mean_of_the_others_and_a_wider_error() -> None:
    *others, never = corrections(*ALIKE, AuditSums())
    assert never.factor == pytest.approx(others[0].factor, rel=0.01)
    assert never.variance > others[0].variance
    assert never.recall_weight == never.ghosts_weight == 0


def test_few_contacts_lean_on_the_others_and_many_stand_alone() -> None:
    few, many = AuditSums(20, 12, 12), AuditSums(20_000, 12_000, 12_000)
    leaning, alone = corrections(*ALIKE, few)[-1], corrections(*ALIKE, many)[-1]
    assert 200 / 198 < leaning.factor < 1.3
    assert leaning.recall_weight < 0.7
    assert alone.factor == pytest.approx(20_000 / 12_000, rel=0.02)
    assert alone.recall_weight > 0.98


def test_counters_that_differ_teach_each_other_less() -> None:
    differ = tuple(AuditSums(200, k, k + 10) for k in range(110, 200, 5))
    few = AuditSums(40, 38, 40)
    assert corrections(*differ, few)[-1].recall_weight > corrections(*ALIKE, few)[-1].recall_weight


def test_a_counter_alone_is_corrected_by_its_own_audit() -> None:
    (alone,) = corrections(AuditSums(400, 368, 396))
    assert alone.factor == pytest.approx(400 / 396, rel=0.01)
    plain = (1 - 368 / 400) / 368 + (1 - 368 / 396) / 368
    assert sqrt(alone.variance) == pytest.approx(sqrt(plain), rel=0.15)


def test_the_error_that_all_share_is_a_part_of_each_ones_error() -> None:
    for correction in corrections(*ALIKE):
        assert 0 < correction.shared**2 < correction.variance


def test_order_of_the_counters_does_not_matter() -> None:
    audits = AuditSums(100, 90, 95), AuditSums(50, 40, 41), AuditSums(10, 9, 12)
    assert corrections(*reversed(audits)) == tuple(
        pytest.approx(correction) for correction in reversed(corrections(*audits))
    )


def test_the_interval_of_the_factor_covers_and_is_closer_than_each_audit_alone() -> None:
    """60 companies of 20 counters, three audited hours each, as good ones are: 92 % recall, 7 % ghosts."""
    random = np.random.default_rng([20261122, 1])
    covered, pooled_errors, own_errors = [], [], []
    for _ in range(60):
        recall = random.beta(74, 6.4, 20)
        ghosts = random.gamma(8, 0.07 / 8, 20)
        observed = random.poisson(100, 20)
        matched = random.binomial(observed, recall)
        counted = matched + random.poisson(observed * ghosts)
        truth = 1 / (recall + ghosts)
        audits = [AuditSums(*map(int, row)) for row in zip(observed, matched, counted, strict=True)]
        for correction, true, own in zip(corrections(*audits), truth, observed / counted, strict=True):
            reach = exp(1.96 * sqrt(correction.variance))
            covered.append(correction.factor / reach <= true <= correction.factor * reach)
            pooled_errors.append(correction.factor / true - 1)
            own_errors.append(own / true - 1)
    assert 0.93 <= np.mean(covered) <= 0.98
    assert np.std(pooled_errors) < 0.8 * np.std(own_errors)
