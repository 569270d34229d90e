"""Charts in a browser: drawn from our own bundle under our own policy, readable without them."""

import json

import pytest
from playwright.sync_api import Page, Route
from tests.harness.drawings import score, voice
from tests.harness.websites import Website

from tillsight_hub.charts.trend import Mark, TrendPoint, trend

from .conftest import OpenWindow, Window

SHEET = """
{% extends "page.html" %}
{% from "parts/chart.html" import chart with context %}
{% block title %}Charts{% endblock %}
{% block styles %}<link rel="stylesheet" href="{{ asset('css/charts.css') }}">{% endblock %}
{% block scripts %}<script type="module" src="{{ asset('js/charts.js') }}"></script>{% endblock %}
{% block main %}<h1>Charts</h1>{{ chart(drawing, 2) }}{{ chart(nothing, 2) }}{% endblock %}
"""


def sheet() -> str:
    """A page with a chart, as the templates write it."""
    pages = voice()
    points = [
        TrendPoint(f"2026-10-{day:02}", score(0.1 + day / 200, 0.08, 0.2) if day != 4 else None)
        for day in range(1, 15)
    ]
    drawing = trend(
        pages,
        "one",
        "Dissatisfied <of> those served",
        points,
        unit="share",
        every="day",
        tone="negative",
        marks=[Mark("2026-10-03", "alert", "</script><b>More unhappy</b>")],
    )
    nothing_known = trend(
        pages, "two", "Nothing", [TrendPoint("2026-10-01", None)], unit="share", every="day"
    )
    template = pages._templates.from_string(SHEET)
    return template.render(path="/sheet", session=None, theme="auto", drawing=drawing, nothing=nothing_known)


@pytest.fixture
def with_sheet(site: Website, open_window: OpenWindow) -> Window:
    """A window whose page `/login?sheet` holds one chart, under the headers of every page."""
    window = open_window(site, logged_in=False, width=820)

    def answer(route: Route) -> None:
        route.fulfill(response=route.fetch(), body=sheet())

    window.page.route("**/login?sheet", answer)
    return window


def wait_until_drawn(page: Page) -> None:
    page.wait_for_selector("html[data-charts=drawn]")


def test_a_chart_is_drawn_and_its_table_closed(with_sheet: Window) -> None:
    page = with_sheet.open("/login?sheet")
    wait_until_drawn(page)
    assert page.locator("#chart-one .drawing-canvas svg.marks .mark-line path").count() == 1
    assert not page.locator(".drawing-table tbody").first.is_visible()
    page.get_by_text("As a table").first.click()
    assert page.locator("#chart-one tbody tr").count() == 14
    assert "nothing counted" in page.locator("#chart-one tbody tr").nth(3).inner_text()


def test_it_follows_the_width_and_the_theme(with_sheet: Window) -> None:
    page = with_sheet.open("/login?sheet")
    wait_until_drawn(page)
    line = page.locator(".drawing-canvas .mark-line path").first
    before = line.evaluate("(path) => getComputedStyle(path).stroke")
    page.emulate_media(color_scheme="dark")
    assert line.evaluate("(path) => getComputedStyle(path).stroke") != before
    page.set_viewport_size({"width": 390, "height": 800})
    page.wait_for_function("document.documentElement.scrollWidth === 390")


def test_what_is_pointed_at_says_its_number(with_sheet: Window) -> None:
    page = with_sheet.open("/login?sheet")
    wait_until_drawn(page)
    page.locator("#chart-one .mark-symbol.role-mark path").last.hover(force=True)
    tip = page.locator(".drawing-tip")
    tip.wait_for(state="visible")
    assert "</script><b>More unhappy</b>" in tip.inner_text()


def test_without_scripts_the_table_is_there(site: Website, with_sheet: Window) -> None:
    browser = with_sheet.page.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_content(sheet(), wait_until="domcontentloaded")
    assert page.locator("#chart-one tbody tr").first.is_visible()
    context.close()


def test_the_page_carries_the_data_as_they_are(with_sheet: Window) -> None:
    page = with_sheet.open("/login?sheet")
    spec = json.loads(page.locator("figure.drawing script").first.text_content() or "")
    assert len(spec["datasets"]["rows"]) == 14
