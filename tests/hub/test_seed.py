"""The seed file and how it gets into the tables."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, update
from tests.harness.ingesting import NOON, Box, rollups_of, take
from tests.harness.schemas import with_tables

from tillsight_hub.database import writing
from tillsight_hub.hierarchy import hierarchy_version, read_hierarchy
from tillsight_hub.rollups import rebuild
from tillsight_hub.seed import Seed, apply_seed, read_seed
from tillsight_hub.tables import device, rollup_day
from tillsight_models.errors import BadConfig

EXAMPLE = Path(__file__).parents[2] / "hub" / "seed.example.toml"
SMALL: dict[str, Any] = {
    "org": [{"id": "acme", "name": "Acme"}],
    "region": [{"id": "south", "name": "South", "org": "acme"}],
    "store": [{"id": "rome", "name": "Rome", "region": "south", "tz": "Europe/Rome"}],
    "touchpoint": [
        {"id": "rome-1", "name": "Till 1", "store": "rome"},
        {"id": "rome-2", "name": "Till 2", "store": "rome"},
    ],
    "device": [{"id": "box-1", "touchpoint": "rome-1"}, {"id": "box-2", "touchpoint": "rome-2"}],
}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        opened = with_tables(f"sqlite:///{tmp_path}/hub.db")
    else:
        opened = with_tables(request.getfixturevalue("postgresql_url"))
    yield opened
    opened.dispose()


def _seed(**changes: Any) -> Seed:
    return Seed.model_validate({**deepcopy(SMALL), **changes})


def _version(engine: Engine) -> int:
    with engine.connect() as connection:
        return hierarchy_version(connection)


def _problems(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "seed.toml"
    path.write_text(text)
    with pytest.raises(BadConfig) as raised:
        read_seed(path)
    return raised.value.problems


def test_the_example_is_a_hierarchy(engine: Engine) -> None:
    result = apply_seed(engine, read_seed(EXAMPLE))
    assert (result.added, result.version) == (5, 1)


def test_applying_a_seed_twice_changes_nothing(engine: Engine) -> None:
    first = apply_seed(engine, _seed())
    second = apply_seed(engine, _seed())
    assert (first.added, first.changed, first.version) == (7, 0, 1)
    assert (second.added, second.changed, second.version) == (0, 0, 1)
    assert _version(engine) == 1


def test_a_change_is_written_and_counted(engine: Engine) -> None:
    apply_seed(engine, _seed())
    renamed = _seed(org=[{"id": "acme", "name": "Acme Markets"}])
    result = apply_seed(engine, renamed)
    assert (result.added, result.changed, result.recomputed) == (0, 1, ())
    assert _version(engine) == 2
    with engine.connect() as connection:
        assert read_hierarchy(connection).orgs["acme"].name == "Acme Markets"


def test_what_a_device_reported_survives_a_seed(engine: Engine) -> None:
    apply_seed(engine, _seed())
    with writing(engine) as connection:
        connection.execute(update(device).where(device.c.id == "box-1").values(state="ready", session=7))
    apply_seed(engine, _seed(device=[{"id": "box-1", "touchpoint": "rome-2"}]))
    with engine.connect() as connection:
        row = connection.execute(device.select().where(device.c.id == "box-1")).mappings().one()
    assert (row["touchpoint_id"], row["state"], row["session"]) == ("rome-2", "ready", 7)


def test_new_hours_count_the_rollups_of_their_touchpoints_anew(engine: Engine) -> None:
    """A shop that turns out to be open past midnight: the press at 01:30 belongs to the evening before."""
    apply_seed(engine, _seed())
    box = Box(tp="rome-1")
    one_at_night = NOON - 12 * 3_600_000 + 90 * 60_000
    take(engine, (box, [box.press(t=one_at_night), box.press(t=NOON)]))
    assert _days(engine) == [("2026-10-06", 2)]
    nights = [{**SMALL["store"][0], "opening_hours": {"mon": ["09:00-03:00"], "tue": ["09:00-03:00"]}}]
    result = apply_seed(engine, _seed(store=nights))
    assert result.recomputed == ("rome-1", "rome-2")
    assert _days(engine) == [("2026-10-05", 1), ("2026-10-06", 1)]
    counted = rollups_of(engine)
    rebuild(engine)
    assert rollups_of(engine) == counted


def _days(engine: Engine) -> list[tuple[str, int]]:
    query = select(rollup_day.c.day, rollup_day.c.presses).order_by(rollup_day.c.day)
    with engine.connect() as connection:
        return [(row.day, row.presses) for row in connection.execute(query)]


def test_what_the_seed_no_longer_names_is_told_and_stays(engine: Engine) -> None:
    apply_seed(engine, _seed())
    fewer = _seed(touchpoint=SMALL["touchpoint"][:1], device=SMALL["device"][:1])
    result = apply_seed(engine, fewer)
    assert result.absent == ("touchpoint rome-2", "device box-2")
    with engine.connect() as connection:
        assert "rome-2" in read_hierarchy(connection).touchpoints


def test_an_id_must_not_become_another_kind_of_place(engine: Engine) -> None:
    apply_seed(engine, _seed())
    clash = _seed(region=[{"id": "rome", "name": "Rome", "org": "acme"}], store=[], touchpoint=[], device=[])
    with pytest.raises(BadConfig, match="region rome: the hub has a store of that id"):
        apply_seed(engine, clash)
    assert _version(engine) == 1


def test_every_problem_of_a_seed_file_is_one_line(tmp_path: Path) -> None:
    problems = _problems(
        tmp_path,
        """
        [[store]]
        id = "Rome 1"
        name = "Rome"
        region = "south"
        tz = "Europe/Atlantis"
        opening_hours = { mon = ["9-21", "10-12"], funday = [] }
        [[touchpoint]]
        id = "till-1"
        name = "Till"
        store = "rome-1"
        scale = "smiley-7"
        contact_source = "guess"
        colour = "red"
        """,
    )
    assert [problem.split(":")[0] for problem in problems] == [
        "store.0.id",
        "store.0.tz",
        "store.0.opening_hours",
        "touchpoint.0.scale",
        "touchpoint.0.contact_source",
        "touchpoint.0.colour",
    ]
    assert all("\n" not in problem for problem in problems)


def test_dangling_references_and_double_ids_are_told(tmp_path: Path) -> None:
    assert _problems(
        tmp_path,
        """
        org = [{ id = "acme", name = "Acme" }, { id = "acme", name = "Acme" }]
        region = [{ id = "south", name = "South", org = "acne" }]
        touchpoint = [{ id = "south", name = "Till", store = "rome" }]
        device = [
            { id = "box", touchpoint = "till" },
            { id = "box", touchpoint = "south" },
        ]
        """,
    ) == [
        "org acme: the id is used 2 times (org, org)",
        "region south: the id is used 2 times (region, touchpoint)",
        "device box: the id is used 2 times",
        "region south: org 'acne' is not in the file",
        "touchpoint south: store 'rome' is not in the file",
        "device box: touchpoint 'till' is not in the file",
    ]


def test_a_store_speaks_the_language_of_the_file(engine: Engine) -> None:
    rome = {**SMALL["store"][0], "language": "it"}
    apply_seed(engine, Seed.model_validate({**SMALL, "store": [rome]}))
    with engine.connect() as connection:
        assert read_hierarchy(connection).stores["rome"].language == "it"


def test_a_language_that_is_no_code_is_refused() -> None:
    rome = {**SMALL["store"][0], "language": "Italian"}
    with pytest.raises(ValueError, match="language"):
        Seed.model_validate({**SMALL, "store": [rome]})
