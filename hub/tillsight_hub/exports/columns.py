"""Columns of the exported tables: name, type, meaning, and where the cell comes from."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Generic, Literal, TypeVar

from ..hierarchy import Touchpoint
from ..labels import Label
from ..metrics.counts import Calibration, Counts
from ..metrics.registry import Score
from ..scores.ranking import Standing
from ..scores.score_ids import Edition
from ..scores.scores import Group

Kind = Literal["text", "integer", "number", "time"]
"""Integers have 64 bits, numbers are floats, times are instants in UTC."""
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
    unit: str = ""
    """Of integers and numbers."""
    empty: str = ""
    """When the cell is empty; never, where this is."""


@dataclass(frozen=True)
class PlacePeriod:
    """One touchpoint in one period: what its rows have in common."""

    place: Touchpoint
    group: Group
    label: str
    """The period in local time."""
    edition: Edition
    response_rate: Score
    silent_share: Score
    contacts: Score
    refused: int
    """Messages and events of its devices that lie in quarantine."""


@dataclass(frozen=True)
class ScoreRow:
    """One metric of one touchpoint in one period."""

    cut: PlacePeriod
    score: Score
    standing: Standing
    computed_at: int
    """ms UTC"""
    software_version: str

    @property
    def place(self) -> Touchpoint:
        return self.cut.place

    @property
    def group(self) -> Group:
        return self.cut.group

    @property
    def counts(self) -> Counts:
        return self.cut.group.counts

    @property
    def calibration(self) -> Calibration | None:
        return self.cut.group.counts.calibration


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
    """The labels on an event by name: repeat, out-of-hours."""
    return tuple(str(label.name).lower().replace("_", "-") for label in Label(bits))


WITHHELD = "where `status` withholds it"
UNRANKED = (
    "where the number is no score of enough answers, where nothing compares with it, and in hours: those are "
    "too short to be compared"
)
NO_COUNTER = "where nothing counts"
NO_AUDIT = "where the counter was not audited, or nothing counts"

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
        lambda row: row.cut.label,
    ),
    Column(
        "open_minutes",
        "integer",
        "opening time in the period",
        lambda row: row.group.open_minutes,
        unit="minutes",
        empty="in the row `unknown`",
    ),
    Column(
        "counter_up_minutes",
        "integer",
        "opening time without what the cameras that count contacts could not see; other counters do not say",
        lambda row: row.cut.group.counter_up_minutes,
        unit="minutes",
        empty="where nothing counts, and in the row `unknown`",
    ),
    Column(
        "value",
        "number",
        "the metric",
        lambda row: row.score.value,
        unit="the metric's",
        empty="where `status` withholds it, or the metric is bounds",
    ),
    Column(
        "lower",
        "number",
        "lower end of its interval",
        lambda row: row.score.lower,
        unit="the metric's",
        empty=WITHHELD,
    ),
    Column(
        "upper",
        "number",
        "upper end of its interval",
        lambda row: row.score.upper,
        unit="the metric's",
        empty=WITHHELD,
    ),
    Column("level", "number", "confidence level of the interval", lambda row: row.score.level, unit="share"),
    Column("interval_method", "text", "how the interval is made", lambda row: row.score.interval_method),
    Column(
        "shrunk_value",
        "number",
        "the value after those of all exported touchpoints with this scale in this period were weighed in, "
        "the more the less it rests on",
        lambda row: row.standing.shrunk_value,
        unit="the metric's",
        empty=UNRANKED,
    ),
    Column(
        "rank_low",
        "integer",
        "best rank that it may truly have among these touchpoints, at this level; 1 is the best",
        lambda row: row.standing.rank_low,
        unit="rank",
        empty=UNRANKED,
    ),
    Column(
        "rank_high",
        "integer",
        "worst rank that it may truly have",
        lambda row: row.standing.rank_high,
        unit="rank",
        empty=UNRANKED,
    ),
    Column(
        "p_worst",
        "number",
        "probability that it is truly among the worst eighth of these touchpoints",
        lambda row: row.standing.p_worst,
        unit="share",
        empty=UNRANKED,
    ),
    Column(
        "n_votes_raw",
        "integer",
        "all presses on the touchpoint's scale",
        lambda row: row.counts.responses_raw,
        unit="presses",
    ),
    Column(
        "n_votes_clean",
        "integer",
        "responses: presses without repeats, undone ones and those that cleaning sets aside",
        lambda row: row.counts.accepted,
        unit="presses",
    ),
    Column(
        "n_negative",
        "integer",
        "negative responses, as far as they may be told",
        lambda row: None if row.counts.told is None else row.counts.negative,
        unit="presses",
        empty="where all are withheld",
    ),
    Column(
        "n_positive",
        "integer",
        "positive responses, as far as they may be told",
        lambda row: None if row.counts.told is None else row.counts.positive,
        unit="presses",
        empty="where all are withheld",
    ),
    Column(
        "n_quarantined",
        "integer",
        "presses that a cleaning rule sets aside: in the raw number only",
        lambda row: row.counts.set_aside,
        unit="presses",
    ),
    Column(
        "contacts_counted",
        "integer",
        "people served as the counter saw them",
        lambda row: row.counts.contacts,
        unit="people",
        empty=NO_COUNTER,
    ),
    Column(
        "contacts_est",
        "number",
        "people served, corrected by audits: the metric `contacts`",
        lambda row: row.cut.contacts.value,
        unit="people",
        empty=NO_COUNTER,
    ),
    Column(
        "precision_k",
        "integer",
        "audits: contacts that counter and person both saw",
        lambda row: row.calibration.precision.k if row.calibration else None,
        unit="contacts",
        empty=NO_AUDIT,
    ),
    Column(
        "precision_n",
        "integer",
        "audits: contacts that the counter saw",
        lambda row: row.calibration.precision.n if row.calibration else None,
        unit="contacts",
        empty=NO_AUDIT,
    ),
    Column(
        "recall_k",
        "integer",
        "audits: contacts that both saw",
        lambda row: row.calibration.recall.k if row.calibration else None,
        unit="contacts",
        empty=NO_AUDIT,
    ),
    Column(
        "recall_n",
        "integer",
        "audits: contacts that the person saw",
        lambda row: row.calibration.recall.n if row.calibration else None,
        unit="contacts",
        empty=NO_AUDIT,
    ),
    Column(
        "response_rate",
        "number",
        "as the metric of that id",
        lambda row: row.cut.response_rate.value,
        unit="share",
        empty="as there",
    ),
    Column(
        "silent_share",
        "number",
        "as the metric of that id",
        lambda row: row.cut.silent_share.value,
        unit="share",
        empty="as there",
    ),
    Column(
        "bound_lower",
        "number",
        "of a metric that the data leave open: the least that it can be",
        lambda row: row.score.bound_lower,
        unit="the metric's",
        empty="where the metric has a value, or is withheld",
    ),
    Column(
        "bound_upper",
        "number",
        "and the most",
        lambda row: row.score.bound_upper,
        unit="the metric's",
        empty="where the metric has a value, or is withheld",
    ),
    Column(
        "assumption",
        "text",
        "under which the bounds hold, see below",
        lambda row: row.score.assumption or None,
        empty="without bounds",
    ),
    Column("status", "text", "see below", lambda row: row.score.status),
    Column(
        "flags",
        "text",
        "see below; several are separated by ;",
        lambda row: SEPARATOR.join(row.score.flags) or None,
        empty="without any",
    ),
    Column(
        "weights",
        "text",
        "JSON list: weight of each rating, worst first, or of each question or dimension of a questionnaire",
        lambda row: json.dumps(row.score.weights) if row.score.weights else None,
        empty="where the formula has none",
    ),
    Column("computed_at_utc", "time", "when this row was computed", lambda row: utc(row.computed_at)),
    Column("software_version", "text", "version of Tillsight", lambda row: row.software_version),
    Column("scale", "text", "rating scale of the touchpoint", lambda row: row.place.scale.id),
    Column(
        "n",
        "integer",
        "answers, or people served, that the value rests on",
        lambda row: row.score.n,
        unit="people",
    ),
    Column(
        "contact_source",
        "text",
        "what counts the people served",
        lambda row: row.place.contact_source,
        empty="where nothing does",
    ),
    Column(
        "n_refused",
        "integer",
        "messages and events of the touchpoint's devices that the hub could not take, by when they came",
        lambda row: row.cut.refused,
        unit="messages",
    ),
    Column(
        "score_id",
        "text",
        "what the number is called: `GET /api/v1/scores/{id}/explain` says where it comes from",
        lambda row: row.cut.edition.id(row.score.metric, row.score.level),
    ),
    Column(
        "revision",
        "integer",
        "1, and 1 more for each time that a day of it changed after it was over",
        lambda row: row.cut.edition.revision,
        unit="revisions",
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
    Column(
        "rating",
        "integer",
        "of a press: 1 is the worst",
        lambda row: row.event["rating"],
        unit="rating",
        empty="of other events",
    ),
    Column(
        "labels",
        "text",
        "what the device and cleaning say of a press, see below; several are separated by ;",
        lambda row: SEPARATOR.join(label_names(row.event["labels"])) or None,
        empty="without any",
    ),
    Column("data", "text", "JSON of the rest, by type", lambda row: row.event["data"]),
]
