"""Pages in a real browser: they keep themselves up to date, and say so when they cannot."""

from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.harness.websites import Website, website

from .conftest import OpenWindow, Window


def test_a_press_appears_on_the_open_overview_without_a_reload(site: Website, window: Window) -> None:
    page = window.page
    window.wait_until_live()
    page.evaluate("window.notReloaded = true")
    row = page.locator('[data-part="tp.till-2"]')
    before = int(row.locator(".responses").inner_text().replace("–", "0"))
    site.press(5, box="box-2", scale="smiley-5")
    expect(row.locator(".responses")).to_have_text(str(before + 1))
    expect(row.locator(".last")).to_contain_text("just now")
    assert page.evaluate("window.notReloaded")


def test_a_press_appears_on_the_open_touchpoint_page(site: Website, window: Window) -> None:
    page = window.open("/touchpoints/till-1")
    window.wait_until_live()
    site.serve(3)
    site.press(1)
    expect(page.locator(".presses li").first).to_contain_text("Counted")
    expect(page.locator(".funnel")).to_contain_text("counted by a presence sensor")
    site.press(4, repeat=True)
    expect(page.locator(".presses li").first).to_contain_text("repeat, not counted")


def test_an_open_explanation_and_the_focus_survive_an_update(site: Website, window: Window) -> None:
    page = window.open("/touchpoints/till-1")
    window.wait_until_live()
    how = page.locator(".tile .how").first
    how.locator("summary").click()
    expect(how.locator(".how-card")).to_be_visible()
    before = page.locator(".presses li").count()
    site.press(2)
    expect(page.locator(".presses li")).to_have_count(before + 1)
    expect(how.locator(".how-card")).to_be_visible()
    expect(how.locator("summary")).to_be_focused()
    page.keyboard.press("Escape")
    expect(how.locator(".how-card")).to_be_hidden()


def test_how_long_ago_counts_on_by_itself(site: Website, window: Window) -> None:
    page = window.page
    window.wait_until_live()
    site.press(3)
    last = page.locator('[data-part="tp.till-1"] .last')
    expect(last).to_contain_text("just now")
    expect(last).to_contain_text("s ago")


def test_a_lost_hub_is_announced_and_so_is_its_return(tmp_path: Path, open_window: OpenWindow) -> None:
    with website(tmp_path, users=("ada",)) as site:
        window = open_window(site)
        banner = window.page.locator("#banner")
        window.wait_until_live()
        expect(banner).to_be_hidden()
        site.stop()
        expect(banner).to_contain_text("The connection to the hub is lost.")
        expect(window.page.locator("#pulse")).to_have_text("Not live")
        site.start()
        expect(banner).to_contain_text("the numbers are live again")
        expect(window.page.locator("#pulse")).to_have_text("Live")
        site.press(4)
        expect(window.page.locator('[data-part="tp.till-1"] .responses')).to_have_text("1")
        expect(banner).to_be_hidden(timeout=15_000)
        window.complaints = [text for text in window.complaints if "ERR_CONNECTION_REFUSED" not in text]
        window.complaints = [text for text in window.complaints if "ERR_INCOMPLETE_CHUNKED" not in text]


def test_numbers_that_cannot_be_read_are_called_old(
    tmp_path: Path, open_window: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    with website(tmp_path, users=("ada",)) as site:
        site.services.live._refresh_s = 0.3
        window = open_window(site)
        banner = window.page.locator("#banner")
        window.wait_until_live()
        with monkeypatch.context() as broken:
            broken.setattr("tillsight_hub.pages.overview.read_rows", _disk_is_away)
            expect(banner).to_contain_text("The hub cannot read its numbers at the moment. These are from")
        expect(banner).to_contain_text("the numbers are live again")


def _disk_is_away(*_: object) -> None:
    raise OSError("disk is away")


def test_a_session_that_ended_leads_to_the_login_and_back(tmp_path: Path, open_window: OpenWindow) -> None:
    from tillsight_hub.access import set_password

    with website(tmp_path, users=("ada",)) as site:
        window = open_window(site)
        window.open("/touchpoints/till-1")
        window.wait_until_live()
        set_password(site.services.engine, "ada", "something else entirely")
        site.stop()
        site.start()
        window.page.wait_for_url("**/login?next=*")
        window.log_in(password="something else entirely")
        expect(window.page).to_have_url(f"{site.url}/touchpoints/till-1")
        window.complaints.clear()


def test_an_empty_hub_shows_the_way_and_notices_its_first_touchpoint(
    tmp_path: Path, open_window: OpenWindow
) -> None:
    from tests.harness.ingesting import SEED

    from tillsight_hub.live.live import Live
    from tillsight_hub.seed import Seed, apply_seed

    with website(tmp_path, seed={}, users=("ada",)) as site:
        live: Live = site.services.live
        live._refresh_s = 0.2
        window = open_window(site)
        expect(window.page.locator("h1")).to_have_text("Welcome to Tillsight")
        window.wait_until_live()
        apply_seed(site.services.engine, Seed.model_validate(SEED))
        expect(window.page.locator("h1")).to_have_text("Today")
        expect(window.page.get_by_role("link", name="Stall")).to_be_visible()
