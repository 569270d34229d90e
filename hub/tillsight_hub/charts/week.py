"""Hour by weekday: a cell for each, darker where the number is higher, hatched where it is hardly known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from ..metrics.registry import Unit
from .drawing import Drawing, Spec, Tone, Voice, bare, colour, filled, linked, links_of, range_words

ROW_PX = 30
HATCH = "M-1,0.4L-0.4,1M-1,-0.4L0.4,1M-0.6,-1L1,0.6M0.2,-1L1,-0.2"
"""Strokes across a cell."""
HATCH_SIZE = {"expr": "pow(min(bandwidth('x'), bandwidth('y')) * 0.9, 2)"}


@dataclass(frozen=True)
class WeekCell:
    """One hour of the week."""

    value: float | None
    """Pulled towards what its weekday and hour say; None where it is withheld or nothing was counted."""
    lower: float | None
    upper: float | None
    n: int
    is_doubtful: bool
    """Withheld, or resting on too few."""
    said: str
    """What is to be said of it where it has no value."""
    explain: str = ""
    """Address of the page about it; empty where there is none."""


def week(
    voice: Voice,
    name: str,
    title: str,
    cells: Mapping[tuple[int, int], WeekCell],
    *,
    weekdays: Sequence[int],
    hours: Sequence[int],
    unit: Unit,
    tone: Tone,
    darkest: Literal["low", "high"] = "high",
    summary: str = "",
) -> Drawing:
    """`cells` by weekday (1 is Monday) and hour; those that are missing are empty. `darkest` is the
    end of the numbers that one looks for."""
    known = [cell.value for cell in cells.values() if cell.value is not None]
    ends = min(known, default=0.0), max(known, default=1.0)
    ends = ends if darkest == "high" else ends[::-1]
    rows = [
        _row(voice, (weekday, hour), cells[weekday, hour], unit, ends)
        for weekday in weekdays
        for hour in hours
        if (weekday, hour) in cells
    ]
    words = (
        voice.t("charts.when"),
        voice.t("charts.value"),
        voice.t("charts.interval"),
        voice.t("charts.n"),
    )
    days = tuple(voice.figures.weekday(day, short=True) for day in weekdays)
    links = links_of(str(row["explain"]) for row in rows)
    spec = _spec(tone, days, tuple(_clock(hour) for hour in hours), words, bool(links))
    table = tuple(tuple(str(row[field]) for field in ("label", "said", "range", "n")) for row in rows)
    return Drawing(name, title, summary, filled(spec, rows=rows), words, table, links)


def _row(
    voice: Voice, at: tuple[int, int], cell: WeekCell, unit: Unit, ends: tuple[float, float]
) -> dict[str, object]:
    figures, (weekday, hour), (lightest, darkest) = voice.figures, at, ends
    range_text = ""
    if cell.value is not None and cell.lower is not None and cell.upper is not None:
        range_text = range_words(voice, cell.lower, cell.upper, unit)
    depth = 0.0
    if cell.value is not None:
        depth = 0.14 + 0.82 * ((cell.value - lightest) / (darkest - lightest) if darkest != lightest else 0.5)
    return {
        "weekday": figures.weekday(weekday, short=True),
        "hour": _clock(hour),
        "depth": round(depth, 3),
        "doubtful": cell.is_doubtful,
        "empty": cell.value is None,
        "label": f"{figures.weekday(weekday)} {_clock(hour)}",
        "said": cell.said if cell.value is None else figures.quantity(cell.value, unit),
        "range": range_text,
        "n": figures.count(cell.n),
        "explain": cell.explain,
    }


def _clock(hour: int) -> str:
    return f"{hour:02}"


@cache
def _spec(
    tone: Tone, days: tuple[str, ...], hours: tuple[str, ...], words: tuple[str, ...], is_linked: bool
) -> Spec:
    import altair as alt  # half a second that only pages with charts need

    fields = ("label", "said", "range", "n")
    tip = [alt.Tooltip(f"{field}:N", title=word) for field, word in zip(fields, words, strict=True)]
    x = (
        alt.X("hour:N", title=None)
        .scale(domain=hours, padding=0.04)
        .axis(labelAngle=0, labelOverlap=True, domain=False)
    )
    y = alt.Y("weekday:N", title=None).scale(domain=days, padding=0.06).axis(domain=False)
    shared = linked({"x": x, "y": y, "tooltip": tip}, is_linked=is_linked)
    chart = alt.Chart(alt.NamedData("rows")).encode(**shared)
    depth = alt.FillOpacity("depth:Q", scale=None, legend=None)
    layers = [
        chart.mark_rect(fill=colour("sunken"), cornerRadius=2),
        chart.transform_filter("!datum.empty")
        .mark_rect(fill=colour(tone), cornerRadius=2)
        .encode(fillOpacity=depth),
        chart.transform_filter("datum.doubtful").mark_point(
            shape=HATCH,
            size=HATCH_SIZE,
            filled=False,
            stroke=colour("line_strong"),
            strokeWidth=1,
            opacity=0.9,
        ),
    ]
    return bare(alt.layer(*layers).properties(height=len(days) * ROW_PX))
