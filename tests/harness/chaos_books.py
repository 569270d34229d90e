"""The books of a chaos run: ledgers that the edges wrote beside their outboxes, against what the hub stored.

A ledger is the third witness. An edge writes a line after each outbox commit that returned, so neither the
outbox's nor the hub's own accounts are believed.
"""

import os
import sqlite3
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from tillsight_hub import tables

Key = tuple[str, int]
"""(stream, seq)"""
MOST_EXAMPLES = 5
OUTBOX_TYPE = "device.dropped"
"""The outbox appends these itself, so no ledger has them."""


class Ledger:
    """Appends one line an event; each line is one `write`, so that kill -9 leaves no half."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def write(self, stream: str, seq: int, line: "Line") -> None:
        os.write(self._file, f"{stream} {seq} {line.device} {line.type} {line.rating} {line.mono}\n".encode())


@dataclass(frozen=True)
class Line:
    """What a ledger, and the hub, says of one event."""

    device: str
    type: str
    rating: int
    """0 for what is no press."""
    mono: int


def read_ledger(path: Path) -> dict[Key, Line]:
    """All lines of a ledger; the same number twice is a fault of the outbox and raises."""
    lines: dict[Key, Line] = {}
    for text in path.read_text(encoding="ascii").splitlines() if path.exists() else []:
        stream, seq, device, type, rating, mono = text.split()
        key = (stream, int(seq))
        if key in lines:
            raise AssertionError(f"{path}: the outbox gave the number {key} twice")
        lines[key] = Line(device, type, int(rating), int(mono))
    return lines


@dataclass(frozen=True)
class Witness:
    """The files of one edge."""

    ledger: Path
    outbox: Path


@dataclass(frozen=True)
class OutboxState:
    """What is in the file of an outbox."""

    stream: str
    last_seq: int
    left: int

    @classmethod
    def read(cls, path: Path) -> "OutboxState":
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10) as connection:
            meta = dict(connection.execute("SELECT key, value FROM meta"))
            left = connection.execute("SELECT count(*) FROM event").fetchone()[0]
        connection.close()
        return cls(str(meta["stream"]), int(meta["last_seq"]), left)


@dataclass
class Verdict:
    """What was found; no violations means that the guarantee held."""

    ledgered: int = 0
    stored: int = 0
    unledgered: int = 0
    """Stored, held by an outbox, but not in its ledger: the edge died between the two."""
    lost: int = 0
    """Reported by the edges as dropped."""
    rollup_events: dict[str, int] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)

    def expect(self, holds: bool, text: str) -> None:
        if not holds:
            self.violations.append(text)

    def expect_none(self, what: str, found: Collection[Any]) -> None:
        if found:
            examples = ", ".join(str(item) for item in sorted(found, key=str)[:MOST_EXAMPLES])
            self.violations.append(f"{len(found)} {what}: {examples}")


def stored_events(connection: Connection) -> dict[Key, Line]:
    """All that the hub has."""
    event = tables.event.c
    query = select(event.stream, event.seq, event.dev, event.type, event.rating, event.mono)
    return {
        (stream, seq): Line(dev, type, rating or 0, mono)
        for stream, seq, dev, type, rating, mono in connection.execute(query)
    }


def audit(
    engine: Engine, witnesses: Sequence[Witness], *, edge_kills: int, may_lose: bool = False
) -> Verdict:
    """Compare everything with everything, once all is drained.

    An edge that is killed may leave one event without its line. `may_lose` is for outboxes that are meant to
    be too small: what they say that they dropped is not missed then.
    """
    verdict = Verdict()
    lines: dict[Key, Line] = {}
    for witness in witnesses:
        lines |= read_ledger(witness.ledger)
    outboxes = [OutboxState.read(witness.outbox) for witness in witnesses]
    with engine.connect() as connection:
        stored = stored_events(connection)
        lost = _lost(connection)
        missing = set(lines) - set(stored) - lost
        _check_stored(verdict, lines, stored, outboxes, edge_kills)
        _check_streams(verdict, connection, outboxes)
        _check_rollups(verdict, connection)
        refused = connection.execute(_REFUSED).all()
    verdict.expect_none("events of a ledger are not stored", missing)
    verdict.expect_none("events are in quarantine", refused)
    verdict.expect_none("events are stored and reported as lost", set(stored) & lost)
    if not may_lose:
        verdict.expect_none("events were reported as lost", lost)
    verdict.lost = len(lost)
    return verdict


_BAD = tables.quarantine.c
_REFUSED = select(_BAD.stream, _BAD.seq, _BAD.reason, _BAD.detail)


def _lost(connection: Connection) -> set[Key]:
    gap = tables.stream_gap.c
    ranges = connection.execute(select(gap.stream, gap.first, gap.last))
    return {(stream, seq) for stream, first, last in ranges for seq in range(first, last + 1)}


def _check_stored(
    verdict: Verdict,
    lines: dict[Key, Line],
    stored: dict[Key, Line],
    outboxes: list[OutboxState],
    edge_kills: int,
) -> None:
    last = {outbox.stream: outbox.last_seq for outbox in outboxes}
    extra = set(stored) - set(lines)
    unknown = {(stream, seq) for stream, seq in extra if seq > last.get(stream, 0)}
    unledgered = {key for key in extra if stored[key].type != OUTBOX_TYPE}
    both = set(lines) & set(stored)
    differing = [(key, lines[key], stored[key]) for key in both if lines[key] != stored[key]]
    verdict.ledgered, verdict.stored, verdict.unledgered = len(lines), len(stored), len(unledgered)
    verdict.expect_none("stored events that no ledger and no outbox knows", unknown)
    verdict.expect_none("stored events differ from their ledger", differing)
    verdict.expect(
        len(unledgered) <= edge_kills,
        f"{len(unledgered)} stored events are in no ledger after {edge_kills} kills of edges",
    )


def _check_streams(verdict: Verdict, connection: Connection, outboxes: list[OutboxState]) -> None:
    watermarks = {row.id: row.upto for row in connection.execute(select(tables.stream))}
    for outbox in outboxes:
        upto = watermarks.get(outbox.stream, 0)
        verdict.expect(
            outbox.left == 0, f"stream {outbox.stream}: {outbox.left} events are still on the edge"
        )
        verdict.expect(
            upto == outbox.last_seq,
            f"stream {outbox.stream}: the hub accounts for events up to {upto} of {outbox.last_seq}",
        )


def _check_rollups(verdict: Verdict, connection: Connection) -> None:
    """Sums of both rollups, for each touchpoint, against the events themselves."""
    counted = _counts(connection)
    for name, table in (("hour", tables.rollup_hour), ("day", tables.rollup_day)):
        summed = _sums(connection, table)
        verdict.rollup_events[name] = sum(counts["events"] for counts in summed.values())
        for touchpoint in sorted(set(counted) | set(summed)):
            sums, counts = summed.get(touchpoint, Counter()), counted.get(touchpoint, Counter())
            for counter in sorted({*sums, *counts}):
                is_, should = sums[counter], counts[counter]
                text = f"rollup_{name} of {touchpoint}: {counter} is {is_}, by the events {should}"
                verdict.expect(is_ == should, text)


def _counts(connection: Connection) -> dict[str, Counter[str]]:
    event = tables.event.c
    groups = select(event.tp, event.type, event.rating, func.count()).group_by(
        event.tp, event.type, event.rating
    )
    found: dict[str, Counter[str]] = {}
    for touchpoint, type, rating, number in connection.execute(groups):
        counts = found.setdefault(touchpoint, Counter())
        counts["events"] += number
        if type == "button.press":
            counts["presses"] += number
            counts[f"raw_{rating}"] += number
    return found


def _sums(connection: Connection, table: Any) -> dict[str, Counter[str]]:
    names = ("events", "presses", *tables.RAW_COUNTERS)
    sums = select(table.c.tp, *(func.sum(table.c[name]) for name in names)).group_by(table.c.tp)
    return {
        touchpoint: Counter({name: int(number) for name, number in zip(names, numbers, strict=True)})
        for touchpoint, *numbers in connection.execute(sums)
    }
