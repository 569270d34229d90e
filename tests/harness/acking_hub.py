"""The hub's side of the wire and nothing else: it keeps events in memory and acknowledges them over MQTT."""

import socket
import threading
from contextlib import suppress
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from tillsight_edge.fakes import MemoryHub
from tillsight_models.delivery import encode
from tillsight_models.errors import BadEvent
from tillsight_models.topics import every_device, parse_topic


class AckingHub:
    """Connected to a broker until it is closed; comes back by itself when the broker does."""

    def __init__(self, host: str, port: int, hub: MemoryHub | None = None, name: str = "hub") -> None:
        self.host, self.port = host, port
        self.hub = hub or MemoryHub()
        self.last: dict[str, bytes] = {}
        """The last message of each channel that is not `ev`."""
        self.seen: list[tuple[str, bytes]] = []
        """All of them, as (channel, message)."""
        self.subscribed = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=False)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._connected
        self._client.on_subscribe = lambda *_: self.subscribed.set()
        self._client.on_message = self._arrived
        self._client.on_socket_open = _send_at_once
        with suppress(OSError):
            self._client.connect(host, port, 5)
        self._client.loop_start()
        assert self.subscribed.wait(60), "the broker does not answer"

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def stored(self) -> int:
        """Events stored so far, each once."""
        return len(self.hub.events)

    def _connected(self, client: Client, *_: Any) -> None:
        channels = ("ev", "state", "birth", "metric")
        client.subscribe([(every_device(channel), 1) for channel in channels])  # type: ignore[arg-type]

    def _arrived(self, client: Client, _userdata: Any, message: MQTTMessage) -> None:
        device, channel = parse_topic(message.topic)
        payload = bytes(message.payload)
        if channel != "ev":
            self.last[channel] = payload
            self.seen.append((channel, payload))
            return
        with suppress(BadEvent):
            for ack in self.hub.take(payload):
                client.publish(device.of("ack"), encode(ack), qos=1, retain=True)


def _send_at_once(_client: Client, _userdata: Any, connection: Any) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
