"""Schedules: who gets which report of which place, and alerts of it, by mail."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from ..access.audit import record
from ..access.clock import now_ms
from ..hierarchy import Hierarchy
from ..mail.addresses import addresses_in
from ..mail.errors import BadAddress
from ..tables import mail, report_schedule
from .errors import BadSchedule, UnknownReport
from .kinds import Kind

Sent = Literal[Kind, "alerts"]
"""What a schedule sends: a kind of report, or every alert as it is raised."""
SENT: tuple[Sent, ...] = (*get_args(Kind), "alerts")
MOST = 200
"""Schedules of one hub's place; more are a mistake."""


@dataclass(frozen=True)
class Schedule:
    """One of them."""

    id: int
    kind: Sent
    place: str
    recipients: tuple[str, ...]
    language: str | None
    """None: the place's."""
    enabled: bool
    created: int
    """ms UTC"""
    actor: str


@dataclass(frozen=True)
class LastMail:
    """What became of a schedule's latest mail."""

    at: int
    """ms UTC at which it was written."""
    sent: int | None
    failed: int | None
    problem: str | None


def read_schedules(
    connection: Connection, hierarchy: Hierarchy, scope: str | None, *, enabled: bool = False
) -> list[Schedule]:
    """Those of places that lie wholly within the scope; only those in force where `enabled`."""
    rows = connection.execute(select(report_schedule).order_by(report_schedule.c.id)).mappings()
    found = [schedule_of(row) for row in rows]
    return [each for each in found if lies_within(hierarchy, each.place, scope) and each.enabled >= enabled]


def add_schedule(
    connection: Connection,
    kind: str,
    place: str,
    recipients: str,
    *,
    language: str | None,
    actor: str,
) -> int:
    """The number of the new one; BadSchedule names the field that makes no sense. The caller has looked
    whether the place may be seen."""
    if kind not in SENT:
        raise BadSchedule("kind", f"kind {kind!r:.40}: expected one of {', '.join(SENT)}")
    try:
        addresses = addresses_in(recipients)
    except BadAddress as error:
        raise BadSchedule("recipients", str(error), error.address) from error
    of_place = select(func.count()).where(report_schedule.c.place == place)
    if (connection.scalar(of_place) or 0) >= MOST:
        raise BadSchedule("place", f"place {place}: {MOST} schedules, expected fewer")
    values = {"kind": kind, "place": place, "recipients": json.dumps(addresses), "language": language}
    made = connection.execute(
        insert(report_schedule).values(**values, enabled=True, created=now_ms(), actor=actor[:80])
    )
    (number,) = made.inserted_primary_key or (0,)
    record(connection, actor, "report scheduled", json.dumps({"id": number, **values}))
    return int(number)


def switch(connection: Connection, schedule: Schedule, actor: str, *, enabled: bool) -> None:
    """Let it rest, or go on."""
    query = update(report_schedule).where(report_schedule.c.id == schedule.id)
    connection.execute(query.values(enabled=enabled))
    record(connection, actor, "report schedule " + ("on" if enabled else "off"), str(schedule.id))


def remove(connection: Connection, schedule: Schedule, actor: str) -> None:
    """Forget it; what it has sent stays in the outbox's memory."""
    connection.execute(delete(report_schedule).where(report_schedule.c.id == schedule.id))
    said = {"id": schedule.id, "kind": schedule.kind, "place": schedule.place}
    record(connection, actor, "report schedule removed", json.dumps(said))


def find_schedule(connection: Connection, hierarchy: Hierarchy, scope: str | None, number: int) -> Schedule:
    """UnknownReport where there is none of this number within the scope."""
    row = connection.execute(select(report_schedule).where(report_schedule.c.id == number)).mappings().first()
    if row is None or not lies_within(hierarchy, row["place"], scope):
        raise UnknownReport(f"schedule {number}: you see none of this number")
    return schedule_of(row)


def lies_within(hierarchy: Hierarchy, place: str, scope: str | None) -> bool:
    """Whether every touchpoint of the place is in the scope, and there is one."""
    held = {each.id for each in hierarchy.within(place or "")}
    return bool(held) and held <= {each.id for each in hierarchy.within(scope)}


def last_mails(connection: Connection, schedules: Iterable[Schedule]) -> Mapping[int, LastMail]:
    """By schedule: of its latest mails, one to each recipient, the one that fares worst; absent where there
    is none yet."""
    found = {}
    for each in schedules:
        query = (
            select(mail.c.at, mail.c.sent, mail.c.failed, mail.c.problem)
            .where(mail.c.key.startswith(key_of(each), autoescape=True))
            .order_by(mail.c.id.desc())
            .limit(len(each.recipients))
        )
        if rows := [LastMail(*row) for row in connection.execute(query)]:
            found[each.id] = max(rows, key=lambda row: (row.failed is not None, row.problem is not None))
    return found


def key_of(schedule: Schedule) -> str:
    """How the keys of its mails begin."""
    return f"{'alert' if schedule.kind == 'alerts' else 'report'}:{schedule.id}:"


def schedule_of(row: RowMapping) -> Schedule:
    """From a row of the table."""
    same = ("id", "kind", "place", "language", "enabled", "created", "actor")
    return Schedule(recipients=tuple(json.loads(row["recipients"])), **{name: row[name] for name in same})
