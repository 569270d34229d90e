"""Devices that make events as the wire has them, and a small hierarchy that they belong to."""

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Engine, select

from tillsight_hub import tables
from tillsight_hub.ingest.checks import read_message
from tillsight_hub.ingest.intake import Intake, Outcome
from tillsight_hub.ingest.messages import Incoming
from tillsight_hub.seed import Seed, apply_seed
from tillsight_models.events import (
    ButtonPressed,
    ClockAnchored,
    ContactEnded,
    EventsDropped,
    Payload,
    PressUndone,
    SalesReported,
    Stamp,
    encode_event,
    encode_message,
    new_event,
)
from tillsight_models.topics import DeviceTopics

from .schemas import with_tables

NOON = 1_791_280_800_000
"""2026-10-06 10:00 UTC, a Tuesday's noon in Rome."""
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

DAYTIME = {day: ["09:00-21:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}

SEED: dict[str, Any] = {
    "org": [{"id": "acme", "name": "Acme"}],
    "region": [{"id": "north", "name": "North", "org": "acme"}],
    "store": [
        {"id": "rome", "name": "Rome", "region": "north", "tz": "Europe/Rome", "opening_hours": DAYTIME},
        {"id": "pune", "name": "Pune", "region": "north", "tz": "Asia/Kolkata"},
    ],
    "touchpoint": [
        {"id": "till-1", "name": "Till 1", "store": "rome", "contact_source": "presence"},
        {"id": "till-2", "name": "Till 2", "store": "rome", "scale": "smiley-5"},
        {"id": "desk", "name": "Desk", "store": "rome", "contact_source": "camera"},
        {"id": "stall", "name": "Stall", "store": "pune", "contact_source": "pos"},
    ],
    "device": [
        {"id": "box-1", "touchpoint": "till-1"},
        {"id": "box-2", "touchpoint": "till-2"},
        {"id": "box-3", "touchpoint": "stall"},
        {"id": "box-4", "touchpoint": "desk"},
    ],
}


class Box:
    """A device with a stream; its methods return the next event as it would be sent."""

    def __init__(
        self,
        dev: str = "box-1",
        tp: str = "till-1",
        stream: str = "aaaaaaaaaaaaaaaa",
        site: str = "rome",
        boot: str = "boot-1",
    ) -> None:
        self.dev, self.tp, self.stream, self.boot = dev, tp, stream, boot
        self.topic = DeviceTopics("acme", site, dev).of("ev")
        self.seq = 0
        self.t = NOON

    def event(
        self, payload: Payload, *, t: int | None = None, tq: Any = "ntp", mono: int | None = None
    ) -> bytes:
        """One second after the last one where no time is given."""
        self.seq += 1
        self.t = self.t + 1000 if t is None else t
        at = Stamp(t=self.t, tq=tq, boot=self.boot, mono=self.seq * 1000 if mono is None else mono)
        event = new_event(dev=self.dev, tp=self.tp, stream=self.stream, seq=self.seq, at=at, payload=payload)
        return encode_event(event)

    def press(self, rating: int = 4, *, scale: str = "smiley-4", repeat: bool = False, **at: Any) -> bytes:
        payload = ButtonPressed(
            button=rating, rating=rating, scale=scale, labels=["repeat"] if repeat else []
        )
        return self.event(payload, **at)

    def undo(self, press: int, **at: Any) -> bytes:
        return self.event(PressUndone(press=press), **at)

    def contact(self, *, dwell_s: float = 20, people: int = 1, **at: Any) -> bytes:
        return self.event(ContactEnded(source="presence", dwell_s=dwell_s, people=people), **at)

    def sales(self, receipts: int, amount: int | None = None, **at: Any) -> bytes:
        return self.event(SalesReported(period_s=60, receipts=receipts, amount=amount), **at)

    def anchor(self, mono: int, wall: int, quality: Any = "ntp", **at: Any) -> bytes:
        payload = ClockAnchored(boot=self.boot, mono=mono, wall=wall, quality=quality)
        return self.event(payload, t=wall, mono=mono, **at)

    def dropped(self, *ranges: tuple[int, int], **at: Any) -> bytes:
        return self.event(EventsDropped(ranges=list(ranges), reason="outbox-full"), **at)

    def skip(self, events: int = 1) -> None:
        """Numbers that are given to events which never arrive."""
        self.seq += events


def changed(event: bytes, **fields: Any) -> bytes:
    """The event with other top-level fields."""
    return msgspec.json.encode({**msgspec.json.decode(event), **fields})


def seeded(url: str, seed: dict[str, Any] | None = None) -> Engine:
    """A database with the hierarchy in it."""
    engine = with_tables(url)
    apply_seed(engine, Seed.model_validate(seed or SEED))
    return engine


def intake(engine: Engine, now: int = NOON + DAY, **options: Any) -> Intake:
    """An intake whose clock stands still."""
    return Intake(engine, clock=lambda: now, **options)


def take(
    engine_or_intake: Engine | Intake, *messages: tuple[Box, bytes | list[bytes]], received: int = NOON + HOUR
) -> Outcome:
    """Store messages of boxes in one transaction."""
    taker = intake(engine_or_intake) if isinstance(engine_or_intake, Engine) else engine_or_intake
    parsed = [
        read_message(Incoming(box.topic, body if isinstance(body, bytes) else encode_message(body), received))
        for box, body in messages
    ]
    return taker.take(parsed)


def table_rows(engine: Engine, name: str, *columns: str) -> list[dict[str, Any]]:
    """All rows of a table, in the order of its key."""
    table = tables.metadata.tables[name]
    wanted = [table.c[column] for column in columns] if columns else list(table.c)
    with engine.connect() as connection:
        rows = connection.execute(select(*wanted).order_by(*table.primary_key.columns))
        return [dict(row) for row in rows.mappings()]


def counted(row: dict[str, Any]) -> dict[str, Any]:
    """A rollup row without the counters that are 0."""
    return {name: value for name, value in row.items() if value}


def rollups_of(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """What both rollup tables count, to compare with; not how they came to it."""
    return {
        name: [without(row, ["revised"]) for row in table_rows(engine, name) if row["events"]]
        for name in ("rollup_hour", "rollup_day")
    }


def without(row: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in set(names)}
