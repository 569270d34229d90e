"""Charts have the colours of the pages, and the numbers and dates of their language."""

import re

import pytest

from tillsight_hub.charts.look import COLOURS, number_locale, print_config, screen_config, time_locale
from tillsight_hub.pages.assets import FOLDER
from tillsight_hub.pages.figures import figures_of


def colours_of_the_pages() -> dict[str, tuple[str, str]]:
    text = (FOLDER / "css" / "colours.css").read_text(encoding="utf-8")
    found = dict(re.findall(r"--([\w-]+): light-dark\(([^)]+)\)", text)) | dict(
        re.findall(r"--([\w-]+): var\(--([\w-]+)\)", text)
    )
    pairs = {name: found.get(value, value) for name, value in found.items()}
    return {
        name.replace("-", "_"): (light, dark)
        for name, pair in pairs.items()
        for light, _, dark in [pair.partition(", ")]
    }


def test_charts_have_the_colours_of_the_pages() -> None:
    pages = colours_of_the_pages()
    assert len(pages) > 30
    assert {name: pages[name] for name in COLOURS} == COLOURS


def test_on_the_screen_colours_are_the_pages_own_variables() -> None:
    text = repr(screen_config())
    assert "#" not in text
    assert "var(--negative-band)" in text


def test_on_paper_colours_are_colours() -> None:
    assert "var(" not in repr(print_config("dark"))
    assert print_config("dark")["axis"]["labelColor"] == COLOURS["quiet"][1]


@pytest.mark.parametrize(
    ("language", "decimal", "thousands", "sunday", "october"),
    [("en", ".", ",", "Sun", "Oct"), ("it", ",", ".", "dom", "ott")],
)
def test_axes_speak_the_language(
    language: str, decimal: str, thousands: str, sunday: str, october: str
) -> None:
    numbers, times = number_locale(figures_of(language)), time_locale(figures_of(language))
    assert (numbers["decimal"], numbers["thousands"], numbers["percent"]) == (decimal, thousands, "%")
    assert (times["shortDays"][0], times["shortMonths"][9]) == (sunday, october)
    assert (len(times["days"]), len(times["months"])) == (7, 12)
