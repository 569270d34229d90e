"""Bars, whiskers, weeks and profiles: each can be drawn, and says what it was given."""

import pytest
from tests.harness.drawings import drawn, paths_of, score, voice, words_in

from tillsight_hub.charts.drawing import Drawing
from tillsight_hub.charts.pareto import pareto
from tillsight_hub.charts.profile import Slot, business, profile
from tillsight_hub.charts.week import WeekCell, week
from tillsight_hub.charts.whiskers import Whisker, whiskers
from tillsight_hub.metrics.intervals import wilson

NAMED = {"Price": 10, "Waiting": 30, "Advice": 60}


def rows_of(drawing: Drawing) -> list[dict[str, object]]:
    found: list[dict[str, object]] = drawing.spec["datasets"]["rows"]
    return found


def test_what_was_named_most_comes_first_with_its_interval() -> None:
    drawing = pareto(voice(), "reasons", "Reasons", NAMED)
    assert [row["label"] for row in rows_of(drawing)] == ["Advice", "Waiting", "Price"]
    ends = wilson(60, 100, 0.95)
    assert ends is not None
    assert (rows_of(drawing)[0]["lower"], rows_of(drawing)[0]["upper"]) == (ends.lower, ends.upper)
    assert drawing.rows[1] == ("Waiting", "30%", "22–40%", "30", "90%")
    assert drawing.summary == "Most named: Advice, 60% of 100."
    assert words_in(drawn(drawing)).index("Advice") < words_in(drawn(drawing)).index("Price")


def test_rare_reasons_are_one_bar() -> None:
    many = {f"r{number}": 20 - number for number in range(15)}
    drawing = pareto(voice(), "reasons", "Reasons", many, most=10)
    assert len(drawing.rows) == 11
    assert drawing.rows[-1][0] == "Others"
    assert drawing.rows[-1][3] == str(sum(20 - number for number in range(10, 15)))
    assert drawing.rows[-1][-1] == "100%"


def test_nothing_named_is_an_empty_chart() -> None:
    assert drawn(pareto(voice(), "reasons", "Reasons", {})) is not None


@pytest.mark.parametrize("bars", [True, False])
def test_numbers_stand_with_their_intervals_in_the_order_given(bars: bool) -> None:
    numbers = [Whisker("Speed", 0.5, 0.4, 0.6, 700, "62%"), Whisker("Range", 0.2, 0.1, 0.3, 700, "41%")]
    drawing = whiskers(
        voice("it"),
        "drivers",
        "Drivers",
        numbers,
        unit="share",
        first_column="Driver",
        last_column="Best",
        bars=bars,
    )
    assert drawing.columns == ("Driver", "Valore", "Intervallo al 95%", "n", "Best")
    assert drawing.rows[0] == ("Speed", "50%", "40–60%", "700", "62%")
    assert bool(paths_of(drawn(drawing, "it"), "rect")) == bars
    assert {"Speed", "Range", "20%"} <= set(words_in(drawn(drawing, "it")))


def cell(value: float | None, n: int = 40) -> WeekCell:
    ends = (None, None) if value is None else (value - 0.1, value + 0.1)
    return WeekCell(value, *ends, n, is_doubtful=value is None or n < 30, said="withheld")


def a_week(darkest: str) -> Drawing:
    cells = {(1, 9): cell(0.9), (1, 10): cell(0.5), (2, 9): cell(0.7, n=12), (2, 10): cell(None, n=3)}
    return week(
        voice(),
        "week",
        "Week",
        cells,
        weekdays=[1, 2],
        hours=[9, 10],
        unit="share",
        tone="negative",
        darkest=darkest,  # type: ignore[arg-type]
    )


def test_a_week_is_strongest_where_one_looks_and_hatched_where_little_is_known() -> None:
    high, low = rows_of(a_week("high")), rows_of(a_week("low"))
    assert high[0]["depth"] == low[1]["depth"] == 0.96
    assert high[1]["depth"] == low[0]["depth"] == 0.14
    assert [row["doubtful"] for row in high] == [False, False, True, True]
    picture = drawn(a_week("low"))
    assert len(paths_of(picture, "symbol")) == 2
    assert len(paths_of(picture, "rect")) == 4 + 3
    assert a_week("low").rows[3] == ("Tuesday 10", "withheld", "", "3")


def test_a_week_of_equal_cells_can_be_drawn() -> None:
    cells = {(day, hour): cell(0.5) for day in (1, 2) for hour in (9, 10)}
    drawing = week(voice(), "week", "W", cells, weekdays=[1, 2], hours=[9, 10], unit="share", tone="positive")
    assert len(paths_of(drawn(drawing), "rect")) == 8


SLOTS = [
    Slot("09", score(0.1, 0.05, 0.2, 80), 12.5, 30.0),
    Slot("10", score(None, n=4, status="suppressed"), 3.0, 30.0),
    Slot("11", None),
]


def test_a_profile_leaves_a_gap_where_nothing_is_told() -> None:
    drawing = profile(voice(), "hours", "By hour", SLOTS, unit="share", tone="negative", column="Hour")
    assert drawing.rows[1] == ("10", "withheld: too few people", "", "4")
    assert drawing.rows[2][1] == "nothing counted"
    assert len(paths_of(drawn(drawing), "symbol")) == 1


def test_business_is_per_open_hour_and_closed_is_no_zero() -> None:
    drawing = business(voice(), "busy", "Busy", SLOTS, column="Hour")
    assert [row["value"] for row in rows_of(drawing)] == [12.5, 3.0, None]
    assert drawing.rows[2] == ("11", "closed", "")
    assert len(paths_of(drawn(drawing), "rect")) == 2
