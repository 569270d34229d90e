"""Surveys, cards, cases, actions, reports, mail and share links."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "action",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("place", sa.Text(), nullable=False, comment="id of an org, region, store or touchpoint"),
        sa.Column("kind", sa.Text(), nullable=False, comment="action|incident"),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False, comment="may be empty"),
        sa.Column(
            "roles", sa.Text(), nullable=False, comment="JSON: responsible, accountable, consulted, informed"
        ),
        sa.Column("metric", sa.Text(), nullable=True, comment="id of the metric that it is to change"),
        sa.Column("goal", sa.Text(), nullable=True, comment="in words"),
        sa.Column("quick_win", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("first_day", sa.Text(), nullable=False, comment="YYYY-MM-DD"),
        sa.Column("last_day", sa.Text(), nullable=True, comment="YYYY-MM-DD"),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action")),
        comment="what was done, or what happened, marked in the trend and measured before and after",
    )
    op.create_index(op.f("ix_action_place_first_day"), "action", ["place", "first_day"], unique=False)
    op.create_table(
        "card",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("place", sa.Text(), nullable=False, comment="id of an org, region, store or touchpoint"),
        sa.Column("texts", sa.Text(), nullable=False, comment="JSON: language to {said, did}"),
        sa.Column("first_day", sa.Text(), nullable=False, comment="YYYY-MM-DD"),
        sa.Column(
            "last_day", sa.Text(), nullable=True, comment="YYYY-MM-DD; null means until it is taken down"
        ),
        sa.Column("case_id", sa.BigInteger(), nullable=True, comment="the case that it tells the end of"),
        sa.Column("created", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card")),
        comment="you said, we did",
    )
    op.create_table(
        "certificate",
        sa.Column("serial", sa.Text(), nullable=False, comment="hexadecimal"),
        sa.Column("dev", sa.Text(), nullable=False),
        sa.Column("issued", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("not_after", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("revoked", sa.BigInteger(), nullable=True, comment="ms UTC"),
        sa.Column("reason", sa.Text(), nullable=True, comment="why it was revoked"),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_certificate")),
        comment="of devices; the public part is not kept",
    )
    op.create_index(op.f("ix_certificate_dev_issued"), "certificate", ["dev", "issued"], unique=False)
    op.create_table(
        "contact_request",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("visit", sa.Text(), nullable=True),
        sa.Column("tp", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("name", sa.Text(), nullable=False, comment="as the person wrote it; empty after erasure"),
        sa.Column("address", sa.Text(), nullable=False, comment="mail or telephone; empty after erasure"),
        sa.Column("message", sa.Text(), nullable=False, comment="empty after erasure"),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("consent", sa.Text(), nullable=False, comment="the words that the person agreed to"),
        sa.Column("erase_after", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("erased", sa.BigInteger(), nullable=True, comment="ms UTC"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_request")),
        comment="people who asked to be answered; nobody else is known",
    )
    op.create_index(op.f("ix_contact_request_erase_after"), "contact_request", ["erase_after"], unique=False)
    op.create_index(op.f("ix_contact_request_tp_at"), "contact_request", ["tp", "at"], unique=False)
    op.create_table(
        "declaration",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("place", sa.Text(), nullable=False, comment="id of an org, region, store or touchpoint"),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("assessment", sa.Text(), nullable=False, comment="reference of the impact assessment"),
        sa.Column(
            "legal_basis",
            sa.Text(),
            nullable=False,
            comment="consent|legitimate-interest|public-task|other-law",
        ),
        sa.Column("responsible", sa.Text(), nullable=False),
        sa.Column("sign_installed", sa.Text(), nullable=False, comment="YYYY-MM-DD"),
        sa.Column(
            "expires", sa.Text(), nullable=False, comment="YYYY-MM-DD; from this day on it holds no more"
        ),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("withdrawn", sa.BigInteger(), nullable=True, comment="ms UTC"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declaration")),
        comment="what a site declares before faces are looked at; the nearest place that has one decides",
    )
    op.create_index(op.f("ix_declaration_place"), "declaration", ["place"], unique=False)
    op.create_table(
        "device_config",
        sa.Column("dev", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False, comment="JSON as it was sent on the topic cfg"),
        sa.Column("version", sa.Text(), nullable=False, comment="of what is wanted, made of its content"),
        sa.Column("changed", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("reported", sa.Text(), nullable=True, comment="version in force, from the topic cfg/is"),
        sa.Column("reported_at", sa.BigInteger(), nullable=True, comment="ms UTC"),
        sa.Column(
            "answer", sa.Text(), nullable=True, comment="JSON: what the device refused, and has nothing for"
        ),
        sa.Column(
            "problem", sa.Text(), nullable=True, comment="JSON: why the hub itself did not send a part"
        ),
        sa.PrimaryKeyConstraint("dev", name=op.f("pk_device_config")),
    )
    op.create_table(
        "device_order",
        sa.Column("id", sa.Text(), nullable=False, comment="16 hexadecimal digits"),
        sa.Column("dev", sa.Text(), nullable=False),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="restart|identify|test-press|pull-model|run-check"
        ),
        sa.Column("message", sa.Text(), nullable=False, comment="JSON as it is told on the topic cmd"),
        sa.Column("made", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("expires", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("told", sa.BigInteger(), nullable=True, comment="ms UTC at which it last went out"),
        sa.Column("answered", sa.BigInteger(), nullable=True, comment="ms UTC"),
        sa.Column(
            "outcome",
            sa.Text(),
            nullable=True,
            comment="done|failed|refused|expired; null while nobody knows",
        ),
        sa.Column("words", sa.Text(), nullable=True, comment="JSON: lines for a person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_order")),
    )
    op.create_index(op.f("ix_device_order_dev_made"), "device_order", ["dev", "made"], unique=False)
    op.create_index(
        op.f("ix_device_order_outcome_expires"), "device_order", ["outcome", "expires"], unique=False
    )
    op.create_table(
        "device_setting",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column(
            "place", sa.Text(), nullable=False, comment="org, region, store or touchpoint id, or device:id"
        ),
        sa.Column(
            "settings",
            sa.Text(),
            nullable=False,
            comment="JSON by section.key; the newest row of a place counts",
        ),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_setting")),
        comment="every version that there ever was",
    )
    op.create_index(op.f("ix_device_setting_place_id"), "device_setting", ["place", "id"], unique=False)
    op.create_table(
        "device_sighting",
        sa.Column("dev", sa.Text(), nullable=False),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="two-boxes|enrolled-twice|revoked-tries|replay|boots"
        ),
        sa.Column("first", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("last", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False, comment="may be empty"),
        sa.PrimaryKeyConstraint("dev", "kind", name=op.f("pk_device_sighting")),
        comment="what the hub saw of a device that no device says of itself",
    )
    op.create_table(
        "enrolment",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("token_hash", sa.Text(), nullable=False, comment="SHA-256 of the token"),
        sa.Column("dev", sa.Text(), nullable=False, comment="the only device that it is good for"),
        sa.Column("created", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("expires", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("used", sa.BigInteger(), nullable=True, comment="ms UTC; good for one certificate"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_enrolment_token_hash")),
    )
    op.create_index(op.f("ix_enrolment_dev"), "enrolment", ["dev"], unique=False)
    op.create_table(
        "fleet_alarm",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("subject", sa.Text(), nullable=False, comment="device id; hub: the hub itself"),
        sa.Column("condition", sa.Text(), nullable=False, comment="as on /devices"),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("raised", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("cleared", sa.BigInteger(), nullable=True, comment="ms UTC"),
        sa.Column("sent", sa.BigInteger(), nullable=True, comment="ms UTC"),
        sa.Column(
            "held", sa.Text(), nullable=True, comment="budget|storm|undelivered; null where it is sent"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fleet_alarm")),
    )
    op.create_index(
        op.f("ix_fleet_alarm_cleared_subject"), "fleet_alarm", ["cleared", "subject"], unique=False
    )
    op.create_index(op.f("ix_fleet_alarm_raised"), "fleet_alarm", ["raised"], unique=False)
    op.create_table(
        "kiosk_look",
        sa.Column("place", sa.Text(), nullable=False, comment="id of an org, region, store or touchpoint"),
        sa.Column("survey_id", sa.Text(), nullable=True, comment="null: the next place above decides"),
        sa.Column(
            "settings", sa.Text(), nullable=False, comment="JSON: languages, timings, pictures, what to show"
        ),
        sa.Column("changed", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_kiosk_look")),
        comment="what the screens of a place show; the nearest place decides, key by key",
    )
    op.create_table(
        "mail",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("key", sa.Text(), nullable=False, comment="what it is about: never sent twice"),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False, comment="plain text"),
        sa.Column("attachment_name", sa.Text(), nullable=True),
        sa.Column("attachment", sa.LargeBinary(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False, comment="ms UTC of the next try"),
        sa.Column("sent", sa.BigInteger(), nullable=True, comment="ms UTC"),
        sa.Column("failed", sa.BigInteger(), nullable=True, comment="ms UTC; given up"),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint("key", name=op.f("uq_mail_key")),
        comment="written in the transaction that wants it, sent afterwards",
    )
    op.create_index(op.f("ix_mail_sent_due"), "mail", ["sent", "due"], unique=False)
    op.create_table(
        "report_schedule",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("kind", sa.Text(), nullable=False, comment="weekly|monthly|camera-check"),
        sa.Column("place", sa.Text(), nullable=False, comment="id of an org, region, store or touchpoint"),
        sa.Column("recipients", sa.Text(), nullable=False, comment="JSON: mail addresses"),
        sa.Column("language", sa.Text(), nullable=True, comment="null: the place's"),
        sa.Column("enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_schedule")),
    )
    op.create_table(
        "service_case",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("tp", sa.Text(), nullable=False),
        sa.Column("opened", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("origin", sa.Text(), nullable=False, comment="alert|request|reason|person"),
        sa.Column("alert_id", sa.BigInteger(), nullable=True),
        sa.Column("request_id", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="open|working|closed"),
        sa.Column("owner", sa.Text(), nullable=True, comment="user name; null while nobody took it"),
        sa.Column("deadline", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column(
            "escalated", sa.BigInteger(), nullable=True, comment="ms UTC; missed its deadline and was told up"
        ),
        sa.Column("closed", sa.BigInteger(), nullable=True, comment="ms UTC"),
        sa.Column("cause", sa.Text(), nullable=True, comment="why it happened, on closing"),
        sa.Column("outcome", sa.Text(), nullable=True, comment="what was done, on closing"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_case")),
        sa.UniqueConstraint("alert_id", name=op.f("uq_service_case_alert_id")),
        sa.UniqueConstraint("request_id", name=op.f("uq_service_case_request_id")),
    )
    op.create_index(
        op.f("ix_service_case_state_deadline"), "service_case", ["state", "deadline"], unique=False
    )
    op.create_index(op.f("ix_service_case_tp_opened"), "service_case", ["tp", "opened"], unique=False)
    op.create_table(
        "share_link",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("token_hash", sa.Text(), nullable=False, comment="SHA-256 of the token"),
        sa.Column("place", sa.Text(), nullable=False, comment="id of an org, region, store or touchpoint"),
        sa.Column("settings", sa.Text(), nullable=False, comment="JSON: what the page shows"),
        sa.Column("created", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=True, comment="ms UTC"),
        sa.Column("revoked", sa.BigInteger(), nullable=True, comment="ms UTC"),
        sa.Column("last_used", sa.BigInteger(), nullable=True, comment="ms UTC"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_share_link_token_hash")),
    )
    op.create_table(
        "visit_link",
        sa.Column("visit", sa.Text(), nullable=False),
        sa.Column("tp", sa.Text(), nullable=False),
        sa.Column("dev", sa.Text(), nullable=False),
        sa.Column("opened", sa.BigInteger(), nullable=False, comment="ms UTC of the first look by a phone"),
        sa.Column("ended", sa.BigInteger(), nullable=True, comment="ms UTC; nothing more is taken after it"),
        sa.Column(
            "events", sa.Integer(), server_default="0", nullable=False, comment="seq of its last event"
        ),
        sa.Column(
            "content", sa.Text(), nullable=True, comment="JSON: survey and answers; null once they are events"
        ),
        sa.PrimaryKeyConstraint("visit", name=op.f("pk_visit_link")),
        comment="visits that went on on the shopper's own phone",
    )
    op.create_index(op.f("ix_visit_link_opened"), "visit_link", ["opened"], unique=False)
    op.create_table(
        "case_note",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["service_case.id"], name=op.f("fk_case_note_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_note")),
    )
    op.create_table(
        "survey",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False, comment="JSON of tillsight_models.surveys.Survey"),
        sa.Column("state", sa.Text(), nullable=False, comment="draft|published|retired"),
        sa.Column("created", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["org.id"], name=op.f("fk_survey_org_id")),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_survey")),
        comment="a published version never changes",
    )
    op.create_index(
        "ix_event_reason_tp_t",
        "event",
        ["tp", "t"],
        unique=False,
        sqlite_where=sa.text("type = 'feedback.reason'"),
        postgresql_where=sa.text("type = 'feedback.reason'"),
    )
    op.add_column(
        "store",
        sa.Column(
            "language", sa.Text(), server_default="en", nullable=False, comment="of its reports and shoppers"
        ),
    )
    op.add_column(
        "touchpoint",
        sa.Column(
            "owner", sa.Text(), nullable=True, comment="who answers for it: a name, a role or an address"
        ),
    )
    op.add_column(
        "touchpoint",
        sa.Column(
            "opened", sa.Text(), nullable=True, comment="YYYY-MM-DD from which its numbers mean something"
        ),
    )
    op.add_column(
        "touchpoint", sa.Column("closed", sa.Text(), nullable=True, comment="YYYY-MM-DD of its last day")
    )
    op.add_column(
        "touchpoint",
        sa.Column(
            "review_due", sa.Text(), nullable=True, comment="YYYY-MM-DD by which somebody looks at it again"
        ),
    )


def downgrade() -> None:

    op.drop_column("touchpoint", "review_due")
    op.drop_column("touchpoint", "closed")
    op.drop_column("touchpoint", "opened")
    op.drop_column("touchpoint", "owner")
    op.drop_column("store", "language")
    op.drop_index(
        "ix_event_reason_tp_t",
        table_name="event",
        sqlite_where=sa.text("type = 'feedback.reason'"),
        postgresql_where=sa.text("type = 'feedback.reason'"),
    )
    op.drop_table("survey")
    op.drop_table("case_note")
    op.drop_index(op.f("ix_visit_link_opened"), table_name="visit_link")
    op.drop_table("visit_link")
    op.drop_table("share_link")
    op.drop_index(op.f("ix_service_case_tp_opened"), table_name="service_case")
    op.drop_index(op.f("ix_service_case_state_deadline"), table_name="service_case")
    op.drop_table("service_case")
    op.drop_table("report_schedule")
    op.drop_index(op.f("ix_mail_sent_due"), table_name="mail")
    op.drop_table("mail")
    op.drop_table("kiosk_look")
    op.drop_index(op.f("ix_fleet_alarm_raised"), table_name="fleet_alarm")
    op.drop_index(op.f("ix_fleet_alarm_cleared_subject"), table_name="fleet_alarm")
    op.drop_table("fleet_alarm")
    op.drop_index(op.f("ix_enrolment_dev"), table_name="enrolment")
    op.drop_table("enrolment")
    op.drop_table("device_sighting")
    op.drop_index(op.f("ix_device_setting_place_id"), table_name="device_setting")
    op.drop_table("device_setting")
    op.drop_index(op.f("ix_device_order_outcome_expires"), table_name="device_order")
    op.drop_index(op.f("ix_device_order_dev_made"), table_name="device_order")
    op.drop_table("device_order")
    op.drop_table("device_config")
    op.drop_index(op.f("ix_declaration_place"), table_name="declaration")
    op.drop_table("declaration")
    op.drop_index(op.f("ix_contact_request_tp_at"), table_name="contact_request")
    op.drop_index(op.f("ix_contact_request_erase_after"), table_name="contact_request")
    op.drop_table("contact_request")
    op.drop_index(op.f("ix_certificate_dev_issued"), table_name="certificate")
    op.drop_table("certificate")
    op.drop_table("card")
    op.drop_index(op.f("ix_action_place_first_day"), table_name="action")
    op.drop_table("action")
