"""Audits and validations as events: which of them count for a period, and for which touchpoint."""

from typing import Any

import pytest
from sqlalchemy import Engine
from tests.harness.declared import declare_faces
from tests.harness.ingesting import DAY, NOON, Box, take

from tillsight_hub.hierarchy import read_hierarchy
from tillsight_hub.metrics.counts import Audit, Calibration
from tillsight_hub.periods import Period
from tillsight_hub.scores.calibrations import VALID_DAYS, read_calibrations
from tillsight_models.events import CounterAudited, EmotionWindowed, ValenceCounts

TODAY = Period.between("2026-10-06", "2026-10-06")
VALIDATION = ((80, 15, 5, 0), (10, 80, 10, 0), (5, 35, 60, 0))


def audited(observed: int, matched: int, counted: int, **others: Any) -> CounterAudited:
    given = {"source": "presence", **others}
    return CounterAudited(period_s=3600, observed=observed, matched=matched, counted=counted, **given)


def window(validation: ValenceCounts | None) -> EmotionWindowed:
    return EmotionWindowed(period_s=900, positive=1, neutral=1, negative=0, unknown=0, validation=validation)


def calibrations(engine: Engine, *touchpoints: str, period: Period = TODAY) -> dict[str, Calibration]:
    with engine.connect() as connection:
        known = read_hierarchy(connection).touchpoints
        return read_calibrations(connection, [known[id] for id in touchpoints or known], period)


def test_without_any_audit_nothing_is_known(engine: Engine) -> None:
    assert calibrations(engine) == {}


def test_audits_of_a_touchpoint_add_up(either_engine: Engine) -> None:
    box = Box()
    take(either_engine, (box, box.event(audited(60, 50, 55, pressers_observed=8, pressers_matched=7))))
    take(either_engine, (box, box.event(audited(40, 40, 45, pressers_observed=2, pressers_matched=2))))
    found = calibrations(either_engine, "till-1")["till-1"]
    assert (found.precision, found.recall) == (Audit(90, 100), Audit(90, 100))
    assert (found.pressers, found.of) == (Audit(9, 10), "till-1")
    assert found.pooled is not None
    assert found.pooled.factor == pytest.approx(1.0, abs=0.02)


def test_an_audit_of_another_source_than_the_touchpoints_does_not_count(engine: Engine) -> None:
    box = Box()
    take(engine, (box, box.event(audited(60, 50, 55, source="camera"))))
    assert calibrations(engine) == {}


@pytest.mark.parametrize(("days_ago", "counts"), [(VALID_DAYS - 2, True), (VALID_DAYS + 2, False)])
def test_an_audit_is_good_for_a_year(engine: Engine, days_ago: int, counts: bool) -> None:
    box = Box()
    take(engine, (box, box.event(audited(60, 50, 55), t=NOON - days_ago * DAY)))
    assert ("till-1" in calibrations(engine)) is counts


def test_an_audit_whose_time_is_not_known_does_not_count(engine: Engine) -> None:
    box = Box()
    take(engine, (box, box.event(audited(60, 50, 55), tq="unsynced")))
    assert calibrations(engine) == {}


def test_the_correction_is_the_same_whoever_asks_with_it(engine: Engine) -> None:
    till, desk = Box(), Box("box-4", "desk", "bbbbbbbbbbbbbbbb")
    take(engine, (till, till.event(audited(60, 50, 55))))
    take(engine, (desk, desk.event(audited(60, 58, 70, source="camera"))))
    alone = calibrations(engine, "till-1")
    assert calibrations(engine)["till-1"] == alone["till-1"]
    assert set(alone) == {"till-1"}


def test_counters_of_different_kinds_do_not_teach_each_other(engine: Engine) -> None:
    till = Box()
    take(engine, (till, till.event(audited(60, 50, 55))))
    assert "desk" not in calibrations(engine)


def test_a_validation_comes_from_the_newest_window(either_engine: Engine) -> None:
    declare_faces(either_engine, "acme")
    box = Box("box-4", "desk")
    old = window(((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0)))
    new = window(VALIDATION)
    take(either_engine, (box, box.event(new, t=NOON)), (box, box.event(old, t=NOON - DAY)))
    assert calibrations(either_engine)["desk"].validation == VALIDATION


def test_a_model_that_came_without_a_validation_has_none(engine: Engine) -> None:
    declare_faces(engine, "acme")
    box = Box("box-4", "desk")
    take(engine, (box, box.event(window(VALIDATION), t=NOON - DAY)))
    assert calibrations(engine)
    take(engine, (box, box.event(window(None), t=NOON)))
    assert calibrations(engine) == {}
