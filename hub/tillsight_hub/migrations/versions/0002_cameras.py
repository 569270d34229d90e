"""Counters of cameras, queues and emotion."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COUNTERS = {
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


def upgrade() -> None:
    for table in ("rollup_hour", "rollup_day"):
        for name, comment in COUNTERS.items():
            column = sa.Column(name, sa.BigInteger(), server_default="0", nullable=False, comment=comment)
            op.add_column(table, column)


def downgrade() -> None:
    for table in ("rollup_hour", "rollup_day"):
        for name in COUNTERS:
            op.drop_column(table, name)
