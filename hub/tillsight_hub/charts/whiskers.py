"""Numbers with their intervals side by side: a dot and a whisker each, in the order given."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from ..metrics.registry import Unit
from .drawing import (
    Drawing,
    Spec,
    Tone,
    Voice,
    bare,
    colour,
    filled,
    linked,
    links_of,
    range_words,
    told_words,
)
from .trend import axis_format

ROW_PX = 38


@dataclass(frozen=True)
class Whisker:
    """One number and how far it is known."""

    label: str
    value: float
    lower: float
    upper: float
    n: int
    more: str = ""
    """Something else to say of it, in the last column."""
    explain: str = ""
    """Address of the page about it; empty where there is none."""


def whiskers(
    voice: Voice,
    name: str,
    title: str,
    numbers: Sequence[Whisker],
    *,
    unit: Unit,
    first_column: str,
    last_column: str = "",
    summary: str = "",
    tone: Tone = "positive",
    bars: bool = False,
) -> Drawing:
    """`bars`: with a bar from 0, for shares of a whole."""
    figures = voice.figures
    rows = [
        {
            "label": each.label,
            "value": each.value,
            "lower": each.lower,
            "upper": each.upper,
            "said": figures.quantity(each.value, unit),
            "range": range_words(voice, each.lower, each.upper, unit),
            "n": figures.count(each.n),
            "more": each.more,
            "explain": each.explain,
        }
        for each in numbers
    ]
    words = (first_column, *told_words(voice), *((last_column,) if last_column else ()))
    highest = max((each.upper for each in numbers), default=1.0)
    links = links_of(each.explain for each in numbers)
    spec = _spec(tone, bars, axis_format(unit, highest), words, max(1, len(rows)), bool(links))
    fields = FIELDS[: len(words)]
    table = tuple(tuple(str(row[field]) for field in fields) for row in rows)
    return Drawing(name, title, summary, filled(spec, rows=rows), words, table, links)


FIELDS = ("label", "said", "range", "n", "more")


@cache
def _spec(  # noqa: PLR0917
    tone: Tone, bars: bool, format: str, words: tuple[str, ...], rows: int, is_linked: bool
) -> Spec:
    import altair as alt  # half a second that only pages with charts need

    tip = [alt.Tooltip(f"{field}:N", title=word) for field, word in zip(FIELDS, words, strict=False)]
    y = alt.Y("label:N", sort=None, title=None).axis(domain=False, labelLimit=180, labelColor=colour("ink"))
    x = alt.X("value:Q", title=None).axis(format=format, tickCount=4, grid=True)
    shared = linked({"y": y, "tooltip": tip}, is_linked=is_linked)
    chart = alt.Chart(alt.NamedData("rows")).encode(**shared)
    low = alt.X("lower:Q", title=None)
    bar = chart.mark_bar(fill=colour(f"{tone}_band"), cornerRadiusEnd=3, height={"band": 0.55}).encode(x=x)
    layers = [
        *([bar] if bars else []),
        chart.mark_rule(stroke=colour(tone), strokeWidth=3, strokeCap="round").encode(x=low, x2="upper:Q"),
        chart.mark_point(size=90, filled=True, opacity=1, fill=colour(tone)).encode(x=x),
        chart.mark_text(align="left", dx=9, fill=colour("ink")).encode(
            x=alt.X("upper:Q", title=None), text="said:N"
        ),
    ]
    return bare(alt.layer(*layers).properties(height=rows * ROW_PX))
