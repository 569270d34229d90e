"""The panel's files in the real MicroPython runtime."""

import json
from typing import Any

import pytest
from tests.harness.panel_bounce import BounceCase, bounce_cases
from tests.harness.panel_micropython import HARNESS, MicroPython
from tests.harness.panel_noise import Noise
from tests.harness.panel_script_program import WRAP_MS, play
from tests.harness.panel_world import Till

from tillsight_panel.messages import THANKS

pytestmark = pytest.mark.micropython

SCRIPT_PROGRAM = HARNESS / "panel_script_program.py"
DEBOUNCE_PROGRAM = HARNESS / "panel_debounce_program.py"
BOARD_PROGRAM = HARNESS / "panel_board_program.py"


def answers_here(script: str) -> list[str]:
    answers: list[str] = []
    play(script, answers.append)  # type: ignore[no-untyped-call]  # MicroPython has no Callable
    return answers


def noisy_life(first_ms: int) -> str:
    """A panel's life since its reset: presses, noise, a host that dies at times, lights, a stuck button."""
    till = Till(Noise(0.01, 0.01, 0.01, seed=5), Noise(0.01, 0.01, 0.01, seed=6), ms=first_ms)
    till.reset_panel()
    till.run(20)
    for number in range(120):
        till.press(1 + number % 5)
        till.run(60)
        if number % 20 == 7:
            till.kill_agent()
            till.run(700)
            till.start_agent()
        if number % 10 == 3 and till.host is not None:
            till.host.light(THANKS, till.ms)
    till.press(2, hold_ms=11_000)
    till.run(12_000)
    return till.script()


def bounce_script(case: BounceCase) -> str:
    """A vector as its program reads it: one line for a stretch of equal levels."""
    stretches: list[tuple[int, int]] = []
    for ms, levels in case.polled():
        if stretches and stretches[-1][1] == levels:
            stretches.pop()
        stretches.append((ms, levels))
    return "\n".join([*(f"{ms} {levels}" for ms, levels in stretches), "end"])


def run_board(micropython: MicroPython, **task: Any) -> dict[str, Any]:
    task = {"turns": 3_000, "held": [], **task}
    seen: dict[str, Any] = json.loads(micropython.run(BOARD_PROGRAM, json.dumps(task)))
    return seen


@pytest.mark.parametrize("first_ms", [0, WRAP_MS - 6_000], ids=["from 0", "over the wrap"])
def test_micropython_answers_as_cpython_byte_for_byte(micropython: MicroPython, first_ms: int) -> None:
    script = noisy_life(first_ms)
    expected = answers_here(script)
    assert len(expected) > 200
    assert micropython.run(SCRIPT_PROGRAM, script).splitlines() == expected


def test_recorded_bounce_gives_one_press_per_press_there_too(micropython: MicroPython) -> None:
    cases = bounce_cases()
    printed = micropython.run(DEBOUNCE_PROGRAM, "\n".join(map(bounce_script, cases))).splitlines()
    assert [[int(button) for button in line.split()] for line in printed] == [case.presses for case in cases]


def test_the_board_s_loop_turns_presses_into_lights(micropython: MicroPython) -> None:
    held = [[100, 140, 2], [700, 740, 4], [2_500, 2_540, 6]]
    seen = run_board(micropython, turns=5_500, held=held)
    assert seen["presses"] == [1, 3, 5]
    assert 900 < seen["lit"]["16"] < 1_100 + 500  # button 3: thanks; button 1 blinks
    assert seen["lit"]["17"] > 1_900  # button 5: an error


def test_the_board_feeds_its_watchdog_every_turn_and_ignores_ctrl_c(
    micropython: MicroPython,
) -> None:
    seen = run_board(micropython, turns=300)
    assert seen["fed"] == 300
    assert seen["watchdog_ms"] == 2_000
    assert seen["kbd_intr"] == -1


def test_the_board_says_who_it_is_and_why_it_started(micropython: MicroPython) -> None:
    seen = run_board(micropython, turns=300, cause=3)
    assert seen["panel"][1:] == ["e66164084373532b", 2, 5]


def test_the_board_counts_its_starts_and_never_begins_again_at_one(micropython: MicroPython) -> None:
    first, second, damaged, after, unwritable = run_board(micropython, turns=300)["boots"]
    assert second == first + 1
    assert after == damaged + 1
    assert len({first, damaged, unwritable} | {1}) == 4
    assert all(0 <= boot < 2**32 for boot in (first, damaged, unwritable))


def test_a_bridged_service_pin_leaves_the_board_to_its_prompt(micropython: MicroPython) -> None:
    seen = run_board(micropython, service=True)
    assert seen["ended"] == "service"
    assert (seen["fed"], seen["kbd_intr"], seen["watchdog_ms"]) == (0, None, 0)


def test_a_host_that_does_not_read_holds_up_nothing(micropython: MicroPython) -> None:
    held = [[100 + 60 * number, 130 + 60 * number, 2 + number % 5] for number in range(30)]
    seen = run_board(micropython, turns=8_000, held=held, stalls=True)
    assert seen["fed"] == 8_000
