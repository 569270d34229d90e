"""`identify`: the device's name across its screen, while shoppers may go on."""

from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.edge.pages.conftest import OpenPage
from tests.harness.kiosk_stage import kiosk_stage
from tests.harness.kiosks import WHY, survey_of

pytestmark = pytest.mark.browser

HOSTILE = '<img src=x onerror="document.title=1">'


def test_the_name_lies_across_the_screen_and_shoppers_go_on_beneath_it(
    tmp_path: Path, open_page: OpenPage
) -> None:
    with kiosk_stage(tmp_path, survey_of(WHY)) as stage:
        page = open_page(stage.pages.url, width=800, height=480)
        sign = page.locator("#sign")
        expect(sign).to_be_hidden()
        stage.kiosk.show_sign("till-1-box")
        expect(sign).to_have_text("till-1-box")
        expect(sign).to_be_visible()
        box = sign.bounding_box()
        assert box is not None
        assert (box["x"], box["width"]) == (0, 800)
        stage.press(1)
        page.locator("#choose-queue").click()
        expect(page.locator("#choose-queue")).to_have_count(0)
        expect(sign).to_be_visible()
        stage.kiosk.show_sign("")
        expect(sign).to_be_hidden()
        stage.kiosk.show_sign(HOSTILE)
        expect(sign).to_have_text(HOSTILE)
        assert page.locator("#sign img").count() == 0
