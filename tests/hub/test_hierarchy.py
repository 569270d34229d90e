"""The hierarchy as the tables say it."""

from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.harness.schemas import with_tables

from tillsight_hub.hierarchy import Hierarchy, hierarchy_version, read_hierarchy
from tillsight_hub.seed import Seed, apply_seed

CHAIN = {
    "org": [{"id": "acme", "name": "Acme"}, {"id": "other", "name": "Other"}],
    "region": [
        {"id": "south", "name": "South", "org": "acme"},
        {"id": "north", "name": "North", "org": "acme"},
        {"id": "east", "name": "East", "org": "other"},
    ],
    "store": [
        {
            "id": "rome",
            "name": "Rome",
            "region": "south",
            "tz": "Europe/Rome",
            "opening_hours": {"mon": ["09:00-21:00"]},
        },
        {"id": "milan", "name": "Milan", "region": "north", "tz": "Europe/Rome"},
        {"id": "leeds", "name": "Leeds", "region": "east", "tz": "Europe/London"},
    ],
    "touchpoint": [
        {"id": "rome-2", "name": "Till 2", "store": "rome", "scale": "nps", "contact_source": "camera"},
        {"id": "rome-1", "name": "Till 1", "store": "rome"},
        {"id": "rome-bar", "name": "Bar", "store": "rome", "opening_hours": {"fri": ["18:00-02:00"]}},
        {"id": "milan-1", "name": "Till 1", "store": "milan"},
        {"id": "leeds-1", "name": "Till 1", "store": "leeds"},
    ],
    "device": [{"id": "box-1", "touchpoint": "rome-1"}],
}
MONDAY_NOON = 1_780_308_000_000  # 2026-06-01 12:00 in Rome
FRIDAY_NIGHT = 1_780_702_200_000  # 2026-06-06 01:30 in Rome


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return with_tables(f"sqlite:///{tmp_path}/hub.db")


@pytest.fixture
def hierarchy(engine: Engine) -> Hierarchy:
    apply_seed(engine, Seed.model_validate(CHAIN))
    with engine.connect() as connection:
        return read_hierarchy(connection)


def test_an_empty_hub_has_an_empty_hierarchy(engine: Engine) -> None:
    with engine.connect() as connection:
        assert read_hierarchy(connection) == Hierarchy(version=0)
        assert hierarchy_version(connection, hold=True) == 0


def test_a_touchpoint_knows_all_above_it(hierarchy: Hierarchy) -> None:
    till = hierarchy.touchpoints["rome-2"]
    assert (till.store_name, till.region_name, till.org_id) == ("Rome", "South", "acme")
    assert (till.scale.id, till.contact_source) == ("nps", "camera")
    assert hierarchy.touchpoints["rome-1"].contact_source is None


def test_a_device_knows_its_place(hierarchy: Hierarchy) -> None:
    device = hierarchy.devices["box-1"]
    assert (device.name, device.touchpoint_id, device.store_id, device.org_id) == (
        "box-1",
        "rome-1",
        "rome",
        "acme",
    )


def test_touchpoints_come_in_reading_order(hierarchy: Hierarchy) -> None:
    assert list(hierarchy.touchpoints) == ["leeds-1", "milan-1", "rome-bar", "rome-1", "rome-2"]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (None, ["leeds-1", "milan-1", "rome-bar", "rome-1", "rome-2"]),
        ("acme", ["milan-1", "rome-bar", "rome-1", "rome-2"]),
        ("south", ["rome-bar", "rome-1", "rome-2"]),
        ("rome", ["rome-bar", "rome-1", "rome-2"]),
        ("rome-1", ["rome-1"]),
        ("box-1", []),
        ("", []),
        ("nowhere", []),
    ],
)
def test_a_scope_shows_its_own_part_only(
    hierarchy: Hierarchy, scope: str | None, expected: list[str]
) -> None:
    assert [touchpoint.id for touchpoint in hierarchy.within(scope)] == expected
    assert [id for id in hierarchy.touchpoints if hierarchy.contains(scope, id)] == expected


def test_a_touchpoint_that_does_not_exist_is_in_no_scope(hierarchy: Hierarchy) -> None:
    assert not hierarchy.contains(None, "rome-9")


def test_a_touchpoint_has_the_hours_of_its_store_unless_it_has_its_own(hierarchy: Hierarchy) -> None:
    till, bar = hierarchy.touchpoints["rome-1"].calendar, hierarchy.touchpoints["rome-bar"].calendar
    assert (till.is_open(MONDAY_NOON), till.is_open(FRIDAY_NIGHT)) == (True, False)
    assert (bar.is_open(MONDAY_NOON), bar.is_open(FRIDAY_NIGHT)) == (False, True)
    assert bar.business_day(FRIDAY_NIGHT) == "2026-06-05"
    assert hierarchy.touchpoints["milan-1"].calendar.is_open(FRIDAY_NIGHT)


def test_places_with_equal_hours_share_one_calendar(hierarchy: Hierarchy) -> None:
    assert hierarchy.touchpoints["rome-1"].calendar is hierarchy.touchpoints["rome-2"].calendar
    assert hierarchy.touchpoints["rome-1"].calendar is not hierarchy.touchpoints["rome-bar"].calendar
