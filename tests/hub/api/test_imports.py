"""`/api/v1/import`: the report comes back, what is good is stored, and an admin can take it out again."""

from typing import Any

import pytest
from tests.harness.hubs import RunningHub
from tests.harness.ingesting import rollups_of

from tillsight_hub.api import imports

PATH = "/api/v1/import"
CSV = {"Content-Type": "text/csv"}
FILE = "place;when;stars\ntill-1;2026-07-01 10:00;4\ntill-1;2026-07-01 10:01;1\n"
QUERY = {"kind": "votes", "map": ["place=touchpoint", "when=time", "stars=rating"], "file": "old.csv"}


def post(hub: RunningHub, content: str = FILE, role: str = "admin", **query: Any) -> Any:
    headers = {**hub.bearer(role), **CSV}
    return hub.client.post(PATH, content=content.encode(), params={**QUERY, **query}, headers=headers)


def test_a_file_is_stored_listed_and_taken_out(hub: RunningHub) -> None:
    before = rollups_of(hub.services.engine)
    answer = post(hub)
    assert answer.status_code == 200, answer.text
    assert answer.json()["stored"] == 2
    assert answer.json()["report"]["totals"] == [
        {"touchpoint": "till-1", "month": "2026-07", "rows": 2, "units": 2, "events": 2}
    ]
    stream = answer.json()["report"]["stream"]
    again = post(hub).json()
    assert (again["stored"], again["detail"]) == (0, "nothing stored: imported before, by token admin")
    admin = hub.bearer("admin")
    [listed] = hub.client.get(PATH, headers=admin).json()
    assert (listed["stream"], listed["file"], listed["events"], listed["stored"]) == (stream, "old.csv", 2, 2)
    assert hub.client.delete(f"{PATH}/{stream}", headers=admin).json() == {"events": 2}
    assert hub.client.get(PATH, headers=admin).json() == []
    assert hub.client.delete(f"{PATH}/{stream}", headers=admin).status_code == 404
    after = rollups_of(hub.services.engine)
    assert [row for row in after["rollup_hour"] if row["events"]] == before["rollup_hour"]


def test_bad_rows_store_nothing_and_come_back_with_the_report(hub: RunningHub) -> None:
    answer = post(hub, FILE + "till-9;2026-07-01 10:02;4\n")
    assert answer.status_code == 422
    assert answer.json()["detail"] == "nothing stored: 1 rows with errors, max_errors is 0"
    [error] = answer.json()["report"]["errors"]
    assert (error["problem"], error["times"]) == ("touchpoint", 1)
    assert error["examples"] == ["line 4: touchpoint: 'till-9': no touchpoint has this id"]
    assert rollups_of(hub.services.engine)["rollup_hour"] == []


def test_a_dry_run_stores_nothing(hub: RunningHub) -> None:
    answer = post(hub, dry_run="true")
    assert (answer.status_code, answer.json()["detail"]) == (200, "dry run, nothing stored")
    assert rollups_of(hub.services.engine)["rollup_hour"] == []


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ({"map": ["nope=time"]}, "--map nope=time: no such column in old.csv"),
        (
            {"kind": "smiles"},
            "kind: 'smiles': should be 'votes', 'contacts', 'sales', 'visitors' or 'audits'",
        ),
        ({"tz": "Rome"}, "--tz 'Rome': expected an IANA time zone such as Europe/Rome"),
        ({"colour": "red"}, "colour: is not a parameter here"),
    ],
)
def test_wrong_parameters_are_one_line(hub: RunningHub, query: dict[str, Any], detail: str) -> None:
    answer = post(hub, **query)
    assert (answer.status_code, answer.json()["detail"][: len(detail)]) == (422, detail)


@pytest.mark.parametrize("role", ["analyst", "ops", "manager"])
def test_imports_are_for_admins(hub: RunningHub, role: str) -> None:
    assert post(hub, role=role).status_code == 403


def test_a_file_that_is_too_large_is_not_even_read(hub: RunningHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "MAX_UPLOAD_BYTES", 10)
    assert post(hub).status_code == 413


def test_devices_of_imports_are_no_fleet(hub: RunningHub) -> None:
    post(hub)
    ops = hub.bearer("ops")
    assert "import-till-1" not in {
        each["id"] for each in hub.client.get("/api/v1/devices", headers=ops).json()
    }
    [till] = hub.client.get("/api/v1/touchpoints", params={"place": "till-1"}, headers=ops).json()
    assert till["devices"] == ["box-1"]
    assert 'state="import"' not in hub.client.get("/metrics", headers=ops).text
