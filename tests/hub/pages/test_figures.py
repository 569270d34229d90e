"""Numbers as people read them, and where charts put them."""

import pytest

from tillsight_hub.calendar import PlaceCalendar
from tillsight_hub.metrics.registry import Score, Unit
from tillsight_hub.pages import figures as geometry
from tillsight_hub.pages.figures import figures_of

figures = figures_of("en")


def score(value: float | None, lower: float | None = None, upper: float | None = None, n: int = 100) -> Score:
    return Score("m", 1, value, lower, upper, 0.95, n, "wilson", "ok")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "share", "–"),
        (0.0, "share", "0%"),
        (0.034, "share", "3.4%"),
        (0.0994, "share", "9.9%"),
        (0.0996, "share", "10%"),
        (0.5, "share", "50%"),
        (1.0, "share", "100%"),
        (1.234, "share", "123%"),
        (-0.25, "share", "−25%"),
        (-0.021, "share", "−2.1%"),
        (1234.4, "count", "1,234"),
        (78.23, "index", "78.2"),
        (3.456, "rating", "3.46"),
        (32.4, "points", "+32"),
        (-7.6, "points", "−8"),
        (0.2, "points", "0"),
    ],
)
def test_values_have_their_sign_and_unit(value: float | None, unit: Unit, text: str) -> None:
    assert figures.value_text(score(value), unit) == text


@pytest.mark.parametrize(
    ("lower", "upper", "unit", "text"),
    [
        (0.014, 0.064, "share", "1.4–6.4%"),
        (0.08, 0.17, "share", "8.0–17%"),
        (12.1, 61.9, "points", "+12–+62"),
        (None, None, "share", ""),
    ],
)
def test_intervals_name_the_unit_once(
    lower: float | None, upper: float | None, unit: Unit, text: str
) -> None:
    assert figures.range_text(score(0.1, lower, upper), unit) == text


def test_a_band_lies_on_its_axis() -> None:
    band = figures.band(score(0.1, 0.05, 0.15), 0.2)
    assert band is not None
    assert (band.lower, band.value, band.upper, band.beyond) == (25, 50, 75, False)


def test_a_band_that_leaves_its_axis_says_so() -> None:
    band = figures.band(score(0.1, 0.05, 0.3), 0.2)
    assert band is not None
    assert (band.upper, band.beyond) == (100, True)
    negative = figures.band(score(-0.1, -0.2, 0.1), 1.0)
    assert negative is not None
    assert negative.lower == negative.value == 0


def test_a_band_without_width_can_still_be_seen() -> None:
    band = figures.band(score(0.1))
    assert band is not None
    assert band.width > 0
    assert figures.band(score(None)) is None


@pytest.mark.parametrize(
    ("values", "end"),
    [
        ([], 0.05),
        ([None], 0.05),
        ([0.01], 0.05),
        ([0.05], 0.1),
        ([0.02, 0.13], 0.2),
        ([0.5], 1.0),
        ([1.4], 1.0),
    ],
)
def test_a_common_axis_has_room_above_the_highest_value(values: list[float | None], end: float) -> None:
    assert geometry.axis_end([score(value) for value in values]) == end


def test_clocks_are_the_places_own() -> None:
    calendar = PlaceCalendar("Asia/Kolkata")
    assert figures.clock(calendar, 1_791_280_800_000) == "15:30"
    assert figures.clock(calendar, 1_791_280_801_999, seconds=True) == "15:30:01"
    assert figures.iso(1_791_280_801_999) == "2026-10-06T10:00:01.999Z"
