"""The books of a chaos run: ledgers that the edges wrote beside their outboxes, against what the hub stored.

A ledger is the third witness. An edge writes a line after each outbox commit that returned, so neither the
outbox's nor the hub's own accounts are believed.
"""

import os
import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from tillsight_hub import tables

Key = tuple[str, int]
"""(stream, seq)"""
MOST_EXAMPLES = 5


class Ledger:
    """Appends one line an event; each line is one `write`, so that kill -9 leaves no half."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def write(self, stream: str, seq: int, type: str, rating: int) -> None:
        os.write(self._file, f"{stream} {seq} {type} {rating}\n".encode())


@dataclass(frozen=True)
class Line:
    """What a ledger says of one event."""

    device: str
    type: str
    rating: int
    """0 for what is no press."""


def read_ledger(path: Path, device: str) -> dict[Key, Line]:
    """All lines of a device's ledger; the same number twice is a fault of the outbox and raises."""
    lines: dict[Key, Line] = {}
    for text in path.read_text(encoding="ascii").splitlines() if path.exists() else []:
        stream, seq, type, rating = text.split()
        key = (stream, int(seq))
        if key in lines:
            raise AssertionError(f"outbox of {device} gave the number {key} twice")
        lines[key] = Line(device, type, int(rating))
    return lines


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
    rollup_events: dict[str, int] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)

    def expect(self, holds: bool, text: str) -> None:
        if not holds:
            self.violations.append(text)

    def expect_none(self, what: str, found: dict[Any, Any] | set[Any] | list[Any]) -> None:
        if found:
            examples = ", ".join(str(item) for item in sorted(found, key=str)[:MOST_EXAMPLES])
            self.violations.append(f"{len(found)} {what}: {examples}")


@dataclass(frozen=True)
class Stored:
    """One row of the hub's events."""

    dev: str
    type: str
    rating: int


def stored_events(connection: Connection) -> dict[Key, Stored]:
    """All that the hub has."""
    event = tables.event.c
    rows = connection.execute(select(event.stream, event.seq, event.dev, event.type, event.rating))
    return {(row.stream, row.seq): Stored(row.dev, row.type, row.rating or 0) for row in rows}


def audit(engine: Engine, ledgers: dict[str, Path], outboxes: dict[str, Path], edge_kills: int) -> Verdict:
    """Compare everything with everything, after the chaos and once all is drained.

    `ledgers` and `outboxes` by device. An edge that is killed may leave one event without its line.
    """
    verdict = Verdict()
    lines: dict[Key, Line] = {}
    for device, path in ledgers.items():
        lines |= read_ledger(path, device)
    states = {device: OutboxState.read(path) for device, path in outboxes.items()}
    with engine.connect() as connection:
        stored = stored_events(connection)
        _check_events(verdict, lines, stored, states, edge_kills)
        _check_streams(verdict, connection, states)
        _check_rollups(verdict, connection)
    return verdict


def _check_events(
    verdict: Verdict,
    lines: dict[Key, Line],
    stored: dict[Key, Stored],
    states: dict[str, OutboxState],
    edge_kills: int,
) -> None:
    last = {state.stream: state.last_seq for state in states.values()}
    unledgered = set(stored) - set(lines)
    unknown = {(stream, seq) for stream, seq in unledgered if seq > last.get(stream, 0)}
    differing = {
        key: (line, stored[key])
        for key, line in lines.items()
        if key in stored and Stored(line.device, line.type, line.rating) != stored[key]
    }
    unledgered = {key for key in unledgered if stored[key].type != "device.dropped"}
    verdict.ledgered, verdict.stored, verdict.unledgered = len(lines), len(stored), len(unledgered)
    verdict.expect_none("events of a ledger are not stored", set(lines) - set(stored))
    verdict.expect_none("stored events that no ledger and no outbox knows", unknown)
    verdict.expect_none("stored events differ from their ledger", differing)
    verdict.expect(
        len(unledgered) <= edge_kills,
        f"{len(unledgered)} stored events are in no ledger after {edge_kills} kills of edges",
    )


def _check_streams(verdict: Verdict, connection: Connection, states: dict[str, OutboxState]) -> None:
    watermarks = dict(connection.execute(select(tables.stream.c.id, tables.stream.c.upto)).tuples().all())
    for device, state in states.items():
        verdict.expect(state.left == 0, f"outbox of {device} still holds {state.left} events")
        upto = watermarks.get(state.stream, 0)
        verdict.expect(
            upto == state.last_seq, f"{device}: hub accounts for events up to {upto} of {state.last_seq}"
        )
    gap, bad = tables.stream_gap.c, tables.quarantine.c
    gaps = connection.execute(select(gap.stream, gap.first, gap.last, gap.reason)).tuples().all()
    refused = connection.execute(select(bad.stream, bad.seq, bad.reason, bad.detail)).tuples().all()
    verdict.expect_none("ranges were reported as lost", list(gaps))
    verdict.expect_none("events are in quarantine", list(refused))


def _check_rollups(verdict: Verdict, connection: Connection) -> None:
    """Sums of both rollups, for each touchpoint, against the events themselves."""
    counted = _counts(connection)
    for name, table in (("hour", tables.rollup_hour), ("day", tables.rollup_day)):
        summed = _sums(connection, table)
        verdict.rollup_events[name] = sum(counts["events"] for counts in summed.values())
        for touchpoint in sorted(set(counted) | set(summed)):
            is_, should = summed.get(touchpoint, Counter()), counted.get(touchpoint, Counter())
            verdict.expect(
                +is_ == +should, f"rollup_{name} of {touchpoint}: {dict(is_)}, events {dict(should)}"
            )


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
