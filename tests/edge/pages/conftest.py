"""Pages of the device in a real browser that notes everything that goes wrong in them."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page
from tests.conftest import need
from tests.harness.browser import PATIENCE_MS
from tests.harness.npm import npm_package

AXE_VERSION = "4.14.1"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

OpenPage = Callable[..., Page]
Violations = Callable[..., list[str]]
"""`violations(page, "color-contrast-enhanced")`: these rules too."""


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """`open_page(url, width=390, theme="dark")`; errors and refusals of the policy fail the test."""
    pages: list[Page] = []
    complaints: list[str] = []

    def opened(url: str, *, width: int = 1440, height: int = 900, theme: str = "light") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,  # type: ignore[arg-type]
            has_touch=width < 600,
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        pages.append(page)
        page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
        page.on("console", lambda words: words.type == "error" and complaints.append(words.text))
        page.goto(url)
        return page

    yield opened
    for page in pages:
        page.context.close()
    lost = ("ERR_CONNECTION", "ERR_INTERNET_DISCONNECTED", "ERR_EMPTY_RESPONSE")  # tests may stop a server
    assert not [each for each in complaints if not any(word in each for word in lost)]


@pytest.fixture(scope="session")
def violations() -> Violations:
    """What breaks a rule of WCAG 2.2 that a program can check, and where, by axe-core."""
    axe = need(lambda: npm_package("axe-core", AXE_VERSION) / "axe.min.js").read_text(encoding="utf-8")

    def look(page: Page, *more: str) -> list[str]:
        page.evaluate(axe)
        found = page.evaluate(
            """async ([tags, more]) => {
                const rules = Object.fromEntries(more.map((rule) => [rule, { enabled: true }]));
                const runOnly = { type: "tag", values: tags };
                const { violations } = await axe.run(document, { runOnly, rules });
                const told = (node) => node.html.slice(0, 160) + node.failureSummary;
                return violations.map((each) => [each.id, each.nodes.map(told)]);
            }""",
            [TAGS, more],
        )
        return [f"{rule}: {places[:3]}" for rule, places in found]

    return look
