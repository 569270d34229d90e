"""`/api/v1/events`: filters, pages, and who may read them."""

from typing import Any

import pytest
from sqlalchemy import select
from tests.harness.chain import Chain

from tillsight_hub import tables
from tillsight_hub.labels import Label
from tillsight_models.events import HealthReported

PATH = "/api/v1/events"


@pytest.fixture
def chain(chain: Chain) -> Chain:
    for minute in range(10):
        chain.press("till-1", f"2026-03-02T10:{minute:02}", 4)
        chain.press("stall", f"2026-03-02T14:{minute:02}", 1, labels=Label.REPEAT)
    chain.put("till-1", chain.at("till-1", "2026-03-02T12:00"), HealthReported(outbox_events=3))
    return chain


def page(client: Any, **params: Any) -> list[dict[str, Any]]:
    answer = client.get(PATH, params=params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["events"]
    return found


def test_events_come_newest_first_with_all_that_is_known(as_role: Any) -> None:
    newest, second = page(as_role("analyst"))[:2]
    assert newest == {
        "id": "streamtill100-11",
        "stream": "streamtill100",
        "seq": 11,
        "type": "device.health",
        "device": "box-till-1",
        "touchpoint": "till-1",
        "t": "2026-03-02T11:00:00.000Z",
        "t_local": "2026-03-02T12:00:00+01:00",
        "clock_quality": "ntp",
        "received": "2026-03-02T11:00:00.250Z",
        "rating": None,
        "labels": [],
        "data": {"outbox_events": 3},
        "extra": None,
    }
    assert second["received"] <= newest["received"]
    labelled = page(as_role("analyst"), place="stall")[0]
    assert (labelled["labels"], labelled["rating"]) == (["repeat"], 1)


def test_filters_narrow_the_events(as_role: Any) -> None:
    client = as_role("analyst")
    assert len(page(client)) == 21
    assert len(page(client, place="till-1")) == 11
    assert len(page(client, place="market")) == 11
    assert len(page(client, device="box-stall")) == 10
    assert [event["type"] for event in page(client, type="device.health")] == ["device.health"]
    since, until = "2026-03-02T10:03:00+01:00", "2026-03-02T09:05:00Z"
    found = page(client, place="till-1", **{"from": since, "to": until})
    assert [event["t_local"][11:16] for event in found] == ["10:04", "10:03"]


def test_pages_join_without_gap_or_double_while_events_arrive(chain: Chain, as_role: Any) -> None:
    client = as_role("analyst")
    before = {event["id"] for event in page(client)}
    seen: list[str] = []
    cursor = {}
    while True:
        answer = client.get(PATH, params={"limit": 4, **cursor}).json()
        seen += [event["id"] for event in answer["events"]]
        chain.press("till-1", "2026-03-02T10:05", 2, received=1_900_000_000_000 + len(seen))
        if answer["next"] is None:
            break
        cursor = {"cursor": answer["next"]}
    assert len(seen) == len(set(seen)) == 21
    assert set(seen) == before


def test_events_received_in_the_same_moment_are_paged_too(chain: Chain, as_role: Any) -> None:
    chain.press("desk", "2026-03-02T10:00", 5, times=9)
    client = as_role("analyst")
    first = client.get(PATH, params={"place": "desk", "limit": 4}).json()
    second = client.get(PATH, params={"place": "desk", "limit": 100, "cursor": first["next"]}).json()
    assert [event["seq"] for event in first["events"] + second["events"]] == [9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert second["next"] is None


def test_a_time_that_is_not_known_has_no_local_form(chain: Chain, as_role: Any) -> None:
    chain.press("desk", "1970-01-01T10:00", 5, tq="unsynced")
    (found,) = page(as_role("analyst"), place="desk")
    assert (found["clock_quality"], found["t_local"]) == ("unsynced", None)


@pytest.mark.parametrize(
    ("params", "detail"),
    [
        ({"limit": 1001}, "limit: '1001': should be less than or equal to 1000"),
        ({"limit": 0}, "limit: '0': should be greater than or equal to 1"),
        ({"type": "button.pressed"}, "type: 'button.pressed': expected one of button.press"),
        ({"from": "2026-03-02T10:00:00"}, "from: '2026-03-02T10:00:00': should have timezone info"),
        ({"cursor": "abc"}, "cursor 'abc': expected `next` of another page"),
        ({"cursor": "WzEsMl0"}, "cursor 'WzEsMl0': expected `next` of another page"),
        ({"offset": 5}, "offset: is not a parameter here"),
    ],
)
def test_a_wrong_filter_is_one_clear_line(as_role: Any, params: dict[str, Any], detail: str) -> None:
    answer = as_role("analyst").get(PATH, params=params)
    assert (answer.status_code, answer.json()["detail"][: len(detail)]) == (422, detail)


@pytest.mark.parametrize(
    ("role", "status"), [("analyst", 200), ("admin", 200), ("manager", 403), ("ops", 403)]
)
def test_events_are_for_analysts_and_admins(as_role: Any, role: str, status: int) -> None:
    assert as_role(role).get(PATH).status_code == status


def test_an_analyst_of_a_part_sees_that_part(as_role: Any) -> None:
    client = as_role("analyst", "market")
    assert {event["touchpoint"] for event in page(client)} == {"till-1"}
    assert page(client, device="box-stall") == []
    assert client.get(PATH, params={"place": "stall"}).status_code == 404


def test_who_reads_and_exports_single_events_is_in_the_audit_trail(chain: Chain, as_role: Any) -> None:
    client = as_role("analyst")
    assert client.get("/api/v1/events", params={"place": "till-1", "limit": 5}).status_code == 200
    days = {"from": "2026-03-02", "to": "2026-03-02"}
    assert client.get("/api/v1/export", params={**days, "kind": "events"}).status_code == 200
    assert client.get("/api/v1/export", params=days).status_code == 200
    assert as_role("manager").get("/api/v1/events").status_code == 403
    with chain.engine.connect() as connection:
        told = connection.execute(select(tables.audit.c.action, tables.audit.c.actor, tables.audit.c.detail))
        rows = [tuple(row) for row in told if row.action.startswith("events.")]
    assert [row[:2] for row in rows] == [
        ("events.read", "token analyst of None"),
        ("events.export", "token analyst of None"),
    ]
    assert '"till-1"' in rows[0][2]
