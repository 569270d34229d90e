"""How a number went: a line through days, weeks or months, its interval, and what happened when."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from ..metrics.registry import Score, Unit
from ..periods import Bucket, bucket_days
from .drawing import Drawing, Spec, Tone, Voice, bare, colour, filled, linked, links_of, told_words

MarkKind = Literal["alert", "incident", "action"]
MARKS: dict[MarkKind, tuple[str, str]] = {
    "alert": ("triangle-down", "bad"),
    "incident": ("diamond", "warn"),
    "action": ("circle", "accent"),
}
"""Shape and colour of what happened."""
FORMATS: dict[Bucket, str] = {"day": "%-d %b", "week": "%-d %b", "month": "%b %Y"}
SHARE_IS_SMALL = 0.08
"""Below it an axis needs a digit after the decimal sign."""
TOLD = ("label", "said", "range", "n")
"""What is told of a point, in words."""
MOST_DOTS = 62
"""With more points a dot for each would hide the line."""


@dataclass(frozen=True)
class TrendPoint:
    """One day, week or month. A score without a value is a gap in the line."""

    first_day: str
    """ISO date of the day, of the week's Monday, of the month's first."""
    score: Score | None
    explain: str = ""
    """Address of the page about it; empty where there is none."""


@dataclass(frozen=True)
class Mark:
    """Something that happened on a day."""

    day: str
    kind: MarkKind
    text: str


def trend(
    voice: Voice,
    name: str,
    title: str,
    points: Sequence[TrendPoint],
    *,
    unit: Unit,
    every: Bucket,
    tone: Tone = "rate",
    marks: Sequence[Mark] = (),
    height: int = 220,
) -> Drawing:
    """The line with its band; at the top a sign for each thing that happened."""
    known = [each.score for each in points if each.score is not None and each.score.value is not None]
    highest = max((score.upper or score.value or 0 for score in known), default=1.0)
    kinds = tuple(kind for kind in MARKS if any(mark.kind == kind for mark in marks))
    labels = tuple(voice.t(f"charts.mark_{kind}") for kind in kinds)
    words = (voice.t("charts.when"), *told_words(voice), voice.t("charts.happened"))
    rows = [_row(voice, points, at, unit, every) for at in range(len(points))]
    happened = [_mark(voice, mark) for mark in marks]
    links = links_of(point.explain for point in points)
    spec = _spec(
        is_linked=bool(links),
        every=every,
        tone=tone,
        format=axis_format(unit, highest),
        kinds=kinds,
        labels=labels,
        words=words,
        height=height,
    )
    if every == "week":
        spec = _with_ticks(spec, [each.first_day for each in points])
    return Drawing(
        name,
        title,
        _summary(voice, points, unit, every),
        filled(spec, rows=rows, marks=happened),
        words if marks else words[:-1],
        tuple(_as_text(row, marks, every) for row in rows),
        links,
    )


def axis_format(unit: Unit, highest: float) -> str:
    """How d3 writes the numbers of an axis up to `highest`."""
    if unit == "share":
        return ".1%" if highest < SHARE_IS_SMALL else ".0%"
    return {"points": "+d", "count": ",d", "rating": ".1f"}.get(unit, ",.0f")


def when(voice: Voice, day: str, every: Bucket) -> str:
    """What a bucket is called: a day, the week from a Monday, a month."""
    if every == "month":
        return voice.figures.month(day)
    date = voice.figures.short_date(day)
    return voice.t("charts.week_of", day=date) if every == "week" else date


@cache
def _spec(
    *,
    is_linked: bool,
    every: Bucket,
    tone: Tone,
    format: str,
    kinds: tuple[MarkKind, ...],
    labels: tuple[str, ...],
    words: tuple[str, ...],
    height: int,
) -> Spec:
    import altair as alt  # half a second that only pages with charts need

    rows = alt.NamedData("rows")
    x = alt.X("at:T", title=None, scale=alt.Scale(type="utc")).axis(
        format=FORMATS[every], labelOverlap=True, tickCount={"expr": "max(2, floor(width / 80))"}
    )
    y = alt.Y("value:Q", title=None).axis(format=format, tickCount=4)
    tip = [alt.Tooltip(f"{field}:N", title=word) for field, word in zip(TOLD, words, strict=False)]
    layers = [
        alt.Chart(rows)
        .mark_area(fill=colour(f"{tone}_band"), fillOpacity=0.75)
        .encode(x=x, y=alt.Y("lower:Q", title=None), y2="upper:Q"),
        alt.Chart(rows)
        .transform_filter("datum.alone")
        .mark_rule(stroke=colour(f"{tone}_band"), strokeWidth=7, strokeCap="round")
        .encode(x=x, y=alt.Y("lower:Q", title=None), y2="upper:Q"),
        alt.Chart(rows).mark_line(stroke=colour(tone), strokeWidth=2.2, strokeJoin="round").encode(x=x, y=y),
        alt.Chart(rows)
        .transform_filter("datum.dot")
        .mark_point(size=28, filled=True, fill=colour(tone), opacity=1)
        .encode(x=x, y=y),
        alt.Chart(rows)
        .mark_rule(strokeWidth=14, opacity=0)
        .encode(**linked({"x": x, "tooltip": tip}, is_linked=is_linked)),
        *(_mark_layers(kinds, labels) if kinds else ()),
    ]
    return bare(alt.layer(*layers).properties(height=height))


def _with_ticks(spec: Spec, days: Sequence[str]) -> Spec:
    """The same with its labels on these days: weeks of the axis itself would begin on Sundays."""
    moments = [{"expr": f"utc({int(day[:4])}, {int(day[5:7]) - 1}, {int(day[8:])})"} for day in days]
    first, *others = spec["layer"]
    x = first["encoding"]["x"]
    axis = {**x["axis"], "values": [{"signal": each["expr"]} for each in moments]}
    encoding = {**first["encoding"], "x": {**x, "axis": axis}}
    return {**spec, "layer": [{**first, "encoding": encoding}, *others]}


def _mark_layers(kinds: tuple[MarkKind, ...], labels: tuple[str, ...]) -> list[Any]:
    import altair as alt  # as above

    marks, x = alt.NamedData("marks"), alt.X("at:T", scale=alt.Scale(type="utc"))
    shapes, paints = [MARKS[kind][0] for kind in kinds], [colour(MARKS[kind][1]) for kind in kinds]
    paint = alt.Color("kind:N").scale(domain=labels, range=paints)
    shape = alt.Shape("kind:N").scale(domain=labels, range=shapes)
    tip = [alt.Tooltip("label:N", title="-"), alt.Tooltip("text:N", title=" ")]
    return [
        alt.Chart(marks).mark_rule(strokeWidth=1, strokeDash=[3, 3], opacity=0.7).encode(x=x, color=paint),
        alt.Chart(marks)
        .mark_point(size=120, filled=True, opacity=1)
        .encode(x=x, y=alt.value(7), color=paint, shape=shape, tooltip=tip),
    ]


def _row(voice: Voice, points: Sequence[TrendPoint], at: int, unit: Unit, every: Bucket) -> dict[str, Any]:
    point, score = points[at], points[at].score
    row: dict[str, Any] = {"at": point.first_day, "label": when(voice, point.first_day, every)}
    if point.explain:
        row["explain"] = point.explain
    if score is None or score.value is None:
        said = voice.t("charts.no_data") if score is None else voice.t(f"charts.why_{score.status}")
        n = voice.figures.count(score.n) if score else ""
        return {**row, "value": None, "lower": None, "upper": None, "said": said, "range": "", "n": n}
    return {
        **row,
        "value": score.value,
        "lower": score.lower,
        "upper": score.upper,
        "dot": len(points) <= MOST_DOTS or _is_alone(points, at),
        "alone": _is_alone(points, at),
        "said": voice.figures.value_text(score, unit),
        "range": voice.figures.range_text(score, unit),
        "n": voice.figures.count(score.n),
    }


def _is_alone(points: Sequence[TrendPoint], at: int) -> bool:
    """Between gaps, where no line could be seen."""
    beside = [points[i].score for i in (at - 1, at + 1) if 0 <= i < len(points)]
    return all(score is None or score.value is None for score in beside)


def _mark(voice: Voice, mark: Mark) -> dict[str, str]:
    return {
        "at": mark.day,
        "label": voice.figures.short_date(mark.day),
        "kind": voice.t(f"charts.mark_{mark.kind}"),
        "text": mark.text,
    }


def _as_text(row: dict[str, Any], marks: Sequence[Mark], every: Bucket) -> tuple[str, ...]:
    told = tuple(str(row[field]) for field in TOLD)
    if not marks:
        return told
    here = [mark.text for mark in marks if bucket_days(mark.day, every).first == row["at"]]
    return *told, "; ".join(here)


def _summary(voice: Voice, points: Sequence[TrendPoint], unit: Unit, every: Bucket) -> str:
    known = [(each.score.value, each) for each in points if each.score and each.score.value is not None]
    if not known:
        return voice.t("charts.trend_nothing")
    (low, lowest), (high, highest) = min(known, key=_value), max(known, key=_value)
    return voice.t(
        "charts.trend_summary",
        low=voice.figures.quantity(low, unit),
        when_low=when(voice, lowest.first_day, every),
        high=voice.figures.quantity(high, unit),
        when_high=when(voice, highest.first_day, every),
    )


def _value(pair: tuple[float, TrendPoint]) -> float:
    return pair[0]
