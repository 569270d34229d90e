"""The trend: a line with its interval, gaps where nothing is known, and what happened when."""

import json
from datetime import date, timedelta

import pytest
from tests.harness.drawings import colours_in, drawn, paths_of, rules_in, score, voice, words_in

from tillsight_hub.charts.drawing import Drawing
from tillsight_hub.charts.look import COLOURS
from tillsight_hub.charts.printing import png
from tillsight_hub.charts.trend import Mark, TrendPoint, trend

VALUES = [0.11, 0.12, None, 0.14, None, 0.1, 0.09]


def day(number: int) -> str:
    return (date(2026, 10, 1) + timedelta(number)).isoformat()


def points(values: list[float | None] = VALUES) -> list[TrendPoint]:
    return [
        TrendPoint(
            day(number),
            score(value, value - 0.02, value + 0.03, 40 + number)
            if value is not None
            else score(None, n=4, status="suppressed"),
        )
        for number, value in enumerate(values)
    ]


def a_trend(
    language: str = "en", marks: tuple[Mark, ...] = (), values: list[float | None] = VALUES
) -> Drawing:
    return trend(
        voice(language),
        "trend",
        "Trend",
        points(values),
        unit="share",
        every="day",
        tone="negative",
        marks=marks,
    )


def test_the_data_are_those_that_were_given() -> None:
    rows = a_trend().spec["datasets"]["rows"]
    assert [row["value"] for row in rows] == VALUES
    assert [row["at"] for row in rows] == [day(number) for number in range(7)]
    assert rows[0]["lower"] == pytest.approx(0.09)


def test_the_table_says_the_same_in_words() -> None:
    drawing = a_trend()
    assert drawing.columns == ("When", "Value", "95% interval", "n")
    assert drawing.rows[0] == ("1 Oct", "11%", "9.0–14%", "40")
    assert drawing.rows[2] == ("3 Oct", "withheld: too few people", "", "4")


def test_what_is_not_known_is_a_gap() -> None:
    lines = paths_of(drawn(a_trend()), "line")
    assert len(lines) == 1
    assert lines[0].count("M") == 3
    dots = a_trend(values=[0.1] * 70 + [None, 0.1, None]).spec["datasets"]["rows"]
    assert [number for number, row in enumerate(dots) if row.get("dot")] == [71]
    alone = rules_in(drawn(a_trend()), COLOURS["negative_band"][0])
    assert len(alone) == 1, "the interval of what stands alone"


def test_what_happened_stands_at_its_day_and_in_the_table() -> None:
    marks = (Mark(day(1), "alert", "More unhappy than usual"), Mark(day(3), "action", "Second till opened"))
    drawing = a_trend(marks=marks)
    assert {"Alert", "Action"} <= set(words_in(drawn(drawing)))
    assert "Incident" not in words_in(drawn(drawing))
    assert drawing.rows[1][-1] == "More unhappy than usual"
    assert {COLOURS["bad"][0], COLOURS["accent"][0]} <= colours_in(drawn(drawing))


def test_it_says_between_what_the_number_was() -> None:
    assert a_trend().summary == "Between 9.0% (7 Oct) and 14% (4 Oct)."
    assert a_trend("it").summary == "Tra 9,0% (7 ott) e 14% (4 ott)."
    nothing = a_trend(values=[None, None])
    assert "no number" in nothing.summary
    drawn(nothing)


def test_it_has_the_colours_of_its_theme() -> None:
    for which, theme in enumerate(("light", "dark")):
        found = colours_in(drawn(a_trend(), theme=theme))  # type: ignore[arg-type]
        assert COLOURS["negative"][which] in found
        assert COLOURS["negative"][1 - which] not in found


def test_axes_speak_the_language() -> None:
    assert any(word.endswith("ott") for word in words_in(drawn(a_trend("it"), "it")))


def test_a_picture_can_be_made_of_it() -> None:
    assert png(a_trend(), width=300, language="en").startswith(b"\x89PNG")


def test_nothing_in_it_ends_the_script_that_carries_it() -> None:
    evil = "</script><script>alert(1)</script>\u2028"
    text = str(a_trend(marks=(Mark(day(1), "action", evil),)).script)
    assert "<" not in text
    assert "\u2028" not in text
    assert json.loads(text)["datasets"]["marks"][0]["text"] == evil
