"""How long a camera worked: the periods follow one another and add up."""

import random

from tillsight_edge.vision.process.sight import SightMeter
from tillsight_edge.vision.process.wire import CameraSeen


def numbers(seen: CameraSeen | None) -> tuple[int, int, int, str]:
    """at_ms, period_ms, working_ms and state."""
    assert seen is not None
    return seen.at_ms, seen.period_ms, seen.working_ms, seen.state


def test_a_camera_that_gives_frames_worked_from_the_first_to_the_last() -> None:
    meter = SightMeter(1_000, 5)
    assert meter.state == "down"
    assert numbers(meter.frame(1_400, "ok")) == (1_400, 400, 0, "ok")
    for at in range(1_600, 3_001, 200):
        assert meter.frame(at, "ok", looked=at % 400 == 0) is None
    period = meter.period(3_150)
    assert numbers(period) == (3_000, 1_600, 1_600, "ok")
    assert (period.frames, period.looked) == (8, 4)


def test_no_frame_at_the_start_is_a_camera_that_is_down_once() -> None:
    meter = SightMeter(1_000, 5)
    assert meter.no_frame(6_000) is None
    assert numbers(meter.no_frame(6_001)) == (6_001, 5_001, 0, "down")
    assert meter.no_frame(9_000) is None
    assert numbers(meter.period(9_000)) == (9_000, 2_999, 0, "down")
    assert numbers(meter.frame(9_500, "ok")) == (9_500, 500, 0, "ok")


def test_the_time_since_the_last_frame_did_not_work_when_none_follows() -> None:
    meter = SightMeter(0, 5)
    meter.frame(0, "ok")
    meter.frame(2_000, "ok")
    assert numbers(meter.period(4_000)) == (2_000, 2_000, 2_000, "ok")
    assert numbers(meter.no_frame(7_100)) == (7_100, 5_100, 0, "down")


def test_a_pause_that_is_too_long_did_not_work_although_frames_follow() -> None:
    """The process was held up, and so was the look at the clock."""
    meter = SightMeter(0, 5)
    meter.frame(0, "ok")
    meter.frame(1_000, "ok")
    meter.frame(60_000, "ok")
    meter.frame(61_000, "ok")
    assert numbers(meter.period(61_100)) == (61_000, 61_000, 2_000, "ok")


def test_dark_time_comes_with_frames_and_does_not_work() -> None:
    meter = SightMeter(0, 5)
    meter.frame(0, "ok")
    assert numbers(meter.frame(1_000, "dark")) == (1_000, 1_000, 1_000, "dark")
    assert not meter.sees
    meter.frame(2_000, "dark")
    assert numbers(meter.period(2_500)) == (2_500, 1_500, 0, "dark")
    assert numbers(meter.frame(3_000, "covered")) == (3_000, 500, 0, "covered")
    assert numbers(meter.frame(4_000, "ok")) == (4_000, 1_000, 0, "ok")
    meter.frame(5_000, "ok")
    assert numbers(meter.period(5_000)) == (5_000, 1_000, 1_000, "ok")


def test_a_pause_did_not_work_and_ends_with_the_first_frame() -> None:
    meter = SightMeter(0, 5)
    meter.frame(0, "ok")
    meter.frame(1_000, "ok")
    assert numbers(meter.pause(1_300)) == (1_300, 1_300, 1_000, "paused")
    assert numbers(meter.period(60_000)) == (60_000, 58_700, 0, "paused")
    meter.go_on(90_000)
    assert meter.no_frame(94_000) is None
    assert meter.state == "paused"
    assert numbers(meter.frame(94_500, "ok")) == (94_500, 34_500, 0, "ok")


def test_a_camera_that_does_not_come_back_after_a_pause_is_down() -> None:
    meter = SightMeter(0, 5)
    meter.frame(0, "ok")
    meter.pause(1_000)
    meter.go_on(90_000)
    assert meter.no_frame(95_000) is None
    assert numbers(meter.no_frame(95_001)) == (95_001, 94_001, 0, "down")


def test_periods_add_up_without_gaps_or_overlaps() -> None:
    dice = random.Random(3)
    for _ in range(100):
        now, told = 1_000, 1_000
        meter = SightMeter(now, 3)
        for _ in range(60):
            now += dice.choice((100, 200, 900, 4_000))
            what = dice.random()
            if what < 0.6:
                seen = meter.frame(now, dice.choice(("ok", "ok", "ok", "dark")))
            elif what < 0.8:
                seen = meter.no_frame(now)
            else:
                seen = meter.period(now)
            if seen is not None:
                assert seen.at_ms - seen.period_ms == told
                assert 0 <= seen.working_ms <= seen.period_ms
                told = seen.at_ms
