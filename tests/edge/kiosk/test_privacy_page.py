"""What the kiosk tells of the cameras, and the break that a shopper can give them."""

from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.edge.pages.conftest import OpenPage
from tests.harness.edge_configs import device_settings, write_toml
from tests.harness.kiosk_stage import KioskStage

from tillsight_edge.__main__ import main
from tillsight_edge.kiosk.page import Watched


@pytest.mark.browser
def test_one_touch_pauses_the_cameras_and_the_page_says_until_when(
    stage: KioskStage, open_page: OpenPage
) -> None:
    page = open_page(stage.pages.url, width=800, height=480)
    page.locator("#privacy").click()
    expect(page.locator(".lamp.on")).to_have_count(1)
    expect(page.locator("#watched")).to_contain_text("on, and only counting")
    page.locator("#pause").click()
    expect(page.locator("#watched")).to_contain_text("It goes on by itself in 5 minutes.")
    expect(page.locator(".lamp.on")).to_have_count(0)
    expect(page.locator("#pause")).to_have_count(0)
    assert stage.pause.until_ms() == stage.clock.mono_ms() + 300_000


@pytest.mark.browser
def test_staff_end_a_pause_by_two_touches_and_nobody_by_one(stage: KioskStage, open_page: OpenPage) -> None:
    stage.pause.begin()
    page = open_page(stage.pages.url, width=800, height=480)
    page.locator("#privacy").click()
    page.locator("#staff").click()
    expect(page.locator("#stay-paused")).to_be_focused()
    page.locator("#stay-paused").click()
    expect(page.locator("#resume")).to_have_count(0)
    assert stage.pause.state().left_ms > 0
    page.locator("#staff").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#resume")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".lamp.on")).to_have_count(1)
    expect(page.locator("#staff")).to_have_count(0)
    assert stage.pause.state().left_ms == 0


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "it", "de", "ar"])
def test_the_question_to_staff_fits_every_screen(
    stage: KioskStage, open_page: OpenPage, language: str
) -> None:
    stage.pause.begin()
    for width, height in ((800, 480), (1080, 1920)):
        page = open_page(stage.pages.url, width=width, height=height)
        page.locator(f"#speak-{language}").click()
        page.locator("#privacy").click()
        page.locator("#staff").click()
        box = page.locator("#resume-dialog").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["y"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= height
        for button in ("#resume", "#stay-paused"):
            one = page.locator(button)
            size = one.bounding_box()
            assert size is not None
            assert min(size["width"], size["height"]) >= 96
            assert one.evaluate(
                "(it) => it.scrollWidth <= it.clientWidth && it.scrollHeight <= it.clientHeight"
            )
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")


@pytest.mark.browser
def test_after_too_many_pauses_the_page_says_when_the_next_one_can_be_had(
    stage: KioskStage, open_page: OpenPage
) -> None:
    for _ in range(2):
        assert stage.pause.begin()
        stage.clock.advance(400)
    page = open_page(stage.pages.url)
    page.locator("#privacy").click()
    expect(page.locator("#watched")).to_contain_text("The next pause is possible in 47 minutes.")
    expect(page.locator("#pause")).to_have_count(0)


@pytest.mark.browser
def test_where_there_is_no_camera_nothing_can_be_paused(stage: KioskStage, open_page: OpenPage) -> None:
    stage.watched = Watched(0, {})
    page = open_page(stage.pages.url)
    page.locator("#privacy").click()
    expect(page.locator("#watched")).to_contain_text("There is no camera on this device.")
    expect(page.locator("#pause")).to_have_count(0)


def test_staff_end_a_pause_from_the_command_line(
    stage: KioskStage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.pause.begin()
    kiosk = {"enabled": True, "port": stage.pages.port}
    config = write_toml(tmp_path / "device.toml", device_settings(tmp_path, kiosk=kiosk))
    assert main(["kiosk", "resume", "--config", str(config)]) == 0
    assert capsys.readouterr().out == "the cameras are not paused\n"
    assert stage.pause.state().left_ms == 0
