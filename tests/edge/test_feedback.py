"""Feedback: no press is lost, repeats are labels, a mistake can be taken back, the light tells the truth."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.harness.outboxes import all_held, new_outbox

from tillsight_edge.config import PanelSettings
from tillsight_edge.fakes import FakeClock
from tillsight_edge.feedback import Feedback
from tillsight_edge.outbox import Outbox
from tillsight_edge.ports import LightSignal, PanelPress
from tillsight_models.events import ButtonPressed, PressUndone

UNDO = 5


class Till:
    """A panel with four smileys and an undo button, its feedback and its outbox."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        chosen = {"kind": "serial", "undo_button": True, "cooldown_s": 5, "undo_s": 3, **settings}
        self.clock = FakeClock()
        self.outbox: Outbox = new_outbox(folder)
        self.lights: list[LightSignal] = []
        self.confirmed: list[int] = []
        self.pressed = 0
        self.feedback = Feedback(PanelSettings(**chosen), self.outbox, self.clock, self.lights.append)

    def press(self, button: int, *, confirm: Callable[[], None] | None = None) -> None:
        """Press a button now."""
        self.pressed += 1
        number = self.pressed
        done = confirm or (lambda: self.confirmed.append(number))
        self.feedback.press(PanelPress(button, self.clock.mono_ms(), done, panel_boot=9, panel_seq=number))

    def labels(self) -> list[list[str]]:
        """Labels of each press in the outbox."""
        return [list(e.payload.labels) for e in all_held(self.outbox) if isinstance(e.payload, ButtonPressed)]


def test_a_press_is_an_event_with_button_rating_and_where_it_came_from(tmp_path: Path) -> None:
    till = Till(tmp_path)
    till.press(3)
    (event,) = all_held(till.outbox)
    assert event.payload == ButtonPressed(
        button=3, rating=3, scale="smiley-4", panel="serial", panel_boot=9, panel_seq=1
    )
    assert event.at == till.clock.stamp()
    assert till.outbox.mark("panel") == "9:1"


def test_a_reversed_panel_has_the_best_rating_on_the_left(tmp_path: Path) -> None:
    till = Till(tmp_path, reversed=True)
    till.press(1)
    payload = all_held(till.outbox)[0].payload
    assert isinstance(payload, ButtonPressed)
    assert (payload.button, payload.rating) == (1, 4)


def test_the_light_comes_after_the_commit_and_the_confirmation(tmp_path: Path) -> None:
    till = Till(tmp_path)
    seen: list[bool] = []
    till.press(1, confirm=lambda: seen.append(on_disk(tmp_path) and not till.lights))
    assert (seen, till.lights) == ([True], [LightSignal.THANKS])


def on_disk(folder: Path) -> bool:
    """Whether somebody else who opens the file sees the press."""
    return bool(all_held(new_outbox(folder)))


def test_a_press_inside_the_cooldown_is_kept_and_labelled(tmp_path: Path) -> None:
    till = Till(tmp_path)
    till.press(1)
    till.clock.advance(4.999)
    till.press(4)
    till.clock.advance(5)
    till.press(4)
    assert till.labels() == [[], ["repeat"], []]


def test_the_cooldown_slides_so_that_drumming_is_one_response(tmp_path: Path) -> None:
    till = Till(tmp_path)
    for _ in range(5):
        till.press(2)
        till.clock.advance(3)
    assert till.labels() == [[], ["repeat"], ["repeat"], ["repeat"], ["repeat"]]


def test_without_a_cooldown_nothing_is_a_repeat(tmp_path: Path) -> None:
    till = Till(tmp_path, cooldown_s=0)
    till.press(2)
    till.press(2)
    assert till.labels() == [[], []]


def test_the_undo_button_takes_the_last_press_back(tmp_path: Path) -> None:
    till = Till(tmp_path)
    till.press(1)
    till.clock.advance(3)
    till.press(UNDO)
    events = all_held(till.outbox)
    assert events[1].payload == PressUndone(press=events[0].seq)
    assert till.lights == [LightSignal.THANKS, LightSignal.UNDONE]
    assert till.outbox.mark("panel") == "9:2"


def test_who_corrects_a_mistake_is_not_a_repeater(tmp_path: Path) -> None:
    till = Till(tmp_path)
    till.press(1)
    till.clock.advance(1)
    till.press(UNDO)
    till.clock.advance(1)
    till.press(4)
    assert till.labels() == [[], []]


def test_an_undone_repeat_does_not_make_the_next_press_a_first_one(tmp_path: Path) -> None:
    till = Till(tmp_path)
    till.press(1)
    till.clock.advance(1)
    till.press(2)
    till.press(UNDO)
    till.clock.advance(1)
    till.press(3)
    assert till.labels() == [[], ["repeat"], ["repeat"]]


def test_an_undo_that_comes_too_late_or_twice_does_nothing_but_is_confirmed(tmp_path: Path) -> None:
    till = Till(tmp_path)
    till.press(UNDO)
    till.press(1)
    till.clock.advance(3.001)
    till.press(UNDO)
    till.press(2)
    till.press(UNDO)
    till.press(UNDO)
    undone = [e.payload for e in all_held(till.outbox) if isinstance(e.payload, PressUndone)]
    assert undone == [PressUndone(press=2)]
    assert till.confirmed == [1, 2, 3, 4, 5, 6]
    assert till.outbox.mark("panel") == "9:6"


def test_the_kiosk_can_undo_without_an_undo_button(tmp_path: Path) -> None:
    till = Till(tmp_path, undo_button=False)
    assert not till.feedback.undo()
    till.press(1)
    till.clock.advance(2)
    assert till.feedback.undo()
    assert till.lights == [LightSignal.THANKS, LightSignal.UNDONE]
    assert not till.feedback.undo()


@pytest.mark.parametrize("button", [5, 11])
def test_a_button_that_the_scale_has_not_is_no_rating(tmp_path: Path, button: int) -> None:
    till = Till(tmp_path, undo_button=False)
    till.press(button)
    assert all_held(till.outbox) == []
    assert (till.confirmed, till.lights) == ([1], [])


def test_an_outbox_that_cannot_be_written_lights_an_error_and_leaves_the_press_with_the_panel(
    tmp_path: Path,
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("no folder", encoding="utf-8")
    till = Till(blocked)
    till.press(1)
    assert (till.confirmed, till.lights) == ([], [LightSignal.ERROR])
    blocked.unlink()
    till.pressed = 0
    till.press(1)
    assert (till.confirmed, till.lights[1:]) == ([1], [LightSignal.THANKS])
    assert till.labels() == [[]]
