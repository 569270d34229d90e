"""Databases with the small hierarchy of tests/harness/ingesting.py in them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, update
from tests.harness.databases import PostgreSQL
from tests.harness.ingesting import seeded
from tests.harness.passwords import hash_quickly

from tillsight_hub import tables
from tillsight_hub.database import open_database
from tillsight_hub.hierarchy import VERSION_KEY, Hierarchy, read_hierarchy
from tillsight_hub.imports.origin import DEVICE_STATE

HEARD = ("session", "stream", "version", "health", "first_seen", "last_seen")


@pytest.fixture(scope="module", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Who logs in need not wait, but where passwords are the subject."""
    with pytest.MonkeyPatch.context() as patch:
        hash_quickly(patch)
        yield


@pytest.fixture(scope="session")
def seeded_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that tests copy, because migrating takes longer than most of them."""
    path = tmp_path_factory.mktemp("seeded") / "hub.db"
    seeded(f"sqlite:///{path}").dispose()
    return path


@pytest.fixture
def sqlite_url(seeded_file: Path, tmp_path: Path) -> str:
    shutil.copy(seeded_file, tmp_path / "hub.db")
    return f"sqlite:///{tmp_path / 'hub.db'}"


@pytest.fixture
def engine(sqlite_url: str) -> Iterator[Engine]:
    """On SQLite."""
    opened = open_database(sqlite_url)
    yield opened
    opened.dispose()


@pytest.fixture(scope="session")
def seeded_postgresql(postgresql_server: PostgreSQL) -> Iterator[Engine]:
    with postgresql_server.fresh_database() as url:
        opened = seeded(url)
        yield opened
        opened.dispose()


@pytest.fixture
def postgresql_engine(seeded_postgresql: Engine) -> Engine:
    """On PostgreSQL; emptied before each test but for the hierarchy."""
    places = {"org", "region", "store", "touchpoint", "device", "setting"}
    with seeded_postgresql.begin() as connection:
        for table in tables.metadata.sorted_tables:
            if table.name not in places:
                connection.execute(delete(table))
        connection.execute(delete(tables.setting).where(tables.setting.c.key != VERSION_KEY))
        connection.execute(delete(tables.device).where(tables.device.c.state == DEVICE_STATE))
        connection.execute(update(tables.device).values(dict.fromkeys(HEARD) | {"state": "unknown"}))
    return seeded_postgresql


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def either_engine(request: pytest.FixtureRequest) -> Engine:
    """The test runs once on each database."""
    name = "engine" if request.param == "sqlite" else "postgresql_engine"
    found: Engine = request.getfixturevalue(name)
    return found


@pytest.fixture
def hierarchy(engine: Engine) -> Hierarchy:
    with engine.connect() as connection:
        return read_hierarchy(connection)
