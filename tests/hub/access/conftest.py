"""A fresh hub database for tests of access control."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert
from tests.harness.schemas import with_tables

from tillsight_hub import tables
from tillsight_hub.database import writing


@pytest.fixture(scope="module", autouse=True)
def quick_passwords() -> None:
    """Here they cost what they cost in a store."""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An empty SQLite database with one org, region, store, touchpoint and device."""
    engine = with_tables(f"sqlite:///{tmp_path / 'hub.db'}")
    with writing(engine) as connection:
        connection.execute(insert(tables.org).values(id="acme", name="Acme"))
        connection.execute(insert(tables.region).values(id="north", org_id="acme", name="North"))
        connection.execute(
            insert(tables.store).values(
                id="harbour",
                org_id="acme",
                region_id="north",
                name="Harbour",
                tz="Europe/Berlin",
                opening_hours="{}",
            )
        )
        connection.execute(
            insert(tables.touchpoint).values(id="till-1", store_id="harbour", name="Till 1", scale="smiley-4")
        )
        connection.execute(insert(tables.device).values(id="box-1", touchpoint_id="till-1", name="Box 1"))
    yield engine
    engine.dispose()
