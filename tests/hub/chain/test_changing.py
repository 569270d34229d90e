"""Changing places one at a time: what is said before, what is done, and what must stay."""

from typing import Any

import pytest
from sqlalchemy import Engine, select
from tests.harness.ingesting import NOON, SEED, Box, rollups_of, take

from tillsight_hub.chain.changing import NoSuchPlace, PlaceStays, change, foresee, remove
from tillsight_hub.chain.places import Kind, as_values, place_seed, told_by, tree
from tillsight_hub.hierarchy import Hierarchy, read_hierarchy
from tillsight_hub.rollups import rebuild
from tillsight_hub.tables import audit
from tillsight_models.errors import BadConfig

ROME: dict[str, Any] = SEED["store"][0]
TILL: dict[str, Any] = SEED["touchpoint"][0]


def put(engine: Engine, kind: Kind, **values: Any) -> None:
    change(engine, place_seed(kind, values), "ada", f"{kind} {values['id']}")


def hierarchy_of(engine: Engine) -> Hierarchy:
    with engine.connect() as connection:
        return read_hierarchy(connection)


def some_presses(engine: Engine, presses: int = 12) -> None:
    box = Box()
    take(engine, (box, [box.press(t=NOON + 60_000 * n) for n in range(presses)]))


def test_a_new_place_is_added_under_its_parent_and_audited(either_engine: Engine) -> None:
    put(either_engine, "region", id="south", name="South", org="acme")
    assert hierarchy_of(either_engine).regions["south"].org_id == "acme"
    with either_engine.connect() as connection:
        row = connection.execute(select(audit).order_by(audit.c.id.desc()).limit(1)).one()
    assert (row.actor, row.action, row.detail) == ("ada", "place.add", "region south")
    remove(either_engine, "region", "south", "ada")
    assert "south" not in hierarchy_of(either_engine).regions


def test_a_new_zone_says_how_many_events_are_counted_anew_and_then_counts_them(either_engine: Engine) -> None:
    engine = either_engine
    some_presses(engine)
    seed = place_seed("store", {**ROME, "tz": "Pacific/Auckland"})
    before = rollups_of(engine)
    outlook = foresee(engine, seed)
    assert (outlook.is_new, outlook.recounted, outlook.events) == (False, ("till-1",), 12)
    assert rollups_of(engine) == before, "foreseeing changes nothing"
    assert hierarchy_of(engine).stores["rome"].calendar.tz == "Europe/Rome"
    change(engine, seed, "ada", "store rome")
    counted = rollups_of(engine)
    assert counted != before
    rebuild(engine)
    assert rollups_of(engine) == counted
    change(engine, place_seed("store", ROME), "ada", "as it was")


def test_a_new_name_needs_no_words(engine: Engine) -> None:
    some_presses(engine)
    assert foresee(engine, place_seed("store", {**ROME, "name": "Roma"})).is_plain


def test_another_scale_and_another_counter_are_said(engine: Engine) -> None:
    some_presses(engine)
    outlook = foresee(
        engine, place_seed("touchpoint", {**TILL, "scale": "smiley-5", "contact_source": "pos"})
    )
    assert (outlook.rescaled, outlook.resourced) == (("till-1",), ("till-1",))


def test_a_till_that_moves_takes_its_past_and_its_box_has_to_be_told(engine: Engine) -> None:
    some_presses(engine)
    outlook = foresee(engine, place_seed("touchpoint", {**TILL, "store": "pune"}))
    assert outlook.regrouped == ("till-1",)
    assert [(box.id, box.store_id) for box in outlook.readdressed] == [("box-1", "pune")]


def test_a_region_that_moves_takes_its_stores_along(either_engine: Engine) -> None:
    put(either_engine, "org", id="beta", name="Beta")
    put(either_engine, "region", id="north", name="North", org="beta")
    assert {store.org_id for store in hierarchy_of(either_engine).stores.values()} == {"beta"}
    put(either_engine, "region", id="north", name="North", org="acme")
    remove(either_engine, "org", "beta", "ada")


def test_what_has_events_or_holds_places_stays(engine: Engine) -> None:
    some_presses(engine)
    with pytest.raises(PlaceStays, match="held by 1 devices, 1 days, 12 events"):
        remove(engine, "touchpoint", "till-1", "ada")
    with pytest.raises(PlaceStays, match="touchpoints"):
        remove(engine, "store", "rome", "ada")
    with pytest.raises(PlaceStays, match="12 events, 1 streams"):
        remove(engine, "device", "box-1", "ada")
    with pytest.raises(NoSuchPlace):
        remove(engine, "store", "oslo", "ada")
    remove(engine, "device", "box-2", "ada")
    remove(engine, "touchpoint", "till-2", "ada")
    assert "till-2" not in hierarchy_of(engine).touchpoints


def test_the_life_of_a_touchpoint_is_kept_by_a_seed_that_does_not_name_it(engine: Engine) -> None:
    life = {"owner": "Mona", "opened": "2026-01-01", "closed": None, "review_due": "2026-07-01"}
    put(engine, "touchpoint", **TILL, **life)
    put(engine, "touchpoint", **TILL)
    with engine.connect() as connection:
        values = as_values(connection, "touchpoint", "till-1")
    assert values is not None
    assert {name: values[name] for name in life} == life


@pytest.mark.parametrize(
    ("kind", "values", "problem"),
    [
        ("store", {**ROME, "id": "Rome 1"}, "id: 'Rome 1'"),
        ("store", {**ROME, "name": ""}, "name"),
        ("store", {**ROME, "tz": "Europe/Atlantis"}, "expected an IANA time zone"),
        ("store", {**ROME, "opening_hours": {"mon": ["9-21"]}}, "expected HH:MM-HH:MM"),
        ("store", {**ROME, "region": "east"}, "region 'east' is not in the hub"),
        ("region", {"id": "rome", "name": "Rome", "org": "acme"}, "the hub has a store of that id"),
        ("touchpoint", {**TILL, "scale": "smiley-7"}, "smiley-7"),
        ("touchpoint", {**TILL, "opened": "2026-02-01", "closed": "2026-01-01"}, "is before opened"),
        ("touchpoint", {**TILL, "closed": "soon"}, "closed: 'soon'"),
        ("device", {"id": "box-9", "touchpoint": "till-9"}, "touchpoint 'till-9' is not in the hub"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    engine: Engine, kind: Kind, values: dict[str, Any], problem: str
) -> None:
    with pytest.raises(BadConfig, match=problem):
        foresee(engine, place_seed(kind, values))


def test_the_tree_shows_a_scope_and_the_way_to_it(engine: Engine) -> None:
    (acme,) = tree(hierarchy_of(engine), "rome")
    assert [store.id for store in acme.branches[0].branches] == ["rome"]
    assert [till.id for till in acme.branches[0].branches[0].branches] == ["desk", "till-1", "till-2"]
    assert len(tree(hierarchy_of(engine))[0].branches[0].branches) == 2


def test_a_seed_file_tells_which_fields_it_holds(engine: Engine, tmp_path: Any) -> None:
    path = tmp_path / "seed.toml"
    path.write_text('[[org]]\nid = "acme"\nname = "Acme"\n')
    assert told_by(path)["org", "acme"] == {"id", "name"}
    path.write_text("[[org]]\nname = 1\n")
    assert not told_by(path)
    assert not told_by(None)
