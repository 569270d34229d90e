"""Many numbers of one kind below each other, each with its interval, around the one that they belong to."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from ..metrics.registry import Unit
from .drawing import Drawing, Spec, Voice, bare, colour, filled, linked, links_of
from .trend import axis_format

Verdict = Literal["worse", "same", "better"]
VERDICTS: dict[Verdict, tuple[str, str]] = {
    "worse": ("triangle-down", "negative"),
    "same": ("circle", "rate"),
    "better": ("triangle-up", "positive"),
}
"""Shape and colour of what can be said of a number."""
STEPS = ((24, 24), (48, 17), (100, 12))
"""Up to so many, the height of each; more are lower still, and without their names on the axis."""
LOWEST_STEP = 6
MOST_NAMED = 100
ROOMY_PX = 700
"""Up to this height the signs are large."""


@dataclass(frozen=True)
class Caterpillar:
    """One line of the chart."""

    label: str
    value: float
    lower: float
    upper: float
    """Of the interval around the value."""
    mark: float
    """Where the sign of the verdict stands: at the value, or where it was pulled to."""
    verdict: Verdict
    told: tuple[str, ...]
    """Its row of the table, after the label."""
    explain: str = ""
    """Address of the page about it; empty where there is none."""


def caterpillar(
    voice: Voice,
    name: str,
    title: str,
    lines: Sequence[Caterpillar],
    *,
    summary: str,
    columns: tuple[str, ...],
    unit: Unit,
    reference: float,
    is_ratio: bool = False,
) -> Drawing:
    """In the order given, from the top; `columns` name what `told` says, after the label's own.

    `reference` is drawn as a line: the mean, or where nothing has changed. A ratio stands on a line of its
    own, on which half and double are equally far.
    """
    step = next((step for most, step in STEPS if len(lines) <= most), LOWEST_STEP)
    words = tuple(voice.t(f"compare.verdict_{verdict}") for verdict in VERDICTS)
    highest = max((abs(line.upper) for line in lines), default=1.0)
    rows = [
        {
            "at": at,
            "label": line.label,
            "value": line.value,
            "lower": line.lower,
            "upper": line.upper,
            "mark": line.mark,
            "verdict": voice.t(f"compare.verdict_{line.verdict}"),
            "explain": line.explain,
            **{f"told{number}": text for number, text in enumerate(line.told)},
        }
        for at, line in enumerate(lines)
    ]
    links = links_of(line.explain for line in lines)
    spec = _spec(
        is_linked=bool(links),
        words=words,
        columns=columns,
        format=".2f" if is_ratio else axis_format(unit, highest),
        is_ratio=is_ratio,
        is_named=len(lines) <= MOST_NAMED,
        height=max(60, step * len(lines)),
    )
    table = tuple((line.label, *line.told) for line in lines)
    found = filled(spec, rows=rows, reference=[{"value": reference}])
    return Drawing(name, title, summary, found, columns, table, links)


@cache
def _spec(
    *,
    is_linked: bool,
    words: tuple[str, ...],
    columns: tuple[str, ...],
    format: str,
    is_ratio: bool,
    is_named: bool,
    height: int,
) -> Spec:
    import altair as alt  # half a second that only pages with charts need

    rows, reference = alt.NamedData("rows"), alt.NamedData("reference")
    # The names are looked up by place in the order: two touchpoints may have one name.
    names = alt.Axis(
        labelExpr="data('rows')[datum.value] ? data('rows')[datum.value].label : ''",
        labelLimit={"expr": "width < 420 ? 110 : 220"},
        labelOverlap=False,
        grid=False,
    )
    y = alt.Y("at:O", title=None, sort=None).axis(names if is_named else None)
    scale = alt.Scale(type="log", nice=False) if is_ratio else alt.Scale(zero=False)
    x = alt.X("value:Q", title=None, scale=scale).axis(
        format=format, orient="top", grid=True, labelOverlap=True, tickCount={"expr": "max(3, width / 120)"}
    )
    paint = alt.Color("verdict:N", legend=alt.Legend(labelLimit=320)).scale(
        domain=words, range=[colour(tone) for _, tone in VERDICTS.values()]
    )
    shape = alt.Shape("verdict:N", legend=alt.Legend(labelLimit=320)).scale(
        domain=words, range=[shape for shape, _ in VERDICTS.values()]
    )
    fields = ("label", *(f"told{number}" for number in range(len(columns) - 1)))
    tip = [alt.Tooltip(f"{field}:N", title=word) for field, word in zip(fields, columns, strict=True)]
    size = 70 if height <= ROOMY_PX else 40
    interval = alt.Chart(rows).encode(x=alt.X("lower:Q", scale=scale, title=None), x2="upper:Q", y=y)
    layers = [
        alt.Chart(reference)
        .mark_rule(stroke=colour("ink"), strokeWidth=1.2, strokeDash=[4, 3])
        .encode(x=alt.X("value:Q", scale=scale)),
        interval.mark_rule(strokeWidth=2, opacity=0.6).encode(color=paint),
        alt.Chart(rows)
        .mark_point(size=size / 2, strokeWidth=1.4, fill=colour("surface"), opacity=1)
        .encode(x=x, y=y, color=paint),
        alt.Chart(rows)
        .mark_point(filled=True, opacity=1, size=size)
        .encode(x=alt.X("mark:Q", scale=scale), y=y, color=paint, shape=shape),
        interval.mark_rule(opacity=0, strokeWidth=10).encode(**linked({"tooltip": tip}, is_linked=is_linked)),
    ]
    return bare(alt.layer(*layers).properties(height=height))
