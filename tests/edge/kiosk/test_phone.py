"""The QR code by which a visit goes on on a phone."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.edge.pages.conftest import OpenPage
from tests.harness.kiosk_stage import PHONE, KioskStage, kiosk_stage
from tests.harness.kiosks import LIKELY, WHY, survey_of
from tests.harness.qr_codes import read_qr_code

from tillsight_edge.kiosk.phone import draw
from tillsight_models.continuation import Continuation, key_from_text
from tillsight_models.events import QuestionAnswered
from tillsight_models.wanted import Continuing


def read(stage: KioskStage, url: str) -> Continuation:
    code = url.removeprefix(f"{PHONE.url}/")
    found = Continuation.read(code, key_from_text(PHONE.key), stage.clock.stamp().t)
    assert found.continuation, found.reason
    return found.continuation


def test_neighbouring_modules_are_one_stroke_inside_a_quiet_border() -> None:
    drawn = draw("https://hub.example/go/till-1-box-aebagbafaydqqcikbmga2dqpcaireeyucuea")
    assert drawn.path.startswith("M4 4h7v1h-7z")
    assert drawn.size == 41
    places = [int(number) for number in re.findall(r"M(\d+) ", drawn.path)]
    assert min(places) == 4
    assert "m0" not in drawn.path and len(drawn.path) < 8_000


def test_there_is_no_code_before_a_press_and_none_after_the_visit(tmp_path: Path) -> None:
    with kiosk_stage(tmp_path, survey_of(WHY, LIKELY), continuing=PHONE) as stage:
        assert stage.kiosk.frame().code is None
        stage.press(1)
        first = stage.kiosk.frame().code
        assert first is not None
        stage.choose("queue", "3")
        assert stage.kiosk.frame().code == first
        assert stage.kiosk.frame().screen.state == "thanks"
        stage.pass_time(19)
        assert stage.kiosk.frame().code == first
        stage.pass_time(2)
        assert stage.kiosk.frame().code is None
        stage.press(1)
        assert stage.kiosk.frame().code not in (None, first)
        stage.kiosk.undo()
        assert stage.kiosk.frame().code is None


@pytest.mark.parametrize("continuing", [None, Continuing(url="https://hub.example/go", key="c2hvcnQ")])
def test_without_a_good_key_there_is_no_code(tmp_path: Path, continuing: Continuing | None) -> None:
    with kiosk_stage(tmp_path, continuing=continuing) as stage:
        stage.press(1)
        assert stage.kiosk.frame().code is None


def test_a_clock_that_nobody_believes_makes_no_code(tmp_path: Path) -> None:
    with kiosk_stage(tmp_path, continuing=PHONE) as stage:
        stage.clock.quality = "unsynced"
        stage.press(1)
        assert stage.kiosk.frame().code is None


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_reads_the_visit_from_the_smallest_screen(
    tmp_path: Path, open_page: OpenPage, theme: str
) -> None:
    with kiosk_stage(tmp_path, survey_of(WHY, LIKELY), continuing=PHONE) as stage:
        page: Page = open_page(stage.pages.url, width=800, height=480, theme=theme)
        expect(page.locator("#rate-1")).to_be_visible()
        assert page.locator(".code").count() == 0
        page.locator("#rate-1").click()
        page.locator("#phone").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("img", name="QR code")).to_be_visible()
        large = read_qr_code(page.screenshot())
        box = page.locator(".code").bounding_box()
        assert box is not None and box["width"] >= 290
        page.keyboard.press("Escape")
        assert page.locator(".code").count() == 0
        stage.choose("queue", "3")
        expect(page.get_by_role("heading", name="Thank you!")).to_be_visible()
        small = read_qr_code(page.screenshot())
        box = page.locator(".code").bounding_box()
        assert box is not None and box["width"] >= 240
        assert large == small
        (answer,) = [each for each in stage.made if isinstance(each, QuestionAnswered)]
        assert read(stage, small).visit == answer.visit
        stage.pass_time(30)
        expect(page.locator("#rate-1")).to_be_visible()
        assert page.locator(".code").count() == 0
