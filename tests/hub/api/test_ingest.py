"""Events over HTTPS: the same writer, the same rows, 200 only after the commit."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from tillsight_hub import tables
from tillsight_hub.access import add_user, create_token
from tillsight_hub.app import create_app
from tillsight_hub.config import HubConfig
from tillsight_hub.services import Services
from tillsight_models.events import MAX_MESSAGE_BYTES

SEED = """
org = [{ id = "acme", name = "Acme" }]
region = [{ id = "south", name = "South", org = "acme" }]
store = [{ id = "rome", name = "Rome", region = "south", tz = "Europe/Rome" }]
touchpoint = [{ id = "till-1", name = "Till 1", store = "rome" }]
device = [{ id = "box-1", touchpoint = "till-1" }, { id = "box-2", touchpoint = "till-1" }]
"""
STREAM = "0123456789abcdef"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[TestClient]:
    """A running hub with one till."""
    (tmp_path / "seed.toml").write_text(SEED)
    settings = {"data_dir": tmp_path, "seed": tmp_path / "seed.toml", "mqtt": {"port": 0}}
    with TestClient(create_app(HubConfig.model_validate(settings))) as client:
        yield client


@pytest.fixture
def services(hub: TestClient) -> Services:
    app: Any = hub.app
    found: Services = app.state.services
    return found


@pytest.fixture
def box(services: Services) -> dict[str, str]:
    """The headers of device box-1."""
    return {"Authorization": f"Bearer {create_token(services.engine, 'box', 'device', 'box-1')}"}


def _press(seq: int, device: str = "box-1", **changes: Any) -> dict[str, Any]:
    return {
        "v": 1,
        "id": f"{STREAM}-{seq}",
        "dev": device,
        "tp": "till-1",
        "stream": STREAM,
        "seq": seq,
        "type": "button.press",
        "t": 1_780_308_000_000 + seq,
        "tq": "ntp",
        "boot": "boot-1",
        "mono": 1000 + seq,
        "data": {"button": 1, "rating": 1, "scale": "smiley-4"},
        **changes,
    }


def _stored(services: Services) -> int:
    with services.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(tables.event)) or 0


def test_an_event_is_committed_when_the_answer_comes(
    hub: TestClient, services: Services, box: dict[str, str]
) -> None:
    answer = hub.post("/api/v1/ingest", json=_press(1), headers=box)
    assert answer.status_code == 200
    assert _stored(services) == 1
    body = answer.json()
    assert (body["stored"], body["duplicates"], body["quarantined"]) == (1, 0, 0)
    ack = body["acks"][0]
    assert (ack["stream"], ack["upto"], ack["window"]) == (STREAM, 1, 200)


def test_a_backlog_comes_as_an_array_and_a_resend_stores_nothing_twice(
    hub: TestClient, services: Services, box: dict[str, str]
) -> None:
    backlog = [_press(seq) for seq in range(1, 51)]
    assert hub.post("/api/v1/ingest", json=backlog, headers=box).json()["stored"] == 50
    again = hub.post("/api/v1/ingest", json=backlog, headers=box).json()
    assert (again["stored"], again["duplicates"]) == (0, 50)
    assert again["acks"][0]["upto"] == 50
    assert _stored(services) == 50


def test_what_is_no_event_is_quarantined_and_answered(
    hub: TestClient, services: Services, box: dict[str, str]
) -> None:
    answer = hub.post("/api/v1/ingest", content=b"{not json", headers=box)
    assert (answer.status_code, answer.json()["quarantined"]) == (200, 1)
    assert services.writer.counts.quarantined == {"bad-json": 1}


def test_a_device_cannot_speak_for_another_one(
    hub: TestClient, services: Services, box: dict[str, str]
) -> None:
    answer = hub.post("/api/v1/ingest", json=_press(1, device="box-2"), headers=box).json()
    assert (answer["stored"], answer["quarantined"], answer["acks"]) == (0, 1, [])
    assert _stored(services) == 0


def test_a_message_that_is_too_big_is_refused(
    hub: TestClient, services: Services, box: dict[str, str]
) -> None:
    text = json.dumps([_press(seq) for seq in range(1, 400)])
    assert len(text) > MAX_MESSAGE_BYTES
    assert hub.post("/api/v1/ingest", content=text, headers=box).status_code == 413
    assert _stored(services) == 0


def test_only_a_device_may_hand_in_events(hub: TestClient, services: Services) -> None:
    assert hub.post("/api/v1/ingest", json=_press(1)).status_code == 401
    add_user(services.engine, "boss", "correct horse battery", "admin")
    admin = {"Authorization": f"Bearer {create_token(services.engine, 'admin', 'admin', None)}"}
    assert hub.post("/api/v1/ingest", json=_press(1), headers=admin).status_code == 403
    assert _stored(services) == 0


def test_nothing_is_promised_while_the_hub_stops(
    hub: TestClient, services: Services, box: dict[str, str]
) -> None:
    services.writer.stop()
    answer = hub.post("/api/v1/ingest", json=_press(1), headers=box)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
