"""Every table of the hub. Alembic's migrations make them; nothing else creates tables."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    false,
    text,
    true,
)

from tillsight_models.scales import MAX_RATINGS

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers its rows only where the key is spelled INTEGER.
RowId = BigInteger().with_variant(Integer(), "sqlite")

# --- Hierarchy: org > region > store > touchpoint > device ---------------------------------------------

org = Table("org", metadata, Column("id", Text, primary_key=True), Column("name", Text, nullable=False))

region = Table(
    "region",
    metadata,
    Column("id", Text, primary_key=True),
    Column("org_id", ForeignKey("org.id"), nullable=False),
    Column("name", Text, nullable=False),
)

store = Table(
    "store",
    metadata,
    Column("id", Text, primary_key=True),
    Column("org_id", ForeignKey("org.id"), nullable=False),
    Column("region_id", ForeignKey("region.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("tz", Text, nullable=False, comment="IANA time zone"),
    Column("opening_hours", Text, nullable=False, comment="JSON: weekday to list of HH:MM-HH:MM"),
    Column("language", Text, nullable=False, server_default="en", comment="of its reports and shoppers"),
)

touchpoint = Table(
    "touchpoint",
    metadata,
    Column("id", Text, primary_key=True),
    Column("store_id", ForeignKey("store.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("scale", Text, nullable=False, comment="rating scale of its panel"),
    Column("contact_source", Text, nullable=True, comment="which source counts who was served"),
    Column("opening_hours", Text, nullable=True, comment="JSON; null means the store's"),
    Column("owner", Text, nullable=True, comment="who answers for it: a name, a role or an address"),
    Column("opened", Text, nullable=True, comment="YYYY-MM-DD from which its numbers mean something"),
    Column("closed", Text, nullable=True, comment="YYYY-MM-DD of its last day"),
    Column("review_due", Text, nullable=True, comment="YYYY-MM-DD by which somebody looks at it again"),
)

device = Table(
    "device",
    metadata,
    Column("id", Text, primary_key=True),
    Column("touchpoint_id", ForeignKey("touchpoint.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column(
        "state", Text, nullable=False, server_default="unknown", comment="unknown|ready|disconnected|lost"
    ),
    Column("session", BigInteger, nullable=True),
    Column("stream", Text, nullable=True),
    Column("version", Text, nullable=True),
    Column("health", Text, nullable=True, comment="JSON of the last health"),
    Column("first_seen", BigInteger, nullable=True, comment="ms UTC"),
    Column("last_seen", BigInteger, nullable=True, comment="ms UTC"),
)

# --- Events and delivery -------------------------------------------------------------------------------

RARE_TYPES = ("device.audit", "emotion.window", "staff.shift", "survey.answer", "survey.end")
"""Types that are looked for on their own, among millions of presses and contacts: they have an index."""
IS_RARE = text("type IN ('" + "', '".join(RARE_TYPES) + "')")
"""The index is used only by a query that says this too, word for word."""
IS_REASON = text("type = 'feedback.reason'")
"""The same for the reasons that people give, which are as many as presses."""
IS_OPEN = text("cleared IS NULL")
"""Of alarms: one of a kind at a time."""

event = Table(
    "event",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("type", Text, nullable=False),
    Column("dev", Text, nullable=False),
    Column("tp", Text, nullable=False),
    Column("t", BigInteger, nullable=False, comment="ms UTC, corrected where the device's clock was wrong"),
    Column("tq", Text, nullable=False, comment="ntp|rtc|unsynced|bounded, after correction"),
    Column("boot", Text, nullable=False),
    Column("mono", BigInteger, nullable=False),
    Column("device_t", BigInteger, nullable=False, comment="ms UTC as the device said"),
    Column("device_tq", Text, nullable=False),
    Column("received", BigInteger, nullable=False, comment="ms UTC on the hub"),
    Column("rating", SmallInteger, nullable=True, comment="of a press, 1 is the worst"),
    Column("labels", Integer, nullable=False, server_default="0", comment="bits of labels.Label"),
    Column("data", Text, nullable=False, comment="payload as it came"),
    Column("extra", Text, nullable=True, comment="top-level fields of a newer contract"),
    Index(None, "tp", "t"),
    Index("ix_event_type_tp_t", "type", "tp", "t", sqlite_where=IS_RARE, postgresql_where=IS_RARE),
    Index("ix_event_reason_tp_t", "tp", "t", sqlite_where=IS_REASON, postgresql_where=IS_REASON),
    Index(None, "dev", "boot"),
    Index(None, "received"),
    sqlite_with_rowid=False,
)

stream = Table(
    "stream",
    metadata,
    Column("id", Text, primary_key=True),
    Column("device_id", Text, nullable=False),
    Column("upto", BigInteger, nullable=False, comment="everything up to here is accounted for"),
    Column("highest", BigInteger, nullable=False, comment="highest seq seen"),
    Column("first_seen", BigInteger, nullable=False, comment="ms UTC"),
    Column("last_seen", BigInteger, nullable=False, comment="ms UTC"),
)

stream_gap = Table(
    "stream_gap",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("first", BigInteger, primary_key=True),
    Column("last", BigInteger, primary_key=True),
    Column("reason", Text, nullable=False, comment="outbox-full|not-held"),
    Column("reported", BigInteger, nullable=False, comment="ms UTC"),
    comment="ranges that a device said will never arrive",
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("received", BigInteger, nullable=False, comment="ms UTC"),
    Column("topic", Text, nullable=False),
    Column("dev", Text, nullable=True),
    Column("stream", Text, nullable=True),
    Column("seq", BigInteger, nullable=True),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False, comment="at most the first 64 kB"),
    Column("size", Integer, nullable=False),
    Column("replayed", BigInteger, nullable=True, comment="ms UTC when it was taken after all"),
    Index(None, "stream", "seq"),
    Index(None, "reason"),
)

device_clock = Table(
    "device_clock",
    metadata,
    Column("dev", Text, primary_key=True),
    Column("boot", Text, primary_key=True),
    Column("mono", BigInteger, primary_key=True),
    Column("wall", BigInteger, nullable=False),
    Column("quality", Text, nullable=False),
    comment="anchors: monotonic ms of a boot was this wall time",
)

press_undone = Table(
    "press_undone",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True, comment="of the press"),
)

# --- Rollups: wide, one row per touchpoint and bucket ---------------------------------------------------

RATING_COUNTERS = tuple(f"rating_{n}" for n in range(1, MAX_RATINGS + 1))
RAW_COUNTERS = tuple(f"raw_{n}" for n in range(1, MAX_RATINGS + 1))
UNCOVERED_COUNTERS = tuple(f"uncovered_{n}" for n in range(1, MAX_RATINGS + 1))
LABEL_COUNTERS = {
    "session": "label_session",
    "mashing": "label_mashing",
    "staff": "label_staff",
    "orphan": "label_orphan",
    "out-of-hours": "label_out_of_hours",
}
"""By name of the cleaning rule; one press may have several labels."""
EMOTION_COUNTERS = ("emotion_positive", "emotion_neutral", "emotion_negative", "emotion_unknown")
CONTACT_COUNTERS = {
    "camera": "contacts_camera",
    "presence": "contacts_presence",
    "pos": "contacts_pos",
    "queue": "contacts_queue",
    "manual": "contacts_manual",
}
COUNTERS: dict[str, str] = {
    "events": "all events, whatever their type",
    "presses": "all presses",
    "repeats": "presses inside the cool-down",
    "undone": "presses taken back",
    "other_scale": "presses on another scale than the touchpoint's, in no rating counter",
    "closed": "presses outside opening hours",
    "set_aside": "presses that a cleaning rule leaves out",
    **{name: f"presses labelled {label}" for label, name in LABEL_COUNTERS.items()},
    **{name: f"accepted presses of rating {n}" for n, name in enumerate(RATING_COUNTERS, 1)},
    **{name: f"all presses of rating {n}" for n, name in enumerate(RAW_COUNTERS, 1)},
    **{
        name: f"accepted presses of rating {n} while the contact counter could not see"
        for n, name in enumerate(UNCOVERED_COUNTERS, 1)
    },
    **{name: f"people served as counted by {source}" for source, name in CONTACT_COUNTERS.items()},
    "dwell_ms": "sum of the dwell of contacts",
    "dwell_contacts": "contacts in that sum",
    "receipts": "receipts at the till",
    "sales_amount": "sales in minor units",
    "visitors_in": "visitors in",
    "visitors_out": "visitors out",
    "attempts": "sales attempts",
    "attempt_ms": "sum of the duration of sales attempts",
    "attempt_square": "sum of its squares, in s²: says how much the durations differ",
    "check_reports": "reports of sales with receipts and an amount",
    "check_receipts": "receipts in those",
    "check_square": "sum of amount² ÷ receipts of those, in units of 100 minor units²",
    "camera_ms": "opening time that cameras which count contacts have accounted for",
    "camera_working_ms": "of it, time in which they could see",
    "queue_ms": "time that the queue was watched",
    "queue_people_ms": "people in the queue times the time they stood there",
    "waits": "people who waited in the queue and were then served",
    "wait_ms": "sum of their waiting times",
    "emotion_positive": "people who looked positive",
    "emotion_neutral": "people who looked neutral",
    "emotion_negative": "people who looked negative",
    "emotion_unknown": "people whose face did not say enough",
}

UNDATED_HOUR = 0
"""Hour bucket of events whose time is not known to the hour."""
UNDATED_DAY = "undated"
"""Day bucket of events whose time is not known to the day; sorts after every date."""

rollup_hour = Table(
    "rollup_hour",
    metadata,
    Column("tp", Text, primary_key=True),
    Column("hour", BigInteger, primary_key=True, comment="UTC seconds at which the local hour began"),
    *(
        Column(name, BigInteger, nullable=False, server_default="0", comment=meaning)
        for name, meaning in COUNTERS.items()
    ),
    Index(None, "hour"),
    sqlite_with_rowid=False,
)

rollup_day = Table(
    "rollup_day",
    metadata,
    Column("tp", Text, primary_key=True),
    Column("day", Text, primary_key=True, comment="business date YYYY-MM-DD in the touchpoint's zone"),
    Column(
        "revised",
        Integer,
        nullable=False,
        server_default="0",
        comment="how many times the row changed after its day was over",
    ),
    *(
        Column(name, BigInteger, nullable=False, server_default="0", comment=meaning)
        for name, meaning in COUNTERS.items()
    ),
    Index(None, "day"),
    sqlite_with_rowid=False,
)

consistency_run = Table(
    "consistency_run",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("started", BigInteger, nullable=False, comment="ms UTC"),
    Column("finished", BigInteger, nullable=False, comment="ms UTC"),
    Column("events", BigInteger, nullable=False),
    Column("mismatches", Integer, nullable=False),
    Column("detail", Text, nullable=False, comment="JSON list of what differs"),
)

# --- Cleaning and alerts -------------------------------------------------------------------------------

uncleaned = Table(
    "uncleaned",
    metadata,
    Column("tp", Text, primary_key=True),
    Column("stage", Text, primary_key=True, comment="arrived, taken by the cleaner, or all anew"),
    Column("first", BigInteger, nullable=False, comment="ms UTC of the earliest press to look at again"),
    Column("last", BigInteger, nullable=False, comment="ms UTC of the latest"),
    Column("turn", BigInteger, nullable=False, comment="another one whenever the row changes"),
    comment="where presses, contacts or camera reports arrived since the labels were last given",
)

alert_rule = Table(
    "alert_rule",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("place", Text, nullable=False, comment="id of an org, region, store or touchpoint"),
    Column("kind", Text, nullable=False, comment="baseline|negative-share|count|index"),
    Column("settings", Text, nullable=False, comment="JSON, per kind"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("enabled", Boolean, nullable=False, server_default=true()),
    Column("created", BigInteger, nullable=False, comment="ms UTC"),
    Column("actor", Text, nullable=False),
)

alert_state = Table(
    "alert_state",
    metadata,
    Column("rule_id", BigInteger, primary_key=True),
    Column("tp", Text, primary_key=True),
    Column("upto", BigInteger, nullable=False, comment="ms UTC up to which the rule has looked"),
    Column("state", Text, nullable=False, comment="JSON: the statistic and what else it goes on from"),
)

alert_baseline = Table(
    "alert_baseline",
    metadata,
    Column("tp", Text, primary_key=True),
    Column("day", Text, nullable=False, comment="business date before which it was learnt"),
    Column("baseline", Text, nullable=False, comment="JSON"),
)

alert = Table(
    "alert",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("rule_id", BigInteger, nullable=False),
    Column("rule_version", Integer, nullable=False),
    Column("tp", Text, nullable=False),
    Column("storm", BigInteger, nullable=True, comment="id of the first alert of a storm that it is part of"),
    Column("since", BigInteger, nullable=False, comment="ms UTC at which the run of bad votes began"),
    Column("raised", BigInteger, nullable=False, comment="ms UTC of the vote that raised it"),
    Column("noticed", BigInteger, nullable=False, comment="ms UTC at which the hub raised it"),
    Column("cleared", BigInteger, nullable=True, comment="ms UTC"),
    Column("sent", BigInteger, nullable=True, comment="ms UTC; null where budget, snooze or storm held it"),
    Column("held", Text, nullable=True, comment="budget|snooze|storm|undelivered"),
    Column("detail", Text, nullable=False, comment="JSON: statistic, threshold, votes, contacts, expected"),
    Column("qualified", Text, nullable=True, comment="true|false|duplicate"),
    Column("qualified_by", Text, nullable=True),
    Index(None, "tp", "raised"),
    Index(None, "raised"),
)

snooze = Table(
    "snooze",
    metadata,
    Column("place", Text, primary_key=True, comment="id of an org, region, store or touchpoint"),
    Column("until", BigInteger, nullable=False, comment="ms UTC"),
    Column("actor", Text, nullable=False),
)

history_import = Table(
    "history_import",
    metadata,
    Column("stream", Text, primary_key=True, comment="the imported events' stream, made of the content"),
    Column("at", BigInteger, nullable=False, comment="ms UTC"),
    Column("actor", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("report", Text, nullable=False, comment="JSON: what the quality report said"),
)

# --- What shoppers are shown and asked -----------------------------------------------------------------

survey = Table(
    "survey",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("org_id", ForeignKey("org.id"), nullable=False),
    Column("content", Text, nullable=False, comment="JSON of tillsight_models.surveys.Survey"),
    Column("state", Text, nullable=False, comment="draft|published|retired"),
    Column("created", BigInteger, nullable=False, comment="ms UTC"),
    Column("actor", Text, nullable=False),
    comment="a published version never changes",
)

kiosk_look = Table(
    "kiosk_look",
    metadata,
    Column("place", Text, primary_key=True, comment="id of an org, region, store or touchpoint"),
    Column("survey_id", Text, nullable=True, comment="null: the next place above decides"),
    Column("settings", Text, nullable=False, comment="JSON: languages, timings, pictures, what to show"),
    Column("changed", BigInteger, nullable=False, comment="ms UTC"),
    Column("actor", Text, nullable=False),
    comment="what the screens of a place show; the nearest place decides, key by key",
)

card = Table(
    "card",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("place", Text, nullable=False, comment="id of an org, region, store or touchpoint"),
    Column("texts", Text, nullable=False, comment="JSON: language to {said, did}"),
    Column("first_day", Text, nullable=False, comment="YYYY-MM-DD"),
    Column("last_day", Text, nullable=True, comment="YYYY-MM-DD; null means until it is taken down"),
    Column("case_id", BigInteger, nullable=True, comment="the case that it tells the end of"),
    Column("created", BigInteger, nullable=False, comment="ms UTC"),
    Column("actor", Text, nullable=False),
    comment="you said, we did",
)

device_config = Table(
    "device_config",
    metadata,
    Column("dev", Text, primary_key=True),
    Column("wanted", Text, nullable=False, comment="JSON as it was sent on the topic cfg"),
    Column("version", Text, nullable=False, comment="of what is wanted, made of its content"),
    Column("changed", BigInteger, nullable=False, comment="ms UTC"),
    Column("reported", Text, nullable=True, comment="version in force, from the topic cfg/is"),
    Column("reported_at", BigInteger, nullable=True, comment="ms UTC"),
    Column("answer", Text, nullable=True, comment="JSON: what the device refused, and has nothing for"),
    Column("problem", Text, nullable=True, comment="JSON: why the hub itself did not send a part"),
)

device_order = Table(
    "device_order",
    metadata,
    Column("id", Text, primary_key=True, comment="16 hexadecimal digits"),
    Column("dev", Text, nullable=False),
    Column("kind", Text, nullable=False, comment="restart|identify|test-press|pull-model|run-check"),
    Column("message", Text, nullable=False, comment="JSON as it is told on the topic cmd"),
    Column("made", BigInteger, nullable=False, comment="ms UTC"),
    Column("expires", BigInteger, nullable=False, comment="ms UTC"),
    Column("actor", Text, nullable=False),
    Column("told", BigInteger, nullable=True, comment="ms UTC at which it last went out"),
    Column("answered", BigInteger, nullable=True, comment="ms UTC"),
    Column("outcome", Text, nullable=True, comment="done|failed|refused|expired; null while nobody knows"),
    Column("words", Text, nullable=True, comment="JSON: lines for a person"),
    Index(None, "dev", "made"),
    Index(None, "outcome", "expires"),
)

device_setting = Table(
    "device_setting",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("place", Text, nullable=False, comment="org, region, store or touchpoint id, or device:id"),
    Column("settings", Text, nullable=False, comment="JSON by section.key; the newest row of a place counts"),
    Column("at", BigInteger, nullable=False, comment="ms UTC"),
    Column("actor", Text, nullable=False),
    Index(None, "place", "id"),
    comment="every version that there ever was",
)

device_sighting = Table(
    "device_sighting",
    metadata,
    Column("dev", Text, primary_key=True),
    Column("kind", Text, primary_key=True, comment="one of fleet.sightings"),
    Column("first", BigInteger, nullable=False, comment="ms UTC"),
    Column("last", BigInteger, nullable=False, comment="ms UTC"),
    Column("times", BigInteger, nullable=False),
    Column("detail", Text, nullable=False, comment="may be empty"),
    comment="what the hub saw of a device that no device says of itself",
)

fleet_alarm = Table(
    "fleet_alarm",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("subject", Text, nullable=False, comment="device id; hub: the hub itself"),
    Column("condition", Text, nullable=False, comment="as on /devices"),
    Column("severity", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("raised", BigInteger, nullable=False, comment="ms UTC"),
    Column("cleared", BigInteger, nullable=True, comment="ms UTC"),
    Column("sent", BigInteger, nullable=True, comment="ms UTC"),
    Column("held", Text, nullable=True, comment="budget|storm|undelivered; null where it is sent"),
    Column("detail", Text, nullable=True, comment="JSON: what goes into the braces of its words"),
    Column("acknowledged", BigInteger, nullable=True, comment="ms UTC"),
    Column("acknowledged_by", Text, nullable=True),
    Index(None, "cleared", "subject"),
    Index(None, "raised"),
    Index(
        "uq_fleet_alarm_open",
        "subject",
        "condition",
        unique=True,
        sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    ),
)

declaration = Table(
    "declaration",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("place", Text, nullable=False, comment="id of an org, region, store or touchpoint"),
    Column("purpose", Text, nullable=False),
    Column("assessment", Text, nullable=False, comment="reference of the impact assessment"),
    Column("legal_basis", Text, nullable=False, comment="consent|legitimate-interest|public-task|other-law"),
    Column("responsible", Text, nullable=False),
    Column("sign_installed", Text, nullable=False, comment="YYYY-MM-DD"),
    Column("expires", Text, nullable=False, comment="YYYY-MM-DD; from this day on it holds no more"),
    Column("at", BigInteger, nullable=False, comment="ms UTC"),
    Column("actor", Text, nullable=False),
    Column("withdrawn", BigInteger, nullable=True, comment="ms UTC"),
    Index(None, "place"),
    comment="what a site declares before faces are looked at; the nearest place that has one decides",
)

# --- Who exactly: people who want an answer, cases and what was done -----------------------------------

visit_link = Table(
    "visit_link",
    metadata,
    Column("visit", Text, primary_key=True),
    Column("tp", Text, nullable=False),
    Column("dev", Text, nullable=False),
    Column("opened", BigInteger, nullable=False, comment="ms UTC of the first look by a phone"),
    Column("ended", BigInteger, nullable=True, comment="ms UTC; nothing more is taken after it"),
    Column("events", Integer, nullable=False, server_default="0", comment="seq of its last event"),
    Column("content", Text, nullable=True, comment="JSON: survey and answers; null once they are events"),
    Index(None, "opened"),
    comment="visits that went on on the shopper's own phone",
)

contact_request = Table(
    "contact_request",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("visit", Text, nullable=True),
    Column("tp", Text, nullable=False),
    Column("at", BigInteger, nullable=False, comment="ms UTC"),
    Column("name", Text, nullable=False, comment="as the person wrote it; empty after erasure"),
    Column("address", Text, nullable=False, comment="mail or telephone; empty after erasure"),
    Column("message", Text, nullable=False, comment="empty after erasure"),
    Column("language", Text, nullable=False),
    Column("consent", Text, nullable=False, comment="the words that the person agreed to"),
    Column("erase_after", BigInteger, nullable=False, comment="ms UTC"),
    Column("erased", BigInteger, nullable=True, comment="ms UTC"),
    Index(None, "tp", "at"),
    Index(None, "erase_after"),
    comment="people who asked to be answered; nobody else is known",
)

service_case = Table(
    "service_case",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("tp", Text, nullable=False),
    Column("opened", BigInteger, nullable=False, comment="ms UTC"),
    Column("origin", Text, nullable=False, comment="alert|request|reason|person"),
    Column("alert_id", BigInteger, nullable=True, unique=True),
    Column("request_id", BigInteger, nullable=True, unique=True),
    Column("title", Text, nullable=False),
    Column("state", Text, nullable=False, comment="open|working|closed"),
    Column("owner", Text, nullable=True, comment="user name; null while nobody took it"),
    Column("deadline", BigInteger, nullable=False, comment="ms UTC"),
    Column("escalated", BigInteger, nullable=True, comment="ms UTC; missed its deadline and was told up"),
    Column("closed", BigInteger, nullable=True, comment="ms UTC"),
    Column("cause", Text, nullable=True, comment="why it happened, on closing"),
    Column("outcome", Text, nullable=True, comment="what was done, on closing"),
    Index(None, "tp", "opened"),
    Index(None, "state", "deadline"),
)

case_note = Table(
    "case_note",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("case_id", ForeignKey("service_case.id", ondelete="CASCADE"), nullable=False),
    Column("at", BigInteger, nullable=False, comment="ms UTC"),
    Column("actor", Text, nullable=False),
    Column("text", Text, nullable=False),
)

action = Table(
    "action",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("place", Text, nullable=False, comment="id of an org, region, store or touchpoint"),
    Column("kind", Text, nullable=False, comment="action|incident"),
    Column("title", Text, nullable=False),
    Column("detail", Text, nullable=False, comment="may be empty"),
    Column("roles", Text, nullable=False, comment="JSON: responsible, accountable, consulted, informed"),
    Column("metric", Text, nullable=True, comment="id of the metric that it is to change"),
    Column("goal", Text, nullable=True, comment="in words"),
    Column("quick_win", Boolean, nullable=False, server_default=false()),
    Column("first_day", Text, nullable=False, comment="YYYY-MM-DD"),
    Column("last_day", Text, nullable=True, comment="YYYY-MM-DD"),
    Column("case_id", BigInteger, nullable=True),
    Column("created", BigInteger, nullable=False, comment="ms UTC"),
    Column("actor", Text, nullable=False),
    Index(None, "place", "first_day"),
    comment="what was done, or what happened, marked in the trend and measured before and after",
)

# --- Reports -------------------------------------------------------------------------------------------

report_schedule = Table(
    "report_schedule",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False, comment="weekly|monthly|camera-check"),
    Column("place", Text, nullable=False, comment="id of an org, region, store or touchpoint"),
    Column("recipients", Text, nullable=False, comment="JSON: mail addresses"),
    Column("language", Text, nullable=True, comment="null: the place's"),
    Column("enabled", Boolean, nullable=False, server_default=true()),
    Column("created", BigInteger, nullable=False, comment="ms UTC"),
    Column("actor", Text, nullable=False),
)

mail = Table(
    "mail",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False, unique=True, comment="what it is about: never sent twice"),
    Column("at", BigInteger, nullable=False, comment="ms UTC"),
    Column("recipient", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False, comment="plain text"),
    Column("attachment_name", Text, nullable=True),
    Column("attachment", LargeBinary, nullable=True),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("due", BigInteger, nullable=False, comment="ms UTC of the next try"),
    Column("sent", BigInteger, nullable=True, comment="ms UTC"),
    Column("failed", BigInteger, nullable=True, comment="ms UTC; given up"),
    Column("problem", Text, nullable=True),
    Index(None, "sent", "due"),
    comment="written in the transaction that wants it, sent afterwards",
)

share_link = Table(
    "share_link",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("token_hash", Text, nullable=False, unique=True, comment="SHA-256 of the token"),
    Column("place", Text, nullable=False, comment="id of an org, region, store or touchpoint"),
    Column("settings", Text, nullable=False, comment="JSON: what the page shows"),
    Column("created", BigInteger, nullable=False, comment="ms UTC"),
    Column("actor", Text, nullable=False),
    Column("expires", BigInteger, nullable=True, comment="ms UTC"),
    Column("revoked", BigInteger, nullable=True, comment="ms UTC"),
    Column("last_used", BigInteger, nullable=True, comment="ms UTC"),
)

# --- Identity of devices -------------------------------------------------------------------------------

enrolment = Table(
    "enrolment",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("token_hash", Text, nullable=False, unique=True, comment="SHA-256 of the token"),
    Column("dev", Text, nullable=False, comment="the only device that it is good for"),
    Column("created", BigInteger, nullable=False, comment="ms UTC"),
    Column("expires", BigInteger, nullable=False, comment="ms UTC"),
    Column("used", BigInteger, nullable=True, comment="ms UTC; good for one certificate"),
    Column("actor", Text, nullable=False),
    Index(None, "dev"),
)

certificate = Table(
    "certificate",
    metadata,
    Column("serial", Text, primary_key=True, comment="hexadecimal"),
    Column("dev", Text, nullable=False),
    Column("issued", BigInteger, nullable=False, comment="ms UTC"),
    Column("not_after", BigInteger, nullable=False, comment="ms UTC"),
    Column("revoked", BigInteger, nullable=True, comment="ms UTC"),
    Column("reason", Text, nullable=True, comment="why it was revoked"),
    Index(None, "dev", "issued"),
    comment="of devices; the public part is not kept",
)

# --- Access --------------------------------------------------------------------------------------------

user = Table(
    "user_account",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False, comment="argon2id"),
    Column("role", Text, nullable=False, comment="admin|ops|manager|analyst"),
    Column("scope", Text, nullable=True, comment="org, region or store id; null means everything"),
    Column("created", BigInteger, nullable=False, comment="ms UTC"),
    Column("disabled", Boolean, nullable=False, server_default=false()),
)

session = Table(
    "login_session",
    metadata,
    Column("token_hash", Text, primary_key=True, comment="SHA-256 of the cookie"),
    Column("user_id", ForeignKey("user_account.id", ondelete="CASCADE"), nullable=False),
    Column("created", BigInteger, nullable=False, comment="ms UTC"),
    Column("expires", BigInteger, nullable=False, comment="ms UTC"),
)

password_link = Table(
    "password_link",
    metadata,
    Column("token_hash", Text, primary_key=True, comment="SHA-256 of the token"),
    Column("user_id", ForeignKey("user_account.id", ondelete="CASCADE"), nullable=False),
    Column("created", BigInteger, nullable=False, comment="ms UTC"),
    Column("expires", BigInteger, nullable=False, comment="ms UTC"),
    Column("actor", Text, nullable=False),
)

api_token = Table(
    "api_token",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False),
    Column("token_hash", Text, nullable=False, unique=True, comment="SHA-256 of the token"),
    Column("role", Text, nullable=False, comment="admin|ops|manager|analyst|device"),
    Column("scope", Text, nullable=True, comment="org, region, store or (role device) device id"),
    Column("created", BigInteger, nullable=False, comment="ms UTC"),
    Column("expires", BigInteger, nullable=True, comment="ms UTC"),
    Column("last_used", BigInteger, nullable=True, comment="ms UTC"),
    Column("revoked", Boolean, nullable=False, server_default=false()),
)

audit = Table(
    "audit",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False, comment="ms UTC"),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("detail", Text, nullable=False),
)

setting = Table(
    "setting",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
"""`hierarchy_version` grows with every change of the hierarchy, so that other processes read it anew."""
