"""Players of signs hear over a real broker that somebody has come, and nothing more about them."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import expect
from tests.edge.pages.conftest import OpenPage, open_page
from tests.harness.brokers import Mosquitto
from tests.harness.edge_configs import device_config
from tests.harness.processes import wait_until

from tillsight_edge.agent import Agent
from tillsight_models.presence import PresenceTold, decode_presence

__all__ = ["open_page"]
pytestmark = pytest.mark.mosquitto

TOPIC = "tillsight/v1/acme/store-7/till-1-box/presence"


class Sign:
    """A player that listens."""

    def __init__(self, broker: Mosquitto) -> None:
        self.heard: list[MQTTMessage] = []
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = lambda _client, _userdata, message: self.heard.append(message)
        self._client.on_connect = lambda client, *_: client.subscribe(TOPIC, 1)
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()

    @property
    def told(self) -> list[PresenceTold]:
        return [decode_presence(message.payload) for message in list(self.heard)]

    def hears(self, present: bool, picture: int) -> None:
        def heard() -> bool:
            return bool(self.told) and (self.told[-1].present, self.told[-1].picture) == (present, picture)

        wait_until(heard, f"present {present}, picture {picture}")

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def sign(mosquitto: Mosquitto) -> Iterator[Callable[[], Sign]]:
    signs: list[Sign] = []

    def listen() -> Sign:
        signs.append(Sign(mosquitto))
        return signs[-1]

    yield listen
    for each in signs:
        each.close()


@pytest.fixture
def device(tmp_path: Path, mosquitto: Mosquitto) -> Iterator[Callable[..., tuple[Agent, MockFactory]]]:
    """An agent with a presence sensor on pin 17 that runs until the end of the test."""
    running: list[tuple[Agent, threading.Thread]] = []

    def start(**presence: Any) -> tuple[Agent, MockFactory]:
        factory = MockFactory()
        kiosk = {"enabled": True, "port": 0, "attract_s": 0.5}
        config = device_config(tmp_path, mosquitto.port, kiosk=kiosk, presence={"pins": [17], **presence})
        agent = Agent(config, factory)
        running.append((agent, threading.Thread(target=agent.run)))
        running[-1][1].start()
        assert agent.started.wait(60)
        return agent, factory

    yield start
    for agent, thread in running:
        agent.stop()
        thread.join(60)


@pytest.mark.browser
def test_screen_and_signs_change_when_somebody_comes_and_a_late_sign_knows_too(
    device: Callable[..., tuple[Agent, MockFactory]], sign: Callable[[], Sign], open_page: OpenPage
) -> None:
    early = sign()
    agent, factory = device(publish=True)
    early.hears(False, 1)
    assert agent.kiosk is not None and agent.kiosk.pages is not None
    page = open_page(agent.kiosk.pages.url)
    expect(page.locator("img[src=picture-away]")).to_be_visible()
    factory.pin(17).drive_high()
    early.hears(True, 2)
    expect(page.locator("img[src=picture-present]")).to_be_visible()
    late = sign()
    late.hears(True, 2)
    assert late.heard[0].retain
    assert set(json.loads(late.heard[0].payload)) == {"present", "t", "picture"}
    agent.stop()
    early.hears(False, 0)


def test_a_device_that_was_not_asked_to_says_nothing(
    device: Callable[..., tuple[Agent, MockFactory]], sign: Callable[[], Sign]
) -> None:
    agent, factory = device()
    listening = sign()
    wait_until(lambda: agent._transport.connection() != 0, "a connection")
    factory.pin(17).drive_high()
    wait_until(lambda: agent._presence.sensed, "somebody")
    agent.stop()
    wait_until(lambda: not agent._sending.is_alive, "the end")
    assert listening.heard == []
