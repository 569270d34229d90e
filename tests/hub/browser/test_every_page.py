"""Every page of the app in every language, with attacks in all names and texts: nothing runs, nothing is too
wide, and no rule of WCAG that a program can check is broken. New pages are here by themselves."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page
from tests.harness.every_page import NO_PAGES, pages_by_route, routes_of
from tests.harness.hostile import BEHIND, COMPUTED, MARKED, SEED, attack, furnish
from tests.harness.websites import Visitor, Website, website

from tillsight_hub.pages.navigation import NAVIGATION
from tillsight_hub.pages.rendering import LANGUAGE_COOKIE
from tillsight_hub.pages.texts import LANGUAGES

from .conftest import OpenWindow
from .test_accessibility import axe, violations

__all__ = ["axe"]

WIDTHS = (1440, 820, 390)
NOT_LED_TO = {
    "/go/{code}": "a shopper's phone comes by a code",
    "/go/erase/{token}": "a shopper comes by a code",
    "/login": "whoever is logged in is sent on",
    "/explore/export": "files, or the page that says why not",
    "/places/{place_id}/why": "a part of a page that a script asks for",
    "/surveys/{survey}/file": "a file",
    "/compliance/{touchpoint}/{document}.pdf": "a file",
    "/.well-known/security.txt": "text for whoever found a hole",
    "/metrics": "text for Prometheus",
    "/healthz": "JSON for a monitor",
    "/openapi.json": "JSON for programs",
}
"""Pages without a link, and why."""
HARMLESS = ("warning: WARN Infinite extent",)
"""What Vega says of a chart of days without answers."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    with website(tmp_path_factory.mktemp("hostile"), seed=SEED, users=("ada",)) as running:
        furnish(running)
        yield running


@pytest.fixture(scope="module")
def pages(site: Website) -> dict[str, str]:
    """By route an address of it."""
    with httpx.Client(base_url=site.url, timeout=60) as client:
        assert Visitor(client).log_in("ada").status_code == 303
        return pages_by_route(site.app, client, BEHIND)


def test_links_lead_to_every_page(site: Website, pages: dict[str, str]) -> None:
    routes = {route.path for route in routes_of(site.app) if "GET" in (route.methods or ())}
    shown = {path for path in routes if not path.startswith(NO_PAGES)} - set(NOT_LED_TO)
    assert shown == set(pages) & shown
    assert len(pages) > 15


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_obeys_what_people_typed_or_is_too_wide_or_hard_to_use(
    site: Website, open_window: OpenWindow, axe: str, pages: dict[str, str], language: str
) -> None:
    width, theme = (WIDTHS[0], "light") if language == LANGUAGES[0] else (WIDTHS[-1], "dark")
    window = open_window(site, width=width, theme=theme)
    window.page.context.add_cookies([{"name": LANGUAGE_COOKIE, "value": language, "url": site.url}])
    window.page.on("dialog", lambda dialog: window.complaints.append(f"dialog: {dialog.message}"))
    problems = []
    for route, address in _in_language(pages, language):
        page = window.open(address)
        page.wait_for_selector("#main")
        problems += [f"{route}: {rule}" for rule in violations(page, axe)]
        problems += [f"{route}: {problem}" for problem in _too_wide(page, width)]
        problems += [f"{route}: {problem}" for problem in _obeyed(page)]  # live parts have come by now
        problems += [f"{route}: {each}" for each in window.complaints if not each.startswith(HARMLESS)]
        window.complaints.clear()
    assert not problems, "\n".join(problems)


def test_what_people_typed_is_really_on_the_pages(site: Website, pages: dict[str, str]) -> None:
    """Without this the attacks might be inert because nobody shows them."""
    with httpx.Client(base_url=site.url, timeout=60) as client:
        Visitor(client).log_in("ada")
        everything = "\n".join(client.get(address).text for address in pages.values())
    told = ("org", "store", "touchpoint", "device", "owner", "token", "detail", "version", "file")
    for about in told:
        assert attack(about)[: len(about) + 1].replace('"', "&#34;") in everything, about


def _in_language(pages: dict[str, str], language: str) -> list[tuple[str, str]]:
    """All pages in the first language; in the others those of the navigation, since words alone differ."""
    in_menu = {entry.path for entries in NAVIGATION.values() for entry in entries}
    return [each for each in pages.items() if language == LANGUAGES[0] or each[1] in in_menu]


def _obeyed(page: Page) -> list[str]:
    """What an attack has achieved."""
    found = page.evaluate(
        """([marked, computed]) => [
            ...[...document.querySelectorAll(marked)].map((made) => made.outerHTML.slice(0, 200)),
            ...(window.pwned ? ["a script ran"] : []),
            ...(document.body.innerText.includes(computed) ? ["a template was filled in"] : []),
        ]""",
        [MARKED, COMPUTED],
    )
    return [f"obeyed: {each}" for each in found]


def _too_wide(page: Page, width: int) -> list[str]:
    """At every width; the window is left as it was."""
    problems = []
    for each in (*(other for other in WIDTHS if other != width), width):
        page.set_viewport_size({"width": each, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            problems.append(f"{wide} px too wide at {each}")
    return problems
