"""Settings of devices: the nearest place decides, every version is kept, and what cannot be is not."""

from collections.abc import Mapping

import pytest
from sqlalchemy import Engine

from tillsight_hub.database import writing
from tillsight_hub.hierarchy import read_hierarchy
from tillsight_hub.wanted.device_settings import DeviceSection, read_history, read_settings, set_settings
from tillsight_hub.wanted.errors import BadSettings
from tillsight_hub.wanted.sections import Built, stamp


def put(engine: Engine, place: str, **settings: float) -> None:
    """`panel_cooldown_s` is `panel.cooldown_s`."""
    with writing(engine) as connection:
        held = read_settings(connection).get(place)
        values = {name.replace("_", ".", 1): value for name, value in settings.items()}
        set_settings(connection, place, values, held.number if held else 0, "ada")


def built(engine: Engine) -> Mapping[str, Built]:
    with engine.connect() as connection:
        hierarchy = read_hierarchy(connection)
        return DeviceSection().build(connection, hierarchy, list(hierarchy.devices.values()))


def test_the_nearest_place_decides_key_by_key(either_engine: Engine) -> None:
    assert built(either_engine) == {}
    put(either_engine, "acme", panel_cooldown_s=5, panel_undo_s=2)
    put(either_engine, "rome", panel_cooldown_s=6, health_report_s=600)
    put(either_engine, "till-1", panel_cooldown_s=7)
    put(either_engine, "device:box-1", panel_cooldown_s=8)
    found = {id: each.value for id, each in built(either_engine).items()}
    assert found["box-1"] == {"panel.cooldown_s": 8, "panel.undo_s": 2, "health.report_s": 600}
    assert found["box-2"] == {"panel.cooldown_s": 6, "panel.undo_s": 2, "health.report_s": 600}
    assert found["box-3"] == {"panel.cooldown_s": 5, "panel.undo_s": 2}


def test_every_version_is_kept_with_who_and_what(engine: Engine) -> None:
    put(engine, "rome", panel_cooldown_s=6)
    put(engine, "rome", panel_cooldown_s=6)
    put(engine, "rome")
    with engine.connect() as connection:
        history = read_history(connection, "rome")
    assert [(each.settings, each.actor) for each in history] == [
        ({}, "ada"),
        ({"panel.cooldown_s": 6}, "ada"),
    ]


def test_a_change_is_noticed_by_every_hub(engine: Engine) -> None:
    with engine.connect() as connection:
        before = stamp(connection)
    put(engine, "rome", panel_cooldown_s=6)
    with engine.connect() as connection:
        assert stamp(connection) != before


def test_who_was_second_is_told_and_changes_nothing(engine: Engine) -> None:
    put(engine, "rome", panel_cooldown_s=6)
    with writing(engine) as connection, pytest.raises(BadSettings) as refused:
        set_settings(connection, "rome", {"panel.cooldown_s": 7}, 0, "otto")
    assert refused.value.problems == {"base": "ada"}


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"panel.cooldown_s": 900.0}, "panel.cooldown_s"),
        ({"presence.min_dwell_s": 60.0, "presence.max_dwell_s": 30.0}, "presence.max_dwell_s"),
        ({"hub.port": 1.0}, "hub.port"),
    ],
)
def test_what_a_device_would_refuse_is_not_kept(
    engine: Engine, settings: dict[str, float], field: str
) -> None:
    with writing(engine) as connection, pytest.raises(BadSettings) as refused:
        set_settings(connection, "rome", settings, 0, "ada")
    assert set(refused.value.problems) == {field}
    assert built(engine) == {}


def test_places_that_do_not_go_together_are_not_sent(engine: Engine) -> None:
    put(engine, "acme", presence_max_dwell_s=60)
    put(engine, "till-1", presence_min_dwell_s=90)
    found = built(engine)
    assert found["box-1"].problems
    assert found["box-2"].value == {"presence.max_dwell_s": 60}
