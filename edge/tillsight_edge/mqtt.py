"""The MQTT transport: one paho client a connection, so that nothing of an old one reaches a new one."""

import logging
import random
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from tillsight_models.delivery import Ack, Birth, DeviceState, HubState, decode, encode
from tillsight_models.errors import BadEvent
from tillsight_models.events import HealthReported
from tillsight_models.orders import OrderResult
from tillsight_models.presence import NO_PICTURE, PresenceTold, encode_presence
from tillsight_models.topics import Channel, DeviceTopics, hub_state
from tillsight_models.wanted import ConfigIs

from .config import LOOPBACK, HubSettings
from .ports import Heard, OrderCame, WantedConfig

log = logging.getLogger(__name__)

RECONNECT_START_S = 1.0
RECONNECT_MOST_S = 60.0
CONNECT_TIMEOUT_S = 10.0
GOODBYE_S = 2.0


class MqttTransport:
    """Stays connected to the broker. The last will says `lost` with the number of the session.

    A connection counts from the moment in which the broker has taken our subscription, so that no ack can
    be missed. `hello` gives the birth message of a new connection with a session number of its own.
    """

    def __init__(
        self, hub: HubSettings, topics: DeviceTopics, hello: Callable[[], Birth], dice: random.Random
    ) -> None:
        self._hub = hub
        self._topics = topics
        self._hello = hello
        self._dice = dice
        self._wake: Callable[[], None] = lambda: None
        self._heard: deque[Heard] = deque()
        self._number = 0
        self._client: Client | None = None
        """The connected client; None while there is no connection."""
        self._session = 0
        self._was_lost = False
        self._presence: PresenceTold | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)

    def start(self, wake: Callable[[], None]) -> None:
        """See Transport."""
        self._wake = wake
        if self._hub.password_file and not self._hub.tls and self._hub.host not in LOOPBACK:
            log.warning("hub.tls is false: the password goes unencrypted to %s", self._hub.host)
        self._thread.start()

    def connection(self) -> int:
        """See Transport."""
        return 0 if self._client is None else self._number

    def send(self, message: bytes) -> bool:
        """See Transport."""
        return self._publish("ev", message, qos=1)

    def heard(self) -> list[Heard]:
        """See Transport."""
        return [self._heard.popleft() for _ in range(len(self._heard))]

    def tell(self, health: HealthReported) -> None:
        """See Transport."""
        self._publish("metric", encode(health), qos=0)

    def answer(self, answer: ConfigIs) -> bool:
        """See Transport; retained, so that a hub that was away finds it."""
        return self._publish("cfg/is", encode(answer), qos=1, retain=True)

    def report(self, result: OrderResult) -> bool:
        """See Transport; not retained: the hub asks again until it has heard."""
        return self._publish("cmd/res", encode(result), qos=1)

    def show(self, presence: PresenceTold) -> None:
        """See Transport."""
        self._presence = presence
        self._publish("presence", encode_presence(presence), qos=1, retain=True)

    def stop(self) -> None:
        """See Transport; says `disconnected`, so that nobody takes it for a loss."""
        self._stopping.set()
        client = self._client
        if client is not None:
            if self._presence is not None:  # a sign must not greet somebody for ever
                self.show(msgspec.structs.replace(self._presence, present=False, picture=NO_PICTURE))
            goodbye = encode(DeviceState(state="disconnected", session=self._session))
            sent = client.publish(self._topics.of("state"), goodbye, qos=1, retain=True)
            with suppress(RuntimeError, ValueError):  # the connection has just gone
                sent.wait_for_publish(GOODBYE_S)
            client.disconnect()
        if self._thread.is_alive():
            self._thread.join(CONNECT_TIMEOUT_S)

    def _publish(self, channel: Any, payload: bytes, qos: int, *, retain: bool = False) -> bool:
        client = self._client
        if client is None:
            return False
        sent = client.publish(self._topics.of(channel), payload, qos=qos, retain=retain)
        return sent.rc == MQTTErrorCode.MQTT_ERR_SUCCESS

    def _run(self) -> None:
        delay_s = RECONNECT_START_S
        while not self._stopping.is_set():
            number = self._number
            try:
                self._connect_and_stay()
            except (OSError, ValueError) as error:
                self._lost(str(error))
            self._client = None
            self._wake()
            delay_s = RECONNECT_START_S if self._number != number else min(RECONNECT_MOST_S, 2 * delay_s)
            self._stopping.wait(delay_s * self._dice.uniform(0.5, 1.5))

    def _connect_and_stay(self) -> None:
        """Returns when the connection has ended; OSError where there never was one.

        A connection that stands when we stop is ended by `stop`, or the will would speak after its goodbye.
        """
        birth = self._hello()
        client = self._new_client(birth)
        client.connect(self._hub.host, self._hub.mqtt_port, self._hub.keepalive_s)
        result = MQTTErrorCode.MQTT_ERR_SUCCESS
        while result == MQTTErrorCode.MQTT_ERR_SUCCESS and (self._client or not self._stopping.is_set()):
            result = client.loop(1.0)
        if not self._stopping.is_set():
            self._lost("the connection was closed" if self._client else "no answer")

    def _new_client(self, birth: Birth) -> Client:
        hub, topics = self._hub, self._topics
        client = Client(CallbackAPIVersion.VERSION2, client_id=topics.device, clean_session=True)
        client.connect_timeout = CONNECT_TIMEOUT_S
        if hub.username:
            client.username_pw_set(hub.username, _password(hub))
        if hub.tls:
            client.tls_set_context(tls_context(hub))
        will = encode(DeviceState(state="lost", session=birth.session))
        client.will_set(topics.of("state"), will, qos=1, retain=True)

        def connected(client: Client, _userdata: Any, _flags: Any, reason: Any, _properties: Any) -> None:
            if reason.is_failure:
                self._lost(f"refused: {reason}")
            else:
                own: tuple[Channel, ...] = ("cfg", "cmd")
                ours = [topics.of("ack"), hub_state(topics.org), *map(topics.of, own)]
                client.subscribe([(topic, 1) for topic in ours])

        def subscribed(client: Client, _userdata: Any, _mid: int, reasons: Any, _properties: Any) -> None:
            if any(reason.is_failure for reason in reasons[:2]):
                self._lost(f"may not subscribe to {topics.of('ack')}")
                client.disconnect()
            else:
                self._ready(client, birth)

        client.on_socket_open = _send_at_once
        client.on_socket_register_write = _leave_writing_to_the_loop
        client.on_connect = connected
        client.on_subscribe = subscribed
        client.on_message = self._arrived
        return client

    def _ready(self, client: Client, birth: Birth) -> None:
        state = DeviceState(state="ready", session=birth.session)
        client.publish(self._topics.of("state"), encode(state), qos=1, retain=True)
        client.publish(self._topics.of("birth"), encode(birth), qos=1, retain=True)
        self._session = birth.session
        self._number += 1
        self._client = client
        if self._presence is not None:
            self.show(self._presence)
        log.info("connected to %s:%d, session %d", self._hub.host, self._hub.mqtt_port, birth.session)
        self._was_lost = False
        self._wake()

    def _arrived(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        if message.topic == self._topics.of("cfg"):
            if message.payload:
                self._hear(WantedConfig(bytes(message.payload)), message)
            return
        if message.topic == self._topics.of("cmd"):
            self._hear(OrderCame(bytes(message.payload)), message)
            return
        is_ack = message.topic == self._topics.of("ack")
        if not is_ack and message.topic != hub_state(self._topics.org):
            return  # amqtt sends what others have subscribed to
        raw = bytes(message.payload)
        try:
            heard = decode(raw, Ack) if is_ack else decode(raw, HubState)
        except BadEvent as error:
            log.warning("%s: %s", message.topic, error)
            return
        self._hear(heard, message)

    def _hear(self, heard: Ack | HubState | WantedConfig | OrderCame, message: MQTTMessage) -> None:
        self._heard.append(Heard(heard, live=not message.retain))
        self._wake()

    def _lost(self, why: str) -> None:
        if not self._was_lost and not self._stopping.is_set():
            log.warning("broker %s:%d is away: %s", self._hub.host, self._hub.mqtt_port, why)
        self._was_lost = True


def _send_at_once(_client: Client, _userdata: Any, connection: Any) -> None:
    """No Nagle: a window of a few small messages would wait 40 ms for the other side's ACK."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _leave_writing_to_the_loop(_client: Client, _userdata: Any, _connection: Any) -> None:
    """Having this callback keeps paho from writing in the publishing thread.

    Two threads that write may put one message into the middle of another where the network is slow.
    """


def _password(hub: HubSettings) -> str | None:
    return None if hub.password_file is None else hub.password_file.read_text(encoding="utf-8").strip()


def tls_context(hub: HubSettings) -> ssl.SSLContext:
    """How to know the hub, and how it knows us; read anew each time, so that renewed files count."""
    context = ssl.create_default_context(cafile=hub.ca_file)
    if hub.cert_file is not None:
        context.load_cert_chain(hub.cert_file, hub.key_file)
    return context
