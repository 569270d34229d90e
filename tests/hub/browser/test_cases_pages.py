"""Cases and actions in a real browser: no rule broken, nothing beyond the edge, and all of it by keyboard."""

import time

import httpx
import pytest
from sqlalchemy import insert
from tests.conftest import need
from tests.harness.npm import npm_package
from tests.harness.phones import Phone, code_of, visit_id
from tests.harness.websites import Website

from tillsight_hub import tables
from tillsight_hub.actions.register import Draft, add_action
from tillsight_hub.cases.desk import Desk
from tillsight_hub.cases.listing import find_case
from tillsight_hub.cases.opening import open_for_alert, open_for_request
from tillsight_hub.cases.settings import CaseSettings
from tillsight_hub.database import writing
from tillsight_hub.hierarchy import read_hierarchy

from .conftest import OpenWindow, too_wide
from .test_accessibility import VERSION, violations

LONG = "Averyveryverylongwordthatnobodywouldeverwritebutsomebodywill" * 2
DETAIL = (
    '{"chart": "touchpoint", "statistic": 5.1, "threshold": 5.0, "arl0_months": 2.0, "votes_neg": 9, '
    '"votes_pos": 2, "contacts": 31, "expected_neg": 2.1}'
)
SCREENS = {"wall": (2560, 1440), "desk": (1440, 900), "tablet": (820, 1180), "phone": (390, 844)}
PATHS = ("/cases", "/cases?show=overdue", "/cases/1", "/cases/2", "/cases/3", "/actions", "/actions/1")


@pytest.fixture(scope="module")
def axe() -> str:
    """The checker's script."""
    return need(lambda: npm_package("axe-core", VERSION) / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module", autouse=True)
def some_cases(site: Website) -> None:
    """An overdue alert in work, a wish, one that is closed; an action and an incident."""
    site.serve(60)
    for rating in (1, 1, 1, 4, 4, 4, 3, 1, 4, 2, 4, 1):
        site.press(rating)
    now, settings = time.time_ns() // 1_000_000, CaseSettings()
    alert = {"rule_id": 0, "rule_version": 1, "tp": "till-1", "since": now - 60_000, "raised": now - 30_000}
    wish = {"tp": "desk", "at": now, "name": "Ugo", "address": "ugo@example.org", "message": LONG}
    with writing(site.services.engine) as connection:
        hierarchy = read_hierarchy(connection)
        places = hierarchy.touchpoints
        connection.execute(insert(tables.alert).values(**alert, noticed=now, detail=DETAIL))
        words = {"language": "it", "consent": "I agree", "erase_after": now + 10**9}
        connection.execute(insert(tables.contact_request).values(**wish, **words))
        open_for_alert(connection, settings, places["till-1"], 1, now - 90 * 86_400_000)
        open_for_request(connection, settings, places["desk"], 1, now)
        desk = Desk(connection, hierarchy, settings, "ada", now)
        number = desk.open("stall", LONG[:120])
        closed = find_case(connection, hierarchy, hierarchy.within(None), number)
        desk.note(closed, LONG)
        desk.close(closed, LONG, LONG)
        action = Draft(place="rome", kind="action", title=LONG[:120], first_day="2026-10-05", metric="csat")
        add_action(connection, action, "ada", now)
        incident = Draft(place="acme", kind="incident", title="Strike", first_day="2026-10-12")
        add_action(connection, incident, "ada", now)


@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (1440, "light")])
def test_the_pages_break_no_rule_and_nothing_is_beyond_the_edge(
    site: Website, open_window: OpenWindow, axe: str, width: int, theme: str
) -> None:
    window = open_window(site, width=width, theme=theme)
    for path in PATHS:
        page = window.open(path)
        assert not violations(page, axe), path
        assert too_wide(page, SCREENS) == [], path


def test_a_case_is_taken_and_closed_by_keyboard(site: Website, open_window: OpenWindow) -> None:
    page = open_window(site).open("/cases")
    page.focus("#new-text")
    page.keyboard.type("The light flickers")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/*")
    assert page.locator("h1").inner_text() == "The light flickers"
    page.focus("button[value=take]")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=in work")
    page.focus("#cause")
    page.keyboard.type("A loose wire")
    page.keyboard.press("Tab")
    page.keyboard.type("Screwed tight.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Screwed tight.")
    assert page.locator(".case-chips").inner_text().split("\n")[-1] == "closed"


def test_a_wish_appears_on_the_open_list_without_a_reload(site: Website, open_window: OpenWindow) -> None:
    window = open_window(site)
    page = window.open("/cases?origin=request")
    window.wait_until_live()
    before = page.locator("li.case").count()
    with httpx.Client(base_url=site.url) as client:
        phone = Phone(client, code_of(site.services.engine, visit_id(77), "box-2"))
        phone.send("skip")
        phone.send("contact", address="ugo@example.org", consent="yes")
    page.wait_for_function("(n) => document.querySelectorAll('li.case').length > n", arg=before)
    assert page.locator(".tabs [aria-current]").inner_text().split()[-1] == str(before + 1)


def test_the_address_is_shown_on_demand(site: Website, open_window: OpenWindow, axe: str) -> None:
    page = open_window(site).open("/cases/2")
    assert "ugo@example.org" not in page.content()
    page.click("text=Show how to reach them")
    assert page.locator(".contact").inner_text().count("ugo@example.org") == 1
    assert not violations(page, axe)


def test_an_action_is_entered_by_keyboard(site: Website, open_window: OpenWindow) -> None:
    page = open_window(site).open("/actions")
    page.focus("#title")
    page.keyboard.type("A bench at the entrance")
    page.keyboard.press("Enter")
    page.wait_for_url("**/actions/*")
    assert page.locator("h1").inner_text() == "A bench at the entrance"
