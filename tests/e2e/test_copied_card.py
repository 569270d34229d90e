"""Two machines with one copied card at a real broker: they throw each other off, and the hub says why."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from gpiozero.pins.mock import MockFactory
from tests.harness.brokers import Mosquitto
from tests.harness.edge_configs import device_config
from tests.harness.hubs import running_hub
from tests.harness.processes import wait_until

from tillsight_edge.agent import Agent
from tillsight_edge.clock import SystemClock
from tillsight_hub.access.clock import now_ms
from tillsight_hub.fleet.sightings import read_sightings
from tillsight_models.events import Stamp

pytestmark = pytest.mark.mosquitto

HERE = {"id": "box-1", "org": "acme", "site": "rome", "touchpoint": "till-1"}


class Machine(SystemClock):
    """The clock of a machine with a boot of its own."""

    def __init__(self, boot: str) -> None:
        super().__init__()
        self._own = boot

    def stamp(self, mono_ms: int | None = None) -> Stamp:
        return msgspec.structs.replace(super().stamp(mono_ms), boot=self._own)


@contextmanager
def machine(folder: Path, port: int, boot: str) -> Iterator[Agent]:
    """An agent on a machine of its own."""
    factory = MockFactory()
    agent = Agent(device_config(folder, port, device=HERE), factory, Machine(boot))
    thread = threading.Thread(target=agent.run)
    thread.start()
    try:
        assert agent.started.wait(60)
        yield agent
    finally:
        agent.stop()
        thread.join(60)
        factory.reset()


def test_the_copy_of_a_card_is_seen(tmp_path: Path, mosquitto: Mosquitto) -> None:
    (tmp_path / "card").mkdir()
    with running_hub(tmp_path / "hub", mqtt={"embedded": False, "port": mosquitto.port}) as hub:
        engine = hub.services.engine

        def kinds() -> list[str]:
            with engine.connect() as connection:
                return [each.kind for each in read_sightings(connection, now_ms()).get("box-1", [])]

        with machine(tmp_path / "card", mosquitto.port, "boot-a") as agent:
            wait_until(lambda: agent.outbox.books().left == 0, "an empty outbox")
        assert kinds() == []
        shutil.copytree(tmp_path / "card", tmp_path / "copy")
        with (
            machine(tmp_path / "card", mosquitto.port, "boot-b"),
            machine(tmp_path / "copy", mosquitto.port, "boot-c"),
        ):
            wait_until(lambda: "two-boxes" in kinds(), "the alarm")
