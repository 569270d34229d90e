"""For who reads, hears or types differently: large letters, contrast, a voice, letters to touch."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.edge.kiosk.test_kiosk_page import LAYOUT
from tests.edge.pages.conftest import OpenPage, Violations
from tests.harness.kiosk_stage import PHONE, KioskStage, kiosk_stage
from tests.harness.kiosks import LANGUAGES, question, survey_of

from tillsight_edge.kiosk.screens import Ease
from tillsight_models.events import QuestionAnswered

pytestmark = pytest.mark.browser

VOICES = """(() => {
  const voices = ["en-GB", "it-IT", "de-DE"].map((lang) => ({ lang, name: lang, voiceURI: lang }));
  const said = [];
  const synthesis = {
    said,
    getVoices: () => voices,
    speak: (words) => said.push(`${words.lang}: ${words.text}`),
    cancel: () => said.push("quiet"),
    addEventListener: () => {},
  };
  Object.defineProperty(window, "speechSynthesis", { value: synthesis });
  window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
})()"""


@pytest.fixture
def speaking(browser: Browser, stage: KioskStage) -> Iterator[Page]:
    """A page in a browser that has voices of all languages but Arabic."""
    page = browser.new_page()
    page.add_init_script(VOICES)
    page.goto(stage.pages.url)
    expect(page.locator("#rate-1")).to_be_visible()
    yield page
    page.close()


def said(page: Page) -> list[str]:
    words: list[str] = page.evaluate("speechSynthesis.said")
    return [each for each in words if each != "quiet"]


def font_px(page: Page) -> float:
    size: float = page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)")
    return size


def test_large_letters_and_contrast_are_off_again_for_the_next_shopper(
    stage: KioskStage, open_page: OpenPage, violations: Violations
) -> None:
    page = open_page(stage.pages.url, width=1280, height=800)
    usual = font_px(page)
    page.locator("#ease").click()
    page.locator("#ease-large").click()
    page.locator("#ease-contrast").click()
    expect(page.locator("#ease-contrast[aria-pressed=true]")).to_be_focused()
    assert violations(page, "color-contrast-enhanced") == []
    page.locator("#ways-done").click()
    expect(page.locator("html[data-contrast][data-size]")).to_have_count(1)
    assert font_px(page) > usual
    assert violations(page, "color-contrast-enhanced") == []
    page.locator("#rate-1").click()
    expect(page.locator("#choose-queue")).to_be_visible()
    expect(page.locator("html[data-contrast][data-size]")).to_have_count(1)
    for _ in range(2):
        stage.pass_time(31)
    expect(page.locator("#rate-1")).to_be_visible()
    expect(page.locator("html[data-contrast], html[data-size]")).to_have_count(0)
    assert font_px(page) == usual


def test_who_only_tried_them_out_leaves_them_to_nobody(stage: KioskStage) -> None:
    stage.kiosk.touch(lambda session: session.adapt("large"))
    stage.kiosk.touch(lambda session: session.adapt("no-such-thing"))
    assert stage.kiosk.frame().screen.ease == Ease(large=True)
    stage.pass_time(21)
    assert stage.kiosk.frame().screen.ease == Ease()
    stage.kiosk.touch(lambda session: session.adapt("contrast"))
    stage.press(4)
    stage.kiosk.touch(lambda session: session.leave(session.screen().number))
    stage.clock.advance(6)
    stage.press(4)  # the next shopper, while the one before is still thanked
    assert stage.kiosk.frame().screen.ease == Ease()


@pytest.mark.parametrize("language", LANGUAGES)
def test_large_letters_fit_on_every_screen_of_the_smallest_size(
    tmp_path: Path, open_page: OpenPage, language: str
) -> None:
    with kiosk_stage(tmp_path, continuing=PHONE, default_language=language) as stage:
        page = open_page(stage.pages.url, width=800, height=480)
        expect(page.locator("#rate-1")).to_be_visible()
        stage.kiosk.touch(lambda session: session.adapt("large"))
        stage.press(1)
        for there, id in (("queue", "queue"), ("10", "6"), ("home", "-done")):
            expect(page.locator(f"#choose-{there}")).to_be_visible()
            assert page.evaluate(LAYOUT) == [], there
            stage.choose(id)
        expect(page.locator("#row")).to_be_visible()
        assert page.evaluate(LAYOUT) == []


def test_each_screen_is_read_aloud_to_who_asks_for_it(stage: KioskStage, speaking: Page) -> None:
    assert said(speaking) == []
    speaking.locator("#ear").click()
    expect(speaking.locator("#ear[aria-pressed=true]")).to_be_visible()
    assert said(speaking)[-1].startswith("en-GB: How was your visit today?. Touch your answer")
    assert said(speaking)[-1].endswith("Very unhappy. Unhappy. Happy. Very happy")
    speaking.locator("#rate-1").click()
    expect(speaking.locator("#choose-queue")).to_be_visible()
    assert said(speaking)[-1].startswith("en-GB: What could be better?")
    speaking.locator("#speak").click()
    expect(speaking.get_by_text("With headphones only you hear it.")).to_be_visible()
    speaking.locator("#speak-it").click()
    expect(speaking.locator("html[lang=it]")).to_have_count(1)
    assert said(speaking)[-1].startswith("it-IT: Che cosa potremmo migliorare?")
    told = len(said(speaking))
    stage.pass_time(31)
    expect(speaking.locator("#rate-1")).to_be_visible()
    assert speaking.evaluate("speechSynthesis.said.at(-1)") == "quiet"
    assert len(said(speaking)) == told
    expect(speaking.locator("#ear[aria-pressed=false]")).to_be_visible()


def test_without_a_voice_of_the_language_there_is_no_loudspeaker(speaking: Page) -> None:
    expect(speaking.locator("#ear")).to_be_visible()
    speaking.locator("#speak-ar").click()
    expect(speaking.locator("html[lang=ar]")).to_have_count(1)
    expect(speaking.locator("#ear")).to_have_count(0)


@pytest.fixture
def touching(browser: Browser, tmp_path: Path) -> Iterator[tuple[KioskStage, Page]]:
    """A small touch screen that asks for words."""
    context = browser.new_context(viewport={"width": 800, "height": 480}, has_touch=True)
    with kiosk_stage(tmp_path, survey_of(question("words", "text")), continuing=PHONE) as stage:
        page = context.new_page()
        page.goto(stage.pages.url)
        page.locator("#rate-4").tap()
        expect(page.locator(".keys")).to_be_visible()
        yield stage, page
    context.close()


def tap(page: Page, *keys: str) -> None:
    for key in keys:
        page.locator(".keys").get_by_role("button", name=key, exact=True).tap()


def answers(stage: KioskStage) -> list[Any]:
    return [each.value for each in stage.made if isinstance(each, QuestionAnswered)]


def test_words_are_typed_by_touch(touching: tuple[KioskStage, Page]) -> None:
    stage, page = touching
    tap(page, "N", "i", "c", "x", "Delete", "e", "Space", "123", "4", "abc", ".", "Space", "A")
    expect(page.locator("#words")).to_have_value("Nice 4. A")
    page.locator("#send").tap()
    expect(page.get_by_role("heading", name="Thank you!")).to_be_visible()
    assert answers(stage) == ["Nice 4. A"]


def test_who_types_is_not_taken_for_gone(touching: tuple[KioskStage, Page]) -> None:
    stage, page = touching
    stage.pass_time(15)
    page.wait_for_timeout(4_100)
    with page.expect_response("**/stay"):
        tap(page, "A")
    stage.pass_time(15)
    assert stage.kiosk.frame().screen.warning_ms is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_letters_of_each_language_fit_and_leave_when_a_keyboard_is_there(
    touching: tuple[KioskStage, Page], violations: Violations, language: str
) -> None:
    stage, page = touching
    stage.kiosk.touch(lambda session: session.speak(language))
    expect(page.locator(f"html[lang={language}]")).to_have_count(1)
    assert page.evaluate(LAYOUT) == []
    assert violations(page, "color-contrast-enhanced") == []
    page.locator("#words").press_sequentially("b")
    expect(page.locator(".keys")).to_have_count(0)
    expect(page.locator("#words")).to_have_value("b")
