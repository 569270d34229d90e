"""Events that were set aside: what there is, and taking it in after all."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, Select, func, select, update
from sqlalchemy.exc import DataError, IntegrityError

from .. import tables
from ..database import writing
from .checks import read_message, refused_whole
from .intake import Intake, now_ms
from .messages import Incoming

_kept = tables.quarantine.c
_PAGE = 200


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One event, or one message that could not be taken apart."""

    id: int
    received: int
    """ms UTC."""
    topic: str
    dev: str | None
    stream: str | None
    seq: int | None
    reason: str
    detail: str
    payload: bytes
    """At most the first 64 kB."""
    size: int
    replayed: int | None
    """ms UTC when it was taken after all."""


@dataclass(frozen=True)
class Selection:
    """Which rows; None means any."""

    reason: str | None = None
    device: str | None = None
    ids: tuple[int, ...] | None = None
    with_replayed: bool = False


@dataclass(frozen=True)
class Refused:
    """A row that is still not taken, and why not."""

    id: int
    reason: str
    detail: str


@dataclass(frozen=True)
class Replay:
    """What became of the rows that were tried again."""

    taken: int
    refused: list[Refused]


def count_by_reason(engine: Engine) -> dict[str, int]:
    """How many rows wait in quarantine, by reason."""
    query = select(_kept.reason, func.count()).where(_kept.replayed.is_(None)).group_by(_kept.reason)
    with engine.connect() as connection:
        return {row[0]: row[1] for row in connection.execute(query.order_by(_kept.reason))}


def listed(engine: Engine, selection: Selection = Selection(), limit: int | None = None) -> list[Quarantined]:
    """The rows, oldest first."""
    return _page(engine, selection, 0, limit)


def replay(engine: Engine, selection: Selection = Selection(), intake: Intake | None = None) -> Replay:
    """Put rows through the same checks and the same transaction as new messages, say after a device was
    registered. What is taken is marked; what is refused again stays as it is."""
    intake = intake or Intake(engine)
    taken, refused, after = 0, [], 0
    while page := _page(engine, selection, after, _PAGE):
        problems = _retake(intake, page)
        kept = {problem.id for problem in problems}
        _mark(engine, [row.id for row in page if row.id not in kept])
        taken += len(page) - len(kept)
        refused += problems
        after = page[-1].id
    return Replay(taken, refused)


def _retake(intake: Intake, rows: Sequence[Quarantined]) -> list[Refused]:
    """Store the rows' events; what is still refused is found by halving. (What is stored already is fine.)"""
    messages = [read_message(Incoming(row.topic, row.payload, row.received)) for row in rows]
    try:
        refusals = intake.take(messages, set_aside=False).refusals
    except (DataError, IntegrityError, ValueError) as error:
        refusals = [refused_whole(messages[0].incoming, "refused-by-database", str(error))]
    if not refusals:
        return []
    if len(rows) == 1:
        in_part = rows[0].size > len(rows[0].payload)
        detail = "only its beginning was kept" if in_part else refusals[0].detail
        detail = detail if rows[0].payload else "its content was not kept"
        return [Refused(rows[0].id, refusals[0].reason, detail)]
    middle = len(rows) // 2
    return _retake(intake, rows[:middle]) + _retake(intake, rows[middle:])


def _mark(engine: Engine, ids: list[int]) -> None:
    with writing(engine) as connection:
        connection.execute(update(tables.quarantine).where(_kept.id.in_(ids)).values(replayed=now_ms()))


def _page(engine: Engine, selection: Selection, after: int, limit: int | None) -> list[Quarantined]:
    with engine.connect() as connection:
        rows = connection.execute(_query(selection).where(_kept.id > after).limit(limit)).mappings()
        return [Quarantined(**{**row, "payload": bytes(row["payload"])}) for row in rows]


def _query(selection: Selection) -> Select[tuple[object, ...]]:
    query = select(tables.quarantine).order_by(_kept.id)
    if not selection.with_replayed:
        query = query.where(_kept.replayed.is_(None))
    if selection.reason is not None:
        query = query.where(_kept.reason == selection.reason)
    if selection.device is not None:
        query = query.where(_kept.dev == selection.device)
    if selection.ids is not None:
        query = query.where(_kept.id.in_(selection.ids))
    return query
