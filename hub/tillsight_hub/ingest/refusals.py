"""What cannot be stored: why, and where it is kept until somebody looks at it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from tillsight_models.topics import DeviceTopics

from .. import tables
from .undone import by_stream

REASONS: dict[str, str] = {
    "bad-topic": "the topic is no device's, or the device is registered at another store",
    "too-big": "the message is larger than 64 kB",
    "bad-json": "not JSON, or not UTF-8, or nested too deeply",
    "bad-type": "a field has the wrong type or an impossible value",
    "unknown-type": "an event type that this version does not know",
    "future-version": "an event of another version of the contract",
    "foreign-device": "the event names another device than the topic that it came on",
    "unknown-device": "no such device is registered",
    "foreign-touchpoint": "the touchpoint does not exist in the device's store",
    "far-future": "later than the hub's clock by more than ingest.future_tolerance_s",
    "undeclared": "faces, where no declaration of the site holds; what they say is not kept",
    "foreign-stream": "the stream belongs to another device: a copied SD card",
    "reused-seq": "another event has this number already: a restored or copied outbox",
    "refused-by-database": "the database took everything but this event",
}
"""Why an event is in quarantine."""

KEPT_BYTES = 64_000
DETAIL_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event, or a whole message, that goes to quarantine."""

    topic: str
    received: int
    reason: str
    """One of REASONS."""
    detail: str
    payload: bytes
    place: DeviceTopics | None = None
    """Where it says that it comes from; None where the topic is none of ours."""
    position: tuple[str, int] | None = None
    """Stream and seq that count as accounted for. Only the stream's own device may move its watermark, so
    a position that another device claims is None here."""


class RecentRefusals:
    """What was refused lately without a position, so that a device that repeats itself fills no disk."""

    def __init__(self, size: int = 4096) -> None:
        self._size = size
        self._seen: dict[tuple[Any, ...], None] = {}

    def __contains__(self, refusal: Refusal) -> bool:
        return _identity(refusal) in self._seen

    def add(self, refusals: Iterable[Refusal]) -> None:
        """Remember those without a position, once they are committed."""
        for refusal in refusals:
            if refusal.position is None:
                self._seen[_identity(refusal)] = None
        while len(self._seen) > self._size:
            del self._seen[next(iter(self._seen))]


def put_aside(connection: Connection, refusals: Sequence[Refusal], recent: RecentRefusals) -> list[Refusal]:
    """Write refusals to quarantine; those that were not there yet.

    A device sends again until it is acknowledged, so the same event may be refused several times.
    """
    known = _known(connection, refusals)
    fresh = []
    for refusal in refusals:
        if _identity(refusal) not in known and refusal not in recent:
            known.add(_identity(refusal))
            fresh.append(refusal)
    if fresh:
        connection.execute(insert(tables.quarantine), [_row(refusal) for refusal in fresh])
    return fresh


def _known(connection: Connection, refusals: Iterable[Refusal]) -> set[tuple[Any, ...]]:
    kept = tables.quarantine.c
    columns = (kept.stream, kept.seq, kept.reason, kept.payload)
    return {
        ((row[0], row[1]), row[2], bytes(row[3]))
        for stream, seqs in by_stream([refusal.position for refusal in refusals if refusal.position])
        for row in connection.execute(select(*columns).where(kept.stream == stream, kept.seq.in_(seqs)))
    }


def _identity(refusal: Refusal) -> tuple[Any, ...]:
    if refusal.position is None:
        return refusal.topic, refusal.reason, hash(refusal.payload), len(refusal.payload)
    return refusal.position, refusal.reason, refusal.payload[:KEPT_BYTES]


def _row(refusal: Refusal) -> dict[str, Any]:
    stream, seq = refusal.position or (None, None)
    return {
        "received": refusal.received,
        "topic": _printable(refusal.topic),
        "dev": None if refusal.place is None else refusal.place.device,
        "stream": stream,
        "seq": seq,
        "reason": refusal.reason,
        "detail": _printable(refusal.detail),
        "payload": refusal.payload[:KEPT_BYTES],
        "size": len(refusal.payload),
    }


def _printable(text: str) -> str:
    """Text that any database takes and any terminal shows."""
    shown = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text[:DETAIL_LENGTH])
    return shown.encode("utf-8", "backslashreplace").decode()
