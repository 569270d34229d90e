"""What every test may ask for: a real broker, a real database, a real browser.

A part that this machine lacks skips the test and names the Debian package; in CI (`CI=true`) it fails.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import make_url
from tests.harness.brokers import Mosquitto
from tests.harness.browser import PATIENCE_MS, find_chromium, open_browser
from tests.harness.databases import PostgreSQL
from tests.harness.panel_micropython import MicroPython
from tests.harness.processes import MissingPart
from tests.harness.schemas import with_tables

Part = TypeVar("Part")

TESTS = Path(__file__).parent
LONGEST = (
    "e2e/test_chaos.py",
    "hub/browser/test_every_page.py",
    "e2e/test_demo.py",
    "e2e/test_killed_eyes.py",
    "hub/api/test_small_cells.py",
    "hub/cells/test_withholding.py",
    "hub/pages/test_place.py",
    "hub/browser/test_phone.py",
    "hub/browser/test_comparing.py",
    "hub/browser/test_live_pages.py",
    "hub/browser/test_pages.py",
    "hub/browser/test_place.py",
    "hub/browser/test_surveys.py",
    "firmware/test_micropython.py",
    "edge/vision/process/test_supervise.py",
    "e2e/test_storm.py",
    "edge/test_paused_cameras.py",
    "hub/ingest/test_any_order.py",
    "edge/kiosk/test_kiosk_page.py",
    "hub/pages/test_every_form.py",
    "edge/test_killed.py",
)
"""Files that take longest, longest first. One that began last would run alone at the end."""

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # for tests of training code, which loads the runtime by itself


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first; all others in their order."""
    ranks = {TESTS / name: rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path, len(ranks)))


def need(part: Callable[[], Part]) -> Part:
    """The part, or a skipped test; a failed one in CI."""
    try:
        return part()
    except MissingPart as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing), pytrace=False)
        pytest.skip(str(missing))


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A running mosquitto of this test alone."""
    broker = need(lambda: Mosquitto(tmp_path / "mosquitto"))
    try:
        broker.start()
        yield broker
    finally:
        broker.kill()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgreSQL]:
    """One running PostgreSQL server for all tests."""
    server = need(PostgreSQL)
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: PostgreSQL) -> Iterator[str]:
    """Name of a database with the hub's tables, to copy."""
    with postgresql_server.fresh_database() as url:
        with_tables(url).dispose()
        yield make_url(url).database or ""


@pytest.fixture
def postgresql_url(postgresql_server: PostgreSQL, postgresql_template: str) -> Iterator[str]:
    """SQLAlchemy's URL of a fresh database of this test alone, with the hub's empty tables."""
    with postgresql_server.fresh_database(postgresql_template) as url:
        yield url


@pytest.fixture
def empty_postgresql_url(postgresql_server: PostgreSQL) -> Iterator[str]:
    """SQLAlchemy's URL of a fresh database of this test alone, without any table."""
    with postgresql_server.fresh_database() as url:
        yield url


@pytest.fixture(scope="session")
def micropython() -> MicroPython:
    """The MicroPython runtime."""
    return need(MicroPython)


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Path of Chromium."""
    return need(find_chromium)


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    """One running headless Chromium for the tests of a file. Playwright keeps an event loop running in this
    thread while it is open, so no other file may find it open."""
    with open_browser(chromium) as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page with no cookies, of this test alone."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    try:
        yield context.new_page()
    finally:
        context.close()
