"""A hub behind a real port, and a real browser that notes everything that goes wrong in its pages."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page
from tests.harness.browser import PATIENCE_MS
from tests.harness.websites import PASSWORD, Visitor, Website, website

from tillsight_hub.access.forms import SESSION_COOKIE


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test in this folder drives a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


@dataclass
class Window:
    """A page of the browser, logged in."""

    page: Page
    site: Website
    complaints: list[str] = field(default_factory=list)
    """Errors in scripts, refused by the content security policy, or files that were not there."""

    def listen(self) -> None:
        def heard(message: ConsoleMessage) -> None:
            lost = "/live/" in str(message.location) or "ERR_CONNECTION_REFUSED" in message.text
            if message.type in ("error", "warning") and not (lost and self.site.ending):
                self.complaints.append(f"{message.type}: {message.text} {message.location}")

        self.page.on("console", heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))

    def open(self, path: str) -> Page:
        self.page.goto(self.site.url + path)
        return self.page

    def wait_until_live(self) -> None:
        self.page.wait_for_selector("#pulse[data-state=live]")

    def log_in(self, name: str = "ada", password: str = PASSWORD) -> None:
        if "/login" not in self.page.url:
            self.open("/login")
        self.page.fill("#name", name)
        self.page.fill("#password", password)
        self.page.press("#password", "Enter")
        self.page.wait_for_load_state()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """One hub for the tests of a file."""
    with website(tmp_path_factory.mktemp("site"), users=("ada", "mona")) as running:
        yield running


def session_of_ada(site: Website) -> dict[str, str]:
    """Her cookie, from a form that no browser had to fill in."""
    with httpx.Client(base_url=site.url, timeout=60) as client:
        assert Visitor(client).log_in("ada").status_code == 303
        return {"name": SESSION_COOKIE, "value": client.cookies[SESSION_COOKIE], "url": site.url}


OpenWindow = Callable[..., Window]


def too_wide(page: Page, screens: dict[str, tuple[int, int]]) -> list[str]:
    """Where a page is wider than its screen, on one after the other; the window stays like the last."""
    problems = []
    for name, (width, height) in screens.items():
        page.set_viewport_size({"width": width, "height": height})
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        problems += [f"{wide} px too wide for the {name}"] if wide else []
    return problems


@pytest.fixture
def open_window(browser: Browser) -> Iterator[OpenWindow]:
    """`open_window(site, width=390, theme="dark")`: a window, logged in; its complaints fail the test."""
    windows: list[Window] = []

    def opened(
        site: Website,
        *,
        width: int = 1440,
        height: int = 900,
        theme: str = "light",
        logged_in: bool = True,
    ) -> Window:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,  # type: ignore[arg-type]
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE_MS)
        windows.append(Window(context.new_page(), site))
        windows[-1].listen()
        if logged_in:
            context.add_cookies([session_of_ada(site)])  # type: ignore[list-item]
            windows[-1].open("/")
        return windows[-1]

    yield opened
    for window in windows:
        window.page.context.close()
    assert not [complaint for window in windows for complaint in window.complaints]


@pytest.fixture
def window(site: Website, open_window: OpenWindow) -> Window:
    """Ada at her desk."""
    return open_window(site)
