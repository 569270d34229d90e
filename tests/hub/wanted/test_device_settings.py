"""Settings of devices: the nearest place decides, every version is kept, and what cannot be is not."""

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import Engine

from tillsight_hub.database import writing
from tillsight_hub.hierarchy import read_hierarchy
from tillsight_hub.wanted.device_settings import (
    CAMERAS_SECTION,
    DEVICE_SECTION,
    changes,
    go_back,
    read_history,
    read_settings,
    set_settings,
)
from tillsight_hub.wanted.errors import BadSettings, StaleSettings
from tillsight_hub.wanted.named_settings import typed, understood
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
        return DEVICE_SECTION.build(connection, hierarchy, list(hierarchy.devices.values()))


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
    with writing(engine) as connection, pytest.raises(StaleSettings) as refused:
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


CROSSED = [[0, 0], [1, 1], [1, 0], [0, 0.5]]
ZONE = [[0.3, 0.4], [0.7, 0.4], [0.7, 0.9]]


def put_cameras(engine: Engine, place: str, **settings: Any) -> None:
    """`till__zone` is `cameras.till.zone`, `every__off` is `cameras.*.off`."""
    named = {
        f"cameras.{name.replace('every', '*').replace('__', '.')}": each for name, each in settings.items()
    }
    with writing(engine) as connection:
        held = read_settings(connection).get(place)
        set_settings(connection, place, named, held.number if held else 0, "ada")


def cameras_of(engine: Engine, device: str) -> Any:
    with engine.connect() as connection:
        hierarchy = read_hierarchy(connection)
        return CAMERAS_SECTION.build(connection, hierarchy, list(hierarchy.devices.values()))[device].value


def test_a_chain_decides_for_every_camera_and_a_device_for_each_of_its_own(engine: Engine) -> None:
    put_cameras(engine, "acme", every__frame_rate_hz=4.0, every__off=False)
    put_cameras(engine, "device:box-1", every__off=True, till__zone=ZONE, till__staff_zones=[])
    assert cameras_of(engine, "box-1") == {
        "*": {"frame_rate_hz": 4.0, "off": True},
        "till": {"zone": ZONE, "staff_zones": []},
    }
    assert cameras_of(engine, "box-2") == {"*": {"frame_rate_hz": 4.0, "off": False}}
    assert built(engine)["box-1"].value is None


@pytest.mark.parametrize(
    ("place", "settings", "field", "words"),
    [
        ("rome", {"cameras.till.off": True}, "cameras.till.off", "one device"),
        ("rome", {"cameras.*.zone": ZONE}, "cameras.*.zone", "no setting"),
        ("rome", {"cameras.*.frame_rate_hz": 60.0}, "cameras.*.frame_rate_hz", "should be 1 to 30"),
        ("device:box-1", {"cameras.till.source": "rtsp://x"}, "cameras.till.source", "no setting"),
        ("device:box-1", {"cameras.till.zone": [[0, 0], [0, 0]]}, "cameras.till.zone", "at least"),
        ("device:box-1", {"cameras.till.staff_zones": [CROSSED]}, "cameras.till.staff_zones", "crosses"),
    ],
)
def test_what_no_camera_could_follow_is_not_kept(
    engine: Engine, place: str, settings: dict[str, Any], field: str, words: str
) -> None:
    with writing(engine) as connection, pytest.raises(BadSettings) as refused:
        set_settings(connection, place, settings, 0, "ada")
    assert list(refused.value.problems) == [field]
    assert words in refused.value.problems[field]


def test_going_back_is_a_new_version_with_an_earlier_content(either_engine: Engine) -> None:
    put(either_engine, "rome", panel_cooldown_s=6)
    put(either_engine, "rome", panel_cooldown_s=7, panel_undo_s=2)
    with writing(either_engine) as connection:
        newest, first = read_history(connection, "rome")
        again = go_back(connection, "rome", first.number, newest.number, "otto")
        assert (again.settings, again.actor) == ({"panel.cooldown_s": 6}, "otto")
        assert len(read_history(connection, "rome")) == 3
        with pytest.raises(StaleSettings):
            go_back(connection, "rome", 0, newest.number, "otto")
        with pytest.raises(LookupError, match="rome had no such version"):
            go_back(connection, "rome", 99, again.number, "otto")
        assert go_back(connection, "rome", 0, again.number, "otto").settings == {}
        difference = changes(newest.settings, first.settings)
    assert [(each.name, each.before, each.after) for each in difference] == [
        ("panel.cooldown_s", 7, 6),
        ("panel.undo_s", 2, None),
    ]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("panel.cooldown_s", "7,5", 7.5),
        ("cameras.*.off", "true", True),
        ("cameras.till.zone", "0.3 0.4\n0,7; 0,4\n(0.7, 0.9)", ZONE),
        ("cameras.till.zone", "[[0.3, 0.4], [0.7, 0.4], [0.7, 0.9]]", ZONE),
        ("cameras.till.zone", "-", None),
        ("cameras.till.staff_zones", "-", []),
        (
            "cameras.till.staff_zones",
            "0 0\n1 0.5\n\n0.5 0.5\n1 1",
            [[[0, 0], [1, 0.5]], [[0.5, 0.5], [1, 1]]],
        ),
    ],
)
def test_what_is_typed_is_understood_and_shown_the_same(name: str, text: str, value: Any) -> None:
    assert understood(name, text) == value
    assert understood(name, typed(name, value)) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("panel.cooldown_s", "soon"),
        ("cameras.*.off", "yes"),
        ("cameras.till.zone", "0.3"),
        ("cameras.till.zone", "0.3 0.4 0.5"),
        ("cameras.till.zone", "0.3 x 0.5"),
        ("cameras.till.zone", "0 0\n1 1\n\n0 0\n1 1"),
        ("cameras.till.zone", "[[0, 0]"),
        ("cameras.till.source", "0"),
    ],
)
def test_what_could_be_nothing_is_refused(name: str, text: str) -> None:
    with pytest.raises(ValueError):
        understood(name, text)
