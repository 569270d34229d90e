"""Runs the migrations: on the connection that the hub hands in, or on a URL for the alembic command."""

from alembic import context
from sqlalchemy import Connection

from tillsight_hub.database import open_database, writing
from tillsight_hub.tables import metadata


def run(connection: Connection) -> None:
    """All in the connection's transaction, on SQLite too."""
    context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


handed_in = context.config.attributes.get("connection")
if handed_in is not None:
    run(handed_in)
else:
    with writing(open_database(context.config.get_main_option("sqlalchemy.url") or "")) as own:
        run(own)
