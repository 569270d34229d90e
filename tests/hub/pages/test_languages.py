"""Whom the pages speak to in which language, and how each language writes its numbers."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.harness.websites import Visitor, Website

from tillsight_hub.pages.figures import figures_of

from .conftest import Visit
from .test_overview import frames, next_with

ITALIAN = 'lang="it"'


@pytest.fixture
def ada(site: Website, visit: Visit) -> Visitor:
    visitor = visit(site)
    visitor.log_in("ada")
    return visitor


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("it-IT,it;q=0.9,en;q=0.8", "it"),
        ("it", "it"),
        ("de-DE,de;q=0.9", "en"),
        ("de,it;q=0.5", "it"),
        ("*", "en"),
        ("", "en"),
        (";;=,,\x7f", "en"),
    ],
)
def test_a_browser_that_asks_is_answered_in_its_language(ada: Visitor, accepted: str, language: str) -> None:
    assert f'<html lang="{language}"' in ada.client.get("/", headers={"Accept-Language": accepted}).text


def test_a_choice_holds_until_the_next_one(ada: Visitor) -> None:
    assert ITALIAN in ada.client.get("/?lang=it&measure=satisfied").text.partition("<head>")[0]
    assert "<h1>Oggi</h1>" in ada.client.get("/", headers={"Accept-Language": "en"}).text
    assert "<h1>Today</h1>" in ada.client.get("/?lang=en").text
    assert "<h1>Today</h1>" in ada.client.get("/", headers={"Accept-Language": "it"}).text


def test_nobody_gets_a_language_that_does_not_exist(ada: Visitor) -> None:
    answer = ada.client.get("/?lang=xx")
    assert '<html lang="en"' in answer.text
    assert "tillsight_language" not in answer.headers.get("set-cookie", "")


def test_the_links_to_the_other_languages_keep_what_is_shown(ada: Visitor) -> None:
    assert 'href="/?measure=satisfied&amp;lang=it"' in ada.client.get("/?measure=satisfied").text


def test_the_way_in_and_the_errors_speak_it_too(site: Website, visit: Visit) -> None:
    stranger = visit(site)
    assert "Password dimenticata?" in stranger.client.get("/login?lang=it").text
    missing = stranger.client.get("/nowhere", headers={"Accept": "text/html"})
    assert "Qui non c'è niente" in missing.text.replace("&#39;", "'")


def test_two_who_watch_the_same_get_it_in_their_own_language(ada: Visitor) -> None:
    def summary(language: str) -> str:
        ada.client.get(f"/?lang={language}")
        with frames(ada, "/live/overview") as stream:
            return _html(next_with(stream, "summary"))

    assert "Serviti" in summary("it")
    assert "Served" in summary("en")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["1,234", "3.4%", "1,234.5", "−7.5%", "Sunday 29 March 2026", "March 2026", "Monday", "Mon"]),
        (
            "it",
            ["1.234", "3,4%", "1.234,5", "−7,5%", "domenica 29 marzo 2026", "marzo 2026", "lunedì", "lun"],
        ),
    ],
)
def test_numbers_and_dates_are_written_as_the_language_does(language: str, said: list[str]) -> None:
    figures = figures_of(language)
    assert list(_written(figures)) == said


def _written(figures: Any) -> Iterator[str]:
    yield figures.count(1234.4)
    yield figures.share(0.034)
    yield figures.number(1234.5)
    yield figures.share(-0.075)
    yield figures.day("2026-03-29")
    yield figures.month("2026-03-29")
    yield figures.weekday(1)
    yield figures.weekday(1, short=True)


def _html(part: dict[str, Any]) -> str:
    return str(part["html"])
