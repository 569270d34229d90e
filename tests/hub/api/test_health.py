"""Health and operational counters."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert
from tests.harness.hubs import EMBEDDED, RunningHub, running_hub
from tests.harness.processes import wait_until

from tillsight_hub import tables
from tillsight_hub.database import writing
from tillsight_hub.observability import COUNTERS


@pytest.fixture
def whole_hub(tmp_path: Path) -> Iterator[RunningHub]:
    """A running hub of this test alone, with its own broker."""
    with running_hub(tmp_path, mqtt=EMBEDDED) as running:
        yield running


def _healthz(hub: RunningHub) -> tuple[int, dict[str, Any]]:
    answer = hub.client.get("/healthz")
    return answer.status_code, answer.json()


def _await_health(hub: RunningHub) -> None:
    wait_until(lambda: _healthz(hub)[0] == 200, "the hub's connection to its broker")


def _sample(text: str, name: str, **labels: str) -> float:
    found = [
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and sample.labels == labels
    ]
    assert len(found) == 1, (name, labels, found)
    return found[0]


def test_a_running_hub_is_healthy_and_says_no_more(whole_hub: RunningHub) -> None:
    _await_health(whole_hub)
    parts = {"writer": True, "database": True, "mqtt": True, "broker": True}
    assert _healthz(whole_hub) == (200, {"status": "ok", "checks": parts})


def test_a_hub_whose_writer_has_ended_is_not_healthy(whole_hub: RunningHub) -> None:
    _await_health(whole_hub)
    whole_hub.services.writer.stop()
    status, health = _healthz(whole_hub)
    assert (status, health["status"], health["checks"]["writer"]) == (503, "failing", False)


def test_a_hub_whose_broker_is_gone_is_not_healthy(whole_hub: RunningHub) -> None:
    _await_health(whole_hub)
    assert whole_hub.services.broker is not None
    whole_hub.services.broker.stop()
    wait_until(lambda: not _healthz(whole_hub)[1]["checks"]["mqtt"], "the lost connection")
    status, health = _healthz(whole_hub)
    assert (status, health["checks"]["broker"]) == (503, False)


def test_a_hub_whose_database_is_gone_is_not_healthy(hub: RunningHub, tmp_path: Path) -> None:
    hub.services.engine.dispose()
    for path in tmp_path.glob("hub.db*"):
        path.unlink()
    (tmp_path / "hub.db").mkdir()
    status, health = _healthz(hub)
    assert (status, health["checks"]["database"]) == (503, False)


def test_counters_are_for_admin_and_ops(hub: RunningHub) -> None:
    assert hub.client.get("/metrics").status_code == 401
    for role, status in (("analyst", 403), ("manager", 403), ("admin", 200), ("ops", 200)):
        assert hub.client.get("/metrics", headers=hub.bearer(role)).status_code == status


def test_counters_may_be_opened_to_everybody(tmp_path: Path) -> None:
    with running_hub(tmp_path, web={"metrics_open": True}) as hub:
        assert hub.client.get("/metrics").status_code == 200


def test_every_counter_is_there(hub: RunningHub) -> None:
    text = hub.client.get("/metrics", headers=hub.bearer("ops")).text
    families = {family.name for family in text_string_to_metric_families(text)}
    assert {name.removesuffix("_total") for name in COUNTERS} <= families
    assert "process_resident_memory_bytes" in families


def test_every_counter_is_described() -> None:
    words = (Path(__file__).parents[3] / "hub" / "README.md").read_text(encoding="utf-8")
    assert [name for name in COUNTERS if f"`{name}`" not in words] == []


def test_counters_say_what_happened(hub: RunningHub) -> None:
    with writing(hub.services.engine) as connection:
        connection.execute(
            insert(tables.consistency_run).values(started=1, finished=2, events=3, mismatches=4, detail="[]")
        )
    hub.client.post("/api/v1/ingest", content=b"{", headers=hub.bearer("device", "box-1"))
    text = hub.client.get("/metrics", headers=hub.bearer("ops")).text
    assert _sample(text, "tillsight_rollup_mismatches_total") == 4
    assert _sample(text, "tillsight_ingest_events_quarantined_total", reason="bad-json") == 1
    assert _sample(text, "tillsight_ingest_messages_total") == 1
    assert _sample(text, "tillsight_devices", state="unknown") == 4
    assert _sample(text, "tillsight_ingest_transaction_seconds_total") > 0
