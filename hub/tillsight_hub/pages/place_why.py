"""Why: reasons that people named, what goes together with the outcome, and when it is better or worse."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from ..charts.drawing import Drawing
from ..charts.pareto import pareto
from ..charts.profile import Slot, business, profile
from ..charts.week import WeekCell, week
from ..charts.whiskers import Whisker, whiskers
from ..hierarchy import Touchpoint
from ..metrics.counts import Counts
from ..metrics.impact import LEAST_PEOPLE, LEAST_PEOPLE_PER_DRIVER, Impact, impact
from ..metrics.intervals import wilson
from ..metrics.questions import Questions, names_of, points_of, top_box
from ..metrics.registry import DEFAULT_LEVEL, Catalogue, Metric
from ..periods import Period, bucket_days
from ..scores.narrowing import Narrowing
from ..scores.reasons import Reasons, plain
from ..scores.score_ids import EXPLAIN_PAGE, ScoreId, narrowed_cut
from ..scores.surveys import answers_of
from ..scores.week_cells import HOURS, WeekCells, read_week_cells
from .choosing import MOST_MONTHS, Choice, range_of
from .place_view import TONES, Where, members_of, metric_name
from .rendering import Pages

MetricsOf = tuple[Catalogue, Questions]
"""What the hub computes, and the questions of all its metrics."""
MONTHS_BACK = 3
"""Where a period has no whole month that is over, hours of the week are of the last ones before its end."""
WELL_KNOWN = 30
"""A cell with fewer answers is hatched."""


@dataclass(frozen=True)
class Drivers:
    """What the outcome goes together with."""

    people: int
    least: int
    """So many have to have answered everything."""
    drawing: Drawing | None
    """None where nothing is told."""


@dataclass(frozen=True)
class Why:
    """The parts of the answer that take a moment to work out."""

    drivers: Drivers | None
    """None where no question is set to ask for them, or nobody answered."""
    heat: Drawing | None
    hours: Sequence[Drawing]
    """By hour of the day: how good, and how busy."""
    weekdays: Sequence[Drawing]
    months: str
    """The days that hours of the week are of, in words; empty where there are none."""
    told: int
    withheld: int
    """Answers in these months whose hour of the week is told, and is not."""


def reasons_drawing(pages: Pages, reasons: Reasons) -> Drawing | None:
    """Bars of what was named, in words; None where nobody's reason may be told."""
    return pareto(pages, "reasons", pages.t("place.reasons"), reasons.named) if reasons.people else None


def leading(reasons: Reasons) -> list[str]:
    """The most frequent reason, and those that cannot be told from it: their intervals overlap."""
    found: list[str] = []
    for reason, number in reasons.named.items():
        ends = wilson(number, reasons.people, DEFAULT_LEVEL)
        first = wilson(next(iter(reasons.named.values())), reasons.people, DEFAULT_LEVEL)
        if ends is not None and first is not None and ends.upper >= first.lower:
            found.append(reason)
    return found


def read_why(  # noqa: PLR0917
    connection: Connection, where: Where, choice: Choice, pages: Pages, config: MetricsOf, now: int
) -> Why:
    """`now` is ms UTC."""
    metrics, questions = config
    members, smallest = members_of(where, choice), metrics.smallest_cell
    cells = read_week_cells(connection, members, months_shown(members, choice.period, now), smallest, now)[0]
    is_counted = any(place.contact_source for place in members)
    shown = metrics["relative_dissatisfaction" if is_counted else "csat"]
    summed = cells.sum()
    period = cells.period
    return Why(
        drivers=_drivers(connection, where, choice.period, pages, questions, smallest),
        heat=_heat(pages, where, cells, metrics["csat"]) if period else None,
        hours=_profiles(pages, where, cells, shown, "hour") if period else (),
        weekdays=_profiles(pages, where, cells, shown, "weekday") if period else (),
        months=range_of(period, pages) if period else "",
        told=cells.told(),
        withheld=summed.accepted - cells.told(),
    )


def months_shown(members: Sequence[Touchpoint], period: Period, now: int) -> Period:
    """The whole months of the period that are over, or the last ones before its end where it has none; fewer
    where there are many touchpoints."""
    running = min(place.calendar.business_day(now) for place in members)
    most = max(1, MOST_MONTHS // len(members))
    last = _month_before(min(period.last, running))
    if bucket_days(period.last, "month").last == period.last < running:
        last = bucket_days(period.last, "month")
    wanted = MONTHS_BACK if last.first < period.first else most
    first = last
    for _ in range(min(wanted, most) - 1):
        before = _month_before(first.first)
        if wanted == most and before.first < period.first:
            break
        first = before
    return Period(first.first, last.last)


def _month_before(day: str) -> Period:
    begin = date.fromisoformat(bucket_days(day, "month").first)
    return bucket_days((begin - timedelta(days=1)).isoformat(), "month")


# --- Drivers ----------------------------------------------------------------------------------------------


def _drivers(  # noqa: PLR0917
    connection: Connection, where: Where, period: Period, pages: Pages, questions: Questions, smallest: int
) -> Drivers | None:
    asked = names_of(questions, "driver") or names_of(questions, "force")
    if not asked or points_of(questions, "outcome") is None:
        return None
    answers = answers_of(connection, where.members, period, questions, smallest)
    tops = [top_box(points) for each in asked if (points := points_of(questions, each))]
    found = impact(answers.to_all(*asked, "outcome"), tops, DEFAULT_LEVEL)
    if not found.n:
        return None
    least = max(LEAST_PEOPLE, LEAST_PEOPLE_PER_DRIVER * len(asked))
    return Drivers(found.n, least, None if found.withheld else _drivers_drawing(pages, asked, found))


def _drivers_drawing(pages: Pages, asked: Sequence[str], found: Impact) -> Drawing:
    numbers = []
    for name, driver in zip(asked, found.drivers, strict=True):
        ends, best = driver.lmg.interval, driver.performance.value
        assert ends is not None
        label = plain(name.partition(":")[2])
        value = driver.lmg.value or 0.0
        numbers.append(Whisker(label, value, ends.lower, ends.upper, found.n, pages.figures.share(best)))
    r2 = found.r2.value if found.r2 else None
    return whiskers(
        pages,
        "drivers",
        pages.t("place.drivers"),
        numbers,
        unit="share",
        first_column=pages.t("place.driver"),
        last_column=pages.t("place.performance"),
        summary=pages.t("place.drivers_summary", r2=pages.figures.share(r2), n=pages.figures.count(found.n)),
        bars=True,
    )


# --- Hours and weekdays -----------------------------------------------------------------------------------


def _heat(pages: Pages, where: Where, cells: WeekCells, metric: Metric) -> Drawing | None:
    shrunk = cells.shrunk(metric)
    weekdays, hours = cells.used()
    if not shrunk or not hours:
        return None
    found = {}
    for at, counts in cells.cells.items():
        known, n = shrunk.get(at), counts.responses
        said = pages.t("charts.why_suppressed") if counts.accepted else pages.t("charts.no_answers")
        ends = (known.interval.lower, known.interval.upper) if known else (None, None)
        doubtful = counts.accepted > 0 and (known is None or n < WELL_KNOWN)
        if counts.accepted or counts.contacts or cells.open_minutes.get(at):
            estimate = known.estimate if known else None
            explain = _explain(where, cells, metric, weekday=at[0], hours=(at[1],))
            found[at] = WeekCell(estimate, ends[0], ends[1], n, doubtful, said, explain)
    return week(
        pages,
        "week",
        pages.t("place.heat"),
        found,
        weekdays=weekdays,
        hours=hours,
        unit="share",
        tone="negative",
        darkest="low",
        summary=pages.t("place.heat_summary"),
    )


def _profiles(pages: Pages, where: Where, cells: WeekCells, metric: Metric, by: str) -> list[Drawing]:
    """How good and how busy, by hour of the day or by weekday."""
    weekdays, hours = cells.used()
    t, is_hour = pages.t, by == "hour"
    found = cells.profile("hour" if is_hour else "weekday")
    slots = [
        _slot(
            f"{key:02}" if is_hour else pages.figures.weekday(key, short=True),
            found[key],
            metric,
            cells.minutes(hours=(key,)) if is_hour else cells.minutes(weekdays=(key,)),
            _explain(where, cells, metric, hours=(key,))
            if is_hour
            else _explain(where, cells, metric, weekday=key, hours=HOURS),
        )
        for key in (hours if is_hour else weekdays)
    ]
    if not slots:
        return []
    column = t("charts.hour") if is_hour else t("charts.weekday")
    good = t("place.by_hour" if is_hour else "place.by_weekday", metric=metric_name(pages, metric))
    busy = t("place.served_per_hour" if metric.id != "csat" else "place.answers_per_hour")
    tone = TONES.get(metric.id, "rate")
    drawings = [profile(pages, f"good-{by}", good, slots, unit=metric.unit, tone=tone, column=column)]
    if any(slot.per_hour is not None for slot in slots):
        drawings.append(business(pages, f"busy-{by}", busy, slots, column=column))
    return drawings


def _slot(label: str, counts: Counts, metric: Metric, minutes: int | None, explain: str) -> Slot:
    many = counts.accepted if counts.contacts is None or metric.id == "csat" else counts.contacts
    per_hour = 60 * many / minutes if minutes else None
    score = metric.score(counts) if counts.events else None
    return Slot(label, score, per_hour, minutes / 60 if minutes else None, explain if score else "")


def _explain(
    where: Where, cells: WeekCells, metric: Metric, *, weekday: int | None = None, hours: Iterable[int]
) -> str:
    """Address of the page about a number of these hours of the week."""
    assert cells.period
    narrowing = Narrowing(frozenset(() if weekday is None else (weekday,)), frozenset(hours))
    cut, key = narrowed_cut(narrowing)
    id = ScoreId(metric.id, where.id, cells.scale, cells.period, cut, key, DEFAULT_LEVEL)
    return EXPLAIN_PAGE.format(id=id)
