"""The outbox: every event is on this disk from its commit until the hub says that it has stored it.

The only place where threads meet. Held events are always a contiguous run of numbers: they are appended at
the end and leave at the front, acknowledged by the hub or dropped because the outbox is full.
"""

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tillsight_models.delivery import Ack
from tillsight_models.events import EventsDropped, Payload, SeqRange, Stamp, encode_event, new_event

from . import lost
from .books import Books, count, read_books, remove
from .errors import OutboxUnwritable
from .outbox_file import is_passing, open_file, restart_stream
from .outbox_meta import first_opened_at, first_seq, meta, set_meta

log = logging.getLogger(__name__)

MAX_RANGES = 1_000
"""Ranges in one `device.dropped` event."""


@dataclass(frozen=True)
class Held:
    """One event that waits for the hub's ack."""

    seq: int
    raw: bytes
    """Its wire form."""


class Outbox:
    """Events of one device on disk. Any thread may call any method; each may raise OutboxUnwritable.

    The file is opened at the first use and again after trouble, so that a disk that is away at the start
    may come later.
    """

    def __init__(
        self,
        path: Path,
        *,
        device: str,
        touchpoint: str,
        max_events: int,
        on_append: Callable[[], None] = lambda: None,
    ) -> None:
        self._path = path
        self._device = device
        self._touchpoint = touchpoint
        self._max_events = max_events
        self._on_append = on_append
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._stream = ""
        self._opened_at = 0
        """Last number in the file when it was first opened since the hub last answered."""
        self._sendable = 0
        """Highest number that the hub can have heard of: that one, or what was given out since."""
        self._full = False
        self.problem = ""
        """Why the outbox cannot be used; empty while it can."""
        self.set_aside = ""
        """Name under which a damaged or foreign outbox was kept when this one was opened; mostly empty."""

    def append(self, payload: Payload, at: Stamp, mark: tuple[str, str] | None = None) -> int:
        """Store an event, and a mark with it; returns its number once both are on the disk."""
        with self._transaction() as connection:
            seq = self._insert(connection, payload, at)
            if mark is not None:
                set_meta(connection, f"mark:{mark[0]}", mark[1])
            self._make_room(connection)
        self._on_append()
        return seq

    def mark(self, key: str) -> str | None:
        """What was last stored under this key by `append` or `set_mark`; None where nothing was."""
        with self._reading() as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = ?", (f"mark:{key}",)).fetchone()
            return row and str(row[0])

    def set_mark(self, key: str, value: str, *, durable: bool = True) -> None:
        """Store a mark without an event; not `durable`: a power cut may forget it, a kill does not."""
        with self._transaction(durable=durable) as connection:
            set_meta(connection, f"mark:{key}", value)

    def next_session(self) -> int:
        """A number that no earlier connection of this outbox has had."""
        with self._transaction() as connection:
            session = int(meta(connection, "session")) + 1
            set_meta(connection, "session", session)
            return session

    @property
    def stream(self) -> str:
        """The random name of this outbox's numbering."""
        with self._reading() as connection:
            return str(meta(connection, "stream"))

    @property
    def acked(self) -> int:
        """The hub has stored everything up to this number (or knows that it is lost)."""
        with self._reading() as connection:
            return int(meta(connection, "upto"))

    @property
    def first_seq(self) -> int:
        """Number of the oldest held event, or of the next one to come."""
        with self._reading() as connection:
            return first_seq(connection)

    def held(self, after: int, upto: int, max_events: int, max_bytes: int) -> list[Held]:
        """The oldest events with after < seq <= upto; at least one where there is one, however large."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT seq, raw FROM event WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
                (after, upto, max_events),
            ).fetchall()
            size = 0
            for count, (_, raw) in enumerate(rows):
                size += len(raw) + 1
                if count and size > max_bytes:
                    rows = rows[:count]
                    break
            self._sendable = max(self._sendable, rows[-1][0] if rows else 0)
            return [Held(*row) for row in rows]

    def reports(self) -> list[Held]:
        """The held events that tell the hub what is lost; without them its ack cannot pass the gap."""
        with self._reading() as connection:
            found = []
            for seq in lost.reports(connection):
                found += connection.execute("SELECT seq, raw FROM event WHERE seq = ?", (seq,)).fetchall()
                self._sendable = max(self._sendable, seq)
            return [Held(*row) for row in found]

    def report_lost(self, at: Stamp) -> bool:
        """Append `device.dropped` for what is lost and not yet told; False where there is nothing to tell."""
        with self._reading() as connection:
            if not lost.unreported(connection):
                return False
        with self._transaction() as connection:
            for reason, ranges in lost.unreported(connection).items():
                for start in range(0, len(ranges), MAX_RANGES):
                    told = ranges[start : start + MAX_RANGES]
                    seq = self._insert(connection, EventsDropped(ranges=told, reason=reason), at)
                    lost.reported(connection, told, reason, seq)
        return True

    def acknowledge(self, ack: Ack, *, live: bool) -> bool:
        """Delete what the hub has stored; False for an ack of another stream, which says nothing about ours.

        Only a live ack's `missing` is believed: a retained one may be older than the last deletion. What it
        names and we no longer hold becomes a `device.dropped` of reason `not-held`. After a power cut an ack
        may be forgotten, which only means that the hub says it again: the card is spared a write.
        """
        if ack.stream != self.stream:
            return False
        if ack.upto > self._sendable:
            self._leave_older_copy(ack.upto)
            return False
        if ack.upto > self.acked:
            with self._transaction(durable=False) as connection:
                remove(connection, ack.upto, "acked")
                set_meta(connection, "upto", ack.upto)
                if live:
                    set_meta(connection, "opened_at", None)
                lost.settled(connection, ack.upto)
            self._full = False
        if live and ack.missing:
            self._note_missing(ack.missing)
        return True

    def books(self) -> Books:
        """The accounts so far; they survive restarts."""
        with self._reading() as connection:
            return read_books(connection)

    def oldest(self) -> bytes | None:
        """The event that waits longest, or None when nothing waits."""
        with self._reading() as connection:
            row = connection.execute("SELECT raw FROM event ORDER BY seq LIMIT 1").fetchone()
            return None if row is None else bytes(row[0])

    def probe(self) -> bool:
        """Whether the outbox can be written now, found out by writing."""
        try:
            with self._transaction() as connection:
                connection.execute("UPDATE meta SET value = value WHERE key = 'session'")
        except OutboxUnwritable:
            return False
        return True

    def close(self) -> None:
        """Close the file; a later call opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _insert(self, connection: sqlite3.Connection, payload: Payload, at: Stamp) -> int:
        seq = int(meta(connection, "last_seq")) + 1
        stream = str(meta(connection, "stream"))
        event = new_event(
            dev=self._device, tp=self._touchpoint, stream=stream, seq=seq, at=at, payload=payload
        )
        connection.execute("INSERT INTO event VALUES (?, ?, ?)", (seq, event.type, encode_event(event)))
        count(connection, event.type, "appended", 1)
        set_meta(connection, "last_seq", seq)
        return seq

    def _make_room(self, connection: sqlite3.Connection) -> None:
        """Over the cap the oldest hundredth goes, in one block, so that a full outbox is not slow."""
        first, last = first_seq(connection), int(meta(connection, "last_seq"))
        excess = last + 1 - first - self._max_events
        if excess <= 0:
            return
        upto = first + excess - 1 + self._max_events // 100
        lost.report_dropped(connection, upto)
        remove(connection, upto, "dropped")
        lost.remember(connection, [(first, upto)], "outbox-full")
        if not self._full:
            log.error("outbox %s is full: the oldest of %d events are dropped", self._path, self._max_events)
        self._full = True

    def _note_missing(self, missing: list[SeqRange]) -> None:
        with self._transaction() as connection:
            first = first_seq(connection)
            gone = [(start, min(end, first - 1)) for start, end in missing if start < first]
            lost.remember(connection, gone, "not-held")

    def _leave_older_copy(self, upto: int) -> None:
        """The hub knows numbers that this file never gave out: the card is an older copy of itself.

        Going on would give new events numbers that the hub has already seen, and it would drop them as
        repetitions. What was appended since the file was opened begins a new stream, also where it was
        opened several times before the hub answered.
        """
        with self._transaction() as connection:
            moved = restart_stream(connection, after=self._opened_at)
        self._opened_at = self._sendable = 0
        log.error(
            "outbox %s is an older copy: the hub has events up to %d that were never made here;"
            " %d newer events moved to a new stream",
            self._path,
            upto,
            moved,
        )

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._opened()
            except sqlite3.Error as error:
                raise self._failed(error) from error

    @contextmanager
    def _transaction(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """Commits at the end of the block; `durable` waits until the disk has it, and costs it a write."""
        with self._lock:
            try:
                connection = self._opened()
                connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except sqlite3.Error as error:
                raise self._failed(error) from error
            except BaseException:
                self._roll_back()
                raise
            if self.problem:
                log.warning("outbox %s can be written again", self._path)
                self.problem = ""

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            try:
                self._connection, set_aside = open_file(self._path, self._device)
            except OutboxUnwritable as error:
                self._tell(str(error))
                raise
            self.set_aside = set_aside or self.set_aside
            stream = str(meta(self._connection, "stream"))
            if stream != self._stream:
                self._stream = stream
                self._sendable = int(meta(self._connection, "last_seq"))
                self._opened_at = first_opened_at(self._connection, self._sendable)
        return self._connection

    def _failed(self, error: sqlite3.Error) -> OutboxUnwritable:
        """Undo what was begun; a file in doubt is closed, so that the next use checks it."""
        self._roll_back()
        if not is_passing(error):
            self.close()
        refused = OutboxUnwritable(f"outbox {self._path}: {error}")
        self._tell(str(refused))
        return refused

    def _tell(self, problem: str) -> None:
        if not self.problem:
            log.error("%s", problem)
        self.problem = problem

    def _roll_back(self) -> None:
        if self._connection is not None and self._connection.in_transaction:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
