"""Alarms that are open once, in every language, and that somebody answers for."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SIGHTINGS = "two-boxes|enrolled-twice|revoked-tries|replay|boots"
ALARM_COLUMNS = (
    sa.Column("detail", sa.Text(), nullable=True, comment="JSON: what goes into the braces of its words"),
    sa.Column("acknowledged", sa.BigInteger(), nullable=True, comment="ms UTC"),
    sa.Column("acknowledged_by", sa.Text(), nullable=True),
)


def upgrade() -> None:
    for column in ALARM_COLUMNS:
        op.add_column("fleet_alarm", column)
    _close_doubles()
    is_open = sa.text("cleared IS NULL")
    op.create_index(
        "uq_fleet_alarm_open",
        "fleet_alarm",
        ["subject", "condition"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    _say_of_sightings(None)
    op.create_table(
        "password_link",
        sa.Column("token_hash", sa.Text(), nullable=False, comment="SHA-256 of the token"),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("expires", sa.BigInteger(), nullable=False, comment="ms UTC"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_password_link_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_password_link")),
    )


def downgrade() -> None:
    op.drop_table("password_link")
    _say_of_sightings(SIGHTINGS)
    op.drop_index("uq_fleet_alarm_open", table_name="fleet_alarm")
    for column in reversed(ALARM_COLUMNS):
        op.drop_column("fleet_alarm", column.name)


def _close_doubles() -> None:
    """Hubs that looked at the same time may have raised one alarm twice: the first goes on."""
    op.execute(
        "UPDATE fleet_alarm SET cleared = raised WHERE cleared IS NULL AND EXISTS ("
        "SELECT 1 FROM fleet_alarm AS older WHERE older.cleared IS NULL AND older.id < fleet_alarm.id "
        "AND older.subject = fleet_alarm.subject AND older.condition = fleet_alarm.condition)"
    )


def _say_of_sightings(kinds: str | None) -> None:
    """The kinds are in the program; SQLite keeps no comments."""
    if op.get_context().dialect.name == "postgresql":
        op.alter_column("device_sighting", "kind", comment=kinds or "one of fleet.sightings")
