"""Columns of the exported tables: name, type, meaning, and where the cell comes from."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Generic, Literal, TypeVar

from ..hierarchy import Touchpoint
from ..labels import Label
from ..metrics.registry import Metric, Score
from ..scores import Group

Kind = Literal["text", "integer", "number", "time"]
Cell = str | int | float | datetime | None
"""Times are aware, in UTC."""

Row = TypeVar("Row")
SEPARATOR = ";"
"""Between the words of one cell."""


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column of a table whose rows are made from a `Row`."""

    name: str
    kind: Kind
    meaning: str
    cell: Callable[[Row], Cell]


@dataclass(frozen=True)
class ScoreRow:
    """One metric of one touchpoint in one period."""

    place: Touchpoint
    group: Group
    metric: Metric
    score: Score
    response_rate: Score
    silent_share: Score
    computed_at: int
    """ms UTC"""
    software_version: str


@dataclass(frozen=True)
class EventRow:
    """One stored event and where it happened."""

    place: Touchpoint
    event: Mapping[str, Any]
    """Its columns in the event table."""


def utc(t_ms: int) -> datetime:
    """An instant as a cell."""
    return datetime.fromtimestamp(t_ms / 1000, UTC)


@lru_cache(maxsize=64)
def label_names(bits: int) -> tuple[str, ...]:
    """The labels on an event by name: repeat, undone."""
    return tuple(str(label.name).lower() for label in Label(bits))


SCORE_COLUMNS: list[Column[ScoreRow]] = [
    Column("org", "text", "id of the organisation", lambda row: row.place.org_id),
    Column("store_id", "text", "id of the store", lambda row: row.place.store_id),
    Column("touchpoint_id", "text", "id of the touchpoint", lambda row: row.place.id),
    Column("touchpoint_name", "text", "its name", lambda row: row.place.name),
    Column("metric", "text", "id of the metric, see below", lambda row: row.score.metric),
    Column("metric_version", "integer", "version of its formula", lambda row: row.score.version),
    Column("period_start_utc", "time", "begin of the period, in it", lambda row: utc(row.group.start)),
    Column("period_end_utc", "time", "end of the period, no longer in it", lambda row: utc(row.group.end)),
    Column("tz", "text", "IANA time zone of the store", lambda row: row.place.calendar.tz),
    Column(
        "local_label",
        "text",
        "the period in local time: hour with UTC offset, business date, ISO week, month or first/last day; "
        "`unknown` for events of which only the day is known",
        lambda row: row.group.key,
    ),
    Column(
        "open_minutes", "integer", "opening time in the period, minutes", lambda row: row.group.open_minutes
    ),
    Column("value", "number", "the metric; empty where `status` withholds it", lambda row: row.score.value),
    Column("lower", "number", "lower end of its interval", lambda row: row.score.lower),
    Column("upper", "number", "upper end of its interval", lambda row: row.score.upper),
    Column("level", "number", "confidence level of the interval, 0 to 1", lambda row: row.score.level),
    Column("interval_method", "text", "how the interval is made", lambda row: row.score.interval_method),
    Column(
        "n_votes_raw",
        "integer",
        "all presses on the touchpoint's scale",
        lambda row: row.group.counts.responses_raw,
    ),
    Column(
        "n_votes_clean",
        "integer",
        "responses: presses without repeats and undone ones",
        lambda row: row.group.counts.responses,
    ),
    Column("n_negative", "integer", "negative responses", lambda row: row.group.counts.negative),
    Column("n_positive", "integer", "positive responses", lambda row: row.group.counts.positive),
    Column(
        "contacts_counted",
        "integer",
        "people served as the counter saw them; empty where nothing counts",
        lambda row: row.group.counts.contacts,
    ),
    Column("response_rate", "number", "as the metric of that id", lambda row: row.response_rate.value),
    Column("silent_share", "number", "as the metric of that id", lambda row: row.silent_share.value),
    Column("status", "text", "see below", lambda row: row.score.status),
    Column(
        "flags", "text", "see below; several are separated by ;", lambda row: SEPARATOR.join(row.score.flags)
    ),
    Column(
        "weights",
        "text",
        "JSON list: weight of each rating, worst first, where the formula has weights",
        lambda row: json.dumps(row.score.weights) if row.score.weights else None,
    ),
    Column("computed_at_utc", "time", "when this row was computed", lambda row: utc(row.computed_at)),
    Column("software_version", "text", "version of Tillsight", lambda row: row.software_version),
    Column("scale", "text", "rating scale of the touchpoint", lambda row: row.place.scale.id),
    Column("n", "integer", "answers, or people served, that the value rests on", lambda row: row.score.n),
    Column(
        "contact_source",
        "text",
        "what counts the people served; empty where nothing does",
        lambda row: row.place.contact_source,
    ),
]

EVENT_COLUMNS: list[Column[EventRow]] = [
    Column(
        "event_id",
        "text",
        "stream and number, unique for ever",
        lambda row: f"{row.event['stream']}-{row.event['seq']}",
    ),
    Column("org", "text", "id of the organisation", lambda row: row.place.org_id),
    Column("store_id", "text", "id of the store", lambda row: row.place.store_id),
    Column("touchpoint_id", "text", "id of the touchpoint", lambda row: row.place.id),
    Column("touchpoint_name", "text", "its name", lambda row: row.place.name),
    Column("device_id", "text", "id of the device", lambda row: row.event["dev"]),
    Column("type", "text", "type of the event", lambda row: row.event["type"]),
    Column("occurred_at_utc", "time", "when it happened", lambda row: utc(row.event["t"])),
    Column("tz", "text", "IANA time zone of the store", lambda row: row.place.calendar.tz),
    Column(
        "local_time",
        "text",
        "when it happened, local with UTC offset",
        lambda row: row.place.calendar.local(row.event["t"]).isoformat(timespec="milliseconds"),
    ),
    Column(
        "clock_quality",
        "text",
        "how well the time is known: ntp, rtc, bounded (the day only)",
        lambda row: row.event["tq"],
    ),
    Column("received_at_utc", "time", "when the hub received it", lambda row: utc(row.event["received"])),
    Column("rating", "integer", "of a press: 1 is the worst", lambda row: row.event["rating"]),
    Column(
        "labels",
        "text",
        "why a press is not a response: repeat, undone; several are separated by ;",
        lambda row: SEPARATOR.join(label_names(row.event["labels"])),
    ),
    Column("data", "text", "JSON of the rest, by type", lambda row: row.event["data"]),
]
