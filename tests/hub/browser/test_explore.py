"""Exploring in a real browser: accessible, by keyboard alone, and nothing wider than the screen."""

import pytest
from tests.harness.websites import Website

from .conftest import OpenWindow, too_wide
from .test_accessibility import axe, violations  # noqa: F401 - axe is a fixture


@pytest.fixture(scope="module", autouse=True)
def some_traffic(site: Website) -> None:
    site.serve(60)
    for rating in (1, 2, 3, 4, 4, 4, 3, 4, 4, 2, 4, 3):
        site.press(rating)
        site.press(rating, box="box-4")


@pytest.mark.parametrize("width, theme", [(390, "dark"), (1440, "light")])
def test_it_breaks_no_rule_and_fits(
    site: Website,
    open_window: OpenWindow,
    axe: str,  # noqa: F811 - the fixture
    width: int,
    theme: str,
) -> None:
    window = open_window(site, width=width, theme=theme)
    for path in ("/explore", "/explore?by=hour&metric=csat", "/explore?by=day&from_hour=9&until_hour=12"):
        page = window.open(path)
        page.wait_for_load_state("networkidle")
        assert not violations(page, axe), path
        assert too_wide(page, {"tablet": (820, 1180), "screen": (width, 900)}) == [], path
    page.locator(".explore-numbers summary").click()
    assert not violations(page, axe)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_numbers_are_chosen_and_sorted_by_keyboard(site: Website, open_window: OpenWindow) -> None:
    page = open_window(site).open("/explore?metric=csat")
    page.locator(".explore-numbers summary").press("Enter")
    page.get_by_label("Presses", exact=True).press("Space")
    page.get_by_role("button", name="Show").last.press("Enter")
    page.wait_for_url("**metric=presses**")
    table = page.locator(".explored").first
    assert table.locator("thead th").count() == 5
    table.locator("thead a").nth(2).press("Enter")
    page.wait_for_url("**sort=-csat**")
    assert table.locator("thead th").nth(2).get_attribute("aria-sort") == "descending"
    page.locator(".explored td a.explained").first.press("Enter")
    page.wait_for_url("**/explain/**")
