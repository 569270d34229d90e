"""Rollups: wide counters per touchpoint and local hour, and per touchpoint and business day.

`tally` is the only place that turns an event into counters. Live ingest adds the tallies of new events;
`recompute` and `rebuild` count the stored events again and must come to the same rows.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, Table, delete, select, text, union

from tillsight_models.events import (
    AttemptEnded,
    ButtonPressed,
    CameraReported,
    ContactEnded,
    EmotionWindowed,
    Payload,
    QueueWatched,
    SalesReported,
    TrafficCounted,
    decode_payload,
)

from . import tables
from .calendar import PlaceCalendar
from .database import writing
from .gone import Counted, gone_before
from .hierarchy import VERSION_KEY, Touchpoint, read_hierarchy
from .labels import NOT_COUNTED, Label
from .periods import Period
from .tables import CONTACT_COUNTERS, COUNTERS, LABEL_COUNTERS, UNDATED_DAY, UNDATED_HOUR

TO_THE_HOUR = ("ntp", "rtc")
"""Clock qualities whose `t` is the time; `bounded` is good for the day only, `unsynced` for nothing."""

HourKey = tuple[str, int]
"""Touchpoint and UTC seconds at which its local hour began."""
DayKey = tuple[str, str]
"""Touchpoint and business date."""
Counters = dict[str, int]
AnyKey = TypeVar("AnyKey", HourKey, DayKey)

SETTLES_MS = 15 * 60_000
"""So long after a business day's end its row is still in the making (labels are given, the last events come
in); what changes it later is a revision."""

_PAGE = 5000
_DAY_MS = 86_400_000
_HOUR_MS = 3_600_000
_LARGEST_SQUARE = 1 << 48
"""A touchpoint's day can hold ten thousands of these; the square of any amount would burst its column."""


# --- What an event counts ---------------------------------------------------------------------------------


_LABEL_COUNTERS = {
    Label.SET_ASIDE: "set_aside",
    Label.SESSION: LABEL_COUNTERS["session"],
    Label.MASHING: LABEL_COUNTERS["mashing"],
    Label.STAFF: LABEL_COUNTERS["staff"],
    Label.ORPHAN: LABEL_COUNTERS["orphan"],
    Label.OUT_OF_HOURS: LABEL_COUNTERS["out-of-hours"],
}


def tally(payload: Payload, labels: int, scale_id: str, *, is_closed: bool) -> Mapping[str, int]:
    """What one event adds to its buckets.

    `scale_id` is the touchpoint's scale; `is_closed` whether it happened outside opening hours (false where
    its time is not known to the hour).
    """
    if isinstance(payload, ButtonPressed):
        return _press(payload.rating, payload.scale == scale_id, labels, is_closed)
    counted = {"events": 1}
    if isinstance(payload, ContactEnded):
        dwell_ms = _ms(payload.dwell_s) * payload.people
        counted |= {CONTACT_COUNTERS[payload.source]: payload.people}
        if dwell_ms:
            counted |= {"dwell_ms": dwell_ms, "dwell_contacts": payload.people}
    elif isinstance(payload, SalesReported):
        counted |= {"contacts_pos": payload.receipts, "receipts": payload.receipts}
        counted |= _checks(payload)
    elif isinstance(payload, TrafficCounted):
        counted |= {"visitors_in": payload.entered, "visitors_out": payload.left}
    elif isinstance(payload, AttemptEnded):
        counted |= {"attempts": 1, "attempt_ms": _ms(payload.duration_s)}
        counted["attempt_square"] = round(payload.duration_s**2)
    else:
        counted |= _seen(payload, is_closed)
    return counted


def _checks(payload: SalesReported) -> Counters:
    """What was paid; receipts without an amount are in no average."""
    amount, receipts = payload.amount, payload.receipts
    if amount is None or not receipts:
        return {"sales_amount": amount or 0}
    square = min(_LARGEST_SQUARE, round(amount * amount / receipts / 100))
    return {
        "sales_amount": amount,
        "check_reports": 1,
        "check_receipts": receipts,
        "check_square": square,
    }


def _seen(payload: Payload, is_closed: bool) -> Counters:
    """What cameras say beside contacts and visitors; nothing counts that they saw of a closed store."""
    if isinstance(payload, CameraReported) and payload.contacts and not is_closed:
        return {"camera_ms": _ms(payload.period_s), "camera_working_ms": _ms(payload.working_s)}
    if isinstance(payload, QueueWatched):
        return {
            "queue_ms": _ms(payload.period_s),
            "queue_people_ms": _ms(payload.period_s * payload.mean_people),
            "waits": payload.waited,
            "wait_ms": _ms(payload.waited * payload.mean_wait_s),
        }
    if isinstance(payload, EmotionWindowed):
        moods = ("positive", "neutral", "negative", "unknown")
        return {f"emotion_{mood}": getattr(payload, mood) for mood in moods}
    return {}


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


@lru_cache(maxsize=1024)
def _press(rating: int, is_own_scale: bool, labels: int, is_closed: bool) -> Counters:
    """Of the few presses that differ; the answers are shared, so nobody may change them."""
    counted = {"events": 1, "presses": 1}
    if labels & Label.REPEAT:
        counted["repeats"] = 1
    if labels & Label.UNDONE:
        counted["undone"] = 1
    counted |= {counter: 1 for bit, counter in _LABEL_COUNTERS.items() if labels & bit}
    if is_closed:
        counted["closed"] = 1
    if not is_own_scale:
        counted["other_scale"] = 1
        return counted
    counted[f"raw_{rating}"] = 1
    if not labels & NOT_COUNTED:
        counted[f"rating_{rating}"] = 1
        if labels & Label.UNCOVERED:
            counted[f"uncovered_{rating}"] = 1
    return counted


def buckets(touchpoint: Touchpoint, t: int, tq: str) -> tuple[int, str]:
    """Hour and day bucket of an event at that touchpoint."""
    calendar = touchpoint.calendar
    if tq in TO_THE_HOUR:
        return calendar.hour_start(t), calendar.business_day(t)
    return UNDATED_HOUR, calendar.business_day(t) if tq == "bounded" else UNDATED_DAY


class Standing(NamedTuple):
    """What may change about a stored event."""

    t: int
    tq: str
    labels: int


class Tallies:
    """Counters by bucket, gathered in memory before they touch the database."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, int, str], Counters] = {}
        self._places: dict[str, Touchpoint] = {}
        self.lowered = False
        """Whether anything was taken out, so that a bucket may have become empty."""

    def __bool__(self) -> bool:
        return bool(self._buckets)

    @property
    def touchpoints(self) -> frozenset[str]:
        return frozenset(tp for tp, _, _ in self._buckets)

    def count(self, touchpoint: Touchpoint, payload: Payload, stands: Standing, times: int = 1) -> None:
        """Count an event `times` times: -1 takes it out of its buckets again."""
        t, tq, labels = stands
        hour, day = buckets(touchpoint, t, tq)
        is_closed = hour != UNDATED_HOUR and not touchpoint.calendar.is_open(t)
        self._places[touchpoint.id] = touchpoint
        bucket = self._buckets.setdefault((touchpoint.id, hour, day), {})
        for name, number in tally(payload, labels, touchpoint.scale.id, is_closed=is_closed).items():
            bucket[name] = bucket.get(name, 0) + number * times
        self.lowered = self.lowered or times < 0

    def move(self, touchpoint: Touchpoint | None, payload: Payload, old: Standing, new: Standing) -> None:
        """Take a stored event out of its buckets and count it as it stands now."""
        if touchpoint is not None:
            self.count(touchpoint, payload, old, times=-1)
            self.count(touchpoint, payload, new)

    def hours(self) -> dict[HourKey, Counters]:
        return _summed(((tp, hour), counters) for (tp, hour, _), counters in self._buckets.items())

    def days(self) -> dict[DayKey, Counters]:
        return _summed(((tp, day), counters) for (tp, _, day), counters in self._buckets.items())

    def revised_days(self, now: int) -> set[DayKey]:
        """The days that these tallies change although they were over at `now`, ms UTC."""
        changed = (key for key, counters in self.days().items() if any(counters.values()))
        return {(tp, day) for tp, day in changed if is_over(self._places[tp], day, now)}


def _summed(items: Iterable[tuple[AnyKey, Counters]]) -> dict[AnyKey, Counters]:
    total: dict[AnyKey, Counters] = {}
    for key, counters in items:
        sums = total.setdefault(key, {})
        for name, number in counters.items():
            sums[name] = sums.get(name, 0) + number
    return total


# --- Adding to the tables ---------------------------------------------------------------------------------


def add(connection: Connection, tallies: Tallies, now: int | None = None) -> None:
    """Add the tallies to the rollups; a bucket without any event left disappears, unless it was revised.

    In the order of the keys, so that several writers on PostgreSQL wait for each other and never in a ring.
    `now` is ms UTC, the machine's time without it: a day that was over is revised.
    """
    hours = [_row(key, counters) for key, counters in sorted(tallies.hours().items())]
    revised = tallies.revised_days(_now() if now is None else now)
    days = [_row(key, counters, int(key in revised)) for key, counters in sorted(tallies.days().items())]
    for table, rows in ((tables.rollup_hour, hours), (tables.rollup_day, days)):
        if rows:
            _insert(connection, table, rows)
        if rows and tallies.lowered:
            _delete_empty(connection, table, rows)


def is_over(touchpoint: Touchpoint, day: str, now: int) -> bool:
    """Whether a change of that day at `now` (ms UTC) is a revision; never where the day is not known."""
    if day == UNDATED_DAY:
        return False
    return now >= _end_of_day(touchpoint.calendar, day) + SETTLES_MS


@lru_cache(maxsize=4096)
def _end_of_day(calendar: PlaceCalendar, day: str) -> int:
    """Asked of the same few days by every transaction."""
    return Period(day, day).bounds(calendar)[1]


def _now() -> int:
    return time.time_ns() // 1_000_000


def _row(key: tuple[str, Any], counters: Counters, *revised: int) -> tuple[Any, ...]:
    """In the order of the columns of `_upsert`; the row of a day has how often it is revised."""
    return *key, *revised, *(counters.get(name, 0) for name in COUNTERS)


def _insert(connection: Connection, table: Table, rows: list[tuple[Any, ...]]) -> None:
    upsert = _upsert(table.name, connection.dialect.name == "sqlite")
    connection.exec_driver_sql(upsert, rows)


@lru_cache(maxsize=4)
def _upsert(table: str, is_sqlite: bool) -> str:
    keys = ["tp", "hour"] if table == tables.rollup_hour.name else ["tp", "day"]
    bucket = keys[-1]
    added = COUNTERS if bucket == "hour" else ("revised", *COUNTERS)
    columns = [*keys, *added]
    places = ", ".join(["?" if is_sqlite else "%s"] * len(columns))
    sums = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in added)
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places}) "
        f"ON CONFLICT (tp, {bucket}) DO UPDATE SET {sums}"
    )


def _delete_empty(connection: Connection, table: Table, rows: list[tuple[Any, ...]]) -> None:
    """A revised day keeps its row: that it is empty now is another answer than the one before."""
    where = "hour = :bucket" if table is tables.rollup_hour else "day = :bucket AND revised = 0"
    connection.execute(
        text(f"DELETE FROM {table.name} WHERE tp = :tp AND {where} AND events = 0"),
        [{"tp": row[0], "bucket": row[1]} for row in rows],
    )


# --- Counting the stored events again ---------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """How far a rebuild is."""

    touchpoints_done: int
    touchpoints: int
    events: int
    """Events counted so far."""


def recompute(connection: Connection, hours: Collection[HourKey], days: Collection[DayKey]) -> None:
    """Make these buckets anew from the stored events, in the transaction of `connection`; those whose events
    are deleted stay as they are."""
    hold_writers(connection)
    touchpoints, gone = read_hierarchy(connection).touchpoints, gone_before(connection)
    there = {tp: Counted(touchpoints[tp].calendar, gone) for tp, _ in (*hours, *days)}
    for tp, hour in sorted(key for key in hours if there[key[0]].has_hour(key[1])):
        in_hour = _counted(connection, touchpoints[tp], _hour_events(hour)).hours()
        _replace_hour(connection, (tp, hour), in_hour)
    for tp, day in sorted(key for key in days if there[key[0]].has_day(key[1])):
        in_day = _counted(connection, touchpoints[tp], _day_events(touchpoints[tp], day)).days()
        counters = {key: of for key, of in in_day.items() if key == (tp, day)}
        _replace_days(connection, touchpoints[tp], counters, tables.rollup_day.c.day == day)


def recompute_touchpoints(connection: Connection, tp_ids: Iterable[str]) -> int:
    """Make all buckets of these touchpoints anew, in the transaction of `connection`; the events counted.

    Events are streamed; memory holds one touchpoint's buckets at a time. A day that is over and comes out
    otherwise than it was is revised. Buckets whose events are deleted stay as they are.
    """
    hold_writers(connection)
    touchpoints, gone = read_hierarchy(connection).touchpoints, gone_before(connection)
    events = 0
    for tp in tp_ids:
        if tp in touchpoints:
            events += _recompute_all(connection, touchpoints[tp], gone)
        else:
            for table in (tables.rollup_hour, tables.rollup_day):
                connection.execute(delete(table).where(table.c.tp == tp))
    return events


def _recompute_all(connection: Connection, touchpoint: Touchpoint, gone: str) -> int:
    there, hour, day = Counted(touchpoint.calendar, gone), tables.rollup_hour, tables.rollup_day
    counted = _counted(connection, touchpoint, None)
    again = (hour.c.hour >= there.hour) | (hour.c.hour == UNDATED_HOUR)
    connection.execute(delete(hour).where(hour.c.tp == touchpoint.id, again))
    hours = {key: counters for key, counters in counted.hours().items() if there.has_hour(key[1])}
    if rows := [_row(key, counters) for key, counters in sorted(hours.items())]:
        _insert(connection, hour, rows)
    days = {key: counters for key, counters in counted.days().items() if there.has_day(key[1])}
    _replace_days(connection, touchpoint, days, (day.c.day >= there.day) | (day.c.day == UNDATED_DAY))
    return sum(counters["events"] for counters in counted.days().values())


def rebuild(engine: Engine, progress: Callable[[Progress], None] = lambda _: None) -> Progress:
    """Make all rollups anew from the events.

    One transaction per touchpoint: a reader sees a touchpoint's old or new rows and never half of them, and
    ingest goes on in between.
    """
    with engine.connect() as connection:
        known = connection.scalars(
            union(*(select(table.c.tp).distinct() for table in (tables.rollup_hour, tables.rollup_day)))
        )
        tp_ids = sorted({*known, *read_hierarchy(connection).touchpoints})
    state = Progress(0, len(tp_ids), 0)
    for done, tp in enumerate(tp_ids, 1):
        with writing(engine) as connection:
            events = recompute_touchpoints(connection, [tp])
        state = Progress(done, len(tp_ids), state.events + events)
        progress(state)
    return state


def stored_events(
    connection: Connection, tp: str, where: ColumnElement[bool] | None = None
) -> Iterator[tuple[str, int, str, int, str]]:
    """(type, t, tq, labels, data) of a touchpoint's events, streamed."""
    event = tables.event.c
    query = select(event.type, event.t, event.tq, event.labels, event.data).where(event.tp == tp)
    if where is not None:
        query = query.where(where)
    for row in connection.execute(query.execution_options(yield_per=_PAGE)):
        yield row[0], row[1], row[2], row[3], row[4]


def count_events(touchpoint: Touchpoint, events: Iterable[tuple[str, int, str, int, str]]) -> Tallies:
    """The tallies of stored events of one touchpoint."""
    tallies = Tallies()
    for type, t, tq, labels, data in events:
        tallies.count(touchpoint, decode_payload(type, data.encode()), Standing(t, tq, labels))
    return tallies


def _counted(connection: Connection, touchpoint: Touchpoint, where: ColumnElement[bool] | None) -> Tallies:
    return count_events(touchpoint, stored_events(connection, touchpoint.id, where))


def _hour_events(hour: int) -> ColumnElement[bool]:
    """Every event that can lie in that hour; a local hour is never longer than an hour."""
    event = tables.event.c
    if hour == UNDATED_HOUR:
        return event.tq.not_in(TO_THE_HOUR)
    return event.t.between(hour * 1000, hour * 1000 + _HOUR_MS - 1)


def _day_events(touchpoint: Touchpoint, day: str) -> ColumnElement[bool]:
    """Every event that can lie in that business day, which may end the day after, and some more."""
    event = tables.event.c
    if day == UNDATED_DAY:
        return event.tq == "unsynced"
    start, end = touchpoint.calendar.day_bounds(day)
    return event.t.between(start, end + _DAY_MS)


def _replace_hour(connection: Connection, key: HourKey, counted: dict[HourKey, Counters]) -> None:
    table = tables.rollup_hour
    connection.execute(delete(table).where(table.c.tp == key[0], table.c.hour == key[1]))
    if key in counted:
        _insert(connection, table, [_row(key, counted[key])])


def _replace_days(
    connection: Connection,
    touchpoint: Touchpoint,
    counted: dict[DayKey, Counters],
    *where: ColumnElement[bool],
) -> None:
    """Put these rows in the place of the touchpoint's (of those that `where` says)."""
    day, now = tables.rollup_day, _now()
    those = (day.c.tp == touchpoint.id, *where)
    counters = [day.c[name] for name in COUNTERS]
    known = connection.execute(select(day.c.day, day.c.revised, *counters).where(*those)).all()
    before = {(touchpoint.id, row[0]): row[1:] for row in known}
    connection.execute(delete(day).where(*those))
    rows = []
    for key in sorted({*before, *counted}):
        revised, *old = before.get(key, (0,) * (1 + len(COUNTERS)))
        new = [counted.get(key, {}).get(name, 0) for name in COUNTERS]
        revised += old != new and is_over(touchpoint, key[1], now)
        if revised or key in counted:
            rows.append((*key, revised, *new))
    if rows:
        _insert(connection, day, rows)


def hold_writers(connection: Connection) -> None:
    """Wait until no writer is between inserting events and adding their tallies, and keep them waiting.

    Writers share this row of PostgreSQL (`hierarchy_version(hold=True)`); a SQLite writer is alone anyway.
    """
    version = select(tables.setting.c.value).where(tables.setting.c.key == VERSION_KEY)
    if connection.dialect.name == "postgresql":
        connection.execute(version.with_for_update())
