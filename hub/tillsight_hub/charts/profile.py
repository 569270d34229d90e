"""A profile by hour or by weekday: how many per open hour as bars, or a number with its interval as dots."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from ..metrics.registry import Score, Unit
from .drawing import Drawing, Spec, Tone, Voice, bare, colour, filled, linked, links_of, told_words
from .trend import axis_format


@dataclass(frozen=True)
class Slot:
    """An hour of the day, or a weekday."""

    label: str
    score: Score | None
    per_hour: float | None = None
    """Served (or answers) per open hour; None where it is closed or the opening hours differ."""
    open_hours: float | None = None
    explain: str = ""
    """Address of the page about it; empty where there is none."""


def profile(
    voice: Voice, name: str, title: str, slots: Sequence[Slot], *, unit: Unit, tone: Tone, column: str
) -> Drawing:
    """The number of each slot; a slot without one is a gap."""
    figures = voice.figures
    rows = []
    for slot in slots:
        score = slot.score
        has = score is not None and score.value is not None
        rows.append(
            {
                "label": slot.label,
                "value": score.value if score else None,
                "lower": score.lower if score else None,
                "upper": score.upper if score else None,
                "said": figures.value_text(score, unit) if score and has else _why(voice, score),
                "range": figures.range_text(score, unit) if score else "",
                "n": figures.count(score.n) if score else "",
                "explain": slot.explain,
            }
        )
    words = (column, *told_words(voice))
    highest = max((slot.score.upper or 0 for slot in slots if slot.score), default=1.0) or 1.0
    labels = tuple(slot.label for slot in slots)
    links = links_of(slot.explain for slot in slots)
    spec = _dots(tone, axis_format(unit, highest), labels, words, bool(links))
    table = tuple(tuple(str(row[field]) for field in ("label", "said", "range", "n")) for row in rows)
    return Drawing(name, title, "", filled(spec, rows=rows), words, table, links)


def business(voice: Voice, name: str, title: str, slots: Sequence[Slot], *, column: str) -> Drawing:
    """How many per open hour; closed slots have no bar."""
    figures = voice.figures
    rows = [
        {
            "label": slot.label,
            "value": slot.per_hour,
            "said": voice.t("charts.closed") if slot.per_hour is None else figures.number(slot.per_hour),
            "n": "" if slot.open_hours is None else figures.number(slot.open_hours, 0),
        }
        for slot in slots
    ]
    words = (column, voice.t("charts.per_open_hour"), voice.t("charts.open_hours"))
    spec = _bars(tuple(slot.label for slot in slots), words)
    table = tuple(tuple(str(row[field]) for field in ("label", "said", "n")) for row in rows)
    return Drawing(name, title, "", filled(spec, rows=rows), words, table)


def _why(voice: Voice, score: Score | None) -> str:
    return voice.t("charts.no_data") if score is None else voice.t(f"charts.why_{score.status}")


@cache
def _dots(tone: Tone, format: str, labels: tuple[str, ...], words: tuple[str, ...], is_linked: bool) -> Spec:
    import altair as alt  # half a second that only pages with charts need

    fields = ("label", "said", "range", "n")
    tip = [alt.Tooltip(f"{field}:N", title=word) for field, word in zip(fields, words, strict=True)]
    x = alt.X("label:N", title=None).scale(domain=labels).axis(labelAngle=0, labelOverlap=True)
    y = alt.Y("value:Q", title=None).axis(format=format, tickCount=3).scale(zero=True)
    shared = linked({"x": x, "tooltip": tip}, is_linked=is_linked)
    chart = alt.Chart(alt.NamedData("rows")).encode(**shared)
    low = alt.Y("lower:Q", title=None)
    layers = [
        chart.mark_rule(strokeWidth=18, opacity=0),
        chart.mark_rule(stroke=colour(f"{tone}_band"), strokeWidth=7, strokeCap="round").encode(
            y=low, y2="upper:Q"
        ),
        chart.mark_point(filled=True, fill=colour(tone), size=60, opacity=1).encode(y=y),
    ]
    return bare(alt.layer(*layers).properties(height=130))


@cache
def _bars(labels: tuple[str, ...], words: tuple[str, ...]) -> Spec:
    import altair as alt  # half a second that only pages with charts need

    tip = [
        alt.Tooltip(f"{field}:N", title=word)
        for field, word in zip(("label", "said", "n"), words, strict=True)
    ]
    x = alt.X("label:N", title=None).scale(domain=labels).axis(labelAngle=0, labelOverlap=True)
    y = alt.Y("value:Q", title=None).axis(format=",.0f", tickCount=3)
    bars = (
        alt.Chart(alt.NamedData("rows"))
        .mark_bar(fill=colour("line_strong"), fillOpacity=0.55, cornerRadiusEnd=2, width={"band": 0.7})
        .encode(x=x, y=y, tooltip=tip)
    )
    return bare(alt.layer(bars).properties(height=90))
