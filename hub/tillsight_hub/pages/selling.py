"""What sellers do and what comes of it: of places, never of a person, and nothing of what cameras see."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import add
from typing import Any

from sqlalchemy import Connection, Select, func, select

from ..charts.selling import KINDS, SellingHour
from ..hierarchy import Hierarchy, Touchpoint
from ..metrics.counts import Counts
from ..metrics.registry import DEFAULT_LEVEL, Catalogue, Score
from ..periods import Period, open_minutes_by_hour
from ..scores.ranking import Standing
from ..scores.score_ids import EXPLAIN_PAGE, ScoreId, editions
from ..scores.scores import Group, read_counts
from ..scores.shifts import read_shift_groups, shift_metrics
from ..scores.teams import shift_standings
from ..tables import CONTACT_COUNTERS, rollup_hour
from .standings import By

SHOWN = (
    *("visitor_reach", "closing_rate", "exact_conversion", "attempt_duration", "average_check"),
    *("csat", "relative_satisfaction"),
)
"""The metrics of sellers and of satisfaction; none of faces."""
OF_TEAMS = ("csat", "relative_dissatisfaction")
HOUR_DAYS = 14
"""Hours are shown of so many days at most, the latest of the period."""


@dataclass(frozen=True)
class Selling:
    """One place (of one rating scale) and one period."""

    group: Group
    name: str
    scores: Mapping[str, Score]
    """By metric id."""
    links: Mapping[str, str]
    """Addresses of the pages about them; a score without one has none."""
    without_button: int = 0
    """Of a sum: stores (or regions) that sell and report no attempt, while others do."""

    @property
    def counts(self) -> Counts:
        return self.group.counts

    @property
    def attempts_per_hour(self) -> float | None:
        """Per open hour; None where its touchpoints' hours differ, or nobody pressed the sellers' button."""
        minutes = self.group.open_minutes
        return 60 * self.counts.attempts / minutes if minutes and self.counts.attempts else None

    @property
    def sells(self) -> bool:
        """Whether there is anything to show."""
        counts = self.counts
        return bool(counts.attempts or counts.receipts or counts.visitors or counts.sales_amount)


@dataclass(frozen=True)
class Team:
    """A team of the rota at one touchpoint."""

    place: Touchpoint
    code: str
    hours: float
    """On duty."""
    counts: Counts
    scores: Mapping[str, Score]
    standings: Mapping[str, Standing]
    """By metric id: pulled towards those of the touchpoint's other teams, with whom it ties."""


def read_today(
    connection: Connection,
    places: Sequence[Touchpoint],
    asked: str | None,
    metrics: Catalogue,
    now: int,
) -> list[Selling]:
    """The business day of now, all places of each scale together. Two places may be on two days."""
    days: dict[str, list[Touchpoint]] = {}
    for place in places:
        days.setdefault(place.calendar.business_day(now), []).append(place)
    scales: dict[str, list[Group]] = {}
    for day, members in days.items():
        for group in read_counts(connection, members, day, day, smallest_cell=metrics.smallest_cell, now=now):
            scales.setdefault(group.counts.scale.id, []).append(group)
    period = Period(day, day) if len(days) == 1 else None
    stores = {place.id: place.store_id for place in places}
    return [together(groups, asked, period, metrics, stores) for groups in scales.values()]


def together(
    groups: Sequence[Group],
    asked: str | None,
    period: Period | None,
    metrics: Catalogue,
    stores: Mapping[str, str],
) -> Selling:
    """The sum of groups of one scale; `stores` says of a touchpoint in which one it is."""
    counts = reduce(add, (group.counts for group in groups))
    minutes = [group.open_minutes for group in groups]
    total = Group(
        key="",
        label="",
        counts=counts,
        start=min(group.start for group in groups),
        end=max(group.end for group in groups),
        tz=None,
        open_minutes=None if None in minutes else sum(each for each in minutes if each is not None),
    )
    scores = _scores(counts, metrics.chosen(SHOWN))
    links = {}
    if period:
        for id in scores:
            name = ScoreId(id, asked, counts.scale.id, period, "total", "", DEFAULT_LEVEL)
            links[id] = EXPLAIN_PAGE.format(id=name)
    return Selling(total, "", scores, links, _without_button(groups, stores))


def read_selling(
    connection: Connection,
    hierarchy: Hierarchy,
    places: Sequence[Touchpoint],
    *,
    asked: str | None,
    period: Period,
    by: By,
    metrics: Catalogue,
    now: int,
) -> list[Selling]:
    """Place by place, in the order of the hierarchy: sellers are never ranked."""
    groups = read_counts(
        connection,
        places,
        period.first,
        period.last,
        by,
        smallest_cell=metrics.smallest_cell,
        now=now,
    )
    edition_of = editions(connection, hierarchy, places, asked=asked, period=period, by=by)
    found, shown = [], metrics.chosen(SHOWN)
    for group in groups:
        scores, edition = _scores(group.counts, shown), edition_of(group)
        links = {id: EXPLAIN_PAGE.format(id=edition.id(id)) for id in scores}
        found.append(Selling(group, _above(hierarchy, group, by), scores, links))
    return found


def read_hours(connection: Connection, places: Sequence[Touchpoint], period: Period) -> list[SellingHour]:
    """How many were served, bought and were spoken to per open hour; from the first open hour to the last.

    These are numbers of people and of receipts, which tell nothing of what anybody said.
    """
    totals, opened = ({kind: [0.0] * 24 for kind in KINDS} for _ in range(2))
    for members in _alike(places):
        calendar, source = members[0].calendar, members[0].contact_source
        told = [kind for kind in KINDS if kind != "served" or source not in (None, "pos")]
        for hour, minutes in enumerate(open_minutes_by_hour(calendar, period)):
            for kind in told:
                opened[kind][hour] += minutes * len(members) / 60
        for start, *numbers in connection.execute(_of_hours(members, period)):
            for kind, number in zip(KINDS, numbers, strict=True):
                totals[kind][calendar.local(start * 1000).hour] += int(number) if kind in told else 0
    known = {kind for kind in KINDS if any(totals[kind])}
    return [
        SellingHour(
            f"{hour:02}",
            **{
                kind: totals[kind][hour] / opened[kind][hour]
                if kind in known and opened[kind][hour]
                else None
                for kind in KINDS
            },
        )
        for hour in range(24)
        if opened["receipts"][hour]
    ]


def hours_period(period: Period) -> Period:
    """Its latest days."""
    earliest = (date.fromisoformat(period.last) - timedelta(days=HOUR_DAYS - 1)).isoformat()
    return Period(max(period.first, earliest), period.last)


def read_teams(
    connection: Connection, places: Sequence[Touchpoint], period: Period, metrics: Catalogue, now: int
) -> list[Team]:
    """Teams of the rota, by touchpoint and code; empty where there is no rota."""
    told = shift_metrics(metrics).chosen(OF_TEAMS)
    found = [
        (group, told.scores(group.counts))
        for group in read_shift_groups(connection, places, period, metrics.smallest_cell, now)
    ]
    standings = shift_standings(found, told, DEFAULT_LEVEL)
    by_id = {place.id: place for place in places}
    teams = []
    for group, scores in found:
        place, _, code = group.key.partition("/")
        teams.append(
            Team(
                by_id[place],
                code,
                (group.open_minutes or 0) / 60,
                group.counts,
                {score.metric: score for score in scores},
                {
                    score.metric: standings[group.key, score.metric]
                    for score in scores
                    if (group.key, score.metric) in standings
                },
            )
        )
    return teams


def _without_button(groups: Sequence[Group], stores: Mapping[str, str]) -> int:
    attempts: dict[str, int] = {}
    receipts: dict[str, int] = {}
    for group in groups:
        store = stores.get(group.key, group.key)
        attempts[store] = attempts.get(store, 0) + group.counts.attempts
        receipts[store] = receipts.get(store, 0) + group.counts.receipts
    if not any(attempts.values()):
        return 0
    return sum(number > 0 and not attempts[store] for store, number in receipts.items())


def _scores(counts: Counts, shown: Catalogue) -> dict[str, Score]:
    return {score.metric: score for score in shown.scores(counts)}


def _above(hierarchy: Hierarchy, group: Group, by: By) -> str:
    """The name of the store that a touchpoint is in."""
    return hierarchy.touchpoints[group.key].store_name if by == "touchpoint" else ""


def _alike(places: Iterable[Touchpoint]) -> list[list[Touchpoint]]:
    """Touchpoints with one calendar and one way of counting who is served."""
    alike: dict[tuple[int, str | None], list[Touchpoint]] = {}
    for place in places:
        alike.setdefault((id(place.calendar), place.contact_source), []).append(place)
    return list(alike.values())


def _of_hours(members: Sequence[Touchpoint], period: Period) -> Select[Any]:
    calendar, source = members[0].calendar, members[0].contact_source
    start, end = period.bounds(calendar)
    columns = rollup_hour.c
    served = columns[CONTACT_COUNTERS[source]] if source else columns.receipts
    return (
        select(columns.hour, func.sum(served), func.sum(columns.receipts), func.sum(columns.attempts))
        .where(columns.tp.in_([place.id for place in members]))
        .where(columns.hour.between(-(-start // 1000), end // 1000 - 1))
        .group_by(columns.hour)
    )
