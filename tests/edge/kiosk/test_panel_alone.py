"""A plain monitor: everything can be answered by the panel's buttons, and the screen says which does what."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.edge.kiosk.test_kiosk import without_origin
from tests.edge.pages.conftest import OpenPage
from tests.harness.kiosk_stage import KioskStage, kiosk_stage
from tests.harness.kiosks import CAME_FOR, LIKELY, SATISFIED, WHY, WORDS, option, question, survey_of

from tillsight_models.surveys import Survey

ANSWERS = ["other", "10", "4", "new", "3", "wine", "bread", "home", "wine", "-done", "5", "1", "-skip"]
"""Of every kind of question; one option is taken back, and words cannot be written with buttons."""


def every_kind() -> Survey:
    """A reason for everybody, then questions that depend on what was answered before."""
    asked = {"question": "likely", "at_least": 9}
    return survey_of(
        {**WHY, "show_if": []},
        LIKELY,
        question("sure", "rating", "Sure?", points=[1, 5], show_if=[asked]),
        question(
            "heard",
            "single",
            "From whom?",
            options=[option("friend"), option("new"), option("sign")],
            show_if=[asked],
        ),
        question(
            "never", "single", "Never?", options=[option("a")], show_if=[{"question": "likely", "at_most": 2}]
        ),
        question("again", "rating", "Again?", points=[0, 3], show_if=[{"question": "heard", "any": ["new"]}]),
        {**CAME_FOR, "show_if": []},
        SATISFIED,
        WORDS,
    )


def reach(stage: KioskStage, id: str) -> Iterator[int]:
    """The buttons that lead to a choice, one after the other."""
    for _ in range(20):
        screen = stage.kiosk.frame().screen
        (button,) = [each.button for each in screen.choices if each.id == id]
        if button is not None:
            yield button
            return
        assert screen.more is not None
        yield screen.more
    raise AssertionError(f"no button leads to {id}")


def press(stage: KioskStage, id: str) -> None:
    for button in reach(stage, id):
        stage.clock.advance(1)
        stage.press(button)


@pytest.mark.parametrize("scale_id", ["smiley-3", "smiley-4", "smiley-5", "yes-no"])
def test_panel_and_finger_make_the_same_events_whatever_is_asked(tmp_path: Path, scale_id: str) -> None:
    stored: list[list[Any]] = []
    for way in (press, KioskStage.choose):
        folder = tmp_path / way.__name__
        folder.mkdir()
        with kiosk_stage(folder, every_kind(), panel={"scale": scale_id}) as stage:
            stage.press(1)
            for id in ANSWERS:
                way(stage, id)
            assert stage.kiosk.frame().screen.state == "thanks"
            stored.append(without_origin(stage))
    assert stored[0] == stored[1]
    answers = {each[0]: each[1] for each in stored[0] if isinstance(each, tuple) and len(each) == 3}
    assert answers["came-for"] == ["bread", "home"]
    assert answers["satisfied"] == {"air": 5, "light": 1}
    assert (answers["likely"], answers["heard"], answers["again"]) == (10, "new", 3)


@pytest.mark.browser
def test_the_screen_shows_which_button_does_what(tmp_path: Path, open_page: OpenPage) -> None:
    with kiosk_stage(tmp_path, every_kind()) as stage:
        page = open_page(stage.pages.url, width=800, height=480)
        expect(page.locator("#rate-1")).to_be_visible()
        stage.press(1)
        for id in ANSWERS:
            for button in reach(stage, id):
                hints_are_true(stage, page)
                stage.clock.advance(1)
                stage.press(button)
        expect(page.get_by_role("heading", name="Thank you!")).to_be_visible()


def hints_are_true(stage: KioskStage, page: Page) -> None:
    """Each choice that a button reaches has its number, no other one; and the button for more is named."""
    screen = stage.kiosk.frame().screen
    expect(page.get_by_role("heading", name=screen.title)).to_be_visible()
    if screen.row:
        expect(page.locator("#row")).to_have_text(screen.row)
    for choice in screen.choices:
        place = page.locator(f"#choose{choice.id}" if choice.id.startswith("-") else f"#choose-{choice.id}")
        expect(place).to_be_visible()
        badge = place.locator(".badge span").first
        if choice.button is None:
            expect(badge).to_have_count(0)
        else:
            expect(badge).to_have_text(str(choice.button))
    if screen.more:
        expect(page.get_by_text(f"Button {screen.more}: more choices")).to_be_visible()
