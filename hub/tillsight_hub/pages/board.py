"""The overview's numbers: the business day of now at each touchpoint, one row each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, select

from ..cells.release import without_what_was_said
from ..cells.sums import Sums, add_to
from ..cells.withholding import Withholding
from ..hierarchy import Touchpoint
from ..imports.origin import is_box
from ..metrics.counts import Counts
from ..metrics.registry import Catalogue, Score
from ..periods import Period
from ..scores.score_ids import explain_page
from ..scores.scores import read_counts
from ..tables import CONTACT_COUNTERS, RATING_COUNTERS, UNCOVERED_COUNTERS, device, event, rollup_hour
from ..tables import touchpoint as touchpoint_table
from .hours import Hour, Slot, Spark, hours_of, slots_of, spark_of

Measure = Literal["dissatisfied", "satisfied"]
MEASURES: dict[Measure, str] = {
    "dissatisfied": "relative_dissatisfaction",
    "satisfied": "relative_satisfaction",
}
"""What the overview can show of those served, and the metric that it is."""
SHOWN = (*MEASURES.values(), "csat", "contacts", "responses", "response_rate", "silent_share")
"""The metrics of a row."""

Link = Literal["ready", "disconnected", "lost", "unknown", "none"]
WORST_LINK: tuple[Link, ...] = ("lost", "disconnected", "unknown", "ready")


@dataclass(frozen=True)
class Devices:
    """The devices of one touchpoint in one word: the state of the worst."""

    link: Link
    last_seen: int | None
    """ms UTC, of whichever was heard last."""


@dataclass(frozen=True)
class Row:
    """One touchpoint's day so far."""

    touchpoint: Touchpoint
    day: str
    counts: Counts
    scores: Mapping[str, Score]
    """By metric id."""
    hours: Sequence[Hour]
    last_press: int | None
    """ms UTC, of today."""
    devices: Devices
    is_open: bool

    @property
    def spark(self) -> Spark:
        return spark_of(self.hours)

    def explain(self, score: Score) -> str:
        """Address of the page about one of its scores."""
        return explain_page(score, self.touchpoint.id, self.touchpoint.scale.id, self.day)

    def score(self, measure: Measure) -> Score | None:
        """What the overview shows: of those served, or of those who pressed where nothing counts."""
        if self.touchpoint.contact_source is None:
            return self.scores.get("csat")
        return self.scores[MEASURES[measure]]


NO_DEVICES = Devices("none", None)
IN_AN_HOUR = (
    *("events", "presses", "camera_ms", "camera_working_ms"),
    *RATING_COUNTERS,
    *UNCOVERED_COUNTERS,
    *CONTACT_COUNTERS.values(),
)
"""All that an hour of the overview shows."""


def still_there(places: Sequence[Touchpoint], now_ms: int) -> list[Touchpoint]:
    """Without those whose last day is over; all of them where none is left."""
    return [place for place in places if not place.is_gone(now_ms)] or list(places)


def read_rows(
    connection: Connection,
    touchpoints: Iterable[Touchpoint],
    metrics: Catalogue,
    now_ms: int,
    *,
    by_hour: bool = True,
) -> list[Row]:
    """A row for each touchpoint, in their order. A handful of statements, however many touchpoints.

    Without `by_hour` the rows have no hours, and take a third of the time.
    """
    places = list(touchpoints)
    shown = metrics.chosen(SHOWN)
    days = {place.id: place.calendar.business_day(now_ms) for place in places}
    counts = _counts(connection, places, days, shown.smallest_cell, now_ms)
    hours = _hours(connection, places, days, shown.smallest_cell, now_ms) if by_hour else {}
    presses = _last_presses(connection, places, days, counts)
    devices = _devices(connection, places)
    return [
        Row(
            touchpoint=place,
            day=days[place.id],
            counts=counts[place.id],
            scores={score.metric: score for score in shown.scores(counts[place.id])},
            hours=hours.get(place.id, ()),
            last_press=presses.get(place.id),
            devices=devices.get(place.id, NO_DEVICES),
            is_open=place.calendar.is_open(now_ms),
        )
        for place in places
    ]


def total_by_scale(rows: Iterable[Row]) -> list[Counts]:
    """The sums of rows, one for each scale, since answers on two scales do not add up."""
    totals: dict[str, Counts] = {}
    for row in rows:
        counts, known = row.counts, totals.get(row.touchpoint.scale.id)
        totals[row.touchpoint.scale.id] = counts if known is None else known + counts
    return list(totals.values())


def _counts(
    connection: Connection,
    places: Sequence[Touchpoint],
    days: Mapping[str, str],
    smallest_cell: int,
    now_ms: int,
) -> dict[str, Counts]:
    """Two places in the world may be on two days."""
    found: dict[str, Counts] = {}
    for day in set(days.values()):
        members = [place for place in places if days[place.id] == day]
        groups = read_counts(connection, members, day, day, smallest_cell=smallest_cell, now=now_ms)
        found |= {group.key: group.counts for group in groups}
    return found


def _hours(
    connection: Connection,
    places: Sequence[Touchpoint],
    days: Mapping[str, str],
    smallest_cell: int,
    now_ms: int,
) -> dict[str, list[Hour]]:
    slots: dict[tuple[int, str], list[Slot]] = {}
    for place in places:
        key = (id(place.calendar), days[place.id])
        if key not in slots:
            slots[key] = slots_of(place.calendar, days[place.id])
    first = min((day[0].start for day in slots.values() if day), default=0)
    query = select(rollup_hour.c.tp, rollup_hour.c.hour, *(rollup_hour.c[name] for name in IN_AN_HOUR)).where(
        rollup_hour.c.tp.in_([place.id for place in places]), rollup_hour.c.hour >= first
    )
    by_id = {place.id: place for place in places}
    withheld = _withheld(connection, places, days, smallest_cell, now_ms)
    counted: dict[str, dict[int, Counts]] = {place.id: {} for place in places}
    for row in connection.execute(query).mappings():
        place, told = by_id[row["tp"]], dict(row)
        less = withheld.get((place.id, row["hour"]))
        add_to(told, less or without_what_was_said(told, place.contact_source))
        counted[place.id][row["hour"]] = Counts.from_rollup(told, place.scale, place.contact_source)
    return {
        place.id: hours_of(
            slots[id(place.calendar), days[place.id]],
            counted[place.id],
            Counts.none_yet(place.scale, place.contact_source),
            now_ms,
        )
        for place in places
    }


def _withheld(
    connection: Connection,
    places: Sequence[Touchpoint],
    days: Mapping[str, str],
    smallest_cell: int,
    now_ms: int,
) -> dict[tuple[str, int], Sums]:
    """By touchpoint and hour of its day: what is not told of it; of hours that are not here nothing is."""
    together: dict[tuple[int, str], list[Touchpoint]] = {}
    for place in places:
        together.setdefault((id(place.calendar), days[place.id]), []).append(place)
    return {
        (place.id, hour): less
        for (_, day), members in together.items()
        for place, hour, less in Withholding.of(
            connection, members, Period(day, day), smallest_cell, now_ms
        ).of_hours(members)
    }


def _last_presses(
    connection: Connection,
    places: Sequence[Touchpoint],
    days: Mapping[str, str],
    counts: Mapping[str, Counts],
) -> dict[str, int]:
    """By index from the newest event back, and only where the day has a press at all."""
    pressed = [place for place in places if counts[place.id].presses]
    if not pressed:
        return {}
    begin = min(Period(days[place.id], days[place.id]).bounds(place.calendar)[0] for place in pressed)
    newest = (
        select(event.c.t)
        .where(event.c.tp == touchpoint_table.c.id, event.c.type == "button.press", event.c.t >= begin)
        .order_by(event.c.t.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = select(touchpoint_table.c.id, newest).where(
        touchpoint_table.c.id.in_([place.id for place in pressed])
    )
    return {id: t for id, t in connection.execute(query) if t is not None}


def _devices(connection: Connection, places: Sequence[Touchpoint]) -> dict[str, Devices]:
    query = select(device.c.touchpoint_id, device.c.state, device.c.last_seen).where(is_box())
    found: dict[str, Devices] = {}
    for place, state, seen in connection.execute(
        query.where(device.c.touchpoint_id.in_([place.id for place in places]))
    ):
        known = found.get(place)
        if known is None:
            found[place] = Devices(state, seen)
        else:
            worst = min(known.link, state, key=WORST_LINK.index)
            found[place] = Devices(worst, max(known.last_seen or 0, seen or 0) or None)
    return found
