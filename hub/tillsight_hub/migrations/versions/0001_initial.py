"""The tables of the first release."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_token",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False, comment="SHA-256 of the token"),
        sa.Column("role", sa.Text(), nullable=False, comment="admin|ops|manager|analyst|device"),
        sa.Column("scope", sa.Text(), nullable=True, comment="org, region, store or (role device) device id"),
        sa.Column("created", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("expires", sa.BigInteger(), nullable=True, comment="ms UTC"),
        sa.Column("last_used", sa.BigInteger(), nullable=True, comment="ms UTC"),
        sa.Column("revoked", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_table(
        "audit",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_table(
        "consistency_run",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("started", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("finished", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("mismatches", sa.Integer(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False, comment="JSON list of what differs"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consistency_run")),
    )
    op.create_table(
        "device_clock",
        sa.Column("dev", sa.Text(), nullable=False),
        sa.Column("boot", sa.Text(), nullable=False),
        sa.Column("mono", sa.BigInteger(), nullable=False),
        sa.Column("wall", sa.BigInteger(), nullable=False),
        sa.Column("quality", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("dev", "boot", "mono", name=op.f("pk_device_clock")),
        comment="anchors: monotonic ms of a boot was this wall time",
    )
    op.create_table(
        "event",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("dev", sa.Text(), nullable=False),
        sa.Column("tp", sa.Text(), nullable=False),
        sa.Column(
            "t",
            sa.BigInteger(),
            nullable=False,
            comment="ms UTC, corrected where the device's clock was wrong",
        ),
        sa.Column("tq", sa.Text(), nullable=False, comment="ntp|rtc|unsynced|bounded, after correction"),
        sa.Column("boot", sa.Text(), nullable=False),
        sa.Column("mono", sa.BigInteger(), nullable=False),
        sa.Column("device_t", sa.BigInteger(), nullable=False, comment="ms UTC as the device said"),
        sa.Column("device_tq", sa.Text(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False, comment="ms UTC on the hub"),
        sa.Column("rating", sa.SmallInteger(), nullable=True, comment="of a press, 1 is the worst"),
        sa.Column("labels", sa.Integer(), server_default="0", nullable=False, comment="bits of labels.Label"),
        sa.Column("data", sa.Text(), nullable=False, comment="payload as it came"),
        sa.Column("extra", sa.Text(), nullable=True, comment="top-level fields of a newer contract"),
        sa.PrimaryKeyConstraint("stream", "seq", name=op.f("pk_event")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_event_dev_boot"), "event", ["dev", "boot"], unique=False)
    op.create_index(op.f("ix_event_received"), "event", ["received"], unique=False)
    op.create_index(op.f("ix_event_tp_t"), "event", ["tp", "t"], unique=False)
    op.create_table(
        "org",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_org")),
    )
    op.create_table(
        "press_undone",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="of the press"),
        sa.PrimaryKeyConstraint("stream", "seq", name=op.f("pk_press_undone")),
    )
    op.create_table(
        "quarantine",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("received", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("dev", sa.Text(), nullable=True),
        sa.Column("stream", sa.Text(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False, comment="at most the first 64 kB"),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("replayed", sa.BigInteger(), nullable=True, comment="ms UTC when it was taken after all"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
    )
    op.create_index(op.f("ix_quarantine_reason"), "quarantine", ["reason"], unique=False)
    op.create_index(op.f("ix_quarantine_stream_seq"), "quarantine", ["stream", "seq"], unique=False)
    op.create_table(
        "rollup_day",
        sa.Column("tp", sa.Text(), nullable=False),
        sa.Column(
            "day", sa.Text(), nullable=False, comment="business date YYYY-MM-DD in the touchpoint's zone"
        ),
        sa.Column(
            "events",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="all events, whatever their type",
        ),
        sa.Column("presses", sa.BigInteger(), server_default="0", nullable=False, comment="all presses"),
        sa.Column(
            "repeats",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="presses inside the cool-down",
        ),
        sa.Column(
            "undone", sa.BigInteger(), server_default="0", nullable=False, comment="presses taken back"
        ),
        sa.Column(
            "other_scale",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="presses on another scale than the touchpoint's, in no rating counter",
        ),
        sa.Column(
            "closed",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="presses outside opening hours",
        ),
        sa.Column(
            "rating_1",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 1",
        ),
        sa.Column(
            "rating_2",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 2",
        ),
        sa.Column(
            "rating_3",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 3",
        ),
        sa.Column(
            "rating_4",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 4",
        ),
        sa.Column(
            "rating_5",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 5",
        ),
        sa.Column(
            "rating_6",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 6",
        ),
        sa.Column(
            "rating_7",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 7",
        ),
        sa.Column(
            "rating_8",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 8",
        ),
        sa.Column(
            "rating_9",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 9",
        ),
        sa.Column(
            "rating_10",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 10",
        ),
        sa.Column(
            "rating_11",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 11",
        ),
        sa.Column(
            "raw_1", sa.BigInteger(), server_default="0", nullable=False, comment="all presses of rating 1"
        ),
        sa.Column(
            "raw_2", sa.BigInteger(), server_default="0", nullable=False, comment="all presses of rating 2"
        ),
        sa.Column(
            "raw_3", sa.BigInteger(), server_default="0", nullable=False, comment="all presses of rating 3"
        ),
        sa.Column(
            "raw_4", sa.BigInteger(), server_default="0", nullable=False, comment="all presses of rating 4"
        ),
        sa.Column(
            "raw_5", sa.BigInteger(), server_default="0", nullable=False, comment="all presses of rating 5"
        ),
        sa.Column(
            "raw_6", sa.BigInteger(), server_default="0", nullable=False, comment="all presses of rating 6"
        ),
        sa.Column(
            "raw_7", sa.BigInteger(), server_default="0", nullable=False, comment="all presses of rating 7"
        ),
        sa.Column(
            "raw_8", sa.BigInteger(), server_default="0", nullable=False, comment="all presses of rating 8"
        ),
        sa.Column(
            "raw_9", sa.BigInteger(), server_default="0", nullable=False, comment="all presses of rating 9"
        ),
        sa.Column(
            "raw_10", sa.BigInteger(), server_default="0", nullable=False, comment="all presses of rating 10"
        ),
        sa.Column(
            "raw_11", sa.BigInteger(), server_default="0", nullable=False, comment="all presses of rating 11"
        ),
        sa.Column(
            "contacts_camera",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="people served as counted by camera",
        ),
        sa.Column(
            "contacts_presence",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="people served as counted by presence",
        ),
        sa.Column(
            "contacts_pos",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="people served as counted by pos",
        ),
        sa.Column(
            "contacts_queue",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="people served as counted by queue",
        ),
        sa.Column(
            "contacts_manual",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="people served as counted by manual",
        ),
        sa.Column(
            "dwell_ms",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="sum of the dwell of contacts",
        ),
        sa.Column(
            "dwell_contacts",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="contacts in that sum",
        ),
        sa.Column(
            "receipts", sa.BigInteger(), server_default="0", nullable=False, comment="receipts at the till"
        ),
        sa.Column(
            "sales_amount",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="sales in minor units",
        ),
        sa.Column("visitors_in", sa.BigInteger(), server_default="0", nullable=False, comment="visitors in"),
        sa.Column("visitors_out", sa.BigInteger(), server_default="0", nullable=False, comment="visitors out"),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False, comment="sales attempts"),
        sa.Column(
            "attempt_ms",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="sum of the duration of sales attempts",
        ),
        sa.PrimaryKeyConstraint("tp", "day", name=op.f("pk_rollup_day")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_rollup_day_day"), "rollup_day", ["day"], unique=False)
    op.create_table(
        "rollup_hour",
        sa.Column("tp", sa.Text(), nullable=False),
        sa.Column(
            "hour", sa.BigInteger(), nullable=False, comment="UTC seconds at which the local hour began"
        ),
        sa.Column(
            "events",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="all events, whatever their type",
        ),
        sa.Column("presses", sa.BigInteger(), server_default="0", nullable=False, comment="all presses"),
        sa.Column(
            "repeats",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="presses inside the cool-down",
        ),
        sa.Column(
            "undone", sa.BigInteger(), server_default="0", nullable=False, comment="presses taken back"
        ),
        sa.Column(
            "other_scale",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="presses on another scale than the touchpoint's, in no rating counter",
        ),
        sa.Column(
            "closed",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="presses outside opening hours",
        ),
        sa.Column(
            "rating_1",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 1",
        ),
        sa.Column(
            "rating_2",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 2",
        ),
        sa.Column(
            "rating_3",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 3",
        ),
        sa.Column(
            "rating_4",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 4",
        ),
        sa.Column(
            "rating_5",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 5",
        ),
        sa.Column(
            "rating_6",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 6",
        ),
        sa.Column(
            "rating_7",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 7",
        ),
        sa.Column(
            "rating_8",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 8",
        ),
        sa.Column(
            "rating_9",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 9",
        ),
        sa.Column(
            "rating_10",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 10",
        ),
        sa.Column(
            "rating_11",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 11",
        ),
        sa.Column(
            "raw_1", sa.BigInteger(), server_default="0", nullable=False, comment="all presses of rating 1"
        ),
        sa.Column(
            "raw_2", sa.BigInteger(), server_default="0", nullable=False, comment="all presses of rating 2"
        ),
        sa.Column(
            "raw_3", sa.BigInteger(), server_default="0", nullable=False, comment="all presses of rating 3"
        ),
        sa.Column(
            "raw_4", sa.BigInteger(), server_default="0", nullable=False, comment="all presses of rating 4"
        ),
        sa.Column(
            "raw_5", sa.BigInteger(), server_default="0", nullable=False, comment="all presses of rating 5"
        ),
        sa.Column(
            "raw_6", sa.BigInteger(), server_default="0", nullable=False, comment="all presses of rating 6"
        ),
        sa.Column(
            "raw_7", sa.BigInteger(), server_default="0", nullable=False, comment="all presses of rating 7"
        ),
        sa.Column(
            "raw_8", sa.BigInteger(), server_default="0", nullable=False, comment="all presses of rating 8"
        ),
        sa.Column(
            "raw_9", sa.BigInteger(), server_default="0", nullable=False, comment="all presses of rating 9"
        ),
        sa.Column(
            "raw_10", sa.BigInteger(), server_default="0", nullable=False, comment="all presses of rating 10"
        ),
        sa.Column(
            "raw_11", sa.BigInteger(), server_default="0", nullable=False, comment="all presses of rating 11"
        ),
        sa.Column(
            "contacts_camera",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="people served as counted by camera",
        ),
        sa.Column(
            "contacts_presence",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="people served as counted by presence",
        ),
        sa.Column(
            "contacts_pos",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="people served as counted by pos",
        ),
        sa.Column(
            "contacts_queue",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="people served as counted by queue",
        ),
        sa.Column(
            "contacts_manual",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="people served as counted by manual",
        ),
        sa.Column(
            "dwell_ms",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="sum of the dwell of contacts",
        ),
        sa.Column(
            "dwell_contacts",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="contacts in that sum",
        ),
        sa.Column(
            "receipts", sa.BigInteger(), server_default="0", nullable=False, comment="receipts at the till"
        ),
        sa.Column(
            "sales_amount",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="sales in minor units",
        ),
        sa.Column("visitors_in", sa.BigInteger(), server_default="0", nullable=False, comment="visitors in"),
        sa.Column("visitors_out", sa.BigInteger(), server_default="0", nullable=False, comment="visitors out"),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False, comment="sales attempts"),
        sa.Column(
            "attempt_ms",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="sum of the duration of sales attempts",
        ),
        sa.PrimaryKeyConstraint("tp", "hour", name=op.f("pk_rollup_hour")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_rollup_hour_hour"), "rollup_hour", ["hour"], unique=False)
    op.create_table(
        "setting",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_setting")),
    )
    op.create_table(
        "stream",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False, comment="everything up to here is accounted for"),
        sa.Column("highest", sa.BigInteger(), nullable=False, comment="highest seq seen"),
        sa.Column("first_seen", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("last_seen", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stream")),
    )
    op.create_table(
        "stream_gap",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, comment="outbox-full|not-held"),
        sa.Column("reported", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.PrimaryKeyConstraint("stream", "first", "last", name=op.f("pk_stream_gap")),
        comment="ranges that a device said will never arrive",
    )
    op.create_table(
        "user_account",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False, comment="argon2id"),
        sa.Column("role", sa.Text(), nullable=False, comment="admin|ops|manager|analyst"),
        sa.Column(
            "scope", sa.Text(), nullable=True, comment="org, region or store id; null means everything"
        ),
        sa.Column("created", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("disabled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("name", name=op.f("uq_user_account_name")),
    )
    op.create_table(
        "login_session",
        sa.Column("token_hash", sa.Text(), nullable=False, comment="SHA-256 of the cookie"),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("expires", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_login_session_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_login_session")),
    )
    op.create_table(
        "region",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["org.id"], name=op.f("fk_region_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_region")),
    )
    op.create_table(
        "store",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("region_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tz", sa.Text(), nullable=False, comment="IANA time zone"),
        sa.Column("opening_hours", sa.Text(), nullable=False, comment="JSON: weekday to list of HH:MM-HH:MM"),
        sa.ForeignKeyConstraint(["org_id"], ["org.id"], name=op.f("fk_store_org_id")),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name=op.f("fk_store_region_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store")),
    )
    op.create_table(
        "touchpoint",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scale", sa.Text(), nullable=False, comment="rating scale of its panel"),
        sa.Column("contact_source", sa.Text(), nullable=True, comment="which source counts who was served"),
        sa.Column("opening_hours", sa.Text(), nullable=True, comment="JSON; null means the store's"),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_touchpoint_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_touchpoint")),
    )
    op.create_table(
        "device",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("touchpoint_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Text(),
            server_default="unknown",
            nullable=False,
            comment="unknown|ready|disconnected|lost",
        ),
        sa.Column("session", sa.BigInteger(), nullable=True),
        sa.Column("stream", sa.Text(), nullable=True),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("health", sa.Text(), nullable=True, comment="JSON of the last health"),
        sa.Column("first_seen", sa.BigInteger(), nullable=True, comment="ms UTC"),
        sa.Column("last_seen", sa.BigInteger(), nullable=True, comment="ms UTC"),
        sa.ForeignKeyConstraint(["touchpoint_id"], ["touchpoint.id"], name=op.f("fk_device_touchpoint_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
    )


def downgrade() -> None:
    op.drop_table("device")
    op.drop_table("touchpoint")
    op.drop_table("store")
    op.drop_table("region")
    op.drop_table("login_session")
    op.drop_table("user_account")
    op.drop_table("stream_gap")
    op.drop_table("stream")
    op.drop_table("setting")
    op.drop_index(op.f("ix_rollup_hour_hour"), table_name="rollup_hour")
    op.drop_table("rollup_hour")
    op.drop_index(op.f("ix_rollup_day_day"), table_name="rollup_day")
    op.drop_table("rollup_day")
    op.drop_index(op.f("ix_quarantine_stream_seq"), table_name="quarantine")
    op.drop_index(op.f("ix_quarantine_reason"), table_name="quarantine")
    op.drop_table("quarantine")
    op.drop_table("press_undone")
    op.drop_table("org")
    op.drop_index(op.f("ix_event_tp_t"), table_name="event")
    op.drop_index(op.f("ix_event_received"), table_name="event")
    op.drop_index(op.f("ix_event_dev_boot"), table_name="event")
    op.drop_table("event")
    op.drop_table("device_clock")
    op.drop_table("consistency_run")
    op.drop_table("audit")
    op.drop_table("api_token")
