"""One place over a period: how much, why, and who exactly, as its page shows it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import reduce
from operator import add
from typing import Literal

from sqlalchemy import Connection, func, select

from tillsight_models.scales import Scale

from ..changes import Change, Seen, changes, period_before
from ..happenings import Happening, read_happenings
from ..hierarchy import Hierarchy, Touchpoint
from ..metrics.counts import Counts
from ..metrics.registry import Catalogue, Metric, Score
from ..periods import Bucket, Period, bucket_days, bucket_of
from ..score_ids import EXPLAIN_PAGE, Cut, ScoreId
from ..scores import Group, read_counts
from ..tables import contact_request, service_case, touchpoint
from ..week_cells import read_week_cells
from .choosing import Choice
from .rendering import Pages

Level = Literal["org", "region", "store", "touchpoint"]
BELOW: Mapping[Level, Level] = {"org": "region", "region": "store", "store": "touchpoint"}
PER_SERVED = ("relative_dissatisfaction", "relative_satisfaction", "response_rate", "csat")
OF_PRESSED = ("csat", "happy_index", "nps", "responses")
"""What stands on top where nothing counts who was served."""
HEADLINES = (*PER_SERVED, *OF_PRESSED)
TRENDS = (
    "relative_dissatisfaction",
    "relative_satisfaction",
    "csat",
    "nps",
    "response_rate",
    "contacts",
    "responses",
)
"""What the line may show."""


@dataclass(frozen=True)
class Where:
    """A place, with what lies above it and the touchpoints in it."""

    id: str
    name: str
    level: Level
    members: tuple[Touchpoint, ...]
    above: tuple[tuple[str, str], ...]
    """Id and name of every place above it that the viewer sees as a whole, the highest first."""


@dataclass(frozen=True)
class Number:
    """A score of the period, and what became of it since the one before."""

    metric: Metric
    score: Score
    change: Change | None

    @property
    def tone(self) -> Literal["negative", "positive", "rate"]:
        """What colour it has."""
        return TONES.get(self.metric.id, "rate")


TONES: Mapping[str, Literal["negative", "positive", "rate"]] = {
    "relative_dissatisfaction": "negative",
    "relative_satisfaction": "positive",
    "csat": "positive",
    "happy_index": "positive",
    "nps": "positive",
}


@dataclass(frozen=True)
class Below:
    """A place within, as a row of the table."""

    id: str
    name: str
    scores: Mapping[str, Score]
    counts: Counts
    closed: str | None = None
    """Its last day, where it is closed."""
    review_due: str | None = None
    """Since when somebody should have looked at it."""


@dataclass(frozen=True)
class Who:
    """People who asked to be answered, and what somebody looks after; of the period."""

    requests: int
    answered: int
    """Requests whose case is closed."""
    cases: int
    open: int
    overdue: int


@dataclass(frozen=True)
class PlaceView:
    """All of it but the parts that are loaded afterwards."""

    where: Where
    choice: Choice
    scale: Scale
    scales: tuple[Scale, ...]
    """All that touchpoints here have; numbers of two are never added up."""
    members: tuple[Touchpoint, ...]
    """Those of the scale."""
    counts: Counts
    numbers: Mapping[str, Number]
    before: Period
    """What changes are measured against."""
    buckets: Sequence[tuple[str, Counts | None]]
    """First day of each part of the period; None where nothing was heard."""
    below: Sequence[Below]
    happenings: Sequence[Happening]
    who: Who
    names: Mapping[str, str] = field(default_factory=dict)
    """Of places that happenings are at."""

    @property
    def headline(self) -> list[Number]:
        """The numbers on top: per person served where somebody counts them."""
        ids = PER_SERVED if self.counts.contact_sources else OF_PRESSED
        return [self.numbers[id] for id in ids if id in self.numbers][:4]

    @property
    def trends(self) -> list[Metric]:
        """What the line may show here."""
        ids = (id for id in TRENDS if id in self.numbers)
        counted = bool(self.counts.contact_sources)
        return [self.numbers[id].metric for id in ids if counted or id in OF_PRESSED]

    @property
    def flags(self) -> list[str]:
        """Every flag that a number of the headline carries."""
        return sorted({flag for number in self.headline for flag in number.score.flags})

    @property
    def has_faces(self) -> bool:
        """Whether anything looked at expressions here."""
        return bool(sum(self.counts.emotions) + self.counts.withheld_faces)

    def explain(self, score: Score, place: str | None = None, cut: Cut = "total", key: str = "") -> str:
        """Address of the page about a score of the period; empty where it is of chosen weekdays or hours."""
        if self.choice.is_narrowed:
            return ""
        id = ScoreId(
            score.metric, place or self.where.id, self.scale.id, self.choice.period, cut, key, score.level
        )
        return EXPLAIN_PAGE.format(id=id)


def find_place(hierarchy: Hierarchy, scope: str | None, id: str) -> Where | None:
    """The place; None where there is none, or not all of it lies within the scope."""
    members = tuple(hierarchy.within(id))
    seen = {place.id for place in hierarchy.within(scope)}
    if not members or not all(place.id in seen for place in members):
        return None
    one = members[0]
    line: list[tuple[Level, str, str]] = [
        ("org", one.org_id, hierarchy.orgs[one.org_id].name),
        ("region", one.region_id, one.region_name),
        ("store", one.store_id, one.store_name),
        ("touchpoint", one.id, one.name),
    ]
    at = next(number for number, (_, each, _) in enumerate(line) if each == id)
    above = tuple(
        (each, name)
        for _, each, name in line[:at]
        if all(place.id in seen for place in hierarchy.within(each))
    )
    return Where(id, line[at][2], line[at][0], members, above)


def read_place(
    connection: Connection, where: Where, choice: Choice, metrics: Catalogue, now: int
) -> PlaceView:
    """Everything that the page says at once. `now` is ms UTC."""
    members, scales = _of_scale(where, choice)
    reading = _Reading(connection, members, choice, metrics, now)
    counts, before = reading.total(choice.period), period_before(choice.period)
    earlier = None if choice.hours else replace(reading, metrics=metrics.chosen(HEADLINES)).total(before)
    happenings = read_happenings(connection, where.members, choice.period)
    return PlaceView(
        where=where,
        choice=choice,
        scale=members[0].scale,
        scales=scales,
        members=members,
        counts=counts,
        numbers=_numbers(counts, earlier, metrics),
        before=before,
        buckets=reading.buckets(),
        below=_below(connection, where, reading),
        happenings=happenings,
        who=_who(connection, where.members, choice.period, now),
        names=_names(where.members, happenings),
    )


@dataclass(frozen=True)
class _Reading:
    """What is read, and of whom."""

    connection: Connection
    members: tuple[Touchpoint, ...]
    choice: Choice
    metrics: Catalogue
    now: int

    def total(self, period: Period) -> Counts:
        """Of the chosen weekdays and hours of a period; hours are told of its whole months that are over."""
        if self.choice.hours:
            cells = read_week_cells(
                self.connection, self.members, period, self.metrics.smallest_cell, self.now
            )
            return cells[0].sum(self.choice.weekdays, self.choice.hours)
        if self.choice.weekdays:
            days = {str(day) for day in self.choice.weekdays}
            return self._sum(each for each in self.groups(period, "weekday") if each.key in days)
        return self._sum(self.groups(period, "org"))

    def groups(
        self, period: Period, by: Literal["hour", "weekday", "day", "week", "month"] | Level
    ) -> list[Group]:
        return read_counts(
            self.connection,
            self.members,
            period.first,
            period.last,
            by,
            smallest_cell=self.metrics.smallest_cell,
            now=self.now,
            questions=self.metrics.questions,
        )

    def buckets(self) -> list[tuple[str, Counts | None]]:
        """The parts of the period; of the chosen weekdays, but of all hours: no part is told by the hour."""
        every, weekdays = self.choice.every, self.choice.weekdays
        by: Bucket = "day" if weekdays else every
        parts: dict[str, list[Group]] = {}
        for group in self.groups(self.choice.period, by):
            if not weekdays or date.fromisoformat(group.key).isoweekday() in weekdays:
                key = bucket_of(group.key, every) if by == "day" else group.key
                parts.setdefault(key, []).append(group)
        firsts = {bucket_of(day, every): bucket_days(day, every).first for day in self.choice.period.days()}
        found = [(firsts[key], self._sum(groups)) for key, groups in sorted(parts.items())]
        return [(day, counts if counts.events else None) for day, counts in found]

    def _sum(self, groups: Iterable[Group]) -> Counts:
        one = self.members[0]
        parts = [group.counts for group in groups]
        return reduce(add, parts) if parts else Counts.none_yet(one.scale, one.contact_source)


def members_of(where: Where, choice: Choice) -> tuple[Touchpoint, ...]:
    """The touchpoints that the page's numbers are of: those of one scale."""
    return _of_scale(where, choice)[0]


def metric_name(pages: Pages, metric: Metric) -> str:
    """What a number is called here, in a manager's words."""
    return pages.t.of(f"place.metric_{metric.id}", pages.name_of(metric))


def _of_scale(where: Where, choice: Choice) -> tuple[tuple[Touchpoint, ...], tuple[Scale, ...]]:
    """The touchpoints of the scale asked for (`scale` in the address), else of the one that most have."""
    by_scale: dict[str, list[Touchpoint]] = {}
    for place in where.members:
        by_scale.setdefault(place.scale.id, []).append(place)
    asked = dict(choice.others).get("scale", "")
    chosen = asked if asked in by_scale else max(by_scale, key=lambda id: len(by_scale[id]))
    return tuple(by_scale[chosen]), tuple(members[0].scale for members in by_scale.values())


def _numbers(counts: Counts, earlier: Counts | None, metrics: Catalogue) -> dict[str, Number]:
    found = {}
    for score in metrics.scores(counts):
        metric, change = metrics[score.metric], None
        if earlier is not None and score.metric in HEADLINES and metric.unit != "count":
            before = {"": Seen(metric.score(earlier), earlier)}
            change = changes(before, {"": Seen(score, counts)}, metric)[""]
        found[score.metric] = Number(metric, score, change)
    return found


def _below(connection: Connection, where: Where, reading: _Reading) -> list[Below]:
    """The places within, by the hierarchy's order; none of a touchpoint."""
    if where.level == "touchpoint":
        return []
    groups = reading.groups(reading.choice.period, BELOW[where.level])
    dates = _dates(connection, reading.members) if where.level == "store" else {}
    now = reading.members[0].calendar.business_day(reading.now)
    shown = reading.metrics.chosen(PER_SERVED)
    rows = []
    for group in groups:
        closed, due = dates.get(group.key, (None, None))
        scores = {score.metric: score for score in shown.scores(group.counts)}
        is_closed, is_due = bool(closed and closed < now), bool(due and due <= now)
        rows.append(
            Below(
                group.key,
                group.label,
                scores,
                group.counts,
                closed if is_closed else None,
                due if is_due else None,
            )
        )
    return rows


def dates_of(connection: Connection, place: Touchpoint, today: str) -> tuple[str | None, str | None]:
    """Last day and review of one touchpoint, where these are past."""
    closed, due = _dates(connection, (place,)).get(place.id, (None, None))
    return closed if closed and closed < today else None, due if due and due <= today else None


def _dates(connection: Connection, members: Sequence[Touchpoint]) -> dict[str, tuple[str | None, str | None]]:
    query = select(touchpoint.c.id, touchpoint.c.closed, touchpoint.c.review_due).where(
        touchpoint.c.id.in_([place.id for place in members])
    )
    return {id: (closed, due) for id, closed, due in connection.execute(query)}


def _who(connection: Connection, members: Sequence[Touchpoint], period: Period, now: int) -> Who:
    ids = [place.id for place in members]
    bounds = [period.bounds(place.calendar) for place in members]
    start, end = min(begin for begin, _ in bounds), max(last for _, last in bounds)
    case, request = service_case.c, contact_request.c
    cases = select(case.state, case.deadline < now, case.origin, func.count()).where(
        case.tp.in_(ids), case.opened >= start, case.opened < end
    )
    found = connection.execute(cases.group_by(case.state, case.deadline < now, case.origin)).all()
    requests = select(func.count()).where(request.tp.in_(ids), request.at >= start, request.at < end)
    return Who(
        requests=connection.scalar(requests) or 0,
        answered=sum(n for state, _, origin, n in found if state == "closed" and origin == "request"),
        cases=sum(n for *_, n in found),
        open=sum(n for state, _, _, n in found if state != "closed"),
        overdue=sum(n for state, late, _, n in found if state != "closed" and late),
    )


def _names(members: Sequence[Touchpoint], happenings: Sequence[Happening]) -> dict[str, str]:
    known: dict[str, str] = {}
    for place in members:
        known |= {place.region_id: place.region_name, place.store_id: place.store_name, place.id: place.name}
    return {each.place: known.get(each.place, "") for each in happenings}
