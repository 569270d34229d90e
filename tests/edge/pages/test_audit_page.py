"""An audit on a phone: a real browser, the real server, and a counter whose contacts are written down."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.harness.counters import tell_status
from tests.harness.edge_configs import device_config

from tillsight_edge.audit import AuditSession, Counter, CounterWatch, judge
from tillsight_edge.fakes import FakeClock
from tillsight_edge.pages.audit_page import audit_routes
from tillsight_edge.pages.server import PageServer

from .conftest import OpenPage, Violations

pytestmark = pytest.mark.browser
TILL = Counter("camera", "till")


@dataclass
class Audit:
    """A session behind a real port, on a clock that the test moves."""

    clock: FakeClock
    session: AuditSession
    pages: PageServer

    def compare(self, folder: Path, left_s: list[float]) -> dict[str, Any]:
        """Both counts, of a counter whose contacts left so many seconds after the beginning."""
        config, start = device_config(folder), self.session.period_ms[0]
        tell_status(config, self.session.needs_ms(TILL, 10), [start + round(1000 * each) for each in left_s])
        watch = CounterWatch(config, TILL)
        watch.look()
        result = judge(self.session, watch, TILL, 10).as_dict()
        self.session.finish(result)
        return result


def new_audit(*, groups: bool = False) -> Audit:
    clock = FakeClock()
    session = AuditSession(clock, 10)
    audit = Audit(clock, session, PageServer("audit.html", audit_routes(session, "till-1", groups=groups)))
    audit.pages.start()
    return audit


@pytest.fixture
def audit() -> Iterator[Audit]:
    made = new_audit()
    yield made
    made.pages.stop()


@pytest.fixture
def phone(audit: Audit, open_page: OpenPage) -> Page:
    return open_page(audit.pages.url, width=390, height=844)


def tap(page: Page, name: str, total: str) -> None:
    page.get_by_role("button", name=name).tap()
    expect(page.locator("#sum")).to_have_text(total)


def settled(audit: Audit, taps: int) -> None:
    """The device has them all."""
    done = threading.Event()
    for _ in range(500):
        if len(audit.session.taps) == taps:
            return
        done.wait(0.02)
    raise AssertionError(f"{len(audit.session.taps)} taps instead of {taps}")


def test_taps_on_a_phone_become_precision_and_recall(audit: Audit, phone: Page, tmp_path: Path) -> None:
    expect(phone.locator("#touchpoint")).to_have_text("till-1")
    expect(phone.locator("#ready")).to_contain_text("For 10 minutes you count")
    phone.get_by_role("button", name="Begin").tap()
    expect(phone.locator("#left")).to_have_text("10:00")
    for number in range(1, 7):
        audit.clock.advance(60)
        is_last = number == 6
        tap(
            phone,
            "Served, and pressed" if is_last else "Served walks away now",
            f"{number} customers, {int(is_last)} pressed" if number > 1 else "1 customer, 0 pressed",
        )
        settled(audit, number)
    audit.clock.advance(240)
    expect(phone.locator("#left")).to_have_text("0:00")
    assert audit.session.wait(0) == "comparing"
    expect(phone.locator("#kept")).to_have_text("6 customers, 1 pressed")
    result = audit.compare(tmp_path, [61, 118, 180, 270, 301, 361])
    assert [result[name] for name in ("counted", "observed", "matched")] == [6, 6, 5]
    expect(phone.locator("#counts")).to_have_text("You saw 6, the device counted 6, both have 5.")
    shares = phone.locator(".share")
    expect(shares).to_have_count(3)
    expect(shares.nth(0)).to_contain_text("83 %")
    expect(shares.nth(0)).to_contain_text("44 % to 97 %")
    expect(shares.nth(2)).to_contain_text("Recall of pressers")


def test_a_tap_is_undone_corrected_and_removed(audit: Audit, phone: Page) -> None:
    phone.get_by_role("button", name="Begin").tap()
    tap(phone, "Served walks away now", "1 customer, 0 pressed")
    tap(phone, "Served walks away now", "2 customers, 0 pressed")
    tap(phone, "Served, and pressed", "3 customers, 1 pressed")
    tap(phone, "Undo", "2 customers, 0 pressed")
    phone.get_by_label("pressed", exact=True).first.tap()
    expect(phone.locator("#sum")).to_have_text("2 customers, 1 pressed")
    phone.get_by_role("button", name="Remove").last.tap()
    expect(phone.locator("#sum")).to_have_text("1 customer, 1 pressed")
    settled(audit, 1)
    assert [each.pressed for each in audit.session.taps] == [True]


def test_taps_without_a_network_arrive_later_with_their_own_time(audit: Audit, phone: Page) -> None:
    phone.get_by_role("button", name="Begin").tap()
    tap(phone, "Served walks away now", "1 customer, 0 pressed")
    settled(audit, 1)
    audit.clock.advance(60)
    phone.context.set_offline(True)
    tap(phone, "Served walks away now", "2 customers, 0 pressed")
    tap(phone, "Served, and pressed", "3 customers, 1 pressed")
    expect(phone.locator("#pulse")).to_have_text("no connection, 2 waiting")
    assert len(audit.session.taps) == 1
    phone.context.set_offline(False)
    settled(audit, 3)
    expect(phone.locator("#pulse")).to_have_text("connected")
    expect(phone.locator("#sum")).to_have_text("3 customers, 1 pressed")
    behind = [audit.clock.mono_ms() - each.mono_ms for each in audit.session.taps[1:]]
    assert all(3_000 < each < 60_000 for each in behind), behind


def test_a_count_can_be_ended_early_and_keeps_its_taps(audit: Audit, phone: Page, tmp_path: Path) -> None:
    phone.get_by_role("button", name="Begin").tap()
    expect(phone.locator("#left")).to_have_text("10:00")
    audit.clock.advance(90)
    tap(phone, "Served walks away now", "1 customer, 0 pressed")
    phone.on("dialog", lambda dialog: dialog.accept())
    phone.get_by_role("button", name="End now").tap()
    expect(phone.locator("#comparing")).to_be_visible()
    result = audit.compare(tmp_path, [89])
    assert (result["period_s"], result["matched"], result["complete"]) == (90.0, 1, False)
    expect(phone.locator("#notes")).to_contain_text("The audit ended before its time")
    expect(phone.locator("#notes")).to_contain_text("the intervals are wide")


def test_the_page_survives_a_reload(audit: Audit, phone: Page) -> None:
    phone.get_by_role("button", name="Begin").tap()
    tap(phone, "Served, and pressed", "1 customer, 1 pressed")
    settled(audit, 1)
    phone.reload()
    expect(phone.locator("#sum")).to_have_text("1 customer, 1 pressed")
    tap(phone, "Undo", "0 customers, 0 pressed")


def test_the_page_says_how_groups_are_tapped(open_page: OpenPage) -> None:
    for groups, words in ((False, "are one tap each"), (True, "are one tap: the device counts groups")):
        audit = new_audit(groups=groups)
        page = open_page(audit.pages.url)
        expect(page.locator("#together")).to_contain_text(words)
        audit.pages.stop()


@pytest.mark.parametrize(
    ("width", "theme"), [(390, "light"), (390, "dark"), (800, "light"), (1440, "light"), (1440, "dark")]
)
def test_no_step_breaks_a_rule_or_is_wider_than_its_screen(
    open_page: OpenPage, violations: Violations, theme: str, width: int, tmp_path: Path
) -> None:
    audit = new_audit()
    page = open_page(audit.pages.url, width=width, theme=theme)

    def sound(step: str) -> None:
        expect(page.locator(step)).to_be_visible()
        assert not violations(page), step
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, step

    sound("#ready")
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("button", name="Served walks").click()
    page.get_by_role("button", name="Served, and").click()
    expect(page.locator("#last li")).to_have_count(2)
    sound("#counting")
    audit.session.end()
    sound("#comparing")
    audit.compare(tmp_path, [0])
    sound("#done")
    audit.pages.stop()
