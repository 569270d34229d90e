"""The database: SQLite or PostgreSQL behind one engine, its write transactions and its schema's version."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, delete, event, insert, make_url, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from . import tables
from .errors import DatabaseFailed, DatabaseUnreachable, SchemaMismatch

log = logging.getLogger(__name__)

_WRITES = "tillsight_writes"
_MIGRATION_LOCK = 0x7111_5164
"""Advisory lock of PostgreSQL: two hubs that start together migrate one after the other."""
_COUNTERS_SINCE = "0003"
"""The last revision that added counters to rollups."""
_UNCOUNTED = "rollups_uncounted_since"
"""In the table `setting`: the revision that they were counted with."""


def open_database(url: str) -> Engine:
    """An engine for `url`; connects when first used."""
    if make_url(url).get_backend_name() == "sqlite":
        return _open_sqlite(url)
    return create_engine(
        url,
        pool_size=10,
        max_overflow=30,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 5, "application_name": "tillsight-hub"},
    )


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One write transaction: committed at the end of the block, rolled back when it raises.

    On SQLite it takes the write lock at once (BEGIN IMMEDIATE): a transaction that reads first and writes
    later would fail where another one wrote in between.
    """
    with engine.connect().execution_options(**{_WRITES: True}) as connection, connection.begin():
        yield connection


@contextmanager
def trying(engine: Engine) -> Iterator[Connection]:
    """A write transaction that is rolled back whatever happens: to see what something would do."""
    with engine.connect().execution_options(**{_WRITES: True}) as connection:
        transaction = connection.begin()
        try:
            yield connection
        finally:
            transaction.rollback()


def migrate(engine: Engine) -> str:
    """Bring the schema to this program's revision, in one transaction; returns that revision.

    Where an earlier one had fewer counters, all events are then counted anew, also after a kill in between.
    """
    with _reporting(engine), writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        revision = _revision(connection)
        if revision != head_revision():
            _upgrade(connection, revision)
        uncounted = _note_uncounted(connection, revision)
    if uncounted:
        _count_anew(engine)
    return head_revision()


def prepare(engine: Engine) -> None:
    """Make the tables where there are none; SchemaMismatch where they are another version's.

    For commands beside a running hub: only `run` and `migrate` change tables that hold data.
    """
    with _reporting(engine), engine.connect() as connection:
        revision = _revision(connection)
    if revision is None:
        migrate(engine)
    elif revision != head_revision():
        _known(revision, engine)
        raise SchemaMismatch(
            f"database {name_of(engine)} has revision {revision}, this program needs {head_revision()}: "
            "run tillsight-hub migrate"
        )


def wait_for_database(engine: Engine, patience_s: float) -> None:
    """Return once the database answers; DatabaseUnreachable after `patience_s` seconds."""
    deadline = time.monotonic() + patience_s
    waiting = False
    while True:
        try:
            with _reporting(engine), engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except DatabaseUnreachable as error:
            if time.monotonic() >= deadline:
                raise
            if not waiting:
                log.warning("%s; waiting up to %g s", error, patience_s)
            waiting = True
            time.sleep(0.5)
        else:
            if waiting:
                log.info("database %s is back", name_of(engine))
            return


def tidy(engine: Engine) -> None:
    """Nightly housekeeping: ended login sessions go, and SQLite brings its statistics up to date."""
    with writing(engine) as connection:
        over = tables.session.c.expires <= time.time_ns() // 1_000_000
        connection.execute(delete(tables.session).where(over))
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA optimize")


def head_revision() -> str:
    """The schema revision that this program is written for."""
    head = ScriptDirectory.from_config(_alembic_config()).get_current_head()
    assert head is not None
    return head


def name_of(engine: Engine) -> str:
    """The database's URL without its password."""
    return engine.url.render_as_string(hide_password=True)


def _open_sqlite(url: str) -> Engine:
    engine = create_engine(url, pool_size=10, max_overflow=30, connect_args={"timeout": 30})
    path = Path(engine.url.database or "").absolute()

    @event.listens_for(engine, "do_connect")
    def make_file(*_: Any) -> None:
        """Password hashes lie in it: nobody else may read it. SQLite's side files get the same mode."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _upgrade(connection: Connection, revision: str | None) -> None:
    if revision is not None:
        _known(revision, connection.engine)
        log.info("migrating %s from %s to %s", name_of(connection.engine), revision, head_revision())
    config = _alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _note_uncounted(connection: Connection, before: str | None) -> bool:
    """Whether rollups lack counters that this program has; remembered until they were counted."""
    mine = tables.setting.c.key == _UNCOUNTED
    noted = connection.scalar(select(tables.setting.c.value).where(mine)) is not None
    if before is not None and before < _COUNTERS_SINCE and not noted:
        connection.execute(insert(tables.setting).values(key=_UNCOUNTED, value=before))
        return True
    return noted


def _count_anew(engine: Engine) -> None:
    from .rollups import rebuild

    log.info("counting all events of %s anew, because there are new counters", name_of(engine))
    rebuild(engine)
    with writing(engine) as connection:
        connection.execute(delete(tables.setting).where(tables.setting.c.key == _UNCOUNTED))


def _known(revision: str, engine: Engine) -> None:
    script = ScriptDirectory.from_config(_alembic_config())
    if revision not in {known.revision for known in script.walk_revisions()}:
        raise SchemaMismatch(
            f"database {name_of(engine)} has revision {revision}, which a newer Tillsight made; "
            f"this program knows up to {head_revision()}"
        )


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", "tillsight_hub:migrations")
    return config


@contextmanager
def _reporting(engine: Engine) -> Iterator[None]:
    """Turns the database's errors into one line that names it."""
    try:
        yield
    except OSError as error:
        raise DatabaseUnreachable(f"database {name_of(engine)}: {error}") from error
    except OperationalError as error:
        raise DatabaseUnreachable(f"database {name_of(engine)}: {_first_line(error)}") from error
    except DBAPIError as error:
        raise DatabaseFailed(f"database {name_of(engine)}: {_first_line(error)}") from error


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0]
