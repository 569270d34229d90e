"""Hub and till on machines of their own, with a cable between, and what the firewall lets through."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.deploy.conftest import say
from tests.harness.bundles import VERSION, Bundle, add_own
from tests.harness.machines import Machine, Root, booted, join
from tests.harness.playbooks import Fleet
from tests.harness.shops import PROGRAMS, Shop

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(1500)]

HUB, TILL = "10.77.0.1", "10.77.0.2"
KIOSK = {"tillsight_kiosk": True, "tillsight_kiosk_install": False, "tillsight_kiosk_start": False}


class Two:
    """The machines and the playbooks for them."""

    def __init__(self, hub: Machine, till: Machine, bundle: Bundle, folder: Path) -> None:
        self.hub, self.till = Shop(hub, bundle, folder), Shop(till, bundle, folder)
        variables = {**self.hub.variables, **KIOSK, "tillsight_hub_host": HUB}
        self.fleet = Fleet(folder / "fleet", {"hub": hub, "till": till}, variables)


@pytest.fixture(scope="module")
def two(with_release: Root, bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    with booted("hub", with_release) as hub, booted("till", with_release) as till:
        join(hub, till)
        for machine in (hub, till):
            add_own(machine, bundle)
        two = Two(hub, till, bundle, tmp_path_factory.mktemp("two"))
        say("site.yml for two machines")
        played = two.fleet.play("site.yml", hubs="hub", tills="till")
        assert played.code == 0, played.words
        yield two


def test_the_first_event_arrives_over_the_cable(two: Two) -> None:
    two.hub.until(lambda: two.hub.stored() > 0, "the first event")
    assert two.till.status()["connected"]


@pytest.mark.parametrize(("port", "is_open"), [(8443, True), (8883, True), (22, False), (8080, False)])
def test_a_till_goes_nowhere_but_to_its_hub(two: Two, port: int, is_open: bool) -> None:
    assert reaches(two.till.machine, HUB, port) == is_open


def test_only_what_is_named_reaches_the_hub(two: Two) -> None:
    two.till.machine.run("nft", "add rule inet tillsight output tcp dport { 22, 8080 } accept")
    two.hub.machine.run("systemd-run", "--unit", "listener", "python3", "-m", "http.server", "8080")
    assert reaches(two.till.machine, HUB, 22)
    assert not reaches(two.till.machine, HUB, 8080)


@pytest.mark.parametrize("unit", ["tillsight-monitor", "tillsight-gateway-watch", "tillsight-renew"])
def test_what_a_till_does_now_and_then(two: Two, unit: str) -> None:
    two.till.machine.run("systemctl", "start", f"{unit}.service")


def test_the_machine_s_health_is_told(two: Two) -> None:
    two.till.machine.run("systemctl", "start", "tillsight-monitor.service")
    said = json.loads(two.till.machine.run("cat", "/run/tillsight-monitor/health.json"))
    assert said["agent"]["state"] == "running"
    assert said["release"] == VERSION


def test_a_certificate_can_be_renewed(two: Two) -> None:
    words = ("--url", f"https://{HUB}:8443", "--now")
    before = two.till.machine.run("cat", "/var/lib/tillsight/identity/current/cert.pem")
    two.till.machine.run("runuser", "-u", "tillsight", "--", f"{PROGRAMS}/tillsight-edge", "renew", *words)
    assert two.till.machine.run("cat", "/var/lib/tillsight/identity/current/cert.pem") != before


def test_the_hub_makes_a_backup(two: Two) -> None:
    two.hub.machine.run("systemctl", "start", "tillsight-hub-backup.service")
    assert two.hub.machine.run("ls", "/var/backups/tillsight").startswith("hub")


def test_the_hub_s_own_certificates_are_renewed(two: Two) -> None:
    two.hub.machine.run("systemctl", "start", "tillsight-hub-certificates.service")


def test_nobody_reaches_the_till_s_own_page(two: Two) -> None:
    two.till.machine.run("systemd-run", "--unit", "listener", "python3", "-m", "http.server", "8710")
    assert not reaches(two.hub.machine, TILL, 8710)


def reaches(machine: Machine, host: str, port: int) -> bool:
    """Whether somebody there takes a connection."""
    ask = f"import socket; socket.create_connection(('{host}', {port}), 3)"
    return machine.run("sh", "-c", f'python3 -c "{ask}" 2>/dev/null && echo yes', check=False) == "yes\n"
