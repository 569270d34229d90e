"""From a person's order to a device and back: a real broker, a whole hub, a whole agent."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory
from sqlalchemy import select
from tests.harness.brokers import Mosquitto
from tests.harness.edge_configs import device_settings, write_toml
from tests.harness.hubs import RunningHub, running_hub
from tests.harness.processes import wait_until

from tillsight_edge.agent import Agent
from tillsight_edge.config import load_config
from tillsight_hub.tables import event
from tillsight_models.events import ButtonPressed

pytestmark = pytest.mark.mosquitto

HERE = {"id": "box-1", "org": "acme", "site": "rome", "touchpoint": "till-1"}


@contextmanager
def device(folder: Path, port: int) -> Iterator[Agent]:
    """An agent as a service runs it."""
    file = write_toml(folder / "device.toml", device_settings(folder, port, device=HERE))
    factory = MockFactory()
    agent = Agent(load_config(file), factory, config_file=file)
    thread = threading.Thread(target=agent.run)
    thread.start()
    try:
        assert agent.started.wait(60)
        yield agent
    finally:
        agent.stop()
        thread.join(60)
        factory.reset()


@pytest.fixture
def hub(tmp_path: Path, mosquitto: Mosquitto) -> Iterator[RunningHub]:
    with running_hub(tmp_path / "hub", mqtt={"embedded": False, "port": mosquitto.port}) as running:
        subscriber = running.services.subscriber
        assert subscriber is not None
        wait_until(lambda: subscriber.connected, "the hub's connection")
        yield running


def order(hub: RunningHub, kind: str) -> str:
    answer = hub.client.post("/api/v1/devices/box-1/orders", json={"kind": kind}, headers=hub.bearer("ops"))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def outcome(hub: RunningHub, id: str) -> tuple[str | None, list[str]]:
    found = hub.client.get("/api/v1/devices/box-1/orders", headers=hub.bearer("ops")).json()
    one = next(each for each in found if each["id"] == id)
    return one["outcome"], one["words"]


def test_a_test_press_goes_the_whole_way_and_counts_nowhere(
    tmp_path: Path, mosquitto: Mosquitto, hub: RunningHub
) -> None:
    with device(tmp_path, mosquitto.port):
        id = order(hub, "test-press")
        wait_until(lambda: outcome(hub, id)[0] == "done", "the result of the test press")
        assert "stored by the hub as number" in outcome(hub, id)[1][0]
    with hub.services.engine.connect() as connection:
        types = set(connection.scalars(select(event.c.type)))
    assert ButtonPressed.TYPE not in types


def test_a_device_that_was_away_hears_it_when_it_is_back(
    tmp_path: Path, mosquitto: Mosquitto, hub: RunningHub
) -> None:
    id = order(hub, "run-check")
    threading.Event().wait(1.5)
    assert outcome(hub, id) == (None, [])
    with device(tmp_path, mosquitto.port):
        wait_until(lambda: outcome(hub, id)[0] is not None, "the result of the check")
    assert outcome(hub, id) == ("done", [f"{tmp_path / 'device.toml'}: good"])


def test_a_restart_is_answered_by_the_agent_that_comes_after(
    tmp_path: Path, mosquitto: Mosquitto, hub: RunningHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    with device(tmp_path, mosquitto.port) as agent:
        id = order(hub, "restart")
        wait_until(lambda: agent._stopping.is_set(), "the end of the agent")
    assert outcome(hub, id) == (None, [])
    with device(tmp_path, mosquitto.port) as again:
        wait_until(lambda: outcome(hub, id)[0] is not None, "the answer of the next agent")
        assert not again._stopping.is_set()
    assert outcome(hub, id) == ("done", ["the agent has started again"])
