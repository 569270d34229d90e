"""The outbox's accounts: what was appended, acknowledged and dropped since it exists, by type of event."""

import sqlite3
from dataclasses import dataclass

from .outbox_meta import first_seq, meta


@dataclass(frozen=True)
class Book:
    """What became of the events of one type since the outbox was created."""

    appended: int = 0
    acked: int = 0
    dropped: int = 0


@dataclass(frozen=True)
class Books:
    """The outbox's own accounts: in `total`, appended == acked + dropped + left."""

    stream: str
    upto: int
    last_seq: int
    left: int
    by_type: dict[str, Book]

    @property
    def total(self) -> Book:
        """Over all types."""
        books = self.by_type.values()
        return Book(
            sum(book.appended for book in books),
            sum(book.acked for book in books),
            sum(book.dropped for book in books),
        )


def read_books(connection: sqlite3.Connection) -> Books:
    """The accounts in an outbox's file, which may belong to a running agent."""
    rows = connection.execute("SELECT type, appended, acked, dropped FROM book ORDER BY type")
    last = int(meta(connection, "last_seq"))
    return Books(
        stream=str(meta(connection, "stream")),
        upto=int(meta(connection, "upto")),
        last_seq=last,
        left=last + 1 - first_seq(connection),
        by_type={type: Book(*counts) for type, *counts in rows},
    )


def count(connection: sqlite3.Connection, type: str, column: str, events: int) -> None:
    """Add to one column of a type's book."""
    connection.execute(
        f"INSERT INTO book (type, {column}) VALUES (?, ?)"
        f" ON CONFLICT (type) DO UPDATE SET {column} = {column} + excluded.{column}",
        (type, events),
    )


def remove(connection: sqlite3.Connection, upto: int, column: str) -> None:
    """Delete the events up to a number and book them as `acked` or `dropped`."""
    counts = connection.execute(
        "SELECT type, count(*) FROM event WHERE seq <= ? GROUP BY type", (upto,)
    ).fetchall()
    for type, events in counts:
        count(connection, type, column, events)
    connection.execute("DELETE FROM event WHERE seq <= ?", (upto,))
