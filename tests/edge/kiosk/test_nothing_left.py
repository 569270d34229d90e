"""What one shopper leaves is not there for the next: in no page, not in the agent, not in what is told."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.edge.kiosk.test_kiosk import frames
from tests.edge.kiosk.test_kiosk_page import LAYOUT
from tests.edge.pages.conftest import OpenPage, Violations
from tests.harness.kiosk_stage import PHONE, KioskStage, kiosk_stage
from tests.harness.kiosks import LIKELY, WHY, question, survey_of

from tillsight_edge.fakes import FakeClock

pytestmark = pytest.mark.browser

SECRET = "Ann Example"
EVERYTHING = r"""() => {
  const fields = [...document.querySelectorAll("input, textarea, select")].map((each) => each.value);
  const stored = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie];
  const shown = [document.documentElement.outerHTML, document.title, String(getSelection())];
  return [...shown, ...fields, ...stored].join("\n");
}"""


def fill_in(stage: KioskStage, page: Page) -> None:
    """A visit in Italian that leaves traces wherever it can, up to words that are half written."""
    page.locator("#speak-it").click()
    page.locator("#ease").click()
    page.locator("#ease-contrast").click()
    page.locator("#ways-done").click()
    page.locator("#rate-1").click()
    page.locator("#phone").click()
    page.locator("#phone-done").click()
    page.locator("#choose-staff").click()
    page.locator("#choose-3").click()
    page.locator("#words").fill(SECRET)
    page.locator("#words").select_text()


def told_by(stage: KioskStage) -> dict[str, object]:
    """What a page hears first, but for the screen's number."""
    told = next(frames(stage))
    told["screen"].pop("number")
    return told


def test_after_silence_page_agent_and_stream_are_as_they_were_in_the_morning(
    tmp_path: Path, open_page: OpenPage
) -> None:
    survey = survey_of(WHY, LIKELY, question("words", "text"))
    with kiosk_stage(tmp_path, survey, continuing=PHONE) as stage:
        page, other = open_page(stage.pages.url), open_page(stage.pages.url)
        expect(page.locator("#rate-1")).to_be_visible()
        morning, told = page.evaluate(EVERYTHING), told_by(stage)
        visits = page.evaluate("history.length")
        fill_in(stage, page)
        expect(other.locator("#words")).to_be_visible()
        stage.pass_time(21)
        expect(page.locator("#warning")).to_be_visible()
        stage.pass_time(10)
        for each in (page, other):
            expect(each.locator("#rate-1")).to_be_visible()
            expect(each.locator("html[lang=en]")).to_have_count(1)
        assert page.evaluate(EVERYTHING) == other.evaluate(EVERYTHING) == morning
        assert told_by(stage) == told
        assert page.evaluate("history.length") == visits
        page.go_back()
        assert SECRET not in page.content()
        assert SECRET not in json.dumps([str(each) for each in vars(stage.kiosk._session).values()])


def test_a_page_without_its_agent_is_calm_empty_and_comes_back_by_itself(
    tmp_path: Path, browser: Browser, violations: Violations
) -> None:
    context = browser.new_context(viewport={"width": 800, "height": 480}, reduced_motion="reduce")
    page = context.new_page()
    with kiosk_stage(tmp_path, survey_of(question("words", "text")), continuing=PHONE) as before:
        port = before.pages.port
        page.goto(f"http://127.0.0.1:{port}/")
        page.locator("#speak-ar").click()
        page.locator("#rate-1").click()
        page.locator("#words").fill(SECRET)
    expect(page.get_by_role("heading", name="Back in a moment")).to_be_visible(timeout=15_000)
    left = page.evaluate(EVERYTHING)
    assert SECRET not in left and "Your rating" not in left
    assert page.locator("button").count() == 0
    assert page.evaluate(LAYOUT) == []
    assert violations(page, "color-contrast-enhanced") == []
    later = FakeClock()
    later.advance(60)
    with kiosk_stage(tmp_path, port=port, clock=later) as after:
        page.wait_for_url(after.pages.url)
        expect(page.locator("#rate-1")).to_be_visible()
    context.close()
