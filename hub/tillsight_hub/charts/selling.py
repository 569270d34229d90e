"""A day's hours beside each other: people served, receipts and attempts to sell, per open hour."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from .drawing import Drawing, Spec, Voice, bare, colour, filled

Kind = Literal["served", "receipts", "attempts"]
KINDS: dict[Kind, str] = {"served": "contacts", "receipts": "mood_4", "attempts": "ink"}
"""Colour of each; attempts are diamonds, so that they can be told from the bars without colour."""


@dataclass(frozen=True)
class SellingHour:
    """One local hour of the day, over all days; per open hour of a touchpoint."""

    label: str
    served: float | None
    """None where nothing counts who is served."""
    receipts: float | None
    attempts: float | None


def selling_hours(
    voice: Voice, name: str, title: str, hours: Sequence[SellingHour], *, summary: str
) -> Drawing:
    """Only the kinds that any hour has a number of."""
    kinds = tuple(kind for kind in KINDS if any(getattr(hour, kind) is not None for hour in hours))
    labels = tuple(voice.t(f"sales.kind_{kind}") for kind in kinds)
    words = (voice.t("sales.hour"), *labels)
    rows = [
        {
            "hour": hour.label,
            "kind": label,
            "value": getattr(hour, kind),
            **{f"told{at}": voice.figures.number(getattr(hour, each)) for at, each in enumerate(kinds)},
        }
        for hour in hours
        for kind, label in zip(kinds, labels, strict=True)
    ]
    table = tuple(
        (hour.label, *(voice.figures.number(getattr(hour, kind)) for kind in kinds)) for hour in hours
    )
    spec = _spec(tuple(hour.label for hour in hours), kinds, labels, words)
    return Drawing(name, title, summary, filled(spec, rows=rows), words, table)


@cache
def _spec(
    hours: tuple[str, ...], kinds: tuple[Kind, ...], labels: tuple[str, ...], words: tuple[str, ...]
) -> Spec:
    import altair as alt  # half a second that only pages with charts need

    rows = alt.Chart(alt.NamedData("rows"))
    fields = ("hour", *(f"told{at}" for at in range(len(kinds))))
    tip = [alt.Tooltip(f"{field}:N", title=word) for field, word in zip(fields, words, strict=True)]
    x = alt.X("hour:N", title=None).scale(domain=hours).axis(labelAngle=0, labelOverlap=True)
    y = alt.Y("value:Q", title=None, stack=None).axis(format=",.3~r", tickCount=4)
    paint = alt.Color("kind:N").scale(domain=labels, range=[colour(KINDS[kind]) for kind in kinds])
    widths: dict[Kind, float] = {"served": 0.8, "receipts": 0.45}
    layers = [
        rows.transform_filter(alt.datum.kind == label)
        .mark_bar(cornerRadiusEnd=2, width={"band": widths[kind]})
        .encode(x=x, y=y, color=paint, tooltip=tip)
        if kind in widths
        else rows.transform_filter(alt.datum.kind == label)
        .mark_point(shape="diamond", filled=True, size=110, opacity=1)
        .encode(x=x, y=y, color=paint, tooltip=tip)
        for kind, label in zip(kinds, labels, strict=True)
    ]
    return bare(alt.layer(*layers).properties(height=220))
