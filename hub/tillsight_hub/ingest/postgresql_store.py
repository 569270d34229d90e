"""PostgreSQL: rows of devices and streams are locked in order, and events go in by COPY."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, select, text

from .. import tables
from .store import EVENT_COLUMNS, EventRow
from .watermarks import Stream, read_streams

_COPY = f"COPY event ({', '.join(EVENT_COLUMNS)}) FROM STDIN"
_CREATE = text(
    "INSERT INTO stream (id, device_id, upto, highest, first_seen, last_seen) "
    "VALUES (:id, :device, 0, 0, :seen, :seen) ON CONFLICT DO NOTHING"
)


class PostgresqlStore:
    """Several workers may write at a time. Each locks its devices, then its streams, both in order of their
    ids: whoever holds a stream knows which of its events are stored, and COPY needs no conflict handling."""

    def claim(
        self, connection: Connection, devices: Collection[str], streams: Mapping[str, Stream]
    ) -> dict[str, Stream]:
        device = tables.device.c
        mine = select(device.id).where(device.id.in_(sorted(devices))).order_by(device.id)
        connection.execute(mine.with_for_update(key_share=True))
        found = read_streams(connection, streams, hold=True)
        created = [stream for _, stream in sorted(streams.items()) if stream.id not in found]
        if created:
            rows = [
                {"id": stream.id, "device": stream.device, "seen": stream.first_seen} for stream in created
            ]
            connection.execute(_CREATE, rows)
            found = read_streams(connection, streams, hold=True)
        return found

    def insert(self, connection: Connection, rows: list[EventRow]) -> None:
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
            for row in rows:
                copy.write_row(row)
