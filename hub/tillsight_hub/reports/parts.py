"""Parts that several reports have: headline numbers, places in a table, a trend, notes at the end."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from importlib.metadata import version
from itertools import dropwhile
from typing import TYPE_CHECKING

from ..charts.drawing import Drawing
from ..periods import Bucket, Period, bucket_days
from ..scores.changes import Change
from ..scores.happenings import read_happenings
from .document import Block, Cards, Cell, Chart, Column, Note, Number, Point, Points, Report, Section, Table
from .kinds import Kind
from .reading import SHOWN, Asked, Told, changed, read_told
from .wording import (
    TONES,
    axis_end,
    cell_of,
    change_cell,
    formula_points,
    made_on,
    number,
    period_text,
    place_names,
    region_of,
    withheld_points,
)

if TYPE_CHECKING:
    from ..charts.trend import Mark

CHART_HEIGHT = 130
CHART_WIDTH = 660
"""CSS pixels that are as wide as the text."""
PRINT_FONT = "Libertinus Serif"
MOST_NAMES = 4
LEAST_POINTS = 3
"""Fewer are no trend."""


def headline_metrics(told: Told) -> tuple[str, ...]:
    """What a place's numbers begin with: of those served where they are counted, else of who pressed."""
    answered = "nps" if "nps" in told.scores else "csat"
    if told.group.counts.contact_sources:
        return "relative_dissatisfaction", answered, "contacts", "response_rate"
    return answered, "responses"


def main_metric(told: Iterable[Told]) -> str:
    """What rows of places are compared by."""
    return "relative_dissatisfaction" if any(each.group.counts.contact_sources for each in told) else "csat"


def headlines(asked: Asked, told: Sequence[Told], before: Sequence[Told]) -> tuple[Block, ...]:
    """A row of numbers for each scale, with what became of them."""
    found: list[Block] = []
    for each in told:
        numbers = [
            number(asked, each, metric, _change_of(asked, metric, each, before))
            for metric in headline_metrics(each)
        ]
        found.append(Cards(tuple(numbers), scale_title(asked, each, told)))
    if any("uncalibrated" in each.scores["contacts"].flags for each in told):
        found.append(Note(asked.voice.t("reports.uncalibrated")))
    return tuple(found)


def scale_title(asked: Asked, one: Told, told: Sequence[Told]) -> str:
    """Which touchpoints a group is of, where scales make several."""
    if len({each.group.counts.scale.id for each in told}) < 2:
        return ""
    scale = one.group.counts.scale.id
    alone = asked.level in ("store", "touchpoint")
    names = [
        place.name if alone else f"{place.name} ({place.store_name})"
        for place in asked.places
        if place.scale.id == scale
    ]
    listed = ", ".join(names[:MOST_NAMES]) + (" \N{HORIZONTAL ELLIPSIS}" if len(names) > MOST_NAMES else "")
    return f"{asked.voice.t(f'scale.{scale}')}: {listed}"


def _change_of(asked: Asked, metric: str, after: Told, before: Sequence[Told]) -> Change | None:
    """None for plain counts."""
    if asked.metrics[metric].unit == "count":
        return None
    return changed(asked, metric, [after], before).get(after.key)


def place_table(
    asked: Asked, told: Sequence[Told], before: Sequence[Told], heading: str, metric: str
) -> Table:
    """One row per place and scale: served, answers, the score on an axis that all share, its change."""
    voice, about = asked.voice, asked.metrics[metric]
    told = [each for each in told if metric in each.scores]
    end = axis_end(each.scores[metric] for each in told)
    became, rows, numbers = changed(asked, metric, told, before), [], []
    twice = len({each.group.key for each in told}) < len(told)
    for each in told:
        shown = [number(asked, each, name, end=end) for name in (metric, "contacts", "responses")]
        scale = voice.t(f"scale.{each.group.counts.scale.id}") if twice else ""
        rows.append(
            (*_place_cells(asked, each, shown, scale), change_cell(asked, became.get(each.key), about))
        )
        numbers += shown
    share = voice.figures.share
    columns = (
        Column(heading),
        Column(voice.t("reports.column_served"), "right"),
        Column(voice.t("reports.column_answers"), "right"),
        Column(voice.t(f"reports.name_{metric}"), "right"),
        Column(f"{share(0)} \N{EN DASH} {share(end)}", width=1),
        Column(voice.t("reports.column_change"), "right"),
    )
    return Table(columns, tuple(rows), tuple(numbers))


def _place_cells(asked: Asked, told: Told, shown: Sequence[Number], scale: str) -> tuple[Cell, ...]:
    score, served, responses = shown
    uncounted = Cell(asked.voice.t("reports.not_counted"), mood="quiet")
    details = ", ".join(text for text in (scale, *(chip.text for chip in score.chips)) if text)
    return (
        Cell(told.group.label, details, strong=True),
        cell_of(served) if told.group.counts.contact_sources else uncounted,
        cell_of(responses, ""),
        cell_of(score),
        Cell(mark=score.mark) if score.mark else Cell(score.why or "", mood="quiet"),
    )


def trend_chart(asked: Asked, metric: str, every: Bucket, back: int) -> tuple[Chart, ...]:
    """The last weeks or months of the place; nothing where there is nothing to draw yet."""
    return tuple(
        replace(printed(asked, drawing), title=title)
        for title, drawing in trend_drawings(asked, metric, every, back, height=CHART_HEIGHT, marked=True)
    )


def trend_drawings(
    asked: Asked, metric: str, every: Bucket, back: int, *, height: int, marked: bool = False
) -> list[tuple[str, Drawing]]:
    """One for each scale, with the words that tell them apart; `marked` where incidents and actions belong
    to it."""
    from ..charts.trend import TrendPoint, trend

    period = _back(asked.period, every, back)
    told = read_told(asked, every, period, metrics=(metric,))
    marks = _marks(asked, period) if marked else []
    about, found = asked.metrics[metric], []
    for scale, groups in by_scale(told).items():
        known = dropwhile(lambda each: each.scores[metric].value is None, groups)
        points = [TrendPoint(_first_day(each.group.key, every), each.scores[metric]) for each in known]
        if len(points) < LEAST_POINTS:
            continue
        drawing = trend(
            asked.voice,
            f"trend-{scale}",
            asked.voice.t(f"reports.name_{metric}"),
            points,
            unit=about.unit,
            every=every,
            tone=TONES.get(metric, "rate"),
            marks=[mark for mark in marks if mark.day >= points[0].first_day],
            height=height,
        )
        found.append((scale_title(asked, groups[0], told), drawing))
    return found


def _marks(asked: Asked, period: Period) -> "list[Mark]":
    """What was done and what happened; alerts are a section of their own."""
    from ..charts.trend import Mark

    return [
        Mark(max(each.day, period.first), each.kind, each.title)
        for each in read_happenings(asked.connection, asked.places, period)
        if each.kind != "alert"
    ]


def happened(asked: Asked, every: Bucket, back: int) -> tuple[Points, ...]:
    """The same in words."""
    voice = asked.voice
    points = tuple(
        Point(f"{voice.t(f'charts.mark_{each.kind}')}: {each.text}", voice.figures.short_date(each.day))
        for each in _marks(asked, _back(asked.period, every, back))
    )
    return (Points(points, small=True),) if points else ()


def printed(asked: Asked, drawing: Drawing) -> Chart:
    """A drawing of the pages, on paper."""
    from ..charts.look import PRINT_FONT as SCREEN_FONT
    from ..charts.printing import svg

    text = svg(drawing, width=CHART_WIDTH, language=asked.voice.language).replace(SCREEN_FONT, PRINT_FONT)
    return Chart(text, f"{drawing.title}. {drawing.summary}")


def _back(period: Period, every: Bucket, back: int) -> Period:
    """So many whole weeks or months up to the end of the period."""
    first = date.fromisoformat(bucket_days(period.last, every).first)
    for _ in range(back - 1):
        first = date.fromisoformat(bucket_days((first - timedelta(days=1)).isoformat(), every).first)
    return Period(first.isoformat(), period.last)


def _first_day(key: str, every: Bucket) -> str:
    """ISO date at which the bucket of this key begins."""
    if every == "week":
        year, week = key.split("-W")
        return date.fromisocalendar(int(year), int(week), 1).isoformat()
    return key if every == "day" else f"{key}-01"


def notes(
    asked: Asked, told: Sequence[Told], metrics: Iterable[str] = SHOWN, *, compared: bool = True
) -> Section:
    """What every number rests on."""
    voice = asked.voice
    used = [metric for metric in metrics if any(metric in each.scores for each in told)]
    period = period_text(voice, asked.period)
    points = [Point(voice.t("reports.note_days", period=period), voice.t("reports.note_days_head"))]
    points.append(Point(voice.t("reports.note_interval"), voice.t("reports.note_interval_head")))
    if compared:
        said = voice.t("reports.note_change", period=period_text(voice, asked.before))
        points.append(Point(said, voice.t("reports.note_change_head")))
    points += [*withheld_points(asked, told), *formula_points(asked, used)]
    return Section(voice.t("reports.notes"), (Points(tuple(points), small=True),))


def report(
    asked: Asked, kind: Kind, sections: Iterable[Section], lead: str = "", summary: str = ""
) -> Report:
    """The frame that every report has."""
    voice = asked.voice
    heading, where = place_names(asked)
    kind_name, period = voice.t(f"reports.kind_{kind}"), period_text(voice, asked.period)
    made = made_on(asked.now)
    return Report(
        title=f"{kind_name}: {heading}, {period}",
        kind_name=kind_name,
        heading=heading,
        period=period,
        where=where,
        summary=summary or lead or kind_name,
        language=voice.language,
        region=region_of(voice.language),
        made=made,
        footer=voice.t(
            "reports.footer", version=version("tillsight"), day=voice.figures.full_date(made), place=heading
        ),
        page_of=voice.t("reports.page_of"),
        lead=lead,
        keywords=(kind_name, heading),
        sections=tuple(sections),
    )


def by_scale(told: Iterable[Told]) -> dict[str, list[Told]]:
    """In their order."""
    found: dict[str, list[Told]] = {}
    for each in told:
        found.setdefault(each.group.counts.scale.id, []).append(each)
    return found
