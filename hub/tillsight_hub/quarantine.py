"""Events that were set aside: what there is, and taking it in after all."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Engine, Select, func, select, update

from . import tables
from .database import writing
from .ingest.checks import read_message
from .ingest.intake import Intake, now_ms
from .ingest.messages import Incoming

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
    taken, refused = 0, []
    for row in _rows(engine, selection):
        problem = _retake(intake, row)
        if problem is None:
            _mark(engine, row.id)
            taken += 1
        else:
            refused.append(problem)
    return Replay(taken, refused)


def _retake(intake: Intake, row: Quarantined) -> Refused | None:
    """Store the row's event; None when it is in the tables now. (It may have been there: that is fine.)"""
    if row.size > len(row.payload):
        return Refused(row.id, row.reason, "only its beginning was kept")
    message = read_message(Incoming(row.topic, row.payload, row.received))
    refusals = intake.take([message], set_aside=False).refusals
    return Refused(row.id, refusals[0].reason, refusals[0].detail) if refusals else None


def _mark(engine: Engine, id: int) -> None:
    with writing(engine) as connection:
        connection.execute(update(tables.quarantine).where(_kept.id == id).values(replayed=now_ms()))


def _rows(engine: Engine, selection: Selection) -> Iterator[Quarantined]:
    """The rows, a page at a time: replaying writes to the same table."""
    after = 0
    while page := _page(engine, selection, after, _PAGE):
        yield from page
        after = page[-1].id


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
