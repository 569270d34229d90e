"""SQLite: a write transaction is alone, and the driver's own executemany is the fastest insert."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from .store import EVENT_COLUMNS, EventRow
from .watermarks import Stream, read_streams

_INSERT = f"INSERT INTO event ({', '.join(EVENT_COLUMNS)}) VALUES ({', '.join('?' * len(EVENT_COLUMNS))})"


class SqliteStore:
    """BEGIN IMMEDIATE holds the one write lock, so nothing needs to be claimed."""

    def claim(
        self,
        connection: Connection,
        devices: Collection[str],  # noqa: ARG002
        streams: Mapping[str, Stream],
    ) -> dict[str, Stream]:
        return {**streams, **read_streams(connection, streams, hold=False)}

    def insert(self, connection: Connection, rows: list[EventRow]) -> None:
        connection.exec_driver_sql(_INSERT, rows)
