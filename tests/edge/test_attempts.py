"""The seller's own button: a press begins, the next one ends."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory
from tests.harness.edge_configs import device_config
from tests.harness.processes import wait_until

from tillsight_edge.attempts import AttemptButton, Attempts
from tillsight_edge.clock import SystemClock
from tillsight_edge.errors import PinsUnavailable
from tillsight_models.events import AttemptEnded, Stamp


def pressed(duration_s: float) -> AttemptEnded:
    return AttemptEnded(duration_s=duration_s, closed_by="press")


def ruled(duration_s: float) -> AttemptEnded:
    return AttemptEnded(duration_s=duration_s, closed_by="rule")


def test_presses_begin_and_end_in_turn() -> None:
    attempts = Attempts(60)
    assert attempts.press(1_000) is None
    assert attempts.tick(5_000) is None
    assert attempts.press(31_500) == (pressed(30.5), 31_500)
    assert attempts.press(40_000) is None
    assert attempts.press(41_000) == (pressed(1.0), 41_000)


def test_an_attempt_that_nobody_ends_is_ended_by_rule_when_its_time_is_over() -> None:
    attempts = Attempts(60)
    attempts.press(1_000)
    assert attempts.tick(60_999) is None
    assert attempts.tick(75_000) == (ruled(60.0), 61_000)
    assert attempts.tick(76_000) is None
    assert attempts.press(80_000) is None


def test_a_press_after_the_rule_has_struck_begins_another_attempt() -> None:
    attempts = Attempts(60)
    attempts.press(1_000)
    assert attempts.press(90_000) == (ruled(60.0), 61_000)
    assert attempts.press(100_000) == (pressed(10.0), 100_000)


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    factory = MockFactory()
    yield factory
    factory.reset()


def test_a_pin_that_bounces_is_pressed_once(tmp_path: Path, factory: MockFactory) -> None:
    config = device_config(tmp_path, staff={"attempt_pin": 22})
    ended: list[tuple[AttemptEnded, Stamp]] = []
    button = AttemptButton(
        config.staff, config.panel, SystemClock(), lambda *attempt: ended.append(attempt), factory
    )
    button.start()
    try:
        pin = factory.pin(22)
        wait_until(lambda: not button._button._debounce.down & 1, "the button seen released")
        for expected in (0, 1, 1, 2):
            for closed in (True, False, True):
                pin.drive_low() if closed else pin.drive_high()
            threading.Event().wait(0.1)
            for closed in (False, True, False):
                pin.drive_low() if closed else pin.drive_high()
            threading.Event().wait(0.1)
            wait_until(lambda: len(ended) == expected, f"{expected} attempts")  # noqa: B023
    finally:
        button.stop()
    assert [attempt.closed_by for attempt, _ in ended] == ["press", "press"]
    assert 0.1 < ended[0][0].duration_s < 30


def test_a_pin_that_is_not_there_is_named(tmp_path: Path, factory: MockFactory) -> None:
    config = device_config(tmp_path, staff={"attempt_pin": 53})
    button = AttemptButton(config.staff, config.panel, SystemClock(), lambda *_: None, factory)
    with pytest.raises(PinsUnavailable, match=r"staff.attempt_pin: \(53,\)"):
        button.start()
