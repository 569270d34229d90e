"""Reports and shared pages in a real browser: accessible, and nothing wider than the screen."""

import re

import pytest
from tests.harness.websites import Website

from .conftest import OpenWindow
from .test_accessibility import axe, violations  # noqa: F401 - axe is a fixture


@pytest.fixture(scope="module", autouse=True)
def some_traffic(site: Website) -> None:
    site.serve(60)
    for rating in (1, 2, 3, 4, 4, 4, 3, 4, 4, 2, 4, 3):
        site.press(rating)


@pytest.mark.parametrize("width, theme", [(390, "dark"), (1440, "light")])
def test_reports_are_kept_and_a_place_is_shared(
    site: Website,
    open_window: OpenWindow,
    axe: str,  # noqa: F811 - the fixture
    width: int,
    theme: str,
) -> None:
    window = open_window(site, width=width, theme=theme)
    page = window.open("/reports")
    page.fill("#schedule-recipients", "mona@example.org")
    page.get_by_role("button", name="Send it from now on").press("Enter")
    page.wait_for_selector(".addresses")
    page.check("#link-touchpoints")
    page.get_by_role("button", name="Make a link").click()
    address = page.locator("output").inner_text()
    assert re.fullmatch(rf"{site.url}/shared/[\w-]{{43}}", address)
    assert not violations(page, axe)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    stranger = open_window(site, width=width, theme=theme, logged_in=False)
    shared = stranger.open(address.removeprefix(site.url))
    assert shared.locator("h1").inner_text()
    assert not violations(shared, axe)
    assert shared.evaluate("document.documentElement.scrollWidth") <= width
