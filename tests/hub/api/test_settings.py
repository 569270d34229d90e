"""`/api/v1/settings/{place}`: as the page, with a version check instead of a form's base."""

from typing import Any

import pytest
from sqlalchemy import select
from tests.harness.chain import Chain

from tillsight_hub import tables

URL = "/api/v1/settings/market"
ZONE = [[0.3, 0.4], [0.7, 0.4], [0.7, 0.9]]


def test_what_is_put_is_told_with_its_version_and_who_decides(as_role: Any, chain: Chain) -> None:
    ops = as_role("ops")
    nothing = ops.get(URL)
    assert (nothing.json()["version"], nothing.headers["etag"]) == (0, '"0"')
    put = ops.put(URL, json={"settings": {"panel.cooldown_s": 6}}, headers={"If-Match": '"0"'})
    assert put.status_code == 200, put.text
    version = put.json()["version"]
    assert put.headers["etag"] == f'"{version}"'
    box = ops.get("/api/v1/settings/device:box-till-1").json()
    assert box["decided"] == {"panel.cooldown_s": {"value": 6, "place": "market"}}
    assert (box["version"], box["settings"], box["actor"]) == (0, {}, None)
    with chain.engine.connect() as connection:
        audit = tables.audit.c
        (row,) = connection.execute(
            select(audit.actor, audit.detail).where(audit.action == "device.settings")
        )
    assert row.actor.startswith("token ops")
    assert "panel.cooldown_s" in row.detail


def test_nobody_overwrites_what_they_have_not_read(as_role: Any) -> None:
    ops, body = as_role("ops"), {"settings": {"panel.cooldown_s": 6}}
    assert ops.put(URL, json=body).status_code == 428
    assert ops.put(URL, json=body, headers={"If-Match": '"0"'}).status_code == 200
    second = ops.put(URL, json={"settings": {}}, headers={"If-Match": '"0"'})
    assert second.status_code == 412
    assert second.json()["detail"] == "token ops of None changed it since"
    assert ops.put(URL, json=body, headers={"If-Match": "*"}).status_code == 412
    assert ops.get(URL).json()["settings"] == {"panel.cooldown_s": 6}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"settings": {"panel.cooldown_s": 900}}, "panel.cooldown_s: should be 0 to 600"),
        ({"settings": {"hub.host": "evil"}}, "hub.host: is no setting that a hub may set"),
        ({"settings": {"cameras.till.zone": ZONE}}, "cameras.till.zone: is a setting of one device"),
        ({"settings": {"cameras.*.off": "yes"}}, "cameras.*.off: should be true or false"),
        ({}, "expected one of settings and version"),
        ({"settings": {}, "version": 1}, "expected one of settings and version"),
    ],
)
def test_what_no_device_could_follow_is_refused(as_role: Any, body: Any, problem: str) -> None:
    answer = as_role("ops").put(URL, json=body, headers={"If-Match": '"0"'})
    assert (answer.status_code, answer.json()["detail"]) == (422, problem)


def test_history_tells_each_change_and_goes_back(as_role: Any) -> None:
    ops, device = as_role("ops"), "/api/v1/settings/device:box-till-1"
    first = ops.put(device, json={"settings": {"cameras.till.zone": ZONE}}, headers={"If-Match": '"0"'})
    number = first.json()["version"]
    settings = {"cameras.till.zone": None, "panel.undo_s": 2}
    second = ops.put(device, json={"settings": settings}, headers={"If-Match": f'"{number}"'})
    newest, oldest = ops.get(f"{device}/history").json()
    assert newest["changes"] == [
        {"name": "cameras.till.zone", "before": ZONE, "after": None},
        {"name": "panel.undo_s", "after": 2},
    ]
    assert oldest["changes"] == [{"name": "cameras.till.zone", "after": ZONE}]
    again = {"If-Match": second.headers["etag"]}
    assert ops.put(device, json={"version": 9999}, headers=again).status_code == 404
    back = ops.put(device, json={"version": number}, headers=again)
    assert back.json()["settings"] == {"cameras.till.zone": ZONE}
    assert len(ops.get(f"{device}/history?most=2").json()) == 2


def test_managers_read_their_own_places_and_set_nothing(as_role: Any) -> None:
    manager = as_role("manager", "market")
    assert manager.get(URL).status_code == 200
    assert manager.get("/api/v1/settings/device:box-till-1/history").status_code == 200
    for other in ("north", "device:nobody", "nowhere"):
        assert manager.get(f"/api/v1/settings/{other}").status_code == 404
    assert manager.put(URL, json={"settings": {}}, headers={"If-Match": '"0"'}).status_code == 403
    assert as_role("analyst").get(URL).status_code == 403
    ops = as_role("ops", "market")
    body = {"settings": {"panel.undo_s": 1}}
    assert ops.put("/api/v1/settings/north", json=body, headers={"If-Match": '"0"'}).status_code == 404
