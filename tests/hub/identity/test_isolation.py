"""Devices on a real mosquitto with our configuration: nobody is, hears or says what is another's."""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from tests.harness.guarded_broker import (
    HOST,
    GuardedBroker,
    Refused,
    Visitor,
    before,
    now,
    visiting,
)
from tests.harness.identities import Identity

from tillsight_hub.identity.authority import Authority, Revoked, as_pem
from tillsight_hub.identity.broker_files import FROM_DEVICE, HUB_NAME, LARGEST_MESSAGE, TO_DEVICE

pytestmark = pytest.mark.mosquitto

A, B = "till-a", "till-b"
PLACE = "tillsight/v1/acme/rome"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedBroker]:
    """One for the whole file: what is refused leaves nothing behind."""
    guarded = GuardedBroker(tmp_path_factory.mktemp("guarded"))
    guarded.start()
    yield guarded
    guarded.stop()


@pytest.fixture(scope="module")
def identities(broker: GuardedBroker) -> dict[str, Identity]:
    return {name: broker.identity(name) for name in (A, B, HUB_NAME)}


@pytest.fixture
def hub(broker: GuardedBroker, identities: dict[str, Identity]) -> Iterator[Visitor]:
    with visiting(broker, identities[HUB_NAME]) as visitor:
        visitor.listens("tillsight/v1/#")
        yield visitor


@pytest.fixture
def a(broker: GuardedBroker, identities: dict[str, Identity]) -> Iterator[Visitor]:
    with visiting(broker, identities[A]) as visitor:
        yield visitor


@pytest.fixture
def b(broker: GuardedBroker, identities: dict[str, Identity]) -> Iterator[Visitor]:
    with visiting(broker, identities[B]) as visitor:
        yield visitor


def word() -> bytes:
    """Never said before."""
    return str(time.monotonic_ns()).encode()


@pytest.mark.parametrize("channel", FROM_DEVICE)
def test_a_device_is_heard_on_its_own_channels(hub: Visitor, a: Visitor, channel: str) -> None:
    said = word()
    a.says(f"{PLACE}/{A}/{channel}", said)
    assert hub.hears(said)


@pytest.mark.parametrize("channel", TO_DEVICE)
def test_a_device_hears_what_is_for_it(hub: Visitor, a: Visitor, channel: str) -> None:
    said = word()
    a.listens(f"{PLACE}/{A}/{channel}")
    hub.says(f"{PLACE}/{A}/{channel}", said)
    assert a.hears(said)


@pytest.mark.parametrize(
    "topic",
    [
        *(f"{PLACE}/{B}/{channel}" for channel in FROM_DEVICE),
        *(f"{PLACE}/{A}/{channel}" for channel in TO_DEVICE),
        f"{PLACE}/{A}/ev/more",
        f"{PLACE}/{A}",
        f"{PLACE}//ev",
        f"{PLACE}/{A}/{B}/ev",
        "tillsight/v1/acme/hub/state",
        f"tillsight/v2/acme/rome/{A}/ev",
        "anything",
    ],
)
def test_a_device_says_nothing_elsewhere(hub: Visitor, a: Visitor, topic: str) -> None:
    hub.listens("#")
    said, own = word(), word()
    a.says(topic, said)
    a.says(f"{PLACE}/{A}/ev", own)
    assert hub.hears(own)
    assert not hub.hears(said, 0.05)


@pytest.mark.parametrize(
    "topic",
    [
        *(f"{PLACE}/{B}/{channel}" for channel in (*TO_DEVICE, "ev", "state")),
        f"{PLACE}/+/ack",
        f"{PLACE}/+/cfg",
        "tillsight/v1/+/+/+/cmd",
        "tillsight/#",
        "#",
        "+/+/+/+/+/cfg",
        "$share/g/tillsight/v1/#",
        f"$share/g/{PLACE}/{B}/cfg",
        "$SYS/#",
    ],
)
def test_a_device_hears_nothing_of_another(
    broker: GuardedBroker, identities: dict[str, Identity], hub: Visitor, a: Visitor, topic: str
) -> None:
    """The broker grants the subscription and then delivers nothing: an answer is no proof."""
    a.listens(topic)
    a.listens(f"{PLACE}/{A}/ack")
    said, own = word(), word()
    with visiting(broker, identities[B]) as b:
        b.says(f"{PLACE}/{B}/ev", said)
        b.says(f"{PLACE}/{B}/state", said)
    for channel in TO_DEVICE:
        hub.says(f"{PLACE}/{B}/{channel}", said)
    hub.says(f"{PLACE}/{A}/ack", own)
    assert a.hears(own)
    assert [heard for heard in a.heard if heard[0] != f"{PLACE}/{A}/ack"] == []


def test_what_is_retained_for_another_stays_unheard(hub: Visitor, a: Visitor) -> None:
    said, own = word(), word()
    hub.says(f"{PLACE}/{B}/cfg", said, retain=True)
    hub.says(f"{PLACE}/{A}/cfg", own, retain=True)
    a.listens(f"{PLACE}/+/cfg")
    a.listens(f"{PLACE}/{A}/cfg")
    assert a.hears(own)
    assert not a.hears(said, 0.05)


def test_a_device_cannot_wipe_what_is_retained_for_another(
    broker: GuardedBroker, identities: dict[str, Identity], hub: Visitor, a: Visitor
) -> None:
    said = word()
    hub.says(f"{PLACE}/{B}/cfg", said, retain=True)
    a.says(f"{PLACE}/{B}/cfg", b"", retain=True)
    with visiting(broker, identities[B]) as b:
        b.listens(f"{PLACE}/{B}/cfg")
        assert b.hears(said)


def test_a_last_will_speaks_for_its_owner_only(
    broker: GuardedBroker, identities: dict[str, Identity], hub: Visitor
) -> None:
    forged, own = word(), word()
    for topic, said in ((f"{PLACE}/{B}/state", forged), (f"{PLACE}/{A}/state", own)):
        with visiting(broker, identities[A], will=(topic, said)) as dying:
            dying.client.socket().shutdown(socket.SHUT_RDWR)
            assert dying.gone.wait(60)
    assert hub.hears(own)
    assert not hub.hears(forged, 0.3)


@pytest.mark.parametrize("client_id", [B, HUB_NAME])
def test_nobody_throws_another_off_by_its_client_id(
    broker: GuardedBroker, identities: dict[str, Identity], client_id: str
) -> None:
    with (
        visiting(broker, identities[client_id], client_id=client_id) as victim,
        visiting(broker, identities[A], client_id=client_id),
    ):
        assert not victim.gone.wait(0.5)


def test_two_of_one_name_are_one_device(broker: GuardedBroker, identities: dict[str, Identity]) -> None:
    """A copied card and the true device throw each other off, and both are seen to do so."""
    with visiting(broker, identities[A]) as first, visiting(broker, identities[A]):
        assert first.gone.wait(60)


def other(tmp_path: Path, name: str = "Tillsight test") -> Authority:
    """An authority of the same name that is not ours."""
    return Authority.create(tmp_path / "other", name, now())


def signed_by(authority: Authority, name: str, days: int = 90) -> Identity:
    identity = Identity()
    identity.certificate = as_pem(authority.for_device(name, identity.request, now(), days))
    return identity


def test_nobody_comes_in_without_a_certificate(broker: GuardedBroker) -> None:
    with pytest.raises(Refused), visiting(broker, None):
        pass


def test_nobody_comes_in_with_a_strangers_certificate(broker: GuardedBroker, tmp_path: Path) -> None:
    with pytest.raises(Refused), visiting(broker, signed_by(other(tmp_path), A)):
        pass


def test_nobody_comes_in_with_a_certificate_of_their_own_making(
    broker: GuardedBroker, tmp_path: Path
) -> None:
    """Signed by a device's key as if that were an authority."""
    device = broker.identity(A)
    forger = Authority(device.key, other(tmp_path).certificate)
    with pytest.raises(Refused), visiting(broker, signed_by(forger, HUB_NAME)):
        pass


def test_nobody_comes_in_with_a_certificate_that_has_ended(broker: GuardedBroker) -> None:
    with pytest.raises(Refused), visiting(broker, broker.identity(A, before(10), days=9)):
        pass


def test_nobody_comes_in_before_a_certificate_begins(broker: GuardedBroker) -> None:
    with pytest.raises(Refused), visiting(broker, broker.identity(A, before(-40))):
        pass


def test_a_server_is_no_client(broker: GuardedBroker) -> None:
    server = Identity()
    server.certificate = as_pem(broker.authority.for_server([HUB_NAME], server.key.public_key(), now()))
    with pytest.raises(Refused), visiting(broker, server):
        pass


def test_somebody_elses_certificate_is_worth_nothing_without_its_key(
    broker: GuardedBroker, identities: dict[str, Identity]
) -> None:
    thief = Identity(certificate=identities[B].certificate)
    with pytest.raises((Refused, ssl.SSLError)), visiting(broker, thief):
        pass


def test_a_device_does_not_talk_to_a_strangers_broker(
    broker: GuardedBroker, identities: dict[str, Identity], tmp_path: Path
) -> None:
    other(tmp_path)
    with (
        pytest.raises(Refused, match="CERTIFICATE_VERIFY_FAILED"),
        visiting(broker, identities[A], authority=tmp_path / "other" / "ca.pem"),
    ):
        pass


def test_old_protocols_and_plain_text_are_not_spoken(broker: GuardedBroker) -> None:
    context = ssl.create_default_context(cafile=str(broker.folder / "ca" / "ca.pem"))
    with pytest.warns(DeprecationWarning):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection((HOST, broker.port)) as plain, pytest.raises((ssl.SSLError, OSError)):
        context.wrap_socket(plain, server_hostname="localhost")
    with socket.create_connection((HOST, broker.port)) as plain:
        plain.settimeout(3)
        plain.sendall(b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02aa")
        with suppress(ConnectionResetError):
            assert not plain.recv(4).startswith(b"\x20\x02\x00\x00")


def test_what_is_too_large_is_not_passed_on(hub: Visitor, a: Visitor) -> None:
    large = b"x" * (LARGEST_MESSAGE + 2048)
    a.says(f"{PLACE}/{A}/ev", large)
    assert a.gone.wait(60)
    assert not hub.hears(large, 0.2)


def test_a_flood_of_one_device_leaves_the_others_heard(hub: Visitor, a: Visitor, b: Visitor) -> None:
    for number in range(2000):
        a.client.publish(f"{PLACE}/{A}/ev", b"flood %d" % number, qos=1)
    said = word()
    b.says(f"{PLACE}/{B}/ev", said)
    assert hub.hears(said)


def test_a_revoked_device_is_silent_within_seconds_and_stays_so(broker: GuardedBroker, hub: Visitor) -> None:
    """The list keeps it out; somebody with a fresh certificate of its name throws it off."""
    name = "till-stolen"
    thief = broker.identity(name)
    with visiting(broker, thief) as stolen:
        broker.revoked.append(Revoked(int(_serial(thief)), now()))
        broker.write_list(now())
        broker.reload()
        with visiting(broker, broker.identity(name)):
            assert stolen.gone.wait(60)
    with pytest.raises(Refused), visiting(broker, thief):
        pass
    said = word()
    with visiting(broker, broker.identity(A)) as good:
        good.says(f"{PLACE}/{A}/ev", said)
    assert hub.hears(said)


def test_a_revocation_list_that_has_ended_locks_everybody_out(tmp_path: Path) -> None:
    """So it is made daily, and its age is watched."""
    guarded = GuardedBroker(tmp_path)
    guarded.write_list(before(20))
    guarded.start()
    try:
        with pytest.raises(Refused), visiting(guarded, guarded.identity(A)):
            pass
        guarded.write_list(now())
        guarded.reload()
        with visiting(guarded, guarded.identity(A)) as let_in:
            assert let_in.connected.is_set()
    finally:
        guarded.stop()


def _serial(identity: Identity) -> int:
    return x509.load_pem_x509_certificate(identity.certificate).serial_number
