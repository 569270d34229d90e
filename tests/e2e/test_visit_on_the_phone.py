"""The way of a visit: begun on the screen in the store, ended on the shopper's phone, one in the hub."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select
from tests.e2e.test_survey_to_screen import Till, version_wanted
from tests.harness.processes import wait_until
from tests.harness.qr_codes import read_qr_code
from tests.harness.shown import ask, content_of, loaded, nps_question
from tests.harness.websites import Website

from tillsight_hub import tables
from tillsight_hub.access import create_token

DOOR = "https://hub.example/go"


@pytest.fixture
def site(tmp_path: Path) -> Any:
    site = Website(tmp_path / "hub", users=())
    site.settings = {"cases": {"phone_url": DOOR, "ask_contact": False}}
    site.start()
    yield site
    site.stop()


@pytest.fixture
def till(site: Website, tmp_path: Path) -> Any:
    """A device that knows its hub's questionnaire and key."""
    token = tmp_path / "token"
    token.write_text(create_token(site.services.engine, "box", "device", "box-1"), encoding="utf-8")
    words = {"id": "words", "kind": "text", "text": {"en": "What else?"}}
    ask(site.services.engine, content_of(nps_question(), words), "till-1")
    wait_until(lambda: version_wanted(site) is not None, "what is wanted of the device")
    with Till(tmp_path, {"transport": "https", "url": site.url, "token_file": str(token)}).on() as till:
        yield till


def answers(site: Website) -> dict[str, tuple[Any, str, bool]]:
    """By question: the answer, whose visit, and whether it came from a phone."""
    query = select(tables.event.c.stream, tables.event.c.data).where(tables.event.c.type == "survey.answer")
    with site.services.engine.connect() as connection:
        rows = [(stream, loaded(data)) for stream, data in connection.execute(query)]
    return {
        each["question"]: (each["value"], each["visit"], stream.startswith("phone")) for stream, each in rows
    }


@pytest.mark.browser
def test_a_visit_that_began_on_the_screen_goes_on_on_the_phone(
    till: Till, site: Website, browser: Browser
) -> None:
    assert till.agent.kiosk and till.agent.kiosk.pages
    wait_until(lambda: till.agent.kiosk.kiosk.contents[1].continuing is not None, "key and questionnaire", 60)  # type: ignore[union-attr]
    screen = browser.new_page(viewport={"width": 800, "height": 480})
    screen.goto(till.agent.kiosk.pages.url)
    screen.locator("#rate-4").click()
    screen.locator("#choose-9").click()
    expect(screen.get_by_role("heading", name="What else?")).to_be_visible()
    wait_until(lambda: "nps" in answers(site), "the answer from the screen")
    screen.locator("#phone").click()
    expect(screen.get_by_role("img", name="QR code")).to_be_visible()
    address = read_qr_code(screen.screenshot())
    assert address.startswith(f"{DOOR}/box-1-")
    phone = browser.new_page(viewport={"width": 390, "height": 844})
    phone.goto(address.replace("https://hub.example", site.url))
    expect(phone.get_by_role("heading", name="What else?")).to_be_visible()
    phone.fill("textarea", "More bread, please.")
    phone.click("button.main")
    wait_until(lambda: "words" in answers(site), "the answer from the phone", 60)
    given = answers(site)
    assert given["nps"][0::2] == (9, False)
    assert given["words"][0::2] == ("More bread, please.", True)
    assert given["nps"][1] == given["words"][1]
    for page in (screen, phone):
        page.close()
