"""Whom the broker turned away: what its log tells of it, and what it does not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from sqlalchemy import Engine
from tests.harness.guarded_broker import HOST, GuardedBroker, Refused, before, now, visiting
from tests.harness.guarded_hub import hub_at
from tests.harness.identities import Identity
from tests.harness.processes import wait_until

from tillsight_hub.fleet.broker_log import HANDSHAKE_S, BrokerLog
from tillsight_hub.fleet.sightings import BROKER, NOWHERE, Seen
from tillsight_hub.identity.authority import Authority, Revoked, as_pem
from tillsight_hub.identity.broker_files import BROKER_LOG
from tillsight_hub.ingest.subscriber import Subscriber

CAME = "1795351917: New connection from {} on port 8883."
IS_IN = "1795351917: New client connected from {} as till-a (p2, c1, k30, u'till-a')."
AWAY = "1795351917: OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed"
OTHERS = (
    "1795351919: OpenSSL Error[0]: error:0A0000C7:SSL routines::peer did not return a certificate",
    "1795351926: Client connection from 127.0.0.1 failed: error:0A00009C:SSL routines::http request.",
    "1795351915: Client till-a disconnected.",
)


class Ticking:
    """Seconds that the test moves."""

    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


def told(*lines: str, clock: Ticking | None = None) -> list[Seen]:
    log = BrokerLog(clock or Ticking())
    for line in lines:
        log.hear(line)
    return list(log.seen())


def test_the_one_that_waits_is_the_one_that_was_turned_away() -> None:
    lines = CAME.format("192.0.2.8:40000"), IS_IN.format("192.0.2.8:40000"), CAME.format("192.0.2.7:41000")
    assert told(*lines, AWAY) == [Seen(BROKER, "turned-away", "192.0.2.7", 1)]


def test_of_several_that_wait_nobody_is_blamed() -> None:
    lines = CAME.format("192.0.2.8:40000"), CAME.format("[2001:db8::7]:41000")
    assert told(*lines, AWAY) == [Seen(BROKER, "turned-away", NOWHERE, 1)]


def test_several_of_one_address_are_counted_together() -> None:
    lines = [CAME.format(f"192.0.2.7:{port}") for port in (1, 2, 3)]
    assert told(*lines, AWAY, AWAY, AWAY) == [Seen(BROKER, "turned-away", "192.0.2.7", 3)]


def test_who_went_away_by_itself_is_forgotten() -> None:
    clock = Ticking()
    log = BrokerLog(clock)
    log.hear(CAME.format("192.0.2.8:40000"))
    clock.s = HANDSHAKE_S + 1
    log.hear(CAME.format("192.0.2.7:41000"))
    log.hear(AWAY)
    assert [each.detail for each in log.seen()] == ["192.0.2.7"]
    assert list(log.seen()) == []


@pytest.mark.parametrize("line", OTHERS)
def test_scanners_of_ports_are_no_devices(line: str) -> None:
    assert told(CAME.format("192.0.2.7:41000"), line) == []


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[GuardedBroker]:
    guarded = GuardedBroker(tmp_path)
    guarded.start()
    yield guarded
    guarded.stop()


@pytest.fixture
def hub(broker: GuardedBroker, engine: Engine) -> Iterator[Subscriber]:
    with hub_at(broker, engine) as subscriber:
        yield subscriber


def tries(broker: GuardedBroker, who: Identity) -> None:
    with pytest.raises(Refused), visiting(broker, who):
        pass


@pytest.mark.mosquitto
def test_revoked_ended_and_foreign_certificates_are_told_by_a_real_broker(
    broker: GuardedBroker, hub: Subscriber
) -> None:
    stolen, foreign = broker.identity("till-a"), Identity()
    rogue = Authority.create(broker.folder / "rogue", "Rogue", now())
    foreign.certificate = as_pem(rogue.for_device("till-a", foreign.request, now()))
    with visiting(broker, stolen):
        pass
    broker.revoked.append(Revoked(x509.load_pem_x509_certificate(stolen.certificate).serial_number, now()))
    broker.write_list(now())
    broker.reload()
    for who in (stolen, broker.identity("till-b", before(200), 90), foreign):
        tries(broker, who)
    seen: list[Seen] = []

    def all_told() -> bool:
        seen.extend(hub.broker_log.seen())
        return sum(each.times for each in seen) == 3

    wait_until(all_told, "three that were turned away")
    assert {(each.device, each.detail) for each in seen} == {(BROKER, HOST)}


@pytest.mark.mosquitto
def test_a_device_does_not_hear_the_brokers_log(broker: GuardedBroker) -> None:
    with visiting(broker, broker.identity("till-a")) as nosy:
        nosy.listens(BROKER_LOG)
        with visiting(broker, broker.identity("till-b")):
            assert not nosy.heard
        nosy.listens("tillsight/v1/+/+/till-a/ack")
    assert not nosy.heard
