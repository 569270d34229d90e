"""The monthly page of a chain: where it stands, who is better as far as one can tell, and what to doubt."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..metrics.funnel import funnel
from ..metrics.registry import Score
from ..scores.ranking import Standing, ranked, why_not
from .document import Block, Cell, Column, Note, Number, Point, Points, Report, Section, Table
from .parts import (
    by_scale,
    happened,
    headlines,
    main_metric,
    notes,
    place_table,
    printed,
    report,
    scale_title,
    trend_chart,
)
from .reading import Asked, Told, changed, read_told
from .wording import axis_end, cell_of, change_cell, number

MONTHS = 13
"""Of the trend."""
LEAST_IN_FUNNEL = 5
FUNNEL_HEIGHT = 260
EACH_END = 10
"""Rows of a ranking from the top and from the bottom, where it is too long to print."""


def monthly(asked: Asked) -> Report:
    """The page of a month."""
    voice = asked.voice
    told, before = read_told(asked, asked.level), read_told(asked, asked.level, asked.before)
    own, own_before = read_told(asked, "touchpoint"), read_told(asked, "touchpoint", asked.before)
    metric = main_metric(own)
    much: list[Block] = [*headlines(asked, told, before)]
    for level in ("region", "store"):
        if asked.level in ("org", "region") and asked.level != level:
            parts = read_told(asked, level)
            if len({each.group.key for each in parts}) > 1:
                then = read_told(asked, level, asked.before)
                much.append(place_table(asked, parts, then, voice.t(f"reports.column_{level}"), metric))
    trend = trend_chart(asked, metric, "month", MONTHS)
    blocks: tuple[Block, ...] = (*trend, *happened(asked, "month", MONTHS))
    trend_title = voice.t("reports.trend_months", n=MONTHS, name=voice.t(f"reports.name_{metric}"))
    sections = [
        Section(voice.t("reports.how_much"), tuple(much)),
        *([Section(trend_title, blocks, voice.t("reports.trend_lead"))] if trend else []),
        *_rankings(asked, own, metric),
        *_funnels(asked, own, metric),
        _changes(asked, own, own_before, metric),
        _quality(asked, own),
        notes(asked, told),
    ]
    return report(asked, "monthly", sections)


# --- Ranking ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Ranked:
    """One touchpoint's place in the order."""

    told: Told
    standing: Standing
    number: Number


def _rankings(asked: Asked, own: Sequence[Told], metric: str) -> list[Section]:
    """Who is better: one order for each scale, with what may be a tie."""
    scales: dict[str, list[Told]] = {}
    for each in own:
        if metric in each.scores:
            scales.setdefault(each.group.counts.scale.id, []).append(each)
    found = []
    for groups in scales.values():
        block = _ranking(asked, groups, metric)
        if block is not None:
            title = asked.voice.t("reports.ranking")
            words = scale_title(asked, groups[0], own)
            title = f"{title} \N{MIDDLE DOT} {words}" if words else title
            found.append(Section(title, block, asked.voice.t("reports.ranking_lead")))
    return found


def _ranking(asked: Asked, groups: Sequence[Told], metric: str) -> tuple[Block, ...] | None:
    """None where there is nothing to compare."""
    about = asked.metrics[metric]
    standings = ranked({each.group.key: each.scores[metric] for each in groups}, about)
    end = axis_end(each.scores[metric] for each in groups)
    order = sorted(
        (_Ranked(each, standings[each.group.key], number(asked, each, metric, end=end)) for each in groups),
        key=lambda each: each.standing.rank or len(groups) + 1,
    )
    compared = [each for each in order if each.standing.rank is not None]
    if len(compared) < 2:
        return None
    shown = compared if len(compared) <= 2 * EACH_END else [*compared[:EACH_END], *compared[-EACH_END:]]
    blocks: list[Block] = [_ranking_table(asked, shown, metric, end)]
    if len(shown) < len(compared):
        left_out = asked.voice.t("reports.ranking_between", n=len(compared) - len(shown), after=EACH_END)
        blocks.append(Note(left_out))
    if unranked := [each for each in order if each.standing.rank is None]:
        names = ", ".join(_name(asked, each.told) for each in unranked)
        blocks.append(Note(asked.voice.t("reports.unranked", names=names)))
    return tuple(blocks)


def _ranking_table(asked: Asked, shown: Sequence[_Ranked], metric: str, end: float) -> Table:
    voice = asked.voice
    share = voice.figures.share
    columns = (
        Column(voice.t("reports.column_rank"), "right"),
        Column(voice.t("reports.column_touchpoint")),
        Column(voice.t(f"reports.name_{metric}"), "right"),
        Column(f"{share(0)} \N{EN DASH} {share(end)}", width=1),
        Column(voice.t("reports.column_between"), "right"),
        Column(voice.t("reports.column_ties"), "right"),
    )
    rows = tuple(_ranking_row(asked, each) for each in shown)
    return Table(columns, rows, tuple(each.number for each in shown))


def _ranking_row(asked: Asked, each: _Ranked) -> tuple[Cell, ...]:
    voice, standing = asked.voice, each.standing
    place = asked.hierarchy.touchpoints[each.told.group.key]
    return (
        Cell(voice.figures.count(standing.rank), strong=True),
        Cell(place.name, place.store_name, strong=True),
        cell_of(each.number),
        Cell(mark=each.number.mark) if each.number.mark else Cell(),
        Cell(f"{standing.rank_low}\N{EN DASH}{standing.rank_high}"),
        Cell(voice.figures.count(len(standing.ties))),
    )


def _funnels(asked: Asked, own: Sequence[Told], metric: str) -> list[Section]:
    """Shares against how many people they are of: only what lies outside is unusual."""
    from ..charts.funnel import FunnelPoint, funnel_plot

    voice, about, charts = asked.voice, asked.metrics[metric], []
    for groups in by_scale(own).values():
        shown = [each for each in groups if why_not(each.scores[metric], about) is None]
        scores = [each.scores[metric] for each in shown]
        shares = [score.value or 0.0 for score in scores]
        fitted = funnel(shares, [score.n for score in scores])
        if fitted is None or len(shown) < LEAST_IN_FUNNEL:
            continue
        points = [
            FunnelPoint(_name(asked, each), share, score.n, _told(asked, score))
            for each, share, score in zip(shown, shares, scores, strict=True)
        ]
        drawing = funnel_plot(
            voice,
            "funnel",
            voice.t("reports.funnel"),
            points,
            fitted,
            summary=voice.t("reports.funnel_summary", center=voice.figures.share(fitted.center)),
            columns=tuple(
                voice.t(f"reports.column_{each}") for each in ("touchpoint", "value", "between", "n")
            ),
            people=voice.t("reports.funnel_people"),
            is_high_bad=about.worst == "high",
            height=FUNNEL_HEIGHT,
        )
        charts.append(replace(printed(asked, drawing), title=scale_title(asked, groups[0], own)))
    return (
        [Section(voice.t("reports.funnel"), tuple(charts), voice.t("reports.funnel_lead"))] if charts else []
    )


def _told(asked: Asked, score: Score) -> tuple[str, ...]:
    figures = asked.voice.figures
    return figures.value_text(score, "share"), figures.range_text(score, "share"), figures.count(score.n)


def _name(asked: Asked, told: Told) -> str:
    place = asked.hierarchy.touchpoints[told.group.key]
    return f"{place.name} ({place.store_name})"


# --- What changed, what to doubt --------------------------------------------------------------------------


def _changes(asked: Asked, after: Sequence[Told], before: Sequence[Told], metric: str) -> Section:
    """Only those that are no chance; with many touchpoints some always look so."""
    voice, about = asked.voice, asked.metrics[metric]
    became = changed(asked, metric, after, before)
    certain = [each for each in after if (change := became.get(each.key)) and change.arrow]
    title, lead = voice.t("reports.changes"), voice.t("reports.changes_lead", n=len(became))
    if not certain:
        return Section(title, (Note(voice.t("reports.changes_none")),), lead)
    rows = []
    numbers = []
    for each in certain:
        place, shown = asked.hierarchy.touchpoints[each.group.key], number(asked, each, metric)
        numbers.append(shown)
        rows.append(
            (
                Cell(place.name, place.store_name, strong=True),
                cell_of(shown),
                change_cell(asked, became[each.key], about),
            )
        )
    columns = (
        Column(voice.t("reports.column_touchpoint"), width=1),
        Column(voice.t(f"reports.name_{metric}"), "right"),
        Column(voice.t("reports.column_change"), "right"),
    )
    return Section(title, (Table(columns, tuple(rows), tuple(numbers)),), lead)


DOUBTS = (
    ("uncalibrated", "contacts"),
    ("camera-partly", "contacts"),
    ("counter-under-counts", "response_rate"),
    ("incomplete", "responses"),
    ("undated-events", "responses"),
    ("small-cells", "csat"),
)
"""Flag, and the metric that carries it."""


def _quality(asked: Asked, own: Sequence[Told]) -> Section:
    """How far the numbers can be trusted, and where not."""
    voice = asked.voice
    points = []
    for flag, metric in DOUBTS:
        names = [
            _name(asked, each) for each in own if metric in each.scores and flag in each.scores[metric].flags
        ]
        if names:
            listed = ", ".join(names[:6]) + (" \N{HORIZONTAL ELLIPSIS}" if len(names) > 6 else "")
            head = voice.t("reports.quality_of", n=len(names), all=len(own))
            points.append(Point(f"{voice.t(f'reports.quality_{flag}')} {listed}", head))
    counts = [each.group.counts for each in own]
    presses, set_aside = sum(each.presses for each in counts), sum(each.set_aside for each in counts)
    said = voice.t(
        "reports.quality_presses",
        presses=voice.figures.count(presses),
        accepted=voice.figures.count(sum(each.accepted for each in counts)),
        set_aside=voice.figures.count(set_aside),
        repeats=voice.figures.count(sum(each.repeats for each in counts)),
    )
    blocks: list[Block] = [Points((*points, Point(said)))]
    if not points:
        blocks.insert(0, Note(voice.t("reports.quality_good"), "good"))
    return Section(voice.t("reports.quality"), tuple(blocks))
