"""What the hub wants, on an open page: the next shopper sees it, nobody is interrupted, words stay words."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.edge.pages.conftest import OpenPage
from tests.harness.kiosk_stage import kiosk_stage
from tests.harness.kiosks import LIKELY, WHY, survey_of

from tillsight_edge.kiosk.contents import Contents, contents_of

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=\"document.title='owned'\"><b>bold</b>"


def wanted(text: str) -> dict[str, Any]:
    """A survey of one question, a card and words, all of this text, in English."""
    question = {"id": "why", "kind": "single", "text": {"en": text}}
    question["options"] = [{"id": "one", "text": {"en": text[:40]}}]
    words = {"said": text, "did": text}
    return {
        "survey": {"id": "exit", "version": 8, "languages": ["en"], "questions": [question]},
        "languages": ["en"],
        "question": {"en": text},
        "attract": {"en": text},
        "cards": [{"id": 1, "texts": {"en": words}, "first_day": "2026-01-01"}],
    }


def test_an_open_page_shows_other_contents_to_the_next_shopper(tmp_path: Path, open_page: OpenPage) -> None:
    with kiosk_stage(tmp_path, survey_of(WHY, LIKELY)) as stage:
        page = open_page(stage.pages.url, width=800, height=480)
        stage.press(1)
        expect(page.locator("#choose-queue")).to_be_visible()
        stage.kiosk.change(contents_of(Contents(stage.config.kiosk), wanted("Was it warm?")))
        page.wait_for_timeout(300)
        expect(page.locator("#choose-queue")).to_be_visible()
        for _ in range(40):
            stage.pass_time(1)
        expect(page.locator("#title")).to_have_text("Was it warm?")
        assert page.locator("#speak-de").count() == 0
        stage.press(1)
        expect(page.locator("#choose-one")).to_contain_text("Was it warm?")


def test_hostile_words_are_words_on_every_screen(tmp_path: Path, open_page: OpenPage) -> None:
    with kiosk_stage(tmp_path, survey_of(WHY), attract_s=30) as stage:
        stage.kiosk.change(contents_of(Contents(stage.config.kiosk), wanted(HOSTILE)))
        page = open_page(stage.pages.url, width=800, height=480)
        expect(page.locator("#title")).to_have_text(HOSTILE)
        stage.pass_time(31)
        expect(page.locator(".call strong")).to_have_text(HOSTILE)
        stage.press(1)
        expect(page.locator("#choose-one")).to_contain_text(HOSTILE[:40])
        page.locator("#choose-one").click()
        expect(page.locator(".card p").first).to_have_text(HOSTILE)
        assert page.locator("#stage b, .card img, h1 img").count() == 0
        assert page.title() != "owned"
