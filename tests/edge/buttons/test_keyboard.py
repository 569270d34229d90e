"""The keyboard panel, on a real pseudo-terminal."""

import os
import pty
import termios
from collections.abc import Iterator

import pytest
from tests.harness.processes import wait_until

from tillsight_edge.buttons.keyboard import KeyboardPanel
from tillsight_edge.clock import SystemClock
from tillsight_edge.config import PanelSettings
from tillsight_edge.ports import LightSignal, PanelPress


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    ours, theirs = pty.openpty()
    yield ours, theirs
    os.close(ours)
    os.close(theirs)


def typed(terminal: tuple[int, int], keys: str, settings: PanelSettings, expected: int) -> list[int]:
    """The buttons that somebody pressed who typed these keys."""
    ours, theirs = terminal
    pressed: list[int] = []

    def take(press: PanelPress) -> None:
        pressed.append(press.button)
        press.confirm()

    panel = KeyboardPanel(settings, SystemClock(), theirs)
    panel.start(take, lambda _: None)
    os.write(ours, keys.encode())
    wait_until(lambda: len(pressed) >= expected, f"{expected} presses, came {pressed}")
    panel.stop()
    return pressed


@pytest.mark.parametrize(
    ("scale", "undo", "keys", "buttons"),
    [
        ("smiley-4", False, "1 4\n5u9x2", [1, 4, 2]),
        ("smiley-4", True, "1u4", [1, 5, 4]),
        ("nps", True, "10-u", [1, 10, 11, 12]),
        ("yes-no", False, "21123", [2, 1, 1, 2]),
    ],
)
def test_each_key_is_a_button(
    terminal: tuple[int, int], scale: str, undo: bool, keys: str, buttons: list[int]
) -> None:
    settings = PanelSettings(kind="keyboard", scale=scale, undo_button=undo)
    assert typed(terminal, keys, settings, len(buttons)) == buttons


def test_the_terminal_is_as_before_afterwards(terminal: tuple[int, int]) -> None:
    before = termios.tcgetattr(terminal[1])
    panel = KeyboardPanel(PanelSettings(kind="keyboard"), SystemClock(), terminal[1])
    panel.start(lambda _: None, lambda _: None)
    assert termios.tcgetattr(terminal[1]) != before
    panel.stop()
    assert termios.tcgetattr(terminal[1]) == before


def test_the_light_is_a_word(terminal: tuple[int, int], capsys: pytest.CaptureFixture[str]) -> None:
    panel = KeyboardPanel(PanelSettings(kind="keyboard"), SystemClock(), terminal[1])
    for signal in LightSignal:
        panel.light(signal)
    assert capsys.readouterr().err.splitlines() == [
        "thank you",
        "taken back",
        "not stored yet: the outbox cannot be written",
    ]


def test_the_end_of_the_input_ends_the_panel() -> None:
    far, near = os.pipe()
    panel = KeyboardPanel(PanelSettings(kind="keyboard"), SystemClock(), far)
    panel.start(lambda press: press.confirm(), lambda _: None)
    os.close(near)
    wait_until(lambda: panel.status().state == "lost", "the end")
    panel.stop()
    os.close(far)
