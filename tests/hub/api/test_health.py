"""Health and operational counters."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert
from tests.harness.processes import wait_until

from tillsight_hub import tables
from tillsight_hub.access import create_token
from tillsight_hub.app import create_app
from tillsight_hub.config import HubConfig
from tillsight_hub.database import writing
from tillsight_hub.observability import COUNTERS
from tillsight_hub.services import Services


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    return {"data_dir": tmp_path, "mqtt": {"port": 0}}


@pytest.fixture
def hub(settings: dict[str, Any]) -> Iterator[TestClient]:
    with TestClient(create_app(HubConfig.model_validate(settings))) as client:
        yield client


@pytest.fixture
def services(hub: TestClient) -> Services:
    app: Any = hub.app
    found: Services = app.state.services
    return found


def _bearer(services: Services, role: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {create_token(services.engine, role, role, None)}"}


def _sample(text: str, name: str, **labels: str) -> float:
    found = [
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and sample.labels == labels
    ]
    assert len(found) == 1, (name, labels, found)
    return found[0]


def _healthz(hub: TestClient) -> tuple[int, dict[str, Any]]:
    answer = hub.get("/healthz")
    return answer.status_code, answer.json()


def test_a_running_hub_is_healthy_and_says_no_more(hub: TestClient) -> None:
    wait_until(lambda: hub.get("/healthz").status_code == 200, "the hub's connection to its broker")
    parts = {"writer": True, "database": True, "mqtt": True, "broker": True}
    assert _healthz(hub) == (200, {"status": "ok", "checks": parts})


def test_a_hub_whose_writer_has_ended_is_not_healthy(hub: TestClient, services: Services) -> None:
    services.writer.stop()
    status, health = _healthz(hub)
    assert (status, health["status"], health["checks"]["writer"]) == (503, "failing", False)


def test_a_hub_whose_broker_is_gone_is_not_healthy(hub: TestClient, services: Services) -> None:
    assert services.broker is not None
    services.broker.stop()
    wait_until(lambda: not hub.get("/healthz").json()["checks"]["mqtt"], "the lost connection")
    status, health = _healthz(hub)
    assert (status, health["checks"]["broker"]) == (503, False)


def test_a_hub_whose_database_is_gone_is_not_healthy(
    hub: TestClient, services: Services, tmp_path: Path
) -> None:
    services.engine.dispose()
    for path in tmp_path.glob("hub.db*"):
        path.unlink()
    (tmp_path / "hub.db").mkdir()
    status, health = _healthz(hub)
    assert (status, health["checks"]["database"]) == (503, False)


def test_counters_are_for_admin_and_ops(hub: TestClient, services: Services) -> None:
    assert hub.get("/metrics").status_code == 401
    assert hub.get("/metrics", headers=_bearer(services, "analyst")).status_code == 403
    for role in ("admin", "ops"):
        assert hub.get("/metrics", headers=_bearer(services, role)).status_code == 200


def test_counters_may_be_opened_to_everybody(settings: dict[str, Any]) -> None:
    settings["web"] = {"metrics_open": True}
    with TestClient(create_app(HubConfig.model_validate(settings))) as hub:
        assert hub.get("/metrics").status_code == 200


def test_every_counter_is_there(hub: TestClient, services: Services) -> None:
    text = hub.get("/metrics", headers=_bearer(services, "ops")).text
    families = {family.name for family in text_string_to_metric_families(text)}
    assert {name.removesuffix("_total") for name in COUNTERS} <= families
    assert "process_resident_memory_bytes" in families


def test_counters_say_what_happened(hub: TestClient, services: Services) -> None:
    with writing(services.engine) as connection:
        connection.execute(
            insert(tables.consistency_run).values(started=1, finished=2, events=3, mismatches=4, detail="[]")
        )
    device = {"Authorization": f"Bearer {_device_token(services)}"}
    hub.post("/api/v1/ingest", content=b"{", headers=device)
    text = hub.get("/metrics", headers=_bearer(services, "ops")).text
    assert _sample(text, "tillsight_rollup_mismatches_total") == 4
    assert _sample(text, "tillsight_ingest_events_quarantined_total", reason="bad-json") == 1
    assert _sample(text, "tillsight_ingest_messages_total") == 1
    assert _sample(text, "tillsight_devices", state="unknown") == 1
    assert _sample(text, "tillsight_ingest_transaction_seconds_total") > 0


def _device_token(services: Services) -> str:
    with writing(services.engine) as connection:
        connection.execute(insert(tables.org).values(id="acme", name="Acme"))
        connection.execute(insert(tables.region).values(id="south", org_id="acme", name="South"))
        connection.execute(
            insert(tables.store).values(
                id="rome", org_id="acme", region_id="south", name="Rome", tz="Europe/Rome", opening_hours="{}"
            )
        )
        connection.execute(
            insert(tables.touchpoint).values(id="till-1", store_id="rome", name="Till 1", scale="smiley-4")
        )
        connection.execute(insert(tables.device).values(id="box-1", touchpoint_id="till-1", name="Box"))
    return create_token(services.engine, "box", "device", "box-1")
