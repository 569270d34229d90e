"""Reading of a place over a period: every number of its page, of the chosen weekdays and hours."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add

from sqlalchemy import Connection, func, select

from ..hierarchy import Touchpoint
from ..metrics.counts import Counts
from ..metrics.registry import Catalogue
from ..periods import Bucket, Period, bucket_days, bucket_of
from ..scores.changes import Seen, changes, period_before
from ..scores.happenings import Happening, read_happenings
from ..scores.narrowing import Narrowed, read_narrowed
from ..scores.scores import By
from ..tables import contact_request, service_case, touchpoint
from .choosing import MOST_MONTHS, Choice
from .place_view import BELOW, HEADLINES, PER_SERVED, Below, Number, PlaceView, Where, Who, of_scale


def read_place(
    connection: Connection, where: Where, choice: Choice, metrics: Catalogue, now: int
) -> PlaceView:
    """Everything that the page says at once. `now` is ms UTC."""
    members, scales = of_scale(where, choice)
    reading = _Reading(connection, members, choice, metrics, now)
    found, before = reading.of(choice.period, where.level), period_before(choice.period)
    earlier = None
    if not choice.hours:
        earlier = reading.sum(replace(reading, metrics=metrics.chosen(HEADLINES)).of(before, where.level))
    counts = reading.sum(found)
    happenings = read_happenings(connection, where.members, choice.period)
    return PlaceView(
        where=where,
        choice=choice,
        scale=members[0].scale,
        scales=scales,
        members=members,
        counts=counts,
        used=found.used,
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

    def of(self, period: Period, by: By) -> Narrowed:
        """The chosen weekdays and hours; hours are told of whole months that are over."""
        return read_narrowed(
            self.connection,
            self.members,
            period,
            by,
            self.choice.narrowing,
            smallest_cell=self.metrics.smallest_cell,
            now=self.now,
            questions=self.metrics.questions,
            most_months=MOST_MONTHS,
        )

    def sum(self, narrowed: Narrowed) -> Counts:
        """Nothing, where there is no group."""
        one = self.members[0]
        parts = [group.counts for group in narrowed.groups]
        return reduce(add, parts) if parts else Counts.none_yet(one.scale, one.contact_source)

    def buckets(self) -> list[tuple[str, Counts | None]]:
        """First day and counts of each part of the period; hours are told by the month only."""
        every: Bucket = self.choice.every
        firsts = {bucket_of(day, every): bucket_days(day, every).first for day in self.choice.period.days()}
        found = {group.key: group.counts for group in self.of(self.choice.period, every).groups}
        heard = {key: counts for key, counts in found.items() if counts.events}
        return [(first, heard.get(key)) for key, first in firsts.items()]


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
    groups = reading.of(reading.choice.period, BELOW[where.level]).groups
    dates = _dates(connection, reading.members) if where.level == "store" else {}
    now = reading.members[0].calendar.business_day(reading.now)
    shown = reading.metrics.chosen((*PER_SERVED, "contacts"))
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
