"""The shopper's phone in a real browser: four languages on a small screen, by touch and by keyboard."""

import pytest
from playwright.sync_api import Browser, Page
from tests.conftest import need
from tests.harness.npm import npm_package
from tests.harness.phones import SURVEY, code_of, give_survey, visit_id
from tests.harness.websites import Website

from tillsight_hub.visits.texts import SPOKEN

from .conftest import OpenWindow
from .test_accessibility import VERSION, violations

NUMBERS = iter(range(30_000, 40_000))


@pytest.fixture(scope="module")
def axe() -> str:
    """The checker's script."""
    return need(lambda: npm_package("axe-core", VERSION) / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module", autouse=True)
def a_survey(site: Website) -> None:
    give_survey(site.services.engine)


def path(site: Website, language: str) -> str:
    site.app.state.brake.__init__()
    return f"/go/{code_of(site.services.engine, visit_id(next(NUMBERS)))}?lang={language}"


def small_targets(page: Page) -> list[str]:
    """What is to be touched and is lower than a finger is wide."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("a:not(.skip), button, summary, .choice, .point, input")]
            .filter((e) => e.checkVisibility() && getComputedStyle(e).opacity !== "0"
                && !["radio", "checkbox", "hidden"].includes(e.type))
            .filter((e) => { const r = e.getBoundingClientRect(); return r.height < 44 || r.width < 44; })
            .map((e) => `${e.outerHTML.slice(0, 80)} ${e.getBoundingClientRect().width}`)"""
    )
    return found


@pytest.mark.parametrize("language", SPOKEN)
def test_every_page_fits_a_small_phone_and_breaks_no_rule(
    site: Website, open_window: OpenWindow, axe: str, language: str
) -> None:
    window = open_window(site, width=360, height=640, logged_in=False)
    page = window.open(path(site, language))
    assert page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
    steps = (
        lambda: page.locator("label.point").nth(3).click(),
        lambda: page.locator("label.choice").first.click(),
        lambda: page.locator("label.choice").last.click(),
        lambda: [page.locator("fieldset").nth(row).locator("label").nth(2).click() for row in (0, 1)],
        lambda: page.fill("textarea", "نص طويل " * 30 if language == "ar" else "A long text. " * 20),
    )
    for step in (*steps, None):
        page.wait_for_load_state()
        assert page.evaluate("document.documentElement.scrollWidth") == 360, page.url
        assert not violations(page, axe), page.url
        assert not small_targets(page), page.url
        if step is not None:
            step()
            page.click("button.main")
    assert page.locator("#address").is_visible()
    page.click("button.main")
    assert page.locator(".problem").count() == 2
    window.complaints.clear()  # the browser's own word for 422
    assert not violations(page, axe)
    page.fill("#address", "ugo@example.org")
    page.check("input[name=consent]")
    page.click("button.main")
    assert page.locator("a.button").get_attribute("href").startswith("/go/erase/")  # type: ignore[union-attr]
    assert not violations(page, axe)
    page.click("a.button")
    assert not violations(page, axe)


def test_the_browsers_way_back_changes_an_answer(site: Website, open_window: OpenWindow) -> None:
    window = open_window(site, width=360, height=640, logged_in=False)
    page = window.open(path(site, "en"))
    page.locator("label.point").nth(9).click()
    page.click("button.main")
    assert page.locator("h1").inner_text() == "What did you buy?"
    page.go_back()
    assert page.locator("h1").inner_text() == "Would you recommend us?"
    page.locator("label.point").nth(2).click()
    page.click("button.main")
    assert page.locator("h1").inner_text() == "What should be better?"


def test_by_keyboard_alone(site: Website, open_window: OpenWindow) -> None:
    window = open_window(site, width=360, height=640, logged_in=False)
    page = window.open(path(site, "en"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url("**at=what*")
    assert page.locator("h1").inner_text() == "What should be better?"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**at=bought*")
    assert page.locator("h1").inner_text() == SURVEY["questions"][3]["text"]["en"]


def test_another_language_keeps_the_place(site: Website, browser: Browser, open_window: OpenWindow) -> None:
    window = open_window(site, width=360, height=640, logged_in=False)
    page = window.open(path(site, "en"))
    page.locator("label.point").nth(9).click()
    page.click("button.main")
    page.click("a[hreflang=de]")
    assert page.locator("html").get_attribute("lang") == "de"
    assert page.locator("h1").inner_text() == "What did you buy? (de)"
    page.click("button.main")
    assert page.locator(".problem").inner_text().startswith("Bitte wählen Sie")
    window.complaints.clear()  # the browser's own word for 422
