"""A hub that was used since an earlier release comes to this one's tables with everything that it has."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, MetaData, insert, select
from tests.harness.databases import PostgreSQL
from tests.harness.ingesting import DAY, HOUR, NOON, Box, rollups_of, seeded, take

from tillsight_hub.access import add_user, create_token
from tillsight_hub.access.accounts import list_users
from tillsight_hub.consistency import verify
from tillsight_hub.database import head_revision, migrate, open_database, prepare, writing
from tillsight_hub.hierarchy import read_hierarchy
from tillsight_hub.ingest.quarantine import listed
from tillsight_hub.rollups import rebuild
from tillsight_hub.scores.scores import read_counts
from tillsight_hub.tables import fleet_alarm, metadata
from tillsight_models.events import AttemptEnded, CounterAudited, HealthReported, SalesReported

AUDIT = CounterAudited(source="presence", period_s=3600, observed=60, matched=50, counted=55)


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Three days of a hub: presses, some taken back or without a time, contacts, sales, people who log in."""
    engine = seeded(f"sqlite:///{tmp_path_factory.mktemp('used') / 'hub.db'}")
    till, stall = Box(), Box("box-3", "stall", "bbbbbbbbbbbbbbbb", "pune")
    for day in (-2, -1, 0):
        t = NOON + day * DAY
        votes = [till.press(1 + n % 4, t=t + n * 60_000) for n in range(20)]
        seen = [till.contact(t=t + n * 60_000) for n in range(60)]
        sold = [stall.event(SalesReported(period_s=60, receipts=30, amount=4200), t=t)]
        sold.append(stall.event(AttemptEnded(duration_s=30), t=t + 1000))
        take(engine, (till, [*votes, *seen]), (stall, sold), received=t + 2 * HOUR)
    take(
        engine,
        (till, [till.undo(1, t=NOON), till.event(AUDIT, t=NOON), till.event(HealthReported(), t=NOON)]),
    )
    take(engine, (till, [till.press(2, t=5000, tq="unsynced"), till.press(3, repeat=True, t=NOON)]))
    take(engine, (Box("box-9", stream="c" * 16), Box("box-9", stream="c" * 16).press()))
    add_user(engine, "ada", "a long password of Ada", "admin")
    create_token(engine, "till", "device", "box-1")
    return engine


@contextmanager
def at_revision(url: str, revision: str) -> Iterator[Engine]:
    """An empty database of an earlier release."""
    engine = open_database(url)
    config = Config()
    config.set_main_option("script_location", "tillsight_hub:migrations")
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    yield engine
    engine.dispose()


def copy_known(source: Engine, to: Engine) -> None:
    """All rows, of each table that was there the columns that were there."""
    known = MetaData()
    known.reflect(to)
    with source.connect() as reading, writing(to) as connection:
        for table in metadata.sorted_tables:
            if table.name in known.tables and table.name != "alembic_version":
                _copy(reading, connection, table, known.tables[table.name])


def _copy(reading: Connection, connection: Connection, source: Any, old: Any) -> None:
    names = [column.name for column in old.columns if column.name in source.c]
    rows = reading.execute(select(*(source.c[name] for name in names))).mappings().all()
    if rows:
        connection.execute(insert(old), [dict(row) for row in rows])


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'old.db'}"
        return
    server: PostgreSQL = request.getfixturevalue("postgresql_server")
    with server.fresh_database() as fresh:
        yield fresh


def counts(engine: Engine) -> Any:
    with engine.connect() as connection:
        places = [read_hierarchy(connection).touchpoints[id] for id in ("till-1", "stall")]
        return [
            (group.key, group.counts)
            for by in ("touchpoint", "hour")
            for group in read_counts(connection, places, "2026-10-04", "2026-10-06", by)  # type: ignore[arg-type]
        ]


@pytest.mark.parametrize("revision", ["0001", "0003", "0004"])
def test_everything_is_there_afterwards(used: Engine, url: str, revision: str) -> None:
    with at_revision(url, revision) as engine:
        copy_known(used, engine)
        assert migrate(engine) == head_revision()
        prepare(engine)
        assert (rollups_of(engine), counts(engine)) == (rollups_of(used), counts(used))
        assert verify(engine, "all").mismatches == 0
        assert [each.reason for each in listed(engine)] == [each.reason for each in listed(used)]
        assert list_users(engine) == list_users(used)


def test_counting_anew_is_made_up_for_after_a_kill(
    used: Engine, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_: Engine) -> None:
        raise KeyboardInterrupt

    with at_revision(url, "0001") as engine:
        copy_known(used, engine)
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr("tillsight_hub.rollups.rebuild", killed)
            migrate(engine)
        assert verify(engine, "all").mismatches > 0
        migrate(engine)
        assert verify(engine, "all").mismatches == 0
        assert rollups_of(engine) == rollups_of(used)


def test_and_it_goes_on_from_there(used: Engine, url: str) -> None:
    with at_revision(url, "0001") as engine:
        copy_known(used, engine)
        migrate(engine)
        till = Box()
        till.seq = 300
        outcome = take(engine, (till, [till.press(4, t=NOON + HOUR), till.contact(t=NOON + HOUR)]))
        assert (outcome.receipt.stored, outcome.receipt.quarantined) == (2, 0)
        before = rollups_of(engine)
        assert verify(engine, "all").mismatches == 0
        rebuild(engine)
        assert rollups_of(engine) == before


def test_alarms_that_were_raised_twice_are_open_once(url: str) -> None:
    row = {"subject": "box-1", "condition": "disk", "severity": 2, "text": "full"}
    with at_revision(url, "0004") as engine:
        known = MetaData()
        known.reflect(engine)
        with writing(engine) as connection:
            rows = [{**row, "raised": at, "cleared": None} for at in (5, 6, 7)]
            connection.execute(insert(known.tables["fleet_alarm"]), rows)
        migrate(engine)
        with engine.connect() as connection:
            cleared = connection.scalars(select(fleet_alarm.c.cleared).order_by(fleet_alarm.c.raised)).all()
        assert cleared == [None, 6, 7]
