"""What the outbox's file knows of itself: its stream, how far it has counted, and marks."""

import sqlite3
from contextlib import suppress
from typing import Any


def meta(connection: sqlite3.Connection, key: str) -> Any:
    """One of the values that every outbox has; see `outbox_file`."""
    return connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()[0]


def set_meta(connection: sqlite3.Connection, key: str, value: str | int | None) -> None:
    """Remember a value, or a mark."""
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))


def first_seq(connection: sqlite3.Connection) -> int:
    """Number of the oldest held event, or of the next one to come."""
    first = connection.execute("SELECT min(seq) FROM event").fetchone()[0]
    return int(meta(connection, "last_seq")) + 1 if first is None else int(first)


def first_opened_at(connection: sqlite3.Connection, last_seq: int) -> int:
    """What this file remembers of its first opening; now is the first where it remembers none."""
    known = meta(connection, "opened_at")
    if known is not None:
        return int(known)
    with suppress(sqlite3.Error):  # a disk that cannot be written takes no events that could be lost either
        set_meta(connection, "opened_at", last_seq)
    return last_seq
