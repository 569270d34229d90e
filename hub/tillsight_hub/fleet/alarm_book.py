"""The book of alarms, in the table `fleet_alarm`: read, answered for, and forgotten once they are old."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, select, update

from tillsight_models.errors import TillsightError

from ..access.audit import record
from ..tables import fleet_alarm
from .sightings import forget_sightings

HUB = "hub"
"""The subject of what is wrong with the hub itself."""
NEEDS_SOMEBODY = frozenset(
    {"two_boxes", "enrolled_twice", "revoked_tries", "replay", "reordered", "turned_away", "revoked_at_door"}
)
"""Somebody did something: it does not become harmless by being quiet for a day. Such an alarm is over when
its cause is gone and a person has answered for it."""
NOT_KEPT = frozenset({"address"})
"""Of what goes into the words: only for as long as its cause lasts."""
MOST = 500


class UnknownAlarm(TillsightError, LookupError):
    """There is none of this number that goes on, or none that one may see."""


@dataclass(frozen=True)
class Alarm:
    """Something that is, or was, wrong."""

    id: int
    subject: str
    """Device id, or HUB."""
    condition: str
    severity: int
    text: str
    """In English, as it was sent."""
    values: Mapping[str, int | str] | None
    """For the braces of its words; None of one that an older hub raised."""
    raised: int
    """ms UTC, like the other times."""
    cleared: int | None
    sent: int | None
    held: str | None
    acknowledged: int | None
    acknowledged_by: str | None

    @property
    def needs_somebody(self) -> bool:
        """Whether it goes on until a person has answered for it."""
        return self.condition in NEEDS_SOMEBODY and self.acknowledged is None


def read_alarms(
    connection: Connection,
    *,
    subjects: Collection[str] | None = None,
    is_open: bool = False,
    since: int = 0,
    limit: int = MOST,
) -> list[Alarm]:
    """Those that go on first, the worst and newest first; all subjects where none are named."""
    columns = fleet_alarm.c
    query = select(fleet_alarm).where(columns.cleared.is_(None) | (columns.cleared >= since))
    if is_open:
        query = query.where(columns.cleared.is_(None))
    if subjects is not None:
        query = query.where(columns.subject.in_(sorted(subjects)))
    closed = columns.cleared.is_not(None)
    rows = connection.execute(query.order_by(closed, columns.raised.desc(), columns.id.desc()).limit(limit))
    found = [_alarm(row) for row in rows.mappings()]
    return sorted(found, key=lambda each: (each.cleared is not None, -each.severity * (each.cleared is None)))


def acknowledge(
    connection: Connection, number: int, actor: str, now: int, subjects: Collection[str] | None = None
) -> None:
    """Somebody answers for an alarm that goes on; who did so first stays. UnknownAlarm: there is none."""
    columns = fleet_alarm.c
    row = connection.execute(
        select(columns.subject, columns.condition, columns.acknowledged).where(
            columns.id == number, columns.cleared.is_(None)
        )
    ).first()
    if row is None or (subjects is not None and row.subject not in subjects):
        raise UnknownAlarm(f"alarm {number}: none of this number goes on that you may see")
    if row.acknowledged is None:
        mine = update(fleet_alarm).where(columns.id == number)
        connection.execute(mine.values(acknowledged=now, acknowledged_by=actor[:80]))
        record(connection, actor, "alarm.acknowledged", f"{number} {row.subject}: {row.condition}")


def forget_alarms(connection: Connection, before: int, now: int) -> int:
    """Delete what was over before; how many. Sightings that count no more go too."""
    forget_sightings(connection, now)
    return connection.execute(delete(fleet_alarm).where(fleet_alarm.c.cleared < before)).rowcount


def open_by_condition(connection: Connection) -> dict[str, int]:
    """How many alarms of each condition go on now."""
    condition = fleet_alarm.c.condition
    query = select(condition, func.count()).where(fleet_alarm.c.cleared.is_(None))
    return {name: int(n) for name, n in connection.execute(query.group_by(condition).order_by(condition))}


def _alarm(row: RowMapping) -> Alarm:
    known: dict[str, Any] = {name: value for name, value in row.items() if name != "detail"}
    return Alarm(**known, values=json.loads(row["detail"]) if row["detail"] else None)
