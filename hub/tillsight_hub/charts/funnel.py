"""A funnel plot: shares against how many people they rest on, and how far from the mean chance takes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from ..metrics.funnel import Funnel
from .caterpillar import VERDICTS, Verdict
from .drawing import Drawing, Spec, Voice, bare, colour, filled, linked, links_of
from .trend import axis_format

LEVELS = (0.95, 0.998)
"""Of the inner and the outer limits: outside lies one in 20, and one in 500, by chance."""
STEPS = 60
"""Points of a limit's line."""


@dataclass(frozen=True)
class FunnelPoint:
    """One touchpoint."""

    label: str
    share: float
    n: int
    told: tuple[str, ...]
    """Its row of the table, after the label."""
    explain: str = ""
    """Address of the page about it; empty where there is none."""


def funnel_plot(
    voice: Voice,
    name: str,
    title: str,
    points: Sequence[FunnelPoint],
    fitted: Funnel,
    *,
    summary: str,
    columns: tuple[str, ...],
    people: str,
    is_high_bad: bool,
    height: int = 320,
) -> Drawing:
    """Points beyond the outer limits look worse or better; `people` names the axis."""
    words = tuple(voice.t(f"compare.verdict_{verdict}") for verdict in VERDICTS)
    least, most = min(point.n for point in points), max(point.n for point in points)
    low, high = max(1.0, 0.8 * least), 1.08 * most
    steps = [low + (high - low) * (at / STEPS) ** 2 for at in range(STEPS + 1)]
    limits = [{"n": round(n, 2), **_limits(fitted, n)} for n in steps]
    rows = [
        {
            "label": point.label,
            "share": point.share,
            "n": point.n,
            "explain": point.explain,
            "verdict": voice.t(f"compare.verdict_{verdict_of(point, fitted, is_high_bad=is_high_bad)}"),
            **{f"told{number}": text for number, text in enumerate(point.told)},
        }
        for point in points
    ]
    highest = max(*(point.share for point in points), *(row["upper0"] for row in limits))
    links = links_of(point.explain for point in points)
    spec = _spec(
        is_linked=bool(links),
        words=words,
        columns=columns,
        people=people,
        format=axis_format("share", highest),
        height=height,
    )
    table = tuple((point.label, *point.told) for point in points)
    found = filled(spec, rows=rows, limits=limits, center=[{"share": fitted.center}])
    return Drawing(name, title, summary, found, columns, table, links)


def verdict_of(point: FunnelPoint, fitted: Funnel, *, is_high_bad: bool) -> Verdict:
    """Beyond the outer limits, and on which side."""
    low, high = fitted.limits(point.n, LEVELS[1])
    if low <= point.share <= high:
        return "same"
    return "worse" if (point.share > high) == is_high_bad else "better"


def _limits(fitted: Funnel, n: float) -> dict[str, float]:
    ends = {at: fitted.limits(n, level) for at, level in enumerate(LEVELS)}
    return {
        name: round(end, 5)
        for at, (low, high) in ends.items()
        for name, end in ((f"lower{at}", low), (f"upper{at}", high))
    }


@cache
def _spec(
    *,
    is_linked: bool,
    words: tuple[str, ...],
    columns: tuple[str, ...],
    people: str,
    format: str,
    height: int,
) -> Spec:
    import altair as alt  # half a second that only pages with charts need

    rows, limits = alt.NamedData("rows"), alt.NamedData("limits")
    x = alt.X("n:Q", title=people, scale=alt.Scale(zero=False, nice=False)).axis(
        format=",d", grid=False, labelOverlap=True, tickCount={"expr": "max(3, width / 110)"}
    )
    y = alt.Y("share:Q", title=None, scale=alt.Scale(zero=False)).axis(format=format, tickCount=5)
    paint = alt.Color("verdict:N", legend=None).scale(
        domain=words, range=[colour(tone) for _, tone in VERDICTS.values()]
    )
    shape = alt.Shape("verdict:N", legend=None).scale(
        domain=words, range=[shape for shape, _ in VERDICTS.values()]
    )
    fields = ("label", *(f"told{number}" for number in range(len(columns) - 1)))
    tip = [alt.Tooltip(f"{field}:N", title=word) for field, word in zip(fields, columns, strict=True)]
    band = alt.Chart(limits).mark_area(fill=colour("sunken"))
    lines = [
        alt.Chart(limits)
        .mark_line(stroke=colour("rate"), strokeWidth=1, strokeDash=dash)
        .encode(x=x, y=alt.Y(f"{side}{at}:Q", title=None))
        for at, dash in enumerate(([1, 0], [4, 3]))
        for side in ("lower", "upper")
    ]
    layers = [
        band.encode(x=x, y=alt.Y("lower1:Q", title=None), y2="upper1:Q"),
        *lines,
        alt.Chart(alt.NamedData("center")).mark_rule(stroke=colour("ink"), strokeWidth=1.2).encode(y=y),
        alt.Chart(rows)
        .mark_point(filled=True, size=60, opacity=0.9, stroke=colour("surface"), strokeWidth=1)
        .encode(
            **linked({"x": x, "y": y, "color": paint, "shape": shape, "tooltip": tip}, is_linked=is_linked)
        ),
    ]
    return bare(alt.layer(*layers).properties(height=height))
