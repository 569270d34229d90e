"""The MQTT transport against a real broker: sessions, wills, kills, and a backlog that drains."""

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import need
from tests.harness.acking_hub import AckingHub
from tests.harness.brokers import Mosquitto
from tests.harness.certificates import Authority, Certificate
from tests.harness.outboxes import new_outbox, press_times
from tests.harness.processes import wait_until
from tests.harness.slow_line import SlowLine

from tillsight_edge.clock import SystemClock
from tillsight_edge.config import HubSettings
from tillsight_edge.mqtt import MqttTransport
from tillsight_edge.outbox import Outbox
from tillsight_edge.ports import Heard
from tillsight_edge.uplink import Uplink
from tillsight_models.delivery import Birth, DeviceState, HubState, decode, encode
from tillsight_models.events import HealthReported
from tillsight_models.topics import DeviceTopics, hub_state

pytestmark = pytest.mark.mosquitto

TOPICS = DeviceTopics("acme", "store-7", "till-1-box")


class Device:
    """An outbox and an uplink through a transport, turned by a thread as the agent does it."""

    def __init__(self, folder: Path, port: int, keepalive_s: int = 5) -> None:
        self.awake = threading.Event()
        self.outbox: Outbox = new_outbox(folder, max_events=100_000, on_append=self.awake.set)
        settings = HubSettings(host="127.0.0.1", port=port, keepalive_s=keepalive_s)
        self.transport = MqttTransport(settings, TOPICS, self.hello, random.Random(1))
        self.uplink = Uplink(self.outbox, self.transport, SystemClock(), random.Random(1))
        self.stopping = False
        self.thread = threading.Thread(target=self.run)
        self.transport.start(self.awake.set)
        self.thread.start()

    def hello(self) -> Birth:
        session = self.outbox.next_session()
        return Birth(version="1", stream=self.outbox.stream, session=session, boot="b", first_seq=1)

    def run(self) -> None:
        while not self.stopping:
            self.awake.wait(min(0.2, self.uplink.turn()))
            self.awake.clear()

    def drained(self) -> bool:
        return self.outbox.books().left == 0

    def close(self) -> None:
        self.stopping = True
        self.thread.join()
        self.transport.stop()
        self.outbox.close()


@pytest.fixture
def hub(mosquitto: Mosquitto) -> Iterator[AckingHub]:
    hub = AckingHub(mosquitto.host, mosquitto.port)
    yield hub
    hub.close()


@pytest.fixture
def device(tmp_path: Path, mosquitto: Mosquitto) -> Iterator[Device]:
    device = Device(tmp_path, mosquitto.port)
    yield device
    device.close()


def next_heard(transport: MqttTransport) -> Heard:
    """What comes next from the hub."""
    found: list[Heard] = []

    def arrived() -> bool:
        found.extend(transport.heard())
        return bool(found)

    wait_until(arrived, "a word from the hub")
    return found[0]


def state(hub: AckingHub) -> DeviceState | None:
    return decode(hub.last["state"], DeviceState) if "state" in hub.last else None


def test_a_backlog_drains_and_each_event_is_stored_once(hub: AckingHub, device: Device) -> None:
    press_times(device.outbox, 1_000)
    wait_until(device.drained, "an empty outbox")
    assert hub.stored() == 1_000
    assert device.outbox.books().by_type["button.press"].acked == 1_000


def test_a_connection_says_who_it_is_and_its_end_is_told_apart(hub: AckingHub, device: Device) -> None:
    wait_until(lambda: "birth" in hub.last, "a birth")
    birth = decode(hub.last["birth"], Birth)
    assert (birth.stream, birth.session) == (device.outbox.stream, 1)
    assert state(hub) == DeviceState(state="ready", session=1)
    device.transport.stop()
    wait_until(lambda: state(hub) == DeviceState(state="disconnected", session=1), "a goodbye")
    late = AckingHub(hub.host, hub.port, name="late")
    wait_until(lambda: "state" in late.last, "the retained state")
    late.close()
    assert state(late) == DeviceState(state="disconnected", session=1)  # the will has not spoken after it
    assert [decode(message, DeviceState).state for channel, message in hub.seen if channel == "state"] == [
        "ready",
        "disconnected",
    ]


def test_a_connection_that_breaks_leaves_its_will_and_the_next_has_a_new_number(
    hub: AckingHub, device: Device
) -> None:
    wait_until(lambda: state(hub) == DeviceState(state="ready", session=1), "a first session")
    client = device.transport._client
    assert client is not None
    client._sock_close()  # as if the network had gone: no goodbye
    wait_until(lambda: state(hub) == DeviceState(state="ready", session=2), "a second session")
    states = [decode(message, DeviceState) for channel, message in hub.seen if channel == "state"]
    assert DeviceState(state="lost", session=1) in states
    press_times(device.outbox, 5)
    wait_until(device.drained, "an empty outbox")


def test_a_broker_that_is_killed_and_forgets_everything_loses_nothing(
    hub: AckingHub, device: Device, mosquitto: Mosquitto
) -> None:
    press_times(device.outbox, 300)
    wait_until(lambda: hub.stored() > 0, "a first event")
    mosquitto.wipe()
    press_times(device.outbox, 300)
    mosquitto.start()
    wait_until(device.drained, "an empty outbox")
    assert hub.stored() == 600


def test_on_a_slow_line_messages_stay_whole(hub: AckingHub, tmp_path: Path, mosquitto: Mosquitto) -> None:
    """Messages that the network takes in pieces, while another thread has something to say as well."""
    hub.hub.window = 2_000
    full = new_outbox(tmp_path, max_events=100_000)
    press_times(full, 4_000)
    full.close()
    line = SlowLine(mosquitto.port)
    device = Device(tmp_path, line.port, keepalive_s=60)
    wait_until(lambda: device.transport.connection() == 1, "a connection")
    for _ in range(20_000):
        device.transport.tell(HealthReported())
    wait_until(device.drained, "an empty outbox")
    connections = device.transport.connection()
    device.close()
    line.close()
    assert hub.stored() == 4_000
    assert connections == 1


def test_a_press_while_the_broker_is_away_waits(tmp_path: Path, mosquitto: Mosquitto) -> None:
    mosquitto.stop()
    device = Device(tmp_path, mosquitto.port)
    try:
        press_times(device.outbox, 3)
        mosquitto.start()
        hub = AckingHub(mosquitto.host, mosquitto.port)
        wait_until(device.drained, "an empty outbox")
        assert hub.stored() == 3
        hub.close()
    finally:
        device.close()


def test_a_message_that_is_no_ack_is_ignored(hub: AckingHub, device: Device) -> None:
    wait_until(lambda: "birth" in hub.last, "a birth")
    hub._client.publish(TOPICS.of("ack"), b'{"upto": "all of them"}', qos=1)
    press_times(device.outbox, 2)
    wait_until(device.drained, "an empty outbox")


def test_retained_messages_are_told_from_live_ones(hub: AckingHub, device: Device) -> None:
    wait_until(lambda: "birth" in hub.last, "a birth")
    device.stopping = True
    device.thread.join()
    ready, lost = HubState(state="ready", since=5), HubState(state="lost", since=5)
    hub._client.publish(hub_state("acme"), encode(ready), qos=1, retain=True)
    assert next_heard(device.transport) == Heard(ready, live=True)
    client = device.transport._client
    assert client is not None
    client._sock_close()
    assert next_heard(device.transport) == Heard(ready, live=False)
    hub._client.publish(hub_state("acme"), encode(lost), qos=1, retain=True)
    assert next_heard(device.transport) == Heard(lost, live=True)


class TlsMosquitto(Mosquitto):
    """A broker that wants certificates of an authority and takes the device's name from them."""

    def __init__(self, folder: Path, authority: Authority, own: Certificate) -> None:
        self.authority, self.own = authority, own
        super().__init__(folder)

    def _config(self) -> str:
        secure = [
            f"cafile {self.authority.file}",
            f"certfile {self.own.file}",
            f"keyfile {self.own.key}",
            "require_certificate true",
            "use_identity_as_username true",
        ]
        listener, rest = super()._config().split("\n", 1)
        return "\n".join([listener, *secure, rest.replace("allow_anonymous true", "allow_anonymous false")])


@pytest.mark.parametrize(("believes", "connects"), [("our-authority", True), ("a-stranger", False)])
def test_with_tls_device_and_broker_know_each_other(tmp_path: Path, believes: str, connects: bool) -> None:
    ours = need(lambda: Authority(tmp_path, "our-authority"))
    authorities = {"our-authority": ours, "a-stranger": Authority(tmp_path, "a-stranger")}
    device = ours.sign("till-1-box")
    broker = need(lambda: TlsMosquitto(tmp_path / "mosquitto", ours, ours.sign("broker")))
    broker.start()
    settings = HubSettings(
        host="127.0.0.1",
        port=broker.port,
        tls=True,
        ca_file=authorities[believes].file,
        cert_file=device.file,
        key_file=device.key,
    )
    transport = MqttTransport(
        settings,
        TOPICS,
        lambda: Birth(version="1", stream="0" * 16, session=1, boot="b", first_seq=1),
        random.Random(1),
    )
    woken = threading.Event()
    transport.start(woken.set)
    assert woken.wait(60)  # connected, or given up for now
    assert (transport.connection() != 0) == connects
    transport.stop()
    broker.kill()


def test_health_goes_out_between_events(hub: AckingHub, device: Device) -> None:
    wait_until(lambda: "birth" in hub.last, "a birth")
    device.transport.tell(HealthReported(presses=7))
    wait_until(lambda: "metric" in hub.last, "a heartbeat")
    assert decode(hub.last["metric"], HealthReported).presses == 7
