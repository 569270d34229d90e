"""Strips of days: what was heard, seen, and missed, and where nothing can be said."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, update
from tests.harness.ingesting import DAY, HOUR, MINUTE, NOON, Box, take

from tillsight_hub.fleet.coverage import Strip, read_strips
from tillsight_hub.fleet.findings import (
    AUDIT_DAYS,
    Known,
    findings,
    read_audits,
    read_check,
    read_delay,
    read_reviews,
    read_set_aside,
)
from tillsight_hub.hierarchy import read_hierarchy
from tillsight_hub.periods import Period
from tillsight_hub.tables import touchpoint
from tillsight_models.events import CameraReported, CounterAudited

TUESDAY = "2026-10-06"
OPENING = NOON - 3 * HOUR
"""09:00 in Rome; open until 21:00."""


def strips(engine: Engine, now: int = NOON + 2 * DAY, days: int = 2, back: int = 0) -> dict[str, Strip]:
    last = date.fromisoformat(TUESDAY) - timedelta(days=back)
    period = Period((last - timedelta(days=days - 1)).isoformat(), last.isoformat())
    with engine.connect() as connection:
        places = read_hierarchy(connection).within(None)
        return {strip.place.id: strip for strip in read_strips(connection, places, period, now)}


def presses_each_hour(engine: Engine, hours: range, box: Box | None = None) -> None:
    box = box or Box()
    take(engine, (box, [box.press(t=OPENING + hour * HOUR + MINUTE) for hour in hours]))


def test_a_day_is_heard_hour_by_hour(either_engine: Engine) -> None:
    presses_each_hour(either_engine, range(9))
    strip = strips(either_engine)["till-1"]
    assert [(day.day, day.open_minutes, day.heard_minutes) for day in strip.days] == [(TUESDAY, 720, 540)]
    assert (strip.heard, strip.offset) == (0.75, 1)
    assert [day.day for day in strip.poor] == [TUESDAY]
    assert strip.heard_path == "M10 8h10v22h-10z"
    assert strip.gap_path == "M10 0h10v8h-10z"
    assert not strip.blind_path


def test_before_the_first_sign_nothing_is_missed_and_after_it_a_silent_day_is(engine: Engine) -> None:
    presses_each_hour(engine, range(12))
    later = strips(engine, now=NOON + 5 * DAY, days=3, back=-2)["till-1"]
    assert [day.heard_minutes for day in later.days] == [720, 0, 0]
    assert later.gap_path == "M10 0h20v30h-20z"
    assert strips(engine)["till-2"].days == ()
    assert strips(engine)["till-2"].heard is None


def test_hours_to_come_are_no_gap(engine: Engine) -> None:
    presses_each_hour(engine, range(3))
    strip = strips(engine, now=NOON + 1)["till-1"]
    assert strip.heard == 1.0


def test_the_last_day_ends_the_strip(engine: Engine) -> None:
    presses_each_hour(engine, range(12))
    with engine.begin() as connection:
        connection.execute(update(touchpoint).where(touchpoint.c.id == "till-1").values(closed=TUESDAY))
    assert len(strips(engine, now=NOON + 5 * DAY, days=4, back=-3)["till-1"].days) == 1


def test_what_the_camera_missed_is_blind(engine: Engine) -> None:
    box = Box("box-4", "desk", "d" * 16)
    presses_each_hour(engine, range(12), box)
    report = CameraReported(camera="desk", state="covered", period_s=3600, working_s=900)
    take(engine, (box, [box.event(report, t=OPENING + HOUR)]))
    strip = strips(engine)["desk"]
    assert (strip.heard, strip.blind) == (1.0, 0.75)
    assert strip.blind_path == "M10 0h10v22h-10z"


def found(engine: Engine, now: int = NOON + DAY) -> dict[str, Any]:
    with engine.connect() as connection:
        places = read_hierarchy(connection).within(None)
        known = Known(
            strips=list(strips(engine, now).values()),
            boxes=(),
            audits=read_audits(connection, places, now),
            set_aside=read_set_aside(connection, None),
            check=read_check(connection),
            reviews=read_reviews(connection, places, TUESDAY),
        )
    return {finding.key: finding for finding in findings(known, now)}


def test_each_problem_is_found_once_with_whom_it_concerns(engine: Engine) -> None:
    presses_each_hour(engine, range(6))
    stranger = Box("box-9", "till-1", "s" * 16)
    take(engine, (stranger, [stranger.press(t=NOON)]))
    with engine.begin() as connection:
        connection.execute(
            update(touchpoint).where(touchpoint.c.id == "till-2").values(review_due="2026-10-01")
        )
    told = found(engine)
    assert told["poorly_heard"].values == {"n": 1, "which": "Rome: Till 1"}
    assert told["quarantine"].values == {"n": 1, "which": "unknown-device"}
    assert told["audit_never"].values["n"] == 2, "of the camera and the presence sensor"
    assert told["review"].values["which"] == "Rome: Till 2"
    assert "unchecked" in told
    assert next(iter(told)) == "quarantine", "numbers that are lost come first"


def test_an_audit_is_due_half_a_year_later(engine: Engine) -> None:
    box = Box()
    audit = CounterAudited(period_s=600, counted=9, observed=10, matched=9, source="presence")
    take(engine, (box, [box.event(audit, t=NOON)]))
    with engine.connect() as connection:
        places = read_hierarchy(connection).within("till-1")
        states = [
            read_audits(connection, places, NOON + days * DAY)[0].severity
            for days in (1, AUDIT_DAYS - 20, AUDIT_DAYS + 1)
        ]
    assert states == [0, 1, 2]


def test_the_delay_is_that_of_dated_events(engine: Engine) -> None:
    box = Box()
    take(engine, (box, [box.press(t=NOON - 2000), box.press(t=NOON, tq="unsynced")]), received=NOON)
    with engine.connect() as connection:
        delay = read_delay(connection, {"till-1"})
        assert read_delay(connection, {"desk"}) is None
    assert delay is not None
    assert (delay.median_s, delay.events) == (2.0, 1)


@pytest.mark.parametrize("reason", ["unknown-device"])
def test_quarantine_of_others_is_not_told_to_a_part(engine: Engine, reason: str) -> None:
    stranger = Box("box-9", "till-1", "s" * 16)
    take(engine, (stranger, [stranger.press(t=NOON)]))
    with engine.connect() as connection:
        assert [each.reason for each in read_set_aside(connection, None)] == [reason]
        assert read_set_aside(connection, {"box-1"}) == []
