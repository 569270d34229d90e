"""A real mosquitto with the product's own configuration for mutual TLS, and clients that try things on it."""

import os
import signal
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tillsight_hub.identity.authority import Authority, Revoked, as_pem
from tillsight_hub.identity.broker_files import BrokerFiles

from .identities import Identity
from .ports import free_port
from .processes import Process, find_program, listens

HOST = "127.0.0.1"


class GuardedBroker:
    """The broker, its authority and whoever got a certificate."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.authority = Authority.create(folder / "ca", "Tillsight test", now())
        self.revoked: list[Revoked] = []
        server = Identity()
        server.certificate = as_pem(
            self.authority.for_server([HOST, "localhost"], server.key.public_key(), now())
        )
        certificate, key = server.write(folder / "server")
        self.crl = folder / "crl.pem"
        self.write_list(now())
        files = BrokerFiles(folder, folder / "ca" / "ca.pem", certificate, key, self.crl, self.port, HOST)
        files.write()
        program = find_program("mosquitto", "mosquitto", Path("/usr/sbin"), Path("/usr/local/sbin"))
        config = folder / "mosquitto.conf"
        config.write_text(f"user root\nlog_dest stdout\n{files.configuration()}", encoding="utf-8")
        self.process = Process([program, "-c", config], folder / "mosquitto.log")

    def start(self) -> None:
        self.process.start()
        self.process.wait_for(lambda: listens(self.port), f"mosquitto on port {self.port}")

    def stop(self) -> None:
        self.process.stop()

    def write_list(self, at: datetime) -> None:
        """The revocation list as of then."""
        self.crl.write_bytes(self.authority.revocation_list(self.revoked, at))

    def reload(self) -> None:
        """As its service does when the list has changed."""
        os.kill(self.process.pid, signal.SIGHUP)
        time.sleep(0.3)

    def identity(self, name: str, at: datetime | None = None, days: int = 90) -> Identity:
        """Somebody with a certificate of ours."""
        identity = Identity()
        identity.certificate = as_pem(self.authority.for_device(name, identity.request, at or now(), days))
        return identity


@dataclass
class Visitor:
    """A client that notes what it hears."""

    client: Client
    heard: list[tuple[str, bytes]] = field(default_factory=list)
    gone: threading.Event = field(default_factory=threading.Event)
    connected: threading.Event = field(default_factory=threading.Event)
    granted: threading.Event = field(default_factory=threading.Event)

    def hears(self, payload: bytes, seconds: float = 60.0) -> bool:
        """Whether this arrives within the time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if any(each == payload for _, each in self.heard):
                return True
            time.sleep(0.01)
        return False

    def says(self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 1) -> None:
        told = self.client.publish(topic, payload, qos=qos, retain=retain)
        with suppress(RuntimeError, ValueError):
            told.wait_for_publish(10)

    def listens(self, topic: str) -> None:
        self.granted.clear()
        self.client.subscribe(topic, qos=1)
        self.granted.wait(60)


class Refused(Exception):
    """The broker let nobody in."""


@contextmanager
def visiting(
    broker: GuardedBroker,
    identity: Identity | None,
    *,
    client_id: str = "",
    will: tuple[str, bytes] | None = None,
    authority: Path | None = None,
) -> Iterator[Visitor]:
    """Somebody connected; Refused where the broker does not let them in."""
    client = Client(
        CallbackAPIVersion.VERSION2, client_id=client_id or "whoever", protocol=MQTTProtocolVersion.MQTTv311
    )
    visitor = Visitor(client)
    _listen(visitor)
    context = ssl.create_default_context(cafile=str(authority or broker.folder / "ca" / "ca.pem"))
    if identity is not None:
        folder = broker.folder / f"client-{id(visitor):x}"
        context.load_cert_chain(*map(str, identity.write(folder)))
    client.tls_set_context(context)
    if will:
        client.will_set(*will, qos=1)
    try:
        client.connect(HOST, broker.port, keepalive=30)
    except (OSError, ssl.SSLError) as error:
        raise Refused(str(error)) from error
    client.loop_start()
    try:
        end = time.monotonic() + 30
        while not (visitor.connected.is_set() or visitor.gone.is_set() or time.monotonic() > end):
            time.sleep(0.01)
        if not visitor.connected.is_set():
            raise Refused("no welcome")
        yield visitor
    finally:
        client.disconnect()
        client.loop_stop()


def now() -> datetime:
    return datetime.now(UTC)


def before(days: float) -> datetime:
    return now() - timedelta(days=days)


def _listen(visitor: Visitor) -> None:
    def message(_: object, __: object, heard: MQTTMessage) -> None:
        visitor.heard.append((heard.topic, bytes(heard.payload)))

    def connected(_: object, __: object, ___: object, code: object, ____: object) -> None:
        if not getattr(code, "is_failure", True):
            visitor.connected.set()

    visitor.client.on_message = message
    visitor.client.on_connect = connected
    visitor.client.on_disconnect = lambda *_: visitor.gone.set()
    visitor.client.on_subscribe = lambda *_: visitor.granted.set()
