"""The database: SQLite and PostgreSQL through the same code."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, func, insert, inspect, select, text, update

from tillsight_hub.access import add_user
from tillsight_hub.database import (
    head_revision,
    migrate,
    open_database,
    prepare,
    tidy,
    wait_for_database,
    writing,
)
from tillsight_hub.errors import DatabaseFailed, DatabaseUnreachable, SchemaMismatch
from tillsight_hub.tables import metadata, org, session, setting, user


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/new folder/hub.db"
    else:
        url = request.getfixturevalue("empty_postgresql_url")
    opened = open_database(url)
    yield opened
    opened.dispose()


def test_migrations_make_exactly_the_tables_of_the_program(engine: Engine) -> None:
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        names = set(inspect(connection).get_table_names())
    assert names == {*metadata.tables, "alembic_version"}


def test_migrating_twice_changes_nothing(engine: Engine) -> None:
    migrate(engine)
    with writing(engine) as connection:
        connection.execute(insert(org).values(id="acme", name="Acme"))
    assert migrate(engine) == head_revision()
    with engine.connect() as connection:
        assert connection.scalar(select(org.c.name)) == "Acme"


def test_hubs_that_start_together_migrate_one_after_the_other(engine: Engine) -> None:
    failures: list[Exception] = []

    def start() -> None:
        try:
            migrate(engine)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_failed_migration_leaves_no_table_behind(engine: Engine) -> None:
    with engine.connect() as connection, connection.begin():
        connection.execute(text("CREATE TABLE user_account (wrong INTEGER)"))
    with pytest.raises(Exception, match="user_account"):
        migrate(engine)
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["user_account"]


def test_a_newer_database_is_refused_in_one_line(engine: Engine) -> None:
    migrate(engine)
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for start in (migrate, prepare):
        with pytest.raises(SchemaMismatch, match="9999, which a newer Tillsight made") as raised:
            start(engine)
        assert "\n" not in str(raised.value)


def test_prepare_makes_the_tables_of_an_empty_database(engine: Engine) -> None:
    prepare(engine)
    prepare(engine)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(org)) == 0


def test_the_night_forgets_ended_sessions(engine: Engine) -> None:
    migrate(engine)
    add_user(engine, "anna", "correct horse battery", "analyst")
    now = time.time_ns() // 1_000_000
    with writing(engine) as connection:
        user_id = connection.scalar(select(user.c.id))
        for name, expires in (("over", now - 1), ("open", now + 60_000)):
            connection.execute(
                insert(session).values(token_hash=name, user_id=user_id, created=1, expires=expires)
            )
    tidy(engine)
    with engine.connect() as connection:
        assert connection.scalars(select(session.c.token_hash)).all() == ["open"]


def test_a_write_transaction_is_all_or_nothing(engine: Engine) -> None:
    migrate(engine)
    with pytest.raises(RuntimeError, match="stop"), writing(engine) as connection:
        connection.execute(insert(org).values(id="acme", name="Acme"))
        raise RuntimeError("stop")
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(org)) == 0


def test_a_reader_sees_the_same_rows_throughout_its_transaction_on_sqlite(tmp_path: Path) -> None:
    engine = _migrated(tmp_path)
    with engine.connect() as reader:
        assert reader.scalar(select(func.count()).select_from(org)) == 0
        with writing(engine) as connection:
            connection.execute(insert(org).values(id="acme", name="Acme"))
        assert reader.scalar(select(func.count()).select_from(org)) == 0


def test_writers_that_read_first_never_find_the_database_locked(tmp_path: Path) -> None:
    engine = _migrated(tmp_path)
    with writing(engine) as connection:
        connection.execute(insert(setting).values(key="n", value="0"))

    def count_up() -> None:
        for _ in range(20):
            with writing(engine) as connection:
                value = connection.scalar(select(setting.c.value)) or ""
                connection.execute(update(setting).values(value=str(int(value) + 1)))

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.connect() as connection:
        assert connection.scalar(select(setting.c.value)) == "80"


def test_sqlite_survives_a_power_cut_and_checks_references(tmp_path: Path) -> None:
    engine = _migrated(tmp_path)
    with engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


def test_nobody_else_may_read_the_file(tmp_path: Path) -> None:
    engine = _migrated(tmp_path)
    with writing(engine) as connection:
        connection.execute(insert(org).values(id="acme", name="Acme"))
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"hub.db": 0o600, "hub.db-wal": 0o600, "hub.db-shm": 0o600}


def test_a_file_that_is_no_database_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    path.write_text("shopping list, and many more words to fill a page of it\n" * 100)
    with pytest.raises(DatabaseFailed, match=r"hub\.db: file is not a database") as raised:
        migrate(open_database(f"sqlite:///{path}"))
    assert "\n" not in str(raised.value)


def test_an_unreachable_server_is_one_line_without_the_password() -> None:
    engine = open_database("postgresql+psycopg://hub:secret@127.0.0.1:1/tillsight")
    with pytest.raises(DatabaseUnreachable, match=r"127\.0\.0\.1:1/tillsight") as raised:
        wait_for_database(engine, patience_s=0)
    assert "secret" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_database_that_comes_late_is_waited_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "mount"
    folder.write_text("not a folder yet")
    engine = open_database(f"sqlite:///{folder}/hub.db")
    timer = threading.Timer(0.2, lambda: (folder.unlink(), folder.mkdir()))
    timer.start()
    with caplog.at_level("INFO"):
        wait_for_database(engine, patience_s=30)
    timer.join()
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert sqlite3.connect(folder / "hub.db").execute("SELECT 1").fetchone() == (1,)


def _migrated(tmp_path: Path) -> Engine:
    engine = open_database(f"sqlite:///{tmp_path}/hub.db")
    migrate(engine)
    return engine
