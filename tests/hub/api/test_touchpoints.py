"""`/api/v1/touchpoints`."""

from typing import Any

from tests.harness.chain import EVIL_NAME


def test_touchpoints_say_where_they_are_and_what_counts_there(as_role: Any) -> None:
    told = {each["id"]: each for each in as_role("manager").get("/api/v1/touchpoints").json()}
    assert told["till-2"]["name"] == EVIL_NAME
    assert told["till-1"] == {
        "id": "till-1",
        "name": "Till 1",
        "store": {"id": "market", "name": "Market"},
        "region": {"id": "north", "name": "North"},
        "org": "acme",
        "tz": "Europe/Rome",
        "scale": "smiley-4",
        "contact_source": "presence",
        "devices": ["box-till-1"],
    }
    assert told["desk"]["contact_source"] is None


def test_a_place_narrows_them(as_role: Any) -> None:
    answer = as_role("admin").get("/api/v1/touchpoints", params={"place": "bazaar"})
    assert [each["id"] for each in answer.json()] == ["stall"]


def test_others_places_do_not_exist(as_role: Any) -> None:
    manager = as_role("manager", "bazaar")
    assert [each["id"] for each in manager.get("/api/v1/touchpoints").json()] == ["stall"]
    assert manager.get("/api/v1/touchpoints", params={"place": "market"}).status_code == 404
    assert as_role("device", "box-stall").get("/api/v1/touchpoints").status_code == 403
