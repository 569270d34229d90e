"""Draining a broker's queue into a bare subscriber or into the hub's ingest, in a process of its own."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tillsight_hub.broker import EmbeddedBroker
from tillsight_hub.config import MqttSettings
from tillsight_hub.database import migrate, open_database
from tillsight_hub.ingest.messages import Committed
from tillsight_hub.ingest.subscriber import Subscriber
from tillsight_hub.ingest.writer import IngestWriter
from tillsight_models.topics import every_device

from .chain import apply_chain, encoded_events, topic

CLIENT_ID = "bench-hub"
DEVICES = 8


class Broker:
    """The hub's embedded broker, while the block lasts."""

    def __init__(self, folder: Path) -> None:
        self._broker = EmbeddedBroker(folder)

    def __enter__(self) -> EmbeddedBroker:
        self._broker.start()
        return self._broker

    def __exit__(self, *_: object) -> None:
        self._broker.stop()


def preload(broker: EmbeddedBroker, events: int) -> None:
    """Leave so many events, one a message, in the broker's queue for the subscriber that will come."""
    _subscribe_and_leave(broker)
    client = _client("bench-devices", clean=True)
    client.max_inflight_messages_set(1000)
    client.max_queued_messages_set(0)
    client.connect(broker.host, broker.port)
    client.loop_start()
    streams = [encoded_events(n, events // DEVICES) for n in range(DEVICES)]
    sent = [
        client.publish(topic(n), event, qos=1)
        for row in zip(*streams, strict=True)
        for n, event in enumerate(row)
    ]
    for message in sent:
        message.wait_for_publish(120)
    client.disconnect()
    client.loop_stop()


def drain(broker: EmbeddedBroker, url: str | None, events: int) -> float:
    """Events per second from the queue into the database at `url`, or into nothing but an acknowledgement."""
    if url is not None:
        engine = open_database(url)
        migrate(engine)
        apply_chain(engine, DEVICES)
        engine.dispose()
    task = json.dumps({"port": broker.port, "url": url, "events": events // DEVICES * DEVICES})
    root = Path(__file__).resolve().parents[2]
    ran = subprocess.run(
        [sys.executable, "-m", "scripts.bench_parts.wire", task],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=root,
    )
    return float(ran.stdout)


def _client(id: str, *, clean: bool, manual_ack: bool = False) -> mqtt.Client:
    return mqtt.Client(CallbackAPIVersion.VERSION2, client_id=id, clean_session=clean, manual_ack=manual_ack)


def _subscribe_and_leave(broker: EmbeddedBroker) -> None:
    """Make the session for which the broker keeps messages, empty."""
    for clean in (True, False):
        client = _client(CLIENT_ID, clean=clean)
        subscribed = threading.Event()
        client.on_connect = lambda client, *_: client.subscribe(every_device("ev"), 1)
        client.on_subscribe = lambda *_, done=subscribed: done.set()
        client.connect(broker.host, broker.port)
        client.loop_start()
        if not subscribed.wait(20):
            raise TimeoutError("the broker does not answer")
        client.disconnect()
        client.loop_stop()


def _drain_into_nothing(port: int, events: int) -> float:
    """A subscriber with the same settings as the hub's that counts and acknowledges."""
    client = _client(CLIENT_ID, clean=False, manual_ack=True)
    times: list[float] = []
    finished = threading.Event()

    def on_message(client: mqtt.Client, _: object, message: mqtt.MQTTMessage) -> None:
        client.ack(message.mid, message.qos)
        times.append(time.perf_counter())
        if len(times) == events:
            finished.set()

    client.on_message = on_message
    client.on_connect = lambda client, *_: client.subscribe(every_device("ev"), 1)
    client.connect("127.0.0.1", port)
    client.loop_start()
    _wait(finished)
    client.loop_stop()
    return times[-1] - times[0]


def _drain_into_hub(port: int, url: str, events: int) -> float:
    """The hub's own subscriber and writer."""
    times: list[float] = []
    finished = threading.Event()
    engine = open_database(url)

    def on_commit(_: Committed) -> None:
        times.append(time.perf_counter())
        if writer.counts.stored >= events:
            finished.set()

    writer = IngestWriter(engine, on_commit)
    first = writer.submit

    def submit(item: object) -> None:
        times.append(time.perf_counter())
        writer.submit = first  # type: ignore[method-assign]
        first(item)  # type: ignore[arg-type]

    writer.submit = submit  # type: ignore[method-assign]
    settings = MqttSettings(embedded=False, port=port, client_id=CLIENT_ID)
    subscriber = Subscriber(settings, writer, engine)
    writer.start()
    subscriber.start()
    _wait(finished)
    subscriber.stop()
    writer.stop()
    return times[-1] - times[0]


def _wait(finished: threading.Event) -> None:
    if not finished.wait(180):
        raise TimeoutError("the queue was not drained in 180 s")


if __name__ == "__main__":
    todo = json.loads(sys.argv[1])
    if todo["url"] is None:
        seconds = _drain_into_nothing(todo["port"], todo["events"])
    else:
        seconds = _drain_into_hub(todo["port"], todo["url"], todo["events"])
    print(todo["events"] / seconds)
