"""Many devices with a backlog, in one process: outbox, uplink and MQTT adapter of each, without an agent.

Prints `ready` when the outboxes are filled, begins at the next line on stdin, and prints how many events it
sent, repetitions included, once all outboxes are empty.
"""

import argparse
import random
import sys
import threading
from pathlib import Path

from tillsight_edge.clock import SystemClock
from tillsight_edge.config import HubSettings
from tillsight_edge.mqtt import MqttTransport
from tillsight_edge.outbox import Outbox
from tillsight_edge.uplink import Uplink
from tillsight_models.delivery import Birth
from tillsight_models.events import ButtonPressed, split_message
from tillsight_models.topics import DeviceTopics

from .chaos_stage import ORG, STORE, touchpoint_of


class CountingTransport(MqttTransport):
    """The product's transport, and how many events went through it."""

    sent = 0

    def send(self, message: bytes) -> bool:
        self.sent += len(split_message(message))
        return super().send(message)


class Device:
    """One device with a full outbox."""

    def __init__(self, folder: Path, device: str, port: int) -> None:
        self._awake = threading.Event()
        self._clock = SystemClock()
        self.outbox = Outbox(
            folder / f"{device}.outbox", device=device, touchpoint=touchpoint_of(device), max_events=1_000_000
        )
        hub = HubSettings(host="127.0.0.1", port=port)
        topics = DeviceTopics(ORG, STORE, device)
        self.transport = CountingTransport(hub, topics, self._hello, random.Random())
        self._uplink = Uplink(self.outbox, self.transport, self._clock, random.Random())
        self._thread = threading.Thread(target=self._drain)

    def fill(self, events: int) -> None:
        """Append presses in one transaction: a backlog of weeks, made in a moment."""
        at = self._clock.stamp()
        payload = ButtonPressed(button=1, rating=1, scale="smiley-4")
        with self.outbox._transaction() as connection:
            for _ in range(events):
                self.outbox._insert(connection, payload, at)

    def start(self) -> None:
        self.transport.start(self._awake.set)
        self._thread.start()

    def join(self) -> None:
        """Wait until the outbox is empty."""
        self._thread.join()
        self.transport.stop()

    def _drain(self) -> None:
        while self.outbox.first_seq <= self.outbox.books().last_seq:
            self._awake.wait(self._uplink.turn())
            self._awake.clear()

    def _hello(self) -> Birth:
        outbox = self.outbox
        boot = self._clock.stamp().boot
        return Birth(
            version="storm",
            stream=outbox.stream,
            session=outbox.next_session(),
            boot=boot,
            first_seq=outbox.first_seq,
        )


def main() -> None:
    """Fill, wait for the word, drain, report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--events", type=int, required=True, help="in each outbox")
    parser.add_argument("devices", nargs="+")
    arguments = parser.parse_args()
    devices = [Device(arguments.folder, device, arguments.port) for device in arguments.devices]
    for device in devices:
        device.fill(arguments.events)
    print("ready", flush=True)
    sys.stdin.readline()
    for device in devices:
        device.start()
    for device in devices:
        device.join()
    print(sum(device.transport.sent for device in devices), flush=True)


if __name__ == "__main__":
    main()
