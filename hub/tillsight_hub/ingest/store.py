"""What the writer asks of a database beyond portable SQL."""

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from sqlalchemy import Connection

from .. import tables
from .watermarks import Stream

EventRow = tuple[Any, ...]
"""Values in the order of EVENT_COLUMNS."""

EVENT_COLUMNS = tuple(column.name for column in tables.event.columns)


class EventStore(Protocol):
    """One adapter per database."""

    def claim(
        self, connection: Connection, devices: Collection[str], streams: Mapping[str, Stream]
    ) -> dict[str, Stream]:
        """The streams as the database has them, or else as given; until the transaction ends no other
        worker touches them, nor these devices' clocks."""

    def insert(self, connection: Connection, rows: list[EventRow]) -> None:
        """Store events that are not there yet; the fastest way there is."""
