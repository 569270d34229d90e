"""The notice on the privacy page says what the configuration says, on that day."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.edge.kiosk.test_kiosk_page import LAYOUT
from tests.edge.pages.conftest import OpenPage
from tests.harness.edge_configs import device_config
from tests.harness.kiosk_stage import KioskStage
from tests.harness.kiosks import LANGUAGES

from tillsight_edge.kiosk.notice import Faces, Notice, notice_of
from tillsight_edge.kiosk.page import Watched
from tillsight_edge.kiosk.texts import load_texts

DAY = date(2026, 11, 20)
LONG = "To know how satisfied our customers are. " * 12
"""As long as a purpose may be."""
ZONE = [[0.1, 0.1], [0.9, 0.9]]
DECLARED = {
    "purpose": "Satisfaction of customers at the tills, as counts",
    "assessment": "DPIA-2026-014",
    "legal_basis": "consent",
    "responsible": "store management",
    "sign_installed": "2026-11-02",
    "expires": "2027-05-02",
}


def noticed(folder: Path, day: date = DAY, **sections: dict[str, Any]) -> Notice | None:
    cameras: dict[str, Any] = {
        "till": {"source": "scene:1", "zone": ZONE},
        "door": {"source": "scene:2", "entrance_zone": ZONE},
    }
    return notice_of(device_config(folder, **{"cameras": cameras, **sections}), day)


def test_without_cameras_there_is_nothing_to_tell(tmp_path: Path) -> None:
    assert notice_of(device_config(tmp_path), DAY) is None


def test_it_names_what_is_counted(tmp_path: Path) -> None:
    assert noticed(tmp_path) == Notice(served=True, visitors=True, queue=False, faces=None)


def test_it_names_what_is_estimated_and_who_answers_for_it_as_long_as_that_is_declared(
    tmp_path: Path,
) -> None:
    sections: dict[str, Any] = {"emotion": {"enabled": True, "min_people": 12}, "declaration": DECLARED}
    told = noticed(tmp_path, **sections)
    assert told is not None
    assert told.faces == Faces(
        moods_of=12,
        ages_of=None,
        purpose="Satisfaction of customers at the tills, as counts",
        responsible="store management",
        expires=date(2027, 5, 2),
    )
    for day in (date(2026, 11, 1), date(2027, 5, 2)):
        off = noticed(tmp_path, day, **sections)
        assert off is not None and off.faces is None


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_longest_notice_fits_the_smallest_screen(
    stage: KioskStage, open_page: OpenPage, language: str
) -> None:
    faces = Faces(10, 10, LONG, "store management", date(2027, 5, 2))
    notice = Notice(served=True, visitors=True, queue=True, faces=faces)
    stage.watched = Watched(3, {"till": "ok", "door": "covered"}, notice=notice)
    page = open_page(stage.pages.url, width=800, height=480)
    expect(page.locator("#privacy")).to_be_visible()
    stage.kiosk.touch(lambda session: session.speak(language))
    expect(page.locator(f"html[lang={language}]")).to_have_count(1)
    page.locator("#privacy").click()
    expect(page.locator("#watched")).to_contain_text(load_texts((language,))[language]["estimating"])
    page.locator("#notice").click()
    pages: list[str] = []
    while not pages or pages[-1] != pages[0] or len(pages) == 1:
        expect(page.locator("#turn")).to_be_visible()
        assert page.evaluate(LAYOUT) == []
        pages.append(page.locator("#noticed").inner_text())
        page.locator("#turn").click()
        changed = "before => document.querySelector('#noticed').innerText !== before"
        page.wait_for_function(changed, arg=pages[-1])
    assert 3 <= len(pages) <= 5
    assert sum("store management" in each for each in pages) == 1
