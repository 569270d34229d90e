"""The caterpillar and the funnel plot: what they draw, in which colours, and the same as a table."""

import pytest
from tests.harness.drawings import colours_in, drawn, voice, words_in

from tillsight_hub.charts.caterpillar import Caterpillar, Verdict, caterpillar
from tillsight_hub.charts.drawing import Drawing
from tillsight_hub.charts.funnel import FunnelPoint, funnel_plot, verdict_of
from tillsight_hub.charts.look import COLOURS
from tillsight_hub.metrics.funnel import Funnel


def line(label: str, value: float, verdict: Verdict = "same") -> Caterpillar:
    return Caterpillar(label, value, value * 0.8, value * 1.2, value, verdict, (f"{value:.0%}",))


def ranking(lines: list[Caterpillar], *, is_ratio: bool = False) -> Drawing:
    return caterpillar(
        voice(),
        "ranking",
        "Ranking",
        lines,
        summary="",
        columns=("Place", "Value"),
        unit="share",
        reference=1.0 if is_ratio else 0.2,
        is_ratio=is_ratio,
    )


def test_every_place_has_its_name_and_its_row() -> None:
    drawing = ranking([line("Till 1", 0.3, "worse"), line("Till 1", 0.2), line("Till 3", 0.1, "better")])
    assert drawing.rows == (("Till 1", "30%"), ("Till 1", "20%"), ("Till 3", "10%"))
    words = words_in(drawn(drawing))
    assert words.count("Till 1") == 2, "two places may have one name"
    assert {"Worse", "Cannot be told apart", "Better"} <= set(words)


def test_a_verdict_has_its_own_colour() -> None:
    colours = colours_in(drawn(ranking([line("a", 0.3, "worse"), line("b", 0.2)])))
    assert {COLOURS["negative"][0], COLOURS["rate"][0]} <= colours


def test_so_many_places_have_no_names_on_the_axis_but_in_the_table() -> None:
    many = ranking([line(f"Place {n}", 0.1 + n / 1000) for n in range(150)])
    assert not [word for word in words_in(drawn(many)) if word.startswith("Place")]
    assert len(many.rows) == 150
    assert many.height < 1000


def test_a_ratio_has_its_own_line() -> None:
    words = words_in(drawn(ranking([line("a", 2.0), line("b", 0.5)], is_ratio=True)))
    assert "1.00" in words


CHAIN = Funnel(0.2, 1.0, 0.0)


@pytest.mark.parametrize(
    ("share", "n", "is_high_bad", "verdict"),
    [
        (0.21, 100, True, "same"),
        (0.45, 100, True, "worse"),
        (0.45, 100, False, "better"),
        (0.03, 200, True, "better"),
        (0.03, 200, False, "worse"),
        (0.3, 10, True, "same"),
    ],
)
def test_beyond_the_outer_limits_is_worse_or_better(
    share: float, n: int, is_high_bad: bool, verdict: Verdict
) -> None:
    assert verdict_of(FunnelPoint("a", share, n, ()), CHAIN, is_high_bad=is_high_bad) == verdict


def test_a_funnel_is_drawn_with_its_limits() -> None:
    points = [FunnelPoint(f"t{n}", 0.2 + n / 100, 50 + 40 * n, (f"{n}",)) for n in range(8)]
    drawing = funnel_plot(
        voice(),
        "funnel",
        "Funnel",
        points,
        CHAIN,
        summary="",
        columns=("Place", "Share"),
        people="People it rests on",
        is_high_bad=True,
    )
    assert "People it rests on" in words_in(drawn(drawing))
    assert len(drawing.rows) == 8
