"""One business day at one touchpoint: everything that its page shows."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import msgspec
from sqlalchemy import Connection, RowMapping, func, select

from tillsight_models.events import CameraReported, CounterAudited, HealthReported

from ..calendar import WEEKDAYS
from ..hierarchy import Touchpoint
from ..imports.origin import is_box
from ..labels import NOT_COUNTED, Label
from ..metrics.counts import FLAGS, Counts
from ..metrics.registry import Catalogue, Metric, Score
from ..periods import Period
from ..scores.score_ids import explain_page
from ..scores.scores import HOUR_UNKNOWN, read_counts, series
from ..tables import UNDATED_DAY, device, event, rollup_day
from .hours import Hour, hours_of, slots_of

LAST_PRESSES = 20
NOT_EVERYWHERE = frozenset(
    (
        *("answers", "emotions", "calibration", "apart", "attempts", "attempt_ms", "attempt_square"),
        *("receipts", "visitors", "sales_amount", "check_reports", "check_receipts", "check_square"),
    )
)
"""What the counts of most touchpoints do not have."""
LAST_REPORTS = 50
"""Among so many every camera of the touchpoint has its newest."""


@dataclass(frozen=True)
class Number:
    """A score with the metric that it is of."""

    metric: Metric
    score: Score

    @property
    def is_shown(self) -> bool:
        """Whether it has a row: most places ask nothing and have no sellers' button."""
        return self.score.status != "no_data" or not NOT_EVERYWHERE.issuperset(self.metric.inputs)


@dataclass(frozen=True)
class Press:
    """One press as the page lists it: that it came, and never what one person said."""

    t: int
    """ms UTC"""
    is_own_scale: bool
    """False where it was on another scale than the touchpoint's, and does not count."""
    labels: Label
    is_dated: bool
    """False where the device did not know the time when it happened."""

    @property
    def is_counted(self) -> bool:
        return self.is_own_scale and not self.labels & NOT_COUNTED


@dataclass(frozen=True)
class DeviceNow:
    """A device as it is now, whatever day the page shows."""

    id: str
    name: str
    state: str
    last_seen: int | None
    version: str | None
    health: HealthReported | None


@dataclass(frozen=True)
class Told:
    """The newest report of its kind, and when it was made (ms UTC)."""

    t: int
    report: CameraReported | CounterAudited


@dataclass(frozen=True)
class Day:
    """All of it."""

    place: Touchpoint
    day: str
    today: str
    now: int
    """ms UTC"""
    counts: Counts
    numbers: Mapping[str, Number]
    """By metric id; only metrics that apply to the scale."""
    hours: Sequence[Hour]
    unknown_hour: Counts | None
    """What is known to the day only."""
    presses: Sequence[Press]
    devices: Sequence[DeviceNow]
    cameras: Sequence[Told]
    """The state of each camera as it was last told."""
    audit: Told | None
    """The last time that a person counted beside the counter."""
    first_day: str | None
    """The first day with data."""

    def explain(self, score: Score, hour: Hour | None = None) -> str:
        """Address of the page about one of the day's scores, or of one of an hour's."""
        start = None if hour is None else hour.start
        return explain_page(score, self.place.id, self.place.scale.id, self.day, start)

    @property
    def is_today(self) -> bool:
        return self.day == self.today

    @property
    def on(self) -> date:
        return date.fromisoformat(self.day)

    @property
    def day_before(self) -> str:
        return (self.on - timedelta(days=1)).isoformat()

    @property
    def day_after(self) -> str | None:
        """None where that is still to come."""
        after = (self.on + timedelta(days=1)).isoformat()
        return after if after <= self.today else None

    @property
    def opening(self) -> list[tuple[int, int]]:
        """The day's opening intervals, ms UTC; empty where it is closed all day."""
        return self.place.calendar.open_intervals(self.day)

    @property
    def week(self) -> dict[str, list[str]]:
        """The opening hours of a normal week by weekday; empty where they are not known."""
        week: dict[str, list[str]] = json.loads(self.place.calendar.hours.to_json())
        return {name: week[name] for name in WEEKDAYS} if week else {}

    @property
    def flags(self) -> dict[str, str]:
        """Every flag that one of the numbers carries, and what it says."""
        held = {flag for number in self.numbers.values() for flag in number.score.flags}
        return {flag: text for flag, text in FLAGS.items() if flag in held}

    @property
    def busiest(self) -> int:
        """The highest number of people or answers in an hour; at least 1."""
        return max((max(hour.contacts, hour.counts.accepted) for hour in self.hours), default=0) or 1


def read_day(
    connection: Connection, place: Touchpoint, day: str | None, metrics: Catalogue, now_ms: int
) -> Day:
    """The day, or for None the business day of now."""
    today = place.calendar.business_day(now_ms)
    day = day or today
    smallest = metrics.smallest_cell
    groups = read_counts(
        connection, [place], day, day, smallest_cell=smallest, now=now_ms, questions=metrics.questions
    )
    counts = groups[0].counts
    hours, unknown = _hours(connection, place, day, smallest, now_ms)
    return Day(
        place=place,
        day=day,
        today=today,
        now=now_ms,
        counts=counts,
        numbers={score.metric: Number(metrics[score.metric], score) for score in metrics.scores(counts)},
        hours=hours,
        unknown_hour=unknown,
        presses=_presses(connection, place, day),
        devices=_devices(connection, place),
        cameras=_newest(connection, place, CameraReported),
        audit=next(iter(_newest(connection, place, CounterAudited)), None),
        first_day=_first_day(connection, place),
    )


def _hours(
    connection: Connection, place: Touchpoint, day: str, smallest_cell: int, now_ms: int
) -> tuple[list[Hour], Counts | None]:
    counted: dict[int, Counts] = {}
    unknown = None
    period = Period(day, day)
    for group in series(connection, place, period, "hour", smallest_cell=smallest_cell, now=now_ms):
        if group.key == HOUR_UNKNOWN:
            unknown = group.counts
        else:
            counted[place.calendar.hour_start(group.start)] = group.counts
    none_yet = Counts.none_yet(place.scale, place.contact_source)
    return hours_of(slots_of(place.calendar, day), counted, none_yet, now_ms), unknown


def _presses(connection: Connection, place: Touchpoint, day: str) -> list[Press]:
    start, end = Period(day, day).bounds(place.calendar)
    query = (
        select(event.c.t, event.c.tq, event.c.labels, event.c.data)
        .where(event.c.tp == place.id, event.c.type == "button.press", event.c.t >= start, event.c.t < end)
        .order_by(event.c.t.desc())
        .limit(LAST_PRESSES)
    )
    return [_press(row, place) for row in connection.execute(query).mappings()]


def _press(row: RowMapping, place: Touchpoint) -> Press:
    return Press(
        t=row["t"],
        is_own_scale=json.loads(row["data"]).get("scale") == place.scale.id,
        labels=Label(row["labels"]),
        is_dated=row["tq"] in ("ntp", "rtc"),
    )


def _devices(connection: Connection, place: Touchpoint) -> list[DeviceNow]:
    query = select(
        device.c.id, device.c.name, device.c.state, device.c.last_seen, device.c.version, device.c.health
    ).where(device.c.touchpoint_id == place.id, is_box())
    return [
        DeviceNow(row.id, row.name, row.state, row.last_seen, row.version, _health(row.health))
        for row in connection.execute(query.order_by(device.c.name, device.c.id))
    ]


def _newest(
    connection: Connection, place: Touchpoint, kind: type[CameraReported] | type[CounterAudited]
) -> list[Told]:
    """The newest report by camera, of those whose time is known."""
    query = (
        select(event.c.t, event.c.data)
        .where(event.c.tp == place.id, event.c.type == kind.TYPE, event.c.tq != "unsynced")
        .order_by(event.c.t.desc())
        .limit(LAST_REPORTS)
    )
    newest: dict[str | None, Told] = {}
    for t, data in connection.execute(query):
        report = msgspec.json.decode(data, type=kind)
        newest.setdefault(report.camera if isinstance(report, CameraReported) else None, Told(t, report))
    return [newest[camera] for camera in sorted(newest, key=str)]


def _health(text: str | None) -> HealthReported | None:
    if text is None:
        return None
    try:
        return msgspec.json.decode(text, type=HealthReported)
    except msgspec.MsgspecError:
        return None  # of a newer contract: the page can do without


def _first_day(connection: Connection, place: Touchpoint) -> str | None:
    columns = rollup_day.c
    query = select(func.min(columns.day)).where(columns.tp == place.id, columns.day != UNDATED_DAY)
    first: str | None = connection.scalar(query)
    return first
