"""Orders: given by a person, kept with their results in the table `device_order`."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, RowMapping, delete, func, insert, select, update

from tillsight_models.orders import KINDS, LONGEST_LIFE_MS, ModelFile, Order, OrderResult, order_problem
from tillsight_models.problems import Problem

from ..access.audit import record
from ..access.clock import now_ms
from ..database import writing
from ..tables import device, device_order
from .errors import OrderNotGiven

MINUTES = 15.0
"""How long an order is good unless somebody says otherwise."""
MOST_MINUTES = LONGEST_LIFE_MS / 60_000
MOST_OPEN = 20
"""Orders of one device that may wait at a time."""
GRACE_MS = 90_000
"""After its time an order may still be answered: it was begun in time."""
KEPT_MS = 400 * 86_400_000
SHOWN = 20


@dataclass(frozen=True)
class Given:
    """An order and what came of it."""

    id: str
    device: str
    kind: str
    made: int
    """ms UTC, like `expires`."""
    expires: int
    actor: str
    message: str
    """JSON as it is told."""
    told: int | None
    """ms UTC at which it last went out; None: it never did."""
    answered: int | None
    outcome: str | None
    """done, failed, refused, expired; None while nobody knows."""
    words: tuple[str, ...]


def give(
    connection: Connection,
    to: str,
    kind: str,
    *,
    actor: str,
    minutes: float = MINUTES,
    model: ModelFile | None = None,
    now: int | None = None,
) -> str:
    """Give a device an order that is good for so long; its id. OrderNotGiven says why not."""
    if kind not in KINDS:
        raise OrderNotGiven(f"order {kind!r}: expected one of {', '.join(KINDS)}")
    if not 0 < minutes <= MOST_MINUTES:
        raise OrderNotGiven(f"minutes {minutes:g}: expected more than 0 and at most {MOST_MINUTES:g}")
    if connection.scalar(select(device.c.id).where(device.c.id == to)) is None:
        raise OrderNotGiven(f"device {to!r}: the hub knows no device of this id")
    made = now_ms() if now is None else now
    mine = (device_order.c.dev == to) & device_order.c.outcome.is_(None)
    if (connection.scalar(select(func.count()).select_from(device_order).where(mine)) or 0) >= MOST_OPEN:
        line = f"device {to!r}: {MOST_OPEN} orders wait for it already"
        raise OrderNotGiven(Problem(line, "orders_wait", device=to, has=MOST_OPEN))
    expires = made + round(minutes * 60_000)
    order = Order(id=secrets.token_hex(8), kind=kind, made=made, expires=expires, dev=to, model=model)
    if problem := order_problem(order):
        raise OrderNotGiven(f"order {kind!r}: {problem}")
    connection.execute(
        insert(device_order).values(
            id=order.id,
            dev=to,
            kind=kind,
            message=msgspec.json.encode(order).decode(),
            made=made,
            expires=order.expires,
            actor=actor[:80],
        )
    )
    told: dict[str, Any] = {"device": to, "order": order.id, "kind": kind}
    record(connection, actor, "device.order", json.dumps(told | ({"model": model.name} if model else {})))
    return order.id


def waiting(connection: Connection, now: int, only: str | None = None) -> list[Given]:
    """What is to be told, the oldest first: not answered, and still good."""
    query = select(device_order).where(device_order.c.outcome.is_(None), device_order.c.expires > now)
    if only is not None:
        query = query.where(device_order.c.dev == only)
    rows = connection.execute(query.order_by(device_order.c.made, device_order.c.id)).mappings()
    return [_given(row) for row in rows]


def read_orders(connection: Connection, of: str, most: int = SHOWN) -> list[Given]:
    """Of a device, the newest first."""
    query = select(device_order).where(device_order.c.dev == of)
    rows = connection.execute(query.order_by(device_order.c.made.desc(), device_order.c.id).limit(most))
    return [_given(row) for row in rows.mappings()]


def find_order(connection: Connection, of: str, id: str) -> Given | None:
    """None where the device was never given it."""
    query = select(device_order).where(device_order.c.dev == of, device_order.c.id == id)
    row = connection.execute(query).mappings().first()
    return None if row is None else _given(row)


def note_told(connection: Connection, ids: Sequence[str], at: int) -> None:
    """They went out."""
    connection.execute(update(device_order).where(device_order.c.id.in_(ids)).values(told=at))


def note_result(connection: Connection, of: str, result: OrderResult, at: int) -> bool:
    """What a device says came of an order: the first word counts, and only of its own orders. One that the
    hub gave up for lost is heard all the same."""
    mine = (device_order.c.id == result.id) & (device_order.c.dev == of)
    open_still = device_order.c.outcome.is_(None) | device_order.c.answered.is_(None)
    done = connection.execute(
        update(device_order)
        .where(mine, open_still)
        .values(outcome=result.outcome, words=json.dumps(result.words, ensure_ascii=False), answered=at)
    )
    if done.rowcount:
        record(connection, of, "device.order.result", f"{result.id}: {result.outcome}")
    return bool(done.rowcount)


def give_up(engine: Engine, now: int) -> int:
    """Orders that nobody answered in time are over; how many."""
    lost = device_order.c.outcome.is_(None) & (device_order.c.expires + GRACE_MS < now)
    with engine.connect() as connection:
        if connection.scalar(select(device_order.c.id).where(lost).limit(1)) is None:
            return 0
    words = json.dumps(["no answer in time"])
    with writing(engine) as connection:
        done = connection.execute(update(device_order).where(lost).values(outcome="expired", words=words))
        return done.rowcount


def forget_old_orders(engine: Engine, now: int | None = None) -> int:
    """After more than a year; the audit trail goes on knowing them."""
    before = (now_ms() if now is None else now) - KEPT_MS
    with writing(engine) as connection:
        return connection.execute(delete(device_order).where(device_order.c.made < before)).rowcount


def _given(row: RowMapping) -> Given:
    return Given(
        id=row["id"],
        device=row["dev"],
        kind=row["kind"],
        made=row["made"],
        expires=row["expires"],
        actor=row["actor"],
        message=row["message"],
        told=row["told"],
        answered=row["answered"],
        outcome=row["outcome"],
        words=tuple(json.loads(row["words"] or "[]")),
    )
