"""From an empty hub to the first press by pages alone, and the pages that a script makes easier."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect
from sqlalchemy import update
from tests.harness.ingesting import Box
from tests.harness.websites import Website, now_ms, website

from tillsight_hub.tables import device
from tillsight_models.events import encode_message

from .conftest import OpenWindow, Window


@pytest.fixture
def empty_site(tmp_path: Path) -> Iterator[Website]:
    with website(tmp_path, seed={}, users=("ada",)) as running:
        own_broker = running.services.config.mqtt.model_copy(update={"embedded": True})
        config = running.services.config.model_copy(update={"mqtt": own_broker})
        object.__setattr__(running.services, "config", config)
        yield running


def test_an_empty_hub_leads_to_the_first_press(empty_site: Website, open_window: OpenWindow) -> None:
    page = open_window(empty_site).page
    expect(page.locator("h1")).to_have_text("Welcome to Tillsight")
    page.fill("#org", "Acme")
    page.fill("#store", "Harbour")
    page.fill("#tz", "Europe/Rome")
    page.get_by_role("button", name="Go on to the box").click()
    expect(page.locator("h1")).to_have_text("Connect Box 1")
    expect(page.locator(".ticks")).to_contain_text("The box was not heard yet.")
    page.get_by_role("button", name="Make the token").click()
    token = page.locator(".once output").inner_text()
    page.wait_for_selector("#pulse[data-state=live]")
    page.evaluate("window.notReloaded = true")
    box = Box("harbour-till-1-box", "harbour-till-1", "f" * 16)
    answer = httpx.post(
        f"{empty_site.url}/api/v1/ingest",
        content=encode_message([box.press(4, t=now_ms())]),
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 200
    expect(page.locator(".congratulations")).to_be_visible()
    assert page.evaluate("window.notReloaded")
    page.get_by_role("link", name="See its numbers").click()
    expect(page.locator("h1")).to_have_text("Till 1")


def test_opening_hours_are_pairs_of_clocks(window: Window) -> None:
    page = window.open("/chain/store/rome")
    monday = page.locator(".day").first
    expect(monday.locator("input[type=time]")).to_have_count(2)
    monday.get_by_role("button", name="Monday: Add opening times").click()
    monday.locator("input[type=time]").nth(1).fill("13:00")
    monday.locator("input[type=time]").nth(2).fill("22:00")
    monday.locator("input[type=time]").nth(3).fill("02:00")
    expect(monday).to_contain_text("until the next day")
    expect(page.locator("[name=hours_mon]")).to_have_value("09:00-13:00, 22:00-02:00")
    page.get_by_role("button", name="The same every day").click()
    expect(page.locator("[name=hours_sun]")).to_have_value("09:00-13:00, 22:00-02:00")
    page.get_by_role("button", name="Sunday: remove these times").first.click()
    expect(page.locator("[name=hours_sun]")).to_have_value("22:00-02:00")
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(f"{window.site.url}/chain#store-rome")
    window.open("/chain/store/rome")
    expect(page.locator("[name=hours_tue]")).to_have_value("09:00-13:00, 22:00-02:00")


def test_a_box_that_is_lost_is_told_on_the_open_page(tmp_path: Path, open_window: OpenWindow) -> None:
    with website(tmp_path, users=("ada",)) as site:
        site.services.live._refresh_s = 0.3
        window = open_window(site)
        page = window.open("/devices")
        window.wait_until_live()
        row = page.locator('[data-part="box.box-1"]')
        expect(row).to_contain_text("was never heard")
        with site.services.engine.begin() as connection:
            values = {"state": "lost", "last_seen": now_ms()}
            connection.execute(update(device).where(device.c.id == "box-1").values(values))
        expect(row).to_contain_text("connection lost 0 min ago")
        expect(page.locator('[data-part="summary"]')).to_contain_text("1 need somebody now")
        window.open("/account")
