"""The embedded broker: real mosquitto, real amqtt, real deaths."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from tests.harness.ports import free_port
from tests.harness.processes import listens, wait_until

from tillsight_hub.broker import EmbeddedBroker, find_mosquitto
from tillsight_hub.errors import AddressInUse, BrokerFailed

PROGRAMS = [
    pytest.param(
        "mosquitto",
        marks=[
            pytest.mark.mosquitto,
            pytest.mark.skipif(find_mosquitto() is None, reason="apt-get install mosquitto"),
        ],
    ),
    "amqtt",
]


@pytest.fixture(params=PROGRAMS)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EmbeddedBroker]:
    embedded = EmbeddedBroker(tmp_path / "broker", port=free_port(), program=request.param)
    yield embedded
    embedded.stop()


def _delivers(broker: EmbeddedBroker) -> bool:
    """A message goes in at one client and comes out at another."""
    received: list[bytes] = []
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="delivery")
    client.on_connect = lambda *_: client.subscribe("a/b", qos=1)
    client.on_subscribe = lambda *_: client.publish("a/b", b"pressed", qos=1)
    client.on_message = lambda _client, _userdata, message: received.append(message.payload)
    client.connect(broker.host, broker.port)
    client.loop_start()
    try:
        wait_until(lambda: bool(received), "the message")
    finally:
        client.disconnect()
        client.loop_stop()
    return received == [b"pressed"]


def test_it_delivers_and_stops(broker: EmbeddedBroker) -> None:
    broker.start()
    assert broker.running
    assert _delivers(broker)
    broker.stop()
    assert not broker.running
    assert not listens(broker.port)


def test_it_comes_back_after_a_kill(broker: EmbeddedBroker) -> None:
    broker.start()
    first = broker.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: broker.pid not in (None, first) and listens(broker.port), "the second broker")
    assert _delivers(broker)


def test_it_is_not_reached_by_the_keyboard_interrupt_of_the_hub(broker: EmbeddedBroker) -> None:
    broker.start()
    assert broker.pid is not None
    assert os.getpgid(broker.pid) != os.getpgid(0)


@pytest.mark.parametrize("program", PROGRAMS)
def test_no_broker_outlives_a_killed_hub(program: str, tmp_path: Path) -> None:
    port = free_port()
    code = (
        "import sys, pathlib, tillsight_hub.broker as b\n"
        f"broker = b.EmbeddedBroker(pathlib.Path({str(tmp_path)!r}), port={port}, program={program!r})\n"
        "broker.start()\n"
        "print(broker.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as hub:
        assert hub.stdout is not None
        pid = int(hub.stdout.readline())
        assert listens(port)
        hub.kill()
        hub.wait()
        wait_until(lambda: not Path(f"/proc/{pid}").exists() or not listens(port), "the end of the broker")
    wait_until(lambda: not listens(port), "the end of the broker")


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(AddressInUse, match=f"mqtt.port: 127.0.0.1:{port}: Address already in use"):
            EmbeddedBroker(tmp_path, port=port).start()


def test_a_broker_that_cannot_start_says_why(broker: EmbeddedBroker) -> None:
    broker.folder.mkdir()
    if broker.mosquitto:
        broker.mosquitto = Path("/bin/false")
    else:
        broker.host = "192.0.2.1"  # of no machine
        with pytest.raises(AddressInUse):
            broker.start()
        return
    with pytest.raises(BrokerFailed, match="mosquitto does not start: it says nothing"):
        broker.start()


def test_a_machine_without_any_broker_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tillsight_hub.broker.find_mosquitto", lambda: None)
    with pytest.raises(BrokerFailed, match="apt-get install mosquitto"):
        EmbeddedBroker(tmp_path, port=free_port(), program="mosquitto").start()


@pytest.mark.mosquitto
def test_mosquitto_is_found_outside_the_path_of_a_user(monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path("/usr/sbin/mosquitto").exists():
        pytest.skip("apt-get install mosquitto")
    monkeypatch.setenv("PATH", "/nowhere")
    assert find_mosquitto() == Path("/usr/sbin/mosquitto")


def test_devices_that_come_all_at_once_are_all_served(broker: EmbeddedBroker) -> None:
    """amqtt by itself breaks off the greeting of one client when another subscribes in the middle of it."""
    broker.start()
    hub = _client(broker, "hub", "d/+/birth", [])
    for _ in range(3):
        connected: list[str] = []
        devices = [_client(broker, f"d{n}", f"d/{n}/ack", connected, f"d/{n}/birth") for n in range(25)]
        wait_until(lambda served=connected: len(served) >= 25, "all devices")  # type: ignore[misc]
        for device in devices:
            device.disconnect()
            device.loop_stop()
        assert len(connected) == 25, "some had to come twice"
    hub.disconnect()
    hub.loop_stop()
    assert "Traceback" not in (broker.folder / "log").read_text(encoding="utf-8")


def _client(
    broker: EmbeddedBroker, name: str, topics: str, connected: list[str], retained: str = ""
) -> mqtt.Client:
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=name, clean_session=name != "hub")

    def greet(*_: object) -> None:
        if retained:
            client.publish(retained, b"here", qos=1, retain=True)
        client.subscribe(topics, qos=1)

    client.on_connect = greet
    client.on_subscribe = lambda *_: connected.append(name)
    client.connect_async(broker.host, broker.port)
    client.loop_start()
    return client
