"""Which store serves which database."""

from sqlalchemy import Engine

from .postgresql_store import PostgresqlStore
from .sqlite_store import SqliteStore
from .store import EventStore


def event_store(engine: Engine) -> EventStore:
    """The adapter for the database of this engine."""
    return PostgresqlStore() if engine.dialect.name == "postgresql" else SqliteStore()
