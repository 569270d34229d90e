"""Pages in a real browser: the way in, every width, the keyboard, both themes, paper, and the API's pages."""

import pytest
from playwright.sync_api import expect
from tests.harness.websites import Website

from .conftest import OpenWindow, Window, too_wide

WIDTHS = {"phone": (360, 740), "tablet": (820, 1180), "desk": (1440, 900), "wall": (2560, 1440)}
PAGES = (
    "/",
    "/?sort=score&measure=satisfied",
    "/touchpoints/till-1",
    "/touchpoints/till-2",
    "/account",
    "/docs",
)


@pytest.fixture(scope="module", autouse=True)
def some_traffic(site: Website) -> None:
    site.serve(60)
    for rating in (1, 2, 3, 4, 4, 4, 3, 4, 4, 2, 4, 3):
        site.press(rating)
    for rating in (1, 5, 5, 4, 5, 3, 5, 5, 4, 5, 5, 5):
        site.press(rating, box="box-2", scale="smiley-5")


def test_a_wrong_password_says_so_and_the_right_one_lets_in(site: Website, open_window: OpenWindow) -> None:
    window = open_window(site, logged_in=False)
    window.open("/touchpoints/till-1")
    window.log_in(password="wrong")
    expect(window.page.get_by_role("alert")).to_have_text("Name or password is wrong.")
    expect(window.page.locator("#password")).to_be_focused()
    window.complaints.clear()  # a browser notes the 401
    window.log_in()
    expect(window.page).to_have_url(f"{site.url}/touchpoints/till-1")
    window.page.locator("#menu summary").click()
    window.page.get_by_role("button", name="Log out").click()
    expect(window.page.get_by_role("status")).to_have_text("You are logged out.")
    window.open("/")
    expect(window.page).to_have_url(f"{site.url}/login")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_is_wider_than_its_screen(site: Website, open_window: OpenWindow, theme: str) -> None:
    window = open_window(site, theme=theme)
    for path in PAGES:
        page = window.open(path)
        expect(page.locator("#main")).to_be_visible()
        assert too_wide(page, WIDTHS) == [], path


def test_everything_can_be_reached_by_keyboard(window: Window) -> None:
    page = window.page
    reached = []
    for _ in range(25):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.name || document.activeElement.innerText || ''").strip()
        )
    for name in (
        "Skip to the content",
        "Tillsight",
        "Overview",
        "Alerts",
        "More",
        "find",
        "measure",
        "sort",
        "Stall",
        "Till 1",
    ):
        assert any(name in each for each in reached), (name, reached)
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", reached[-1]


def test_the_skip_link_leads_past_the_navigation(window: Window) -> None:
    page = window.page
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "find"


def test_typing_finds_and_choosing_sorts(window: Window) -> None:
    page = window.page
    page.fill("#find", "till 1")
    expect(page.get_by_role("link", name="Till 1")).to_be_visible()
    expect(page.get_by_role("link", name="Stall")).to_be_hidden()
    page.fill("#find", "mars")
    expect(page.locator("#nothing-found")).to_be_visible()
    page.fill("#find", "")
    page.select_option("select[name=sort]", "score")
    expect(page).to_have_url(f"{window.site.url}/?find=&measure=dissatisfied&sort=score")
    expect(page.locator(".touchpoint").first).to_contain_text("Till 1")


def test_the_theme_is_chosen_once_and_kept(window: Window) -> None:
    page = window.page
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.locator("#menu summary").click()
    page.get_by_role("button", name="Dark").click()
    dark = page.evaluate(paper)
    assert dark != light
    page.reload()
    assert page.evaluate(paper) == dark
    page.locator("#menu summary").click()
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="System").click()
    assert page.evaluate(paper) == light


def test_another_day_is_two_keys_away(window: Window) -> None:
    page = window.open("/touchpoints/till-1")
    page.get_by_role("link", name="The day before").click()
    expect(page.locator(".days")).not_to_contain_text("Today,")
    expect(page.locator(".part-funnel")).to_contain_text("The hub heard nothing from here on this day.")
    page.get_by_role("link", name="Today", exact=True).click()
    expect(page).to_have_url(f"{window.site.url}/touchpoints/till-1")


def test_paper_has_no_controls(window: Window) -> None:
    page = window.open("/touchpoints/till-1")
    page.emulate_media(media="print")
    for controls in (".top nav", ".top .end", ".days form", ".how"):
        expect(page.locator(controls).first).to_be_hidden()
    expect(page.locator(".funnel")).to_be_visible()


def test_the_apis_reference_leads_to_shapes_and_answers(window: Window) -> None:
    page = window.open("/docs")
    page.get_by_role("link", name="GET /scores", exact=True).click()
    route = page.get_by_role("article", name="GET /api/v1/scores Scores", exact=True)
    expect(route).to_be_in_viewport()
    route.get_by_role("link", name="ScoresOut").click()
    expect(page.get_by_role("article", name="ScoresOut", exact=True)).to_be_in_viewport()
    opener = page.get_by_role("link", name="Open /api/v1/me", exact=True)
    expect(opener).to_have_attribute("href", "/api/v1/me")


def test_without_scripts_the_pages_still_show_and_choose(site: Website, browser: object) -> None:
    from playwright.sync_api import Browser

    assert isinstance(browser, Browser)
    context = browser.new_context(java_script_enabled=False)
    window = Window(context.new_page(), site)
    window.log_in()
    expect(window.page.locator('[data-part="tp.till-1"] .responses')).to_have_text("12")
    window.page.select_option("select[name=sort]", "score")
    window.page.get_by_role("button", name="Show").click()
    expect(window.page.locator(".touchpoint").first).to_contain_text("Till 1")
    context.close()
