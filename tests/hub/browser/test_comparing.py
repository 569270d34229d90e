"""Comparing and selling in a real browser: charts, tables, every width, the keyboard, live numbers, axe."""

import pytest
from playwright.sync_api import expect
from tests.harness.websites import Website, now_ms

from tillsight_models.events import AttemptEnded, SalesReported, StaffShifted, TrafficCounted

from .conftest import OpenWindow, Window, too_wide
from .test_accessibility import axe, violations

__all__ = ["axe"]
SCREENS = {"phone": (390, 844), "tablet": (820, 1180), "desk": (1440, 900), "wall": (2560, 1440)}
PAGES = (
    "/compare?metric=csat&period=today",
    "/compare?metric=csat&period=today&by=store&lang=it",
    "/sales?by=touchpoint&period=today&lang=en",
    "/sales?place=rome&period=last-7-days&lang=it",
    "/sales/worth?margin=x&n=5&lang=en",
    "/wall?lang=en",
    "/wall?by=store&rotate=20&lang=it",
)


@pytest.fixture(scope="module", autouse=True)
def some_traffic(site: Website) -> None:
    """Three touchpoints of one scale, one of them bad; sellers, a door and a rota at the first till."""
    for name, bad in (("box-1", 40), ("box-4", 8), ("box-3", 9)):
        box = site.boxes[name]
        site.ingest(*(box.press(r, t=now_ms()) for r in [1] * bad + [4] * (100 - bad)), box=name)
    till, now = site.boxes["box-1"], now_ms()
    for _ in range(3):
        site.serve(100)
    site.ingest(
        *(till.event(AttemptEnded(duration_s=60 + n % 30), t=now_ms()) for n in range(40)),
        till.event(TrafficCounted(entrance="door", period_s=60, entered=100, left=90), t=now_ms()),
        till.event(SalesReported(period_s=60, receipts=10, amount=1_234_500), t=now_ms()),
        till.event(SalesReported(period_s=60, receipts=10, amount=30_000), t=now_ms()),
        till.event(StaffShifted(team="early", state="start"), t=now - 3_600_000),
        till.event(StaffShifted(team="early", state="end"), t=now - 60_000),
    )


def test_no_page_is_wider_than_its_screen(site: Website, open_window: OpenWindow) -> None:
    window = open_window(site)
    for path in PAGES:
        page = window.open(path)
        for drawing in page.locator(".drawing").all():
            expect(drawing).to_have_attribute("data-ready", "")
        assert too_wide(page, SCREENS) == [], path
    window.complaints = [each for each in window.complaints if "422" not in each]


@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (1440, "light")])
def test_they_break_no_rule_that_a_program_can_check(
    site: Website, open_window: OpenWindow, axe: str, width: int, theme: str
) -> None:
    window = open_window(site, width=width, theme=theme)
    for path in PAGES:
        page = window.open(path)
        page.wait_for_selector("main")
        assert not violations(page, axe), path
    window.complaints = [each for each in window.complaints if "422" not in each]


def test_the_chart_says_who_is_worse_and_the_table_says_it_too(window: Window) -> None:
    page = window.open("/compare?metric=csat&period=today")
    chart = page.locator("#chart-ranking-smiley-4")
    expect(chart.locator("svg").first).to_contain_text("Till 1, Rome")
    table = chart.locator("details")
    table.locator("summary").press("Enter")
    expect(table.locator("tbody tr").first).to_contain_text("Worse")
    expect(page.locator(".standings .worse tr").nth(1)).to_contain_text("Till 1")


def test_another_number_is_chosen_by_keyboard_and_the_days_stay(window: Window) -> None:
    page = window.open("/compare?metric=csat&period=last-7-days")
    page.get_by_label("By", exact=True).select_option("response_rate")
    page.get_by_role("button", name="Show").first.press("Enter")
    expect(page).to_have_url(
        f"{window.site.url}/compare?period=last-7-days&metric=response_rate&by=touchpoint"
    )
    expect(page.get_by_label("By", exact=True)).to_have_value("response_rate")


def test_an_attempt_appears_on_the_open_page_without_a_reload(site: Website, window: Window) -> None:
    page = window.open("/sales?place=till-1")
    window.wait_until_live()
    page.evaluate("window.notReloaded = true")
    activity = page.locator(".dial").first.locator(".value")
    before = int(activity.inner_text())
    site.ingest(site.boxes["box-1"].event(AttemptEnded(duration_s=30), t=now_ms()))
    expect(activity).to_have_text(str(before + 1))
    assert page.evaluate("window.notReloaded")


def test_the_menu_leads_to_both(window: Window) -> None:
    page = window.page
    for name in ("Compare", "Sales"):
        page.locator(".menu.more summary").click()
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.locator("h1")).to_have_text(name)
