"""The hub at a real broker: what it takes, what it answers, and how it comes back."""

import logging
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import Engine
from sqlalchemy.event import listens_for
from tests.conftest import need
from tests.harness.brokers import Mosquitto
from tests.harness.chaos_stage import Broker, start_broker
from tests.harness.ingesting import Box, changed, table_rows
from tests.harness.processes import wait_until

from tillsight_hub.config import MqttSettings
from tillsight_hub.consistency import verify
from tillsight_hub.ingest import subscriber as subscriber_module
from tillsight_hub.ingest.subscriber import Subscriber
from tillsight_hub.ingest.writer import IngestWriter
from tillsight_models.delivery import Ack, Birth, DeviceState, HubState, decode, encode
from tillsight_models.events import HealthReported, encode_message

HUB_STATE = "tillsight/v1/acme/hub/state"


@pytest.fixture(params=[pytest.param("mosquitto", marks=pytest.mark.mosquitto), "amqtt"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    if request.param == "amqtt":
        pytest.importorskip("amqtt")
    started = need(lambda: start_broker(request.param, tmp_path / "broker"))
    started.start()
    yield started
    started.kill()


@pytest.fixture(autouse=True)
def hurry(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits seconds for a lost connection or a lock."""
    monkeypatch.setattr(subscriber_module, "RECONNECT_S", (0.05, 0.2))

    @listens_for(engine, "connect")
    def impatient(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA busy_timeout=50")


@contextmanager
def hub(engine: Engine, port: int, *, connected: bool = True) -> Iterator[Subscriber]:
    """Writer and subscriber, started as the hub does, and stopped in the opposite order."""
    writer = IngestWriter(engine, future_tolerance_s=10**9)
    subscriber = Subscriber(MqttSettings(embedded=False, port=port), writer, engine)
    with ExitStack() as stack:
        for part in (writer, subscriber):
            part.start()
            stack.callback(part.stop)
        if connected:
            wait_until(lambda: subscriber.connected, "the hub's connection")
        yield subscriber


class Peer:
    """Somebody else at the broker: sends, and keeps what it hears."""

    def __init__(self, port: int, *topics: str) -> None:
        self.heard: list[tuple[str, bytes, bool]] = []
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = lambda _c, _u, m: self.heard.append((m.topic, bytes(m.payload), m.retain))
        listening: list[bool] = []
        self._client.on_subscribe = lambda *_: listening.append(True)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._client.subscribe([(topic, 1) for topic in topics or ("nothing/at/all",)])
        wait_until(lambda: bool(listening), "a subscription")

    def send(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self._client.publish(topic, payload, 1, retain).wait_for_publish(30)

    def last(self, topic: str) -> bytes | None:
        return next((payload for heard, payload, _ in reversed(self.heard) if heard == topic), None)

    def upto(self, box: Box) -> int:
        ack = self.last(box.topic.replace("/ev", "/ack"))
        return decode(ack, Ack).upto if ack else 0

    def states(self) -> list[str]:
        return [decode(payload, HubState).state for topic, payload, _ in self.heard if topic == HUB_STATE]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def peer(port: int, *topics: str) -> Iterator[Peer]:
    opened = Peer(port, *topics)
    yield opened
    opened.close()


def seqs(engine: Engine) -> list[int]:
    return [row["seq"] for row in table_rows(engine, "event", "seq")]


def test_events_are_stored_and_answered(broker: Broker, engine: Engine) -> None:
    box = Box()
    with hub(engine, broker.port), peer(broker.port, "tillsight/v1/acme/rome/box-1/ack") as till:
        for _ in range(60):  # more than the broker sends before it wants a confirmation
            till.send(box.topic, box.press())
        till.send(box.topic, encode_message([box.press() for _ in range(40)]))
        wait_until(lambda: till.upto(box) == 100, "the acknowledgement of 100 events")
    assert seqs(engine) == list(range(1, 101))
    assert verify(engine, "all").mismatches == 0


def test_the_answer_is_kept_for_a_device_that_comes_back(broker: Broker, engine: Engine) -> None:
    box = Box()
    ack = "tillsight/v1/acme/rome/box-1/ack"
    with hub(engine, broker.port), peer(broker.port, ack) as till:
        till.send(box.topic, box.press())
        wait_until(lambda: till.upto(box) == 1, "the acknowledgement")
        with peer(broker.port, ack) as later:
            wait_until(lambda: later.upto(box) == 1, "the kept acknowledgement")
            assert later.heard[0][2], "it is retained"


def test_poison_and_strangers_do_not_stop_the_subscriber(
    broker: Broker, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    box = Box()
    base = "tillsight/v1/acme/rome/box-1"
    with hub(engine, broker.port), peer(broker.port) as till:
        till.send(box.topic, b"\xff\xfe")
        till.send(box.topic, b"[" * 50_000)
        till.send(box.topic, changed(box.press(), v=9))
        till.send("tillsight/v1/ACME/rome/box-1/ev", box.press())
        till.send(f"{base}/state", b"hello")
        till.send(f"{base}/state", b"")
        till.send(f"{base}/birth", b"{}")
        till.send("tillsight/v1/acme/ROME/box-1/state", encode(DeviceState(state="ready", session=1)))
        till.send(f"{base}/metric", b"\x00")
        till.send(f"{base}/ack", b"not for the hub")
        till.send(box.topic, box.press())
        wait_until(lambda: seqs(engine) == [3], "the good event after all the bad ones")
    reasons = [row["reason"] for row in table_rows(engine, "quarantine", "reason", "id")]
    assert reasons == ["bad-json", "bad-json", "future-version", "bad-topic"]
    assert table_rows(engine, "device")[0]["state"] == "unknown"


def test_kept_event_messages_are_ignored(broker: Broker, engine: Engine) -> None:
    box = Box()
    with peer(broker.port) as till:
        till.send(box.topic, box.press(), retain=True)
        with hub(engine, broker.port):
            till.send(box.topic, box.press())
            wait_until(lambda: 2 in seqs(engine), "the new event")
    assert seqs(engine) == [2]


def test_state_birth_and_metric_are_shown(broker: Broker, engine: Engine) -> None:
    base = "tillsight/v1/acme/rome/box-1"
    birth = Birth(version="1.2", stream="a" * 16, session=4, boot="b", first_seq=1)
    with peer(broker.port) as till:
        till.send(f"{base}/state", encode(DeviceState(state="ready", session=4)), retain=True)
        till.send(f"{base}/birth", encode(birth), retain=True)
        with hub(engine, broker.port):
            till.send(f"{base}/metric", encode(HealthReported(outbox_events=17)))
            wait_until(lambda: table_rows(engine, "device")[0]["health"] is not None, "the health")
            wait_until(lambda: table_rows(engine, "device")[0]["version"] is not None, "the birth")
    device = table_rows(engine, "device")[0]
    assert (device["state"], device["session"], device["version"]) == ("ready", 4, "1.2")
    assert '"outbox_events":17' in device["health"]


def test_the_hub_says_that_it_is_there_and_that_it_goes(broker: Broker, engine: Engine) -> None:
    with peer(broker.port, HUB_STATE) as watcher:
        with hub(engine, broker.port):
            wait_until(lambda: watcher.states() == ["ready"], "ready")
        wait_until(lambda: watcher.states() == ["ready", "lost"], "lost")
        with peer(broker.port, HUB_STATE) as later:
            wait_until(lambda: set(later.states()) == {"lost"}, "the kept state")


@pytest.mark.mosquitto
def test_a_hub_that_is_cut_off_is_lost_by_its_will_and_comes_back(
    mosquitto: Mosquitto, engine: Engine
) -> None:
    with peer(mosquitto.port, HUB_STATE) as watcher, hub(engine, mosquitto.port) as subscriber:
        wait_until(lambda: watcher.states() == ["ready"], "ready")
        line = subscriber._client and subscriber._client.socket()
        assert isinstance(line, socket.socket)
        line.shutdown(socket.SHUT_RDWR)
        wait_until(lambda: watcher.states() == ["ready", "lost", "ready"], "the will, and the hub again")


def test_the_subscriber_comes_back_after_the_broker(
    broker: Broker, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    box = Box()
    with hub(engine, broker.port) as subscriber:
        with peer(broker.port) as till:
            till.send(box.topic, box.press())
            wait_until(lambda: seqs(engine) == [1], "the first event")
        broker.kill()
        wait_until(lambda: not subscriber.connected, "the loss")
        broker.start()
        wait_until(lambda: subscriber.connected, "the connection")
        with peer(broker.port, "tillsight/v1/acme/rome/box-1/ack") as till:
            till.send(box.topic, box.press())
            wait_until(lambda: till.upto(box) == 2, "the second event")
    assert seqs(engine) == [1, 2]
    told = [record.getMessage() for record in caplog.records if record.name == subscriber_module.__name__]
    assert [line.split(" the broker")[0].split(":")[0] for line in told] == [
        "connected to",
        "no broker at 127.0.0.1",
        "connected to",
    ]


@pytest.mark.mosquitto
def test_a_broker_that_lost_everything_is_used_like_a_new_one(mosquitto: Mosquitto, engine: Engine) -> None:
    box = Box()
    with hub(engine, mosquitto.port) as subscriber:
        with peer(mosquitto.port) as till:
            till.send(box.topic, box.press())
            wait_until(lambda: seqs(engine) == [1], "the first event")
        mosquitto.wipe()
        wait_until(lambda: not subscriber.connected, "the loss")
        mosquitto.start()
        wait_until(lambda: subscriber.connected, "the connection")
        with peer(mosquitto.port, "tillsight/v1/acme/rome/box-1/ack", HUB_STATE) as till:
            till.send(box.topic, encode_message([Box().press(), box.press()]))
            wait_until(lambda: till.upto(box) == 2, "the answer to a resend")
            wait_until(lambda: till.states() == ["ready"], "the hub's state")


def test_a_hub_that_starts_before_its_broker_waits_for_it(
    broker: Broker, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    broker.kill()
    with hub(engine, broker.port, connected=False) as subscriber:
        wait_until(lambda: "no broker at" in caplog.text, "the complaint")
        broker.start()
        wait_until(lambda: subscriber.connected, "the connection")
    assert caplog.text.count("no broker at") == 1


@pytest.mark.mosquitto
def test_what_is_not_committed_is_not_confirmed_and_comes_again(mosquitto: Mosquitto, engine: Engine) -> None:
    path = engine.url.database
    assert path
    other = sqlite3.connect(path, isolation_level=None)
    box = Box()
    with hub(engine, mosquitto.port) as subscriber, peer(mosquitto.port) as till:
        other.execute("BEGIN IMMEDIATE")
        till.send(box.topic, box.press())
        writer = subscriber._writer
        wait_until(lambda: writer.counts.failing is not None, "the writer's trouble")
    other.rollback()
    other.close()
    assert seqs(engine) == []
    with hub(engine, mosquitto.port):
        wait_until(lambda: seqs(engine) == [1], "the event from the broker's queue")


@pytest.mark.mosquitto
def test_what_is_committed_is_confirmed_and_does_not_come_again(mosquitto: Mosquitto, engine: Engine) -> None:
    box = Box()
    with hub(engine, mosquitto.port), peer(mosquitto.port) as till:
        for _ in range(30):
            till.send(box.topic, box.press())
        wait_until(lambda: len(seqs(engine)) == 30, "the events")
    with hub(engine, mosquitto.port) as subscriber, peer(mosquitto.port) as till:
        till.send(box.topic, box.press())
        wait_until(lambda: len(seqs(engine)) == 31, "the last event")
        assert subscriber._writer.counts.duplicates <= 20, "at most what was under way"
        assert subscriber._writer.counts.stored == 1
