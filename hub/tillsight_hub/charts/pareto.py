"""What was named most: bars from the most frequent down, each with its interval."""

from collections.abc import Mapping
from functools import cache

from ..metrics.intervals import wilson
from ..metrics.registry import DEFAULT_LEVEL
from .drawing import Drawing, Spec, Voice, bare, colour, filled, range_words

ROW_PX = 34


def pareto(voice: Voice, name: str, title: str, named: Mapping[str, int], *, most: int = 12) -> Drawing:
    """`named` are people by what they named, whatever the order; those beyond `most` are one bar."""
    total = sum(named.values())
    ordered = sorted(named.items(), key=lambda item: (-item[1], item[0]))
    rest = sum(number for _, number in ordered[most:])
    shown = [*ordered[:most], *([(voice.t("charts.others"), rest)] if rest else [])]
    rows, running = [], 0
    for label, number in shown:
        running += number
        ends = wilson(number, total, DEFAULT_LEVEL)
        assert ends is not None
        figures = voice.figures
        rows.append(
            {
                "label": label,
                "share": number / total,
                "lower": ends.lower,
                "upper": ends.upper,
                "said": figures.share(number / total),
                "range": range_words(voice, *ends, "share"),
                "n": figures.count(number),
                "sum": figures.share(running / total),
            }
        )
    words = (
        voice.t("charts.reason"),
        voice.t("charts.share"),
        voice.t("charts.interval"),
        voice.t("charts.people"),
        voice.t("charts.running"),
    )
    summary = ""
    if rows:
        summary = voice.t(
            "charts.pareto_summary",
            first=rows[0]["label"],
            share=rows[0]["said"],
            n=voice.figures.count(total),
        )
    table = tuple(tuple(str(row[field]) for field in ("label", "said", "range", "n", "sum")) for row in rows)
    return Drawing(name, title, summary, filled(_spec(words, max(1, len(rows))), rows=rows), words, table)


@cache
def _spec(words: tuple[str, ...], bars: int) -> Spec:
    import altair as alt  # half a second that only pages with charts need

    tip = [
        alt.Tooltip(f"{field}:N", title=word)
        for field, word in zip(("label", "said", "range", "n", "sum"), words, strict=True)
    ]
    y = alt.Y("label:N", sort=None, title=None).axis(domain=False, labelLimit=180, labelColor=colour("ink"))
    x = alt.X("share:Q", title=None).axis(format=".0%", tickCount=4, grid=True)
    chart = alt.Chart(alt.NamedData("rows")).encode(y=y, tooltip=tip)
    layers = [
        chart.mark_bar(fill=colour("mood_4"), cornerRadiusEnd=3, height={"band": 0.62}).encode(x=x),
        chart.mark_rule(stroke=colour("ink"), strokeWidth=1.4).encode(
            x=alt.X("lower:Q", title=None), x2="upper:Q"
        ),
        chart.mark_text(align="left", dx=7, fill=colour("ink")).encode(
            x=alt.X("upper:Q", title=None), text="said:N"
        ),
    ]
    return bare(alt.layer(*layers).properties(height=bars * ROW_PX))
