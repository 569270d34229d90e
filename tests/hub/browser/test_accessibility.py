"""The rules of WCAG 2.2 that a program can check, by axe-core, in both themes."""

import pytest
from playwright.sync_api import Page
from tests.conftest import need
from tests.harness.npm import npm_package
from tests.harness.websites import Website

from .conftest import OpenWindow

VERSION = "4.14.1"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def axe() -> str:
    """The checker's script."""
    return need(lambda: npm_package("axe-core", VERSION) / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module", autouse=True)
def some_traffic(site: Website) -> None:
    site.serve(60)
    for rating in (1, 2, 3, 4, 4, 4, 3, 4, 4, 2, 4, 3):
        site.press(rating)


def violations(page: Page, axe: str) -> list[str]:
    """What is wrong, and where."""
    page.evaluate(axe)
    found = page.evaluate(
        """async (tags) => {
            const { violations } = await axe.run(document, { runOnly: { type: "tag", values: tags } });
            return violations.map((v) => [v.id, v.nodes.map((n) => n.html.slice(0, 160) + n.failureSummary)]);
        }""",
        TAGS,
    )
    return [f"{rule}: {places[:3]}" for rule, places in found]


@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (1440, "light")])
def test_pages_break_no_rule_that_a_program_can_check(
    site: Website, open_window: OpenWindow, axe: str, theme: str, width: int
) -> None:
    window = open_window(site, width=width, theme=theme)
    for path in ("/", "/?sort=score", "/touchpoints/till-1", "/touchpoints/till-2", "/account"):
        page = window.open(path)
        window.page.wait_for_selector("main")
        assert not violations(page, axe), path


def test_the_login_breaks_none_either(site: Website, open_window: OpenWindow, axe: str) -> None:
    window = open_window(site, logged_in=False)
    assert not violations(window.open("/login"), axe)


@pytest.mark.parametrize("width", [390, 1440])
def test_the_sheet_of_a_number_breaks_none(
    site: Website, open_window: OpenWindow, axe: str, width: int
) -> None:
    window = open_window(site, width=width)
    link = window.page.locator("a.explained").first.get_attribute("href")
    page = window.open(link or "")
    assert page.locator("h1").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert not violations(page, axe), link
