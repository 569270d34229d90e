"""From the broker to the writer, and the hub's answers back to the devices."""

import logging
import random
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from tillsight_models.delivery import Birth, DeviceState, HubState, decode, encode
from tillsight_models.errors import BadEvent, BadTopic
from tillsight_models.events import HealthReported
from tillsight_models.orders import OrderResult
from tillsight_models.topics import Channel, DeviceTopics, every_device, hub_state, parse_topic
from tillsight_models.wanted import ConfigIs

from .. import tables
from ..config import MqttSettings
from ..fleet import broker_log
from .intake import now_ms
from .limits import DeviceLimits
from .messages import DeviceAck, DeviceNote, Ignored, Incoming, Receipt
from .writer import IngestWriter, Item

log = logging.getLogger(__name__)

KEEPALIVE_S = 30
CONNECT_TIMEOUT_S = 10.0
RECONNECT_S = (0.5, 5.0)
"""Jittered, so that several hubs and a thousand devices do not come back in step."""
MAX_INFLIGHT = 200
"""Acknowledgements that the broker has not confirmed to us yet."""
GOODBYE_S = 2.0

SUBSCRIPTIONS: dict[Channel, int] = {"ev": 1, "state": 1, "birth": 1, "metric": 0, "cfg/is": 1, "cmd/res": 1}
"""Channel to quality of service."""

_NOTES: dict[str, Callable[[bytes], DeviceState | Birth | HealthReported | ConfigIs | OrderResult]] = {
    "state": partial(decode, type=DeviceState),
    "birth": partial(decode, type=Birth),
    "metric": partial(decode, type=HealthReported),
    "cfg/is": partial(decode, type=ConfigIs),
    "cmd/res": partial(decode, type=OrderResult),
}


class Subscriber:
    """Holds the hub's connection to the broker, for ever.

    Every message is confirmed to the broker (PUBACK) only after the COMMIT that stored it, in the order of
    arrival. Each connection has a paho client of its own: a confirmation that comes too late for its
    connection goes nowhere, where on the next connection it could confirm another message.
    """

    def __init__(
        self,
        settings: MqttSettings,
        writer: IngestWriter,
        engine: Engine,
        limits: DeviceLimits | None = None,
    ) -> None:
        self.broker_log = broker_log.BrokerLog()
        """What the broker says of whom it turned away, where devices show it certificates."""
        self._settings = settings
        self._writer = writer
        self._engine = engine
        self._limits = limits
        self._asked = 0
        """Number of our request for what devices say."""
        self._client: Client | None = None
        """The connected client; None while there is no connection."""
        self._orgs: list[str] = []
        self._connections = 0
        self._was_lost = False
        self._ended = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mqtt-subscriber", daemon=True)
        writer.on_acks = self.publish_acks

    @property
    def connected(self) -> bool:
        """Whether the broker has taken our subscriptions."""
        return self._client is not None

    @property
    def connections(self) -> int:
        """Number of the present connection; 0 while there is none."""
        return self._connections if self._client is not None else 0

    def start(self) -> None:
        """Connect now and whenever the connection is lost; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Say goodbye; what is not committed yet stays with the broker."""
        self._stopping.set()
        client = self._client
        if client is not None:
            self._announce(client, "lost")
            client.disconnect()
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def publish_acks(self, acks: Sequence[DeviceAck]) -> None:
        """Tell devices what is stored. Nothing is queued without a connection: a device that gets no answer
        sends again, and is answered then."""
        client = self._client
        if client is not None:
            for each in acks:
                client.publish(each.place.of("ack"), encode(each.ack), qos=1, retain=True)

    def publish_wanted(self, place: DeviceTopics, message: str) -> bool:
        """What is wanted of a device, retained; False without a connection."""
        client = self._client
        if client is None:
            return False
        return (
            client.publish(place.of("cfg"), message, qos=1, retain=True).rc == MQTTErrorCode.MQTT_ERR_SUCCESS
        )

    def publish_order(self, place: DeviceTopics, message: str) -> bool:
        """What a device is to do once; False without a connection."""
        client = self._client
        return client is not None and (
            client.publish(place.of("cmd"), message, qos=1).rc == MQTTErrorCode.MQTT_ERR_SUCCESS
        )

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._ended.clear()
            try:
                self._connect_and_stay()
            except (OSError, ValueError) as error:
                self._lost(str(error))
            self._stopping.wait(random.uniform(*RECONNECT_S))

    def _connect_and_stay(self) -> None:
        """Returns when the connection has ended; OSError where there never was one."""
        self._orgs = self._known_orgs()
        client = self._new_client()
        client.connect(self._settings.host, self._settings.port, KEEPALIVE_S)
        client.loop_start()
        try:
            while not self._ended.wait(1.0) and not self._stopping.is_set():
                pass
        finally:
            self._client = None
            client.disconnect()
            client.loop_stop()

    def _known_orgs(self) -> list[str]:
        """All orgs; while the database is away, those of the connection before."""
        try:
            with self._engine.connect() as connection:
                return list(connection.scalars(select(tables.org.c.id).order_by(tables.org.c.id)))
        except SQLAlchemyError:
            return self._orgs

    def _new_client(self) -> Client:
        settings = self._settings
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=settings.client_id,
            clean_session=False,
            protocol=MQTTProtocolVersion.MQTTv311,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.max_inflight_messages_set(MAX_INFLIGHT)
        if settings.username is not None:
            client.username_pw_set(settings.username, _password(settings))
        if settings.ca_file is not None:
            client.tls_set_context(_tls_context(settings))
        if self._orgs:
            will = encode(HubState(state="lost", since=now_ms()))
            client.will_set(hub_state(self._orgs[0]), will, qos=1, retain=True)
        client.on_socket_open = _send_at_once
        client.on_connect = self._connected
        client.on_subscribe = self._subscribed
        client.on_disconnect = self._disconnected
        client.on_message = self._arrived
        return client

    def _connected(self, client: Client, _userdata: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._lost(f"refused: {reason}")
            self._ended.set()
            return
        wanted = [(every_device(channel), qos) for channel, qos in SUBSCRIPTIONS.items()]
        self._asked = client.subscribe(wanted)[1] or 0
        if self._settings.ca_file is not None:
            client.subscribe(broker_log.TOPIC, 0)

    def _subscribed(self, client: Client, _userdata: Any, mid: int, reasons: Any, _properties: Any) -> None:
        if mid != self._asked:
            return  # a broker need not tell us its log
        if any(reason.is_failure for reason in reasons):
            self._lost(f"may not subscribe to {every_device('ev')}")
            self._ended.set()
            return
        self._connections += 1
        self._client = client
        self._announce(client, "ready")
        log.log(
            logging.WARNING if self._was_lost else logging.INFO,
            "connected to the broker %s:%d",
            self._settings.host,
            self._settings.port,
        )
        self._was_lost = False

    def _disconnected(
        self, _client: Client, _userdata: Any, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        self._client = None
        if not self._stopping.is_set():
            self._lost(f"connection lost: {reason}")
        self._ended.set()

    def _arrived(self, client: Client, _userdata: Any, message: MQTTMessage) -> None:
        if message.topic.startswith(broker_log.PREFIX):
            self.broker_log.hear(message.payload.decode(errors="replace"))
            return
        item = self._item(client, message)
        if message.qos or not isinstance(item, Ignored):
            self._writer.submit(item)

    def _item(self, client: Client, message: MQTTMessage) -> Item:
        """What a message is to the writer. We are told the retained messages of other people's subscriptions
        by some brokers, and who knows what else: that is confirmed and forgotten."""
        done = partial(_confirm, client, message.mid if message.qos else 0)
        try:
            topic = message.topic
            channel = topic.split("/", 5)[-1]
            if self._is_beyond_limits(message, channel):
                return Ignored(done)
            if channel == "ev" and not message.retain:
                return Incoming(topic, bytes(message.payload), now_ms(), done)
            if channel in _NOTES and message.payload:
                place, _ = parse_topic(topic)
                note = _NOTES[channel](bytes(message.payload))
                return DeviceNote(place, note, now_ms(), bool(message.retain), done)
        except (BadTopic, BadEvent, UnicodeDecodeError) as error:
            log.warning("a message is ignored: %s", error)
        return Ignored(done)

    def _is_beyond_limits(self, message: MQTTMessage, channel: str) -> bool:
        """Then it is confirmed to the broker and forgotten: the device, which hears no ack of the hub, keeps
        its events and sends them again. Were it left with the broker, it would stand in others' way there."""
        levels = message.topic.split("/", 5)
        if self._limits is None or message.retain or len(levels) < 6:
            return False
        device = levels[4]
        if channel == "ev":
            return self._limits.wait_s(device, len(message.payload)) > 0
        return channel in _NOTES and not self._limits.takes_note(device)

    def _announce(self, client: Client, state: Any) -> None:
        """Tell the devices of every org. (A last will has one topic only: the first org's.)"""
        message = encode(HubState(state=state, since=now_ms()))
        sent = [client.publish(hub_state(org), message, qos=1, retain=True) for org in self._orgs]
        if state == "lost":
            for info in sent:
                _wait(info)

    def _lost(self, why: str) -> None:
        """Once per outage."""
        if not self._was_lost:
            self._was_lost = True
            log.warning("no broker at %s:%d: %s", self._settings.host, self._settings.port, why)


def _send_at_once(_client: Client, _userdata: Any, connection: Any) -> None:
    """No Nagle: a small confirmation would wait 40 ms for the other side's ACK."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _confirm(client: Client, mid: int, receipt: Receipt) -> None:
    if receipt.committed and mid:
        client.ack(mid, 1)


def _wait(info: Any) -> None:
    try:
        info.wait_for_publish(GOODBYE_S)
    except (RuntimeError, ValueError):
        log.debug("the goodbye did not reach the broker")


def _password(settings: MqttSettings) -> str | None:
    if settings.password_file is None:
        return None
    return settings.password_file.read_text(encoding="utf-8").strip()


def _tls_context(settings: MqttSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.ca_file)
    if settings.cert_file is not None:
        context.load_cert_chain(settings.cert_file, settings.key_file)
    return context
