"""`/api/v1/chain`: what the page of places does, for programs."""

from typing import Any

from tests.harness.chain import Chain


def test_a_store_is_made_changed_and_taken_out(as_role: Any) -> None:
    admin = as_role("admin")
    fields = {
        "name": "Pier",
        "region": "north",
        "tz": "Europe/Rome",
        "opening_hours": {"mon": ["09:00-12:00"]},
    }
    made = admin.put("/api/v1/chain/store/pier", json=fields)
    assert (made.status_code, made.json()["is_new"], made.json()["done"]) == (200, True, True)
    admin.put("/api/v1/chain/store/pier", json={"name": "Old Pier"})
    north = next(r for org in admin.get("/api/v1/chain").json() for r in org["within"] if r["id"] == "north")
    assert {"kind": "store", "id": "pier", "name": "Old Pier", "within": []} in north["within"]
    assert admin.delete("/api/v1/chain/store/pier").json() == {"done": True}
    assert admin.delete("/api/v1/chain/store/pier").status_code == 404


def test_a_preview_says_what_a_change_means_and_changes_nothing(as_role: Any, chain: Chain) -> None:
    chain.press("till-1", "2026-03-02 10:00", 4, times=3)
    chain.settle()
    admin = as_role("admin")
    told = admin.put("/api/v1/chain/store/market?preview=true", json={"tz": "Pacific/Auckland"}).json()
    assert told["done"] is False
    assert "till-1" in told["recounted"]
    assert told["events"] == 3
    zones = {each["id"]: each["tz"] for each in admin.get("/api/v1/touchpoints").json()}
    assert zones["till-1"] == "Europe/Rome"


def test_what_cannot_be_is_refused_and_what_has_a_history_stays(as_role: Any) -> None:
    admin = as_role("admin")
    wrong = admin.put("/api/v1/chain/store/market", json={"tz": "Mars/Base"})
    assert wrong.status_code == 422
    assert "expected an IANA time zone" in wrong.json()["detail"]
    assert admin.put("/api/v1/chain/store/market", json={"colour": "red"}).status_code == 422
    assert admin.put("/api/v1/chain/planet/mars", json={}).status_code == 422
    kept = admin.delete("/api/v1/chain/touchpoint/till-1")
    assert kept.status_code == 409
    assert "held by" in kept.json()["detail"]


def test_ops_may_read_and_only_an_admin_of_everything_may_change(as_role: Any) -> None:
    assert as_role("ops").get("/api/v1/chain").status_code == 200
    assert as_role("manager").get("/api/v1/chain").status_code == 403
    for viewer in (as_role("ops"), as_role("admin", "market")):
        assert viewer.put("/api/v1/chain/store/market", json={"name": "X"}).status_code == 403
        assert viewer.delete("/api/v1/chain/store/market").status_code == 403
