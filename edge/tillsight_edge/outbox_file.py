"""The outbox's file: opening it safely, and moving it aside when it is damaged or another device's."""

import logging
import secrets
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path

from tillsight_models.events import (
    Event,
    EventsDropped,
    PressUndone,
    decode_event,
    encode_event,
    new_event,
)

from .errors import OutboxUnwritable

log = logging.getLogger(__name__)

BUSY_S = 5.0
"""How long to wait for somebody else who writes to the file."""
SCHEMA_VERSION = 1
SCHEMA = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID",
    "CREATE TABLE event (seq INTEGER PRIMARY KEY, type TEXT NOT NULL, raw BLOB NOT NULL)",
    """CREATE TABLE book (
        type TEXT PRIMARY KEY,
        appended INTEGER NOT NULL DEFAULT 0,
        acked INTEGER NOT NULL DEFAULT 0,
        dropped INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID""",
    # Ranges that left the outbox without the hub's ack; `report` is the seq of the device.dropped that
    # tells the hub, NULL until there is one.
    """CREATE TABLE lost (
        first INTEGER PRIMARY KEY, last INTEGER NOT NULL, reason TEXT NOT NULL, report INTEGER
    )""",
)
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_PASSING = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_BUSY}


class _SetAside(Exception):
    """This file must not be used; its text is the word for the new name."""


def open_file(path: Path, device: str) -> tuple[sqlite3.Connection, str]:
    """The open outbox of `device`, and the name under which an unusable file was kept ("" where none was).

    A damaged file and the file of another device id are moved aside, and a new stream begins.
    OutboxUnwritable where the disk does not let us.
    """
    try:
        try:
            return _connect(path, device), ""
        except _SetAside as reason:
            kept = _move_aside(path, str(reason))
            log.warning("outbox %s is %s: kept as %s, a new stream begins", path, reason, kept)
            return _connect(path, device), kept
    except (sqlite3.Error, OSError, _SetAside) as error:
        raise OutboxUnwritable(f"outbox {path}: {error}") from error


def is_passing(error: sqlite3.Error) -> bool:
    """Whether the open file is still good: the disk is only full, read-only or busy."""
    return _code(error) in _PASSING


def restart_stream(connection: sqlite3.Connection, *, after: int) -> int:
    """Give the events with seq > `after` new numbers in a new stream; the others count as acknowledged.

    Reports of what the old stream lost are moot and go as well. Returns how many events moved.
    """
    rows = connection.execute("SELECT seq, raw FROM event WHERE seq > ? ORDER BY seq", (after,)).fetchall()
    leaving = connection.execute(
        "SELECT count(*), type FROM event WHERE seq <= ? OR type = ? GROUP BY type",
        (after, EventsDropped.TYPE),
    ).fetchall()
    connection.executemany("UPDATE book SET acked = acked + ? WHERE type = ?", leaving)
    connection.execute("DELETE FROM event")
    connection.execute("DELETE FROM lost")
    stream = secrets.token_hex(8)
    numbers: dict[int, int] = {}
    for old, raw in rows:
        event = decode_event(raw)
        if isinstance(event.payload, EventsDropped):
            continue
        numbers[old] = len(numbers) + 1
        moved = _renumbered(event, stream, numbers)
        connection.execute("INSERT INTO event VALUES (?, ?, ?)", (moved.seq, moved.type, encode_event(moved)))
    connection.executemany(
        "UPDATE meta SET value = ? WHERE key = ?",
        [(stream, "stream"), (len(numbers), "last_seq"), (0, "upto"), (None, "opened_at")],
    )
    return len(numbers)


def _renumbered(event: Event, stream: str, numbers: dict[int, int]) -> Event:
    payload = event.payload
    if isinstance(payload, PressUndone):
        payload = PressUndone(press=numbers.get(payload.press, payload.press))
    return new_event(
        dev=event.dev, tp=event.tp, stream=stream, seq=numbers[event.seq], at=event.at, payload=payload
    )


def _code(error: sqlite3.Error) -> int:
    """SQLite's primary result code."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def _connect(path: Path, device: str) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_S)
    try:
        _use_wal(connection)
        _check(connection)
        _create(connection, device)
        _check_owner(connection, device)
    except sqlite3.Error as error:
        connection.close()
        if _code(error) in _DAMAGED:
            raise _SetAside("damaged") from error
        raise
    except BaseException:
        connection.close()
        raise
    return connection


def _use_wal(connection: sqlite3.Connection) -> None:
    """SQLite does not wait by itself while somebody else turns the same new file to WAL."""
    deadline = time.monotonic() + BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _check(connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise _SetAside("damaged")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise _SetAside("of-a-newer-version")


def _create(connection: sqlite3.Connection, device: str) -> None:
    if _is_made(connection):
        return
    connection.execute("BEGIN IMMEDIATE")
    if _is_made(connection):  # by somebody else, while we waited for the lock
        connection.execute("ROLLBACK")
        return
    for statement in SCHEMA:
        connection.execute(statement)
    connection.executemany(
        "INSERT INTO meta VALUES (?, ?)",
        [
            ("device", device),
            ("stream", secrets.token_hex(8)),
            ("last_seq", 0),
            ("upto", 0),
            ("session", 0),
            ("opened_at", None),  # last_seq when it was first opened since the hub last answered
        ],
    )
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")


def _is_made(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION)


def _check_owner(connection: sqlite3.Connection, device: str) -> None:
    row = connection.execute("SELECT value FROM meta WHERE key = 'device'").fetchone()
    if row is None or row[0] != device:
        raise _SetAside("of-another-device")


def _move_aside(path: Path, reason: str) -> str:
    when = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    kept = f"{path.name}.{reason}-{when}-{secrets.token_hex(2)}"
    for suffix in ("-wal", "-shm", ""):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(path.with_name(kept + suffix))
    return kept
