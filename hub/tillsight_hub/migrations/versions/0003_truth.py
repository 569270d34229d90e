"""Labels of cleaning, revisions of days, alerts, imports of history."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "alert",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("rule_id", sa.BigInteger(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("tp", sa.Text(), nullable=False),
        sa.Column(
            "storm",
            sa.BigInteger(),
            nullable=True,
            comment="id of the first alert of a storm that it is part of",
        ),
        sa.Column(
            "since", sa.BigInteger(), nullable=False, comment="ms UTC at which the run of bad votes began"
        ),
        sa.Column("raised", sa.BigInteger(), nullable=False, comment="ms UTC of the vote that raised it"),
        sa.Column("noticed", sa.BigInteger(), nullable=False, comment="ms UTC at which the hub raised it"),
        sa.Column("cleared", sa.BigInteger(), nullable=True, comment="ms UTC"),
        sa.Column(
            "sent",
            sa.BigInteger(),
            nullable=True,
            comment="ms UTC; null where budget, snooze or storm held it",
        ),
        sa.Column("held", sa.Text(), nullable=True, comment="budget|snooze|storm|undelivered"),
        sa.Column(
            "detail",
            sa.Text(),
            nullable=False,
            comment="JSON: statistic, threshold, votes, contacts, expected",
        ),
        sa.Column("qualified", sa.Text(), nullable=True, comment="true|false|duplicate"),
        sa.Column("qualified_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
    )
    op.create_index(op.f("ix_alert_raised"), "alert", ["raised"], unique=False)
    op.create_index(op.f("ix_alert_tp_raised"), "alert", ["tp", "raised"], unique=False)
    op.create_table(
        "alert_baseline",
        sa.Column("tp", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False, comment="business date before which it was learnt"),
        sa.Column("baseline", sa.Text(), nullable=False, comment="JSON"),
        sa.PrimaryKeyConstraint("tp", name=op.f("pk_alert_baseline")),
    )
    op.create_table(
        "alert_rule",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("place", sa.Text(), nullable=False, comment="id of an org, region, store or touchpoint"),
        sa.Column("kind", sa.Text(), nullable=False, comment="baseline|negative-share|count|index"),
        sa.Column("settings", sa.Text(), nullable=False, comment="JSON, per kind"),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_rule")),
    )
    op.create_table(
        "alert_state",
        sa.Column("rule_id", sa.BigInteger(), nullable=False),
        sa.Column("tp", sa.Text(), nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False, comment="ms UTC up to which the rule has looked"),
        sa.Column(
            "state", sa.Text(), nullable=False, comment="JSON: the statistic and what else it goes on from"
        ),
        sa.PrimaryKeyConstraint("rule_id", "tp", name=op.f("pk_alert_state")),
    )
    op.create_table(
        "history_import",
        sa.Column(
            "stream", sa.Text(), nullable=False, comment="the imported events' stream, made of the content"
        ),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False, comment="JSON: what the quality report said"),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_history_import")),
    )
    op.create_table(
        "snooze",
        sa.Column("place", sa.Text(), nullable=False, comment="id of an org, region, store or touchpoint"),
        sa.Column("until", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_snooze")),
    )
    op.create_table(
        "uncleaned",
        sa.Column("tp", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False, comment="arrived, taken by the cleaner, or all anew"),
        sa.Column(
            "first", sa.BigInteger(), nullable=False, comment="ms UTC of the earliest press to look at again"
        ),
        sa.Column("last", sa.BigInteger(), nullable=False, comment="ms UTC of the latest"),
        sa.Column("turn", sa.BigInteger(), nullable=False, comment="another one whenever the row changes"),
        sa.PrimaryKeyConstraint("tp", "stage", name=op.f("pk_uncleaned")),
        comment="where presses, contacts or camera reports arrived since the labels were last given",
    )
    op.create_index(
        "ix_event_type_tp_t",
        "event",
        ["type", "tp", "t"],
        unique=False,
        sqlite_where=sa.text(
            "type IN ('device.audit', 'emotion.window', 'staff.shift', 'survey.answer', 'survey.end')"
        ),
        postgresql_where=sa.text(
            "type IN ('device.audit', 'emotion.window', 'staff.shift', 'survey.answer', 'survey.end')"
        ),
    )
    op.add_column(
        "rollup_day",
        sa.Column(
            "revised",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="how many times the row changed after its day was over",
        ),
    )
    op.add_column(
        "rollup_day",
        sa.Column(
            "set_aside",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="presses that a cleaning rule leaves out",
        ),
    )
    op.add_column(
        "rollup_day",
        sa.Column(
            "label_session",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="presses labelled session",
        ),
    )
    op.add_column(
        "rollup_day",
        sa.Column(
            "label_mashing",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="presses labelled mashing",
        ),
    )
    op.add_column(
        "rollup_day",
        sa.Column(
            "label_staff",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="presses labelled staff",
        ),
    )
    op.add_column(
        "rollup_day",
        sa.Column(
            "label_orphan",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="presses labelled orphan",
        ),
    )
    op.add_column(
        "rollup_day",
        sa.Column(
            "label_out_of_hours",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="presses labelled out-of-hours",
        ),
    )
    op.add_column(
        "rollup_day",
        sa.Column(
            "uncovered_1",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 1 while the contact counter could not see",
        ),
    )
    op.add_column(
        "rollup_day",
        sa.Column(
            "uncovered_2",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 2 while the contact counter could not see",
        ),
    )
    op.add_column(
        "rollup_day",
        sa.Column(
            "uncovered_3",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 3 while the contact counter could not see",
        ),
    )
    op.add_column(
        "rollup_day",
        sa.Column(
            "uncovered_4",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 4 while the contact counter could not see",
        ),
    )
    op.add_column(
        "rollup_day",
        sa.Column(
            "uncovered_5",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 5 while the contact counter could not see",
        ),
    )
    op.add_column(
        "rollup_day",
        sa.Column(
            "uncovered_6",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 6 while the contact counter could not see",
        ),
    )
    op.add_column(
        "rollup_day",
        sa.Column(
            "uncovered_7",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 7 while the contact counter could not see",
        ),
    )
    op.add_column(
        "rollup_day",
        sa.Column(
            "uncovered_8",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 8 while the contact counter could not see",
        ),
    )
    op.add_column(
        "rollup_day",
        sa.Column(
            "uncovered_9",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 9 while the contact counter could not see",
        ),
    )
    op.add_column(
        "rollup_day",
        sa.Column(
            "uncovered_10",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 10 while the contact counter could not see",
        ),
    )
    op.add_column(
        "rollup_day",
        sa.Column(
            "uncovered_11",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 11 while the contact counter could not see",
        ),
    )
    op.add_column(
        "rollup_day",
        sa.Column(
            "attempt_square",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="sum of its squares, in s²: says how much the durations differ",
        ),
    )
    op.add_column(
        "rollup_day",
        sa.Column(
            "check_reports",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="reports of sales with receipts and an amount",
        ),
    )
    op.add_column(
        "rollup_day",
        sa.Column(
            "check_receipts", sa.BigInteger(), server_default="0", nullable=False, comment="receipts in those"
        ),
    )
    op.add_column(
        "rollup_day",
        sa.Column(
            "check_square",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="sum of amount² ÷ receipts of those, in units of 100 minor units²",
        ),
    )
    op.add_column(
        "rollup_hour",
        sa.Column(
            "set_aside",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="presses that a cleaning rule leaves out",
        ),
    )
    op.add_column(
        "rollup_hour",
        sa.Column(
            "label_session",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="presses labelled session",
        ),
    )
    op.add_column(
        "rollup_hour",
        sa.Column(
            "label_mashing",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="presses labelled mashing",
        ),
    )
    op.add_column(
        "rollup_hour",
        sa.Column(
            "label_staff",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="presses labelled staff",
        ),
    )
    op.add_column(
        "rollup_hour",
        sa.Column(
            "label_orphan",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="presses labelled orphan",
        ),
    )
    op.add_column(
        "rollup_hour",
        sa.Column(
            "label_out_of_hours",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="presses labelled out-of-hours",
        ),
    )
    op.add_column(
        "rollup_hour",
        sa.Column(
            "uncovered_1",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 1 while the contact counter could not see",
        ),
    )
    op.add_column(
        "rollup_hour",
        sa.Column(
            "uncovered_2",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 2 while the contact counter could not see",
        ),
    )
    op.add_column(
        "rollup_hour",
        sa.Column(
            "uncovered_3",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 3 while the contact counter could not see",
        ),
    )
    op.add_column(
        "rollup_hour",
        sa.Column(
            "uncovered_4",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 4 while the contact counter could not see",
        ),
    )
    op.add_column(
        "rollup_hour",
        sa.Column(
            "uncovered_5",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 5 while the contact counter could not see",
        ),
    )
    op.add_column(
        "rollup_hour",
        sa.Column(
            "uncovered_6",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 6 while the contact counter could not see",
        ),
    )
    op.add_column(
        "rollup_hour",
        sa.Column(
            "uncovered_7",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 7 while the contact counter could not see",
        ),
    )
    op.add_column(
        "rollup_hour",
        sa.Column(
            "uncovered_8",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 8 while the contact counter could not see",
        ),
    )
    op.add_column(
        "rollup_hour",
        sa.Column(
            "uncovered_9",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 9 while the contact counter could not see",
        ),
    )
    op.add_column(
        "rollup_hour",
        sa.Column(
            "uncovered_10",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 10 while the contact counter could not see",
        ),
    )
    op.add_column(
        "rollup_hour",
        sa.Column(
            "uncovered_11",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="accepted presses of rating 11 while the contact counter could not see",
        ),
    )
    op.add_column(
        "rollup_hour",
        sa.Column(
            "attempt_square",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="sum of its squares, in s²: says how much the durations differ",
        ),
    )
    op.add_column(
        "rollup_hour",
        sa.Column(
            "check_reports",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="reports of sales with receipts and an amount",
        ),
    )
    op.add_column(
        "rollup_hour",
        sa.Column(
            "check_receipts", sa.BigInteger(), server_default="0", nullable=False, comment="receipts in those"
        ),
    )
    op.add_column(
        "rollup_hour",
        sa.Column(
            "check_square",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="sum of amount² ÷ receipts of those, in units of 100 minor units²",
        ),
    )


def downgrade() -> None:

    op.drop_column("rollup_hour", "check_square")
    op.drop_column("rollup_hour", "check_receipts")
    op.drop_column("rollup_hour", "check_reports")
    op.drop_column("rollup_hour", "attempt_square")
    op.drop_column("rollup_hour", "uncovered_11")
    op.drop_column("rollup_hour", "uncovered_10")
    op.drop_column("rollup_hour", "uncovered_9")
    op.drop_column("rollup_hour", "uncovered_8")
    op.drop_column("rollup_hour", "uncovered_7")
    op.drop_column("rollup_hour", "uncovered_6")
    op.drop_column("rollup_hour", "uncovered_5")
    op.drop_column("rollup_hour", "uncovered_4")
    op.drop_column("rollup_hour", "uncovered_3")
    op.drop_column("rollup_hour", "uncovered_2")
    op.drop_column("rollup_hour", "uncovered_1")
    op.drop_column("rollup_hour", "label_out_of_hours")
    op.drop_column("rollup_hour", "label_orphan")
    op.drop_column("rollup_hour", "label_staff")
    op.drop_column("rollup_hour", "label_mashing")
    op.drop_column("rollup_hour", "label_session")
    op.drop_column("rollup_hour", "set_aside")
    op.drop_column("rollup_day", "check_square")
    op.drop_column("rollup_day", "check_receipts")
    op.drop_column("rollup_day", "check_reports")
    op.drop_column("rollup_day", "attempt_square")
    op.drop_column("rollup_day", "uncovered_11")
    op.drop_column("rollup_day", "uncovered_10")
    op.drop_column("rollup_day", "uncovered_9")
    op.drop_column("rollup_day", "uncovered_8")
    op.drop_column("rollup_day", "uncovered_7")
    op.drop_column("rollup_day", "uncovered_6")
    op.drop_column("rollup_day", "uncovered_5")
    op.drop_column("rollup_day", "uncovered_4")
    op.drop_column("rollup_day", "uncovered_3")
    op.drop_column("rollup_day", "uncovered_2")
    op.drop_column("rollup_day", "uncovered_1")
    op.drop_column("rollup_day", "label_out_of_hours")
    op.drop_column("rollup_day", "label_orphan")
    op.drop_column("rollup_day", "label_staff")
    op.drop_column("rollup_day", "label_mashing")
    op.drop_column("rollup_day", "label_session")
    op.drop_column("rollup_day", "set_aside")
    op.drop_column("rollup_day", "revised")
    op.drop_index(
        "ix_event_type_tp_t",
        table_name="event",
        sqlite_where=sa.text(
            "type IN ('device.audit', 'emotion.window', 'staff.shift', 'survey.answer', 'survey.end')"
        ),
        postgresql_where=sa.text(
            "type IN ('device.audit', 'emotion.window', 'staff.shift', 'survey.answer', 'survey.end')"
        ),
    )
    op.drop_table("uncleaned")
    op.drop_table("snooze")
    op.drop_table("history_import")
    op.drop_table("alert_state")
    op.drop_table("alert_rule")
    op.drop_table("alert_baseline")
    op.drop_index(op.f("ix_alert_tp_raised"), table_name="alert")
    op.drop_index(op.f("ix_alert_raised"), table_name="alert")
    op.drop_table("alert")
