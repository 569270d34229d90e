"""The page of a place in a browser: its charts, the part that comes later, its filter."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page
from tests.harness.past_weeks import live_through
from tests.harness.websites import Website, website

from .conftest import OpenWindow, Window
from .test_accessibility import axe, violations

__all__ = ["axe"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    with website(tmp_path_factory.mktemp("place"), users=("ada",)) as running:
        live_through(running)
        yield running


def open_place(window: Window, path: str) -> Page:
    """All of it: text, charts, and the part that is loaded afterwards."""
    page = window.open(path)
    page.wait_for_selector("[data-fragment][data-loaded]")
    page.locator("figure.drawing:not([data-drawn])").first.wait_for(state="detached")
    return page


def test_every_chart_is_drawn_and_its_table_says_the_same(window: Window) -> None:
    page = open_place(window, "/places/till-1?period=last-90-days")
    charts = page.locator("figure.drawing")
    assert charts.count() == 7
    for number in range(charts.count()):
        figure = charts.nth(number)
        data = json.loads(figure.locator("script").text_content() or "")["datasets"]["rows"]
        table = figure.locator("tbody tr")
        assert table.count() == len(data) > 0
        assert table.first.locator("th").text_content() == data[0]["label"]
        assert table.first.locator("td").first.text_content() == data[0]["said"]
        assert figure.locator("svg.marks").count() == 1


PLACE = "/places/till-1?period=last-90-days"
MARKS = {"trend": "trend", "week": "heat map", "good-hour": "profile"}
"""Charts whose single points lead somewhere."""


def test_every_point_of_a_chart_opens_its_explanation(site: Website, window: Window) -> None:
    page = open_place(window, PLACE)
    told: dict[str, tuple[str, str]] = {}
    for name in (*MARKS, "good-weekday"):
        links = page.locator(f"#chart-{name} tbody a")
        assert links.count() == page.locator(f"#chart-{name} tbody tr").count() - unlinked(page, name) > 0
        last = links.last
        told[name] = last.get_attribute("href") or "", last.text_content() or ""
    for name, (address, said) in told.items():
        if name in MARKS:
            page = open_place(window, PLACE)
            page.mouse.click(*spot_of(page, name, address))
            page.wait_for_url(f"**{address}")
        else:
            page = window.open(address)
        assert page.locator("h1").is_visible()
        if name != "week":  # what is drawn there was pulled towards its weekday and hour
            assert said in page.locator("main").inner_text()


def unlinked(page: Page, name: str) -> int:
    """Rows without a number."""
    rows = json.loads(page.locator(f"#chart-{name} script").text_content() or "")["datasets"]["rows"]
    return sum(not row.get("explain") for row in rows)


def spot_of(page: Page, name: str, address: str) -> tuple[float, float]:
    """The middle of the mark in a chart that leads there, in the window; scrolled to it."""
    figure = page.locator(f"#chart-{name} .drawing-canvas")
    figure.scroll_into_view_if_needed()
    x, y = figure.evaluate(
        """(canvas, address) => {
            const marks = [...canvas.querySelectorAll("svg.marks *")];
            const box = marks.findLast((mark) => mark.__data__?.href === address).getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2];
        }""",
        address,
    )
    return float(x), float(y)


def test_the_filter_is_in_the_address_and_stays(window: Window) -> None:
    page = open_place(window, "/places/rome?scale=smiley-4")
    page.locator(".choosing > summary").click()
    page.get_by_label("Sat", exact=True).check()
    page.get_by_role("link", name="Last 90 days").click()
    assert "period=last-90-days" in page.url
    page.locator(".choosing > summary").click()
    page.get_by_label("Sat", exact=True).check()
    page.get_by_role("button", name="Show", exact=True).click()
    assert "weekday=6" in page.url
    assert "Last 90 days · Sat" in page.locator(".choosing > summary").inner_text()
    address = page.url
    page.get_by_role("link", name="Satisfied of those who pressed").first.click()
    assert "weekday=6" in page.url
    page.goto(address)
    assert "Last 90 days · Sat" in page.locator(".choosing > summary").inner_text()


def test_another_place_is_chosen_without_scripts(site: Website, open_window: OpenWindow) -> None:
    page = open_window(site).open("/places/rome?period=last-7-days")
    page.locator(".choosing > summary").click()
    page.get_by_label("Place", exact=True).select_option("till-2")
    page.get_by_role("button", name="Show", exact=True).click()
    assert page.url.endswith("/places/till-2?period=last-7-days")


def test_nothing_sticks_out(site: Website, open_window: OpenWindow) -> None:
    window = open_window(site)
    page = open_place(window, "/places/till-1?period=last-90-days")
    page.locator(".choosing > summary").click()
    for width in (1440, 820, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function("(width) => document.documentElement.scrollWidth === width", arg=width)
    page.goto(f"{site.url}/places/rome")
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (1440, "light")])
def test_it_breaks_no_rule_that_a_program_can_check(
    site: Website, open_window: OpenWindow, axe: str, width: int, theme: str
) -> None:
    page = open_place(open_window(site, width=width, theme=theme), "/places/till-1?period=last-90-days")
    page.locator(".choosing > summary").click()
    page.locator("figure.drawing summary").first.click()
    assert not violations(page, axe)
