"""The live board in a real browser: presses arrive, pages turn, every width fits, keys are enough."""

import pytest
from playwright.sync_api import expect
from tests.harness.websites import Website

from .conftest import OpenWindow, Window

SCREENS = {"phone": (390, 844), "tablet": (820, 1180), "desk": (1440, 900), "wall": (2560, 1440)}


def test_a_press_appears_on_the_open_wall_without_a_reload(site: Website, window: Window) -> None:
    page = window.open("/wall")
    window.wait_until_live()
    page.evaluate("window.notReloaded = true")
    tile = page.locator('[data-part="tile.till-2"]')
    before = int(tile.locator(".three dd").nth(1).inner_text().replace("–", "0"))
    site.press(5, box="box-2", scale="smiley-5")
    expect(tile.locator(".three dd").nth(1)).to_have_text(str(before + 1))
    expect(tile.locator(".last")).to_contain_text("just now")
    assert tile.get_attribute("data-pressed") is not None
    assert page.evaluate("window.notReloaded")


FITS = """([width, height]) => {
    const { scrollWidth, scrollHeight } = document.documentElement;
    const cut = [...document.querySelectorAll(".wall-tile:not([hidden])")].filter((tile) =>
        tile.scrollHeight > tile.clientHeight + 1 || tile.scrollWidth > tile.clientWidth + 1);
    return scrollWidth === width && cut.length === 0 && [scrollHeight, null].includes(height);
}"""
"""Nothing is wider than the screen, no tile than its frame; nor higher than the screen, if it is asked."""


@pytest.mark.parametrize("query", ["", "?rotate=20", "?by=store&lang=it"])
def test_the_wall_fits_every_screen(site: Website, open_window: OpenWindow, query: str) -> None:
    page = open_window(site).open(f"/wall{query}")
    expect(page.locator(".wall-tile").first).to_be_visible()
    for screen, (width, height) in SCREENS.items():
        page.set_viewport_size({"width": width, "height": height})
        pages_turn = "rotate" in query and screen != "phone"
        page.wait_for_function(FITS, arg=[width, height if pages_turn else None])


def test_pages_turn_by_themselves_and_by_hand_until_they_are_held(
    site: Website, open_window: OpenWindow
) -> None:
    page = open_window(site, width=1000, height=420).open("/wall?rotate=1")
    shown = page.locator(".wall-tile:not([hidden]) h2")
    first = shown.all_inner_texts()
    hold = page.get_by_role("button", name="Hold")
    expect(page.locator("#page-now")).to_contain_text("2 of ")
    hold.press("Enter")
    expect(hold).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="The page before").press("Enter")
    held = page.locator("#page-now").inner_text()
    page.wait_for_timeout(1200)
    assert page.locator("#page-now").inner_text() == held
    assert len(first) < page.locator(".wall-tile").count()


def test_a_tile_with_an_alert_stays_on_every_page(site: Website, open_window: OpenWindow) -> None:
    page = open_window(site, width=1000, height=420).open("/wall?rotate=1")
    page.evaluate(
        """document.querySelector('[data-part="tile.till-2"] .tile-face').classList.add("open");
        window.dispatchEvent(new Event("resize"))"""
    )
    alarming = page.locator('[data-part="tile.till-2"]')
    for _ in range(4):
        expect(alarming).to_be_visible()
        page.get_by_role("button", name="The next page").click()


def test_what_to_show_is_chosen_by_keyboard(window: Window) -> None:
    page = window.open("/wall")
    menu = page.locator("#wall-menu")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    page.get_by_label("A tile for each").select_option("store")
    page.get_by_label("Place").select_option("rome")
    menu.get_by_role("button", name="Show").press("Enter")
    expect(page.locator("h1")).to_have_text("Rome")
    expect(page.locator(".wall-tile")).to_have_count(2)


def test_the_whole_screen_has_no_navigation(window: Window) -> None:
    page = window.open("/wall")
    page.get_by_role("button", name="Full screen").click()
    expect(page.get_by_role("button", name="Leave full screen")).to_be_visible()
    expect(page.locator(".top")).to_be_hidden()


def test_it_is_dark_at_night_where_nobody_chose(site: Website, open_window: OpenWindow) -> None:
    window = open_window(site)
    window.page.clock.set_fixed_time("2026-11-22T22:00:00")
    page = window.open("/wall")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    window.page.clock.set_fixed_time("2026-11-22T12:00:00")
    page = window.open("/wall")
    assert page.evaluate("document.documentElement.dataset.theme") is None
