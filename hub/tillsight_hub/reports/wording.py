"""Wording: scores, changes and times as a report says them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from ..metrics.registry import Metric, Score, Status
from ..periods import Period
from ..scores.changes import Change
from .document import Became, Cell, Chip, Mark, Mood, Number, Point, Tone
from .reading import Asked, Told

if TYPE_CHECKING:
    from ..charts.drawing import Voice

TONES: dict[str, Tone] = {"relative_dissatisfaction": "negative", "csat": "positive"}
CHIPS: dict[Status, Mood] = {"low_n": "quiet", "partial": "warn"}
REGIONS = {"en": "GB"}
AXIS_ENDS = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
DOUBTS = ("counter-under-counts", "camera-partly", "incomplete")
"""Flags that a reader has to know of beside the number."""


def region_of(language: str) -> str:
    """The country whose way of writing a language is meant."""
    return REGIONS.get(language, language.upper()[:2])


def axis_end(scores: Iterable[Score]) -> float:
    """The end of an axis that rows share: so far that every interval is on it, or nearly."""
    highest = max((score.upper or 0.0 for score in scores if score.value is not None), default=0.0)
    return next((end for end in AXIS_ENDS if highest <= end), AXIS_ENDS[-1])


def number(
    asked: Asked, told: Told, metric_id: str, change: Change | None = None, end: float = 1.0
) -> Number:
    """One score in words."""
    voice, metric, score = asked.voice, asked.metrics[metric_id], told.scores[metric_id]
    why = why_nothing(voice, score)
    return Number(
        id=told.id(metric_id),
        score=score,
        name=voice.t(f"reports.name_{metric_id}"),
        text=voice.figures.value_text(score, metric.unit) if why is None else voice.t(_nothing_key(score)),
        range=voice.figures.range_text(score, metric.unit) if metric.minimum_n or score.value else "",
        rests_on=rests_on(voice, metric, score) if why is None else "",
        why=why,
        mark=mark_of(score, metric, end),
        chips=chips_of(voice, score),
        change=became(asked, change, metric) if change is not None else None,
    )


def cell_of(number: Number, detail: str | None = None) -> Cell:
    """Of a table: the value over its interval."""
    return Cell(
        number.text,
        detail=number.range if detail is None else detail,
        strong=number.why is None,
        mood="quiet" if number.why is not None else "",
    )


def why_nothing(voice: "Voice", score: Score) -> str | None:
    """In words; None where there is a number."""
    if score.value is not None:
        return None
    return voice.t(f"reports.why_{score.status}", n=voice.figures.count(score.n))


def rests_on(voice: "Voice", metric: Metric, score: Score) -> str:
    """What a score is made of."""
    if metric.unit == "count":
        return ""
    key = "of_served" if "rated_contacts" in metric.inputs else "of_answers"
    return voice.t(f"reports.{key}", n=voice.figures.count(score.n))


def chips_of(voice: "Voice", score: Score) -> tuple[Chip, ...]:
    """Words of warning at a number."""
    found = []
    if score.value is not None and (mood := CHIPS.get(score.status)):
        found.append(Chip(voice.t(f"reports.status_{score.status}"), mood))
    found += [Chip(voice.t(f"flag.{flag}"), "warn") for flag in DOUBTS if flag in score.flags]
    return tuple(found)


def mark_of(score: Score, metric: Metric, end: float) -> Mark | None:
    """Where a share lies on an axis up to `end`."""
    if metric.unit != "share" or score.value is None or score.lower is None or score.upper is None:
        return None
    lower, upper, value = (min(1.0, max(0.0, each / end)) for each in (score.lower, score.upper, score.value))
    return Mark(lower, upper, value, TONES.get(metric.id, "rate"))


def became(asked: Asked, change: Change, metric: Metric) -> Became:
    """A change with its interval; only one that is no chance gets a direction."""
    voice = asked.voice
    if change.value is None or change.lower is None or change.upper is None:
        return Became(voice.t("reports.change_unknown"), "", "quiet", certain=False)
    detail = voice.t("reports.change_range", range=_change_range(voice, change, metric))
    if change.arrow is None:
        return Became(voice.t("reports.change_none"), detail, "quiet", certain=False)
    by = _change_text(voice, change, metric, change.value)
    mood: Mood = "good" if change.is_better else "bad"
    word = "better" if change.is_better else "worse"
    return Became(voice.t(f"reports.change_{word}", by=by), detail, mood, certain=True)


def change_cell(asked: Asked, change: Change | None, metric: Metric) -> Cell:
    """Of a table."""
    if change is None or change.value is None:
        return Cell(asked.voice.t("reports.change_short_unknown"), mood="quiet")
    found = became(asked, change, metric)
    text = (
        _change_text(asked.voice, change, metric, change.value)
        if found.certain
        else asked.voice.t("reports.change_short_none")
    )
    return Cell(text, _change_range(asked.voice, change, metric), strong=found.certain, mood=found.mood)


def _change_range(voice: "Voice", change: Change, metric: Metric) -> str:
    first, last = (
        _change_text(voice, change, metric, end or 0.0, bare=True) for end in (change.lower, change.upper)
    )
    return voice.t("reports.from_to", first=first, last=last) + _change_unit(voice, change)


def _change_text(voice: "Voice", change: Change, metric: Metric, value: float, *, bare: bool = False) -> str:
    """+12% for a ratio, +3.1 points for a difference of shares."""
    percent = change.kind == "ratio" or metric.unit == "share"
    number = (100 if percent else 1) * (value - 1 if change.kind == "ratio" else value)
    digits = 0 if abs(number) >= 9.95 else 1
    sign = "+" if round(number, digits) > 0 else ""
    return f"{sign}{voice.figures.number(round(number, digits) + 0.0, digits)}" + (
        "" if bare else _change_unit(voice, change)
    )


def _change_unit(voice: "Voice", change: Change) -> str:
    return voice.t("reports.percent") if change.kind == "ratio" else f" {voice.t('reports.points')}"


def _nothing_key(score: Score) -> str:
    return "reports.withheld" if score.status == "suppressed" else "reports.no_data"


# --- Times and places -------------------------------------------------------------------------------------


def period_text(voice: "Voice", period: Period) -> str:
    """16–22 November 2026, or November 2026 where it is a whole month."""
    first, last = date.fromisoformat(period.first), date.fromisoformat(period.last)
    if first.day == 1 and last.day >= 28 and (first.year, first.month) == (last.year, last.month):
        return voice.figures.month(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}\N{EN DASH}{voice.figures.full_date(last)}"
    if first.year == last.year:
        begin = voice.figures.full_date(first).removesuffix(f" {first.year}")
        return f"{begin} \N{EN DASH} {voice.figures.full_date(last)}"
    return f"{voice.figures.full_date(first)} \N{EN DASH} {voice.figures.full_date(last)}"


def place_names(asked: Asked) -> tuple[str, str]:
    """What the place is called, and where it is."""
    hierarchy, place = asked.hierarchy, asked.place
    if place in hierarchy.touchpoints:
        touchpoint = hierarchy.touchpoints[place]
        return touchpoint.name, f"{touchpoint.store_name}, {touchpoint.region_name}"
    if place in hierarchy.stores:
        store = hierarchy.stores[place]
        return store.name, f"{hierarchy.regions[store.region_id].name}, {hierarchy.orgs[store.org_id].name}"
    if place in hierarchy.regions:
        region = hierarchy.regions[place]
        return region.name, hierarchy.orgs[region.org_id].name
    return hierarchy.orgs[place].name, ""


def hours_text(voice: "Voice", seconds: float) -> str:
    """3.5 h, or 12 min."""
    if seconds < 3600:
        return voice.t("reports.minutes", n=voice.figures.count(seconds / 60))
    return voice.t("reports.hours", n=voice.figures.number(seconds / 3600, 1 if seconds < 36_000 else 0))


def made_on(now_ms: int) -> date:
    """The day, in UTC, on which a report is made."""
    return datetime.fromtimestamp(now_ms / 1000, UTC).date()


def formula_points(asked: Asked, metrics: Iterable[str]) -> tuple[Point, ...]:
    """Formula and version of every metric that the report uses."""
    voice = asked.voice
    found = []
    for metric_id in metrics:
        metric = asked.metrics[metric_id]
        formula = voice.t.of(f"metric.{metric.id}.formula", metric.formula)
        text = voice.t("reports.formula", id=metric.id, version=metric.version, formula=formula)
        found.append(Point(text, voice.t(f"reports.name_{metric_id}")))
    return tuple(found)


def withheld_points(asked: Asked, told: Mapping[str, Told] | Iterable[Told]) -> tuple[Point, ...]:
    """How many answers are not in the numbers, and why."""
    groups = list(told.values() if isinstance(told, Mapping) else told)
    withheld = sum(each.group.counts.withheld for each in groups)
    if not withheld:
        return ()
    accepted = sum(each.group.counts.accepted for each in groups)
    voice = asked.voice
    text = voice.t(
        "reports.note_withheld",
        withheld=voice.figures.count(withheld),
        accepted=voice.figures.count(accepted),
        smallest=asked.metrics.smallest_cell,
    )
    return (Point(text, voice.t("reports.note_withheld_head")),)
