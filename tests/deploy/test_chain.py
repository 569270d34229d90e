"""A hub and five tills on machines of their own: what passes between them, waves, and certificates."""

import base64
import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.deploy.conftest import say
from tests.harness.bundles import VERSION, Bundle
from tests.harness.chains import HUB, NETWORK, Chain, chain
from tests.harness.machines import Machine, Root
from tests.harness.shops import PROGRAMS, TILL, TILLS

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(2400)]

DIES = 'sys.exit("this release is broken")'
IDENTITY = "/var/lib/tillsight/identity/current"


@pytest.fixture(scope="module")
def shops(with_release: Root, bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """The first till by the whole of site.yml; the others get what makes them different."""
    with chain(with_release, bundle, tmp_path_factory.mktemp("chain")) as shops:
        say("site.yml for the hub and a till")
        played = shops.play("site.yml", tills=TILLS[:1])
        assert played.code == 0, played.words
        say("site.yml for four more tills")
        played = shops.play("site.yml", "--limit", ",".join(TILLS[1:]), "--tags", "release,identity,edge")
        assert played.code == 0, played.words
        yield shops


@pytest.mark.parametrize("till", TILLS)
def test_the_first_event_arrives_over_the_cable(shops: Chain, till: str) -> None:
    shops.hub.until(lambda: shops.hub.stored(till) > 0, "the first event")
    assert shops.tills[till].status()["connected"]


@pytest.mark.parametrize(("port", "is_open"), [(8443, True), (8883, True), (22, False), (8080, False)])
def test_a_till_goes_nowhere_but_to_its_hub(shops: Chain, port: int, is_open: bool) -> None:
    assert reaches(shops.tills[TILL].machine, HUB, port) == is_open


def test_only_what_is_named_reaches_the_hub(shops: Chain) -> None:
    till = shops.tills[TILL].machine
    till.run("nft", "add rule inet tillsight output tcp dport { 22, 8080 } accept")
    shops.hub.machine.run("systemd-run", "--unit", "listener", "python3", "-m", "http.server", "8080")
    assert reaches(till, HUB, 22)
    assert not reaches(till, HUB, 8080)


@pytest.mark.parametrize("unit", ["tillsight-monitor", "tillsight-gateway-watch", "tillsight-renew"])
def test_what_a_till_does_now_and_then(shops: Chain, unit: str) -> None:
    shops.tills[TILL].machine.run("systemctl", "start", f"{unit}.service")


def test_the_machine_s_health_is_told(shops: Chain) -> None:
    till = shops.tills[TILL].machine
    till.run("systemctl", "start", "tillsight-monitor.service")
    said = json.loads(till.run("cat", "/run/tillsight-monitor/health.json"))
    assert said["agent"]["state"] == "running"
    assert said["release"] == VERSION


def test_a_certificate_can_be_renewed(shops: Chain) -> None:
    till = shops.tills[TILL].machine
    before = till.run("cat", f"{IDENTITY}/cert.pem")
    words = ("--url", f"https://{HUB}:8443", "--now")
    till.run("runuser", "-u", "tillsight", "--", f"{PROGRAMS}/tillsight-edge", "renew", *words)
    assert till.run("cat", f"{IDENTITY}/cert.pem") != before


def test_the_hub_makes_a_backup(shops: Chain) -> None:
    shops.hub.machine.run("systemctl", "start", "tillsight-hub-backup.service")
    assert shops.hub.machine.run("ls", "/var/backups/tillsight").startswith("hub")


def test_nobody_reaches_the_till_s_own_page(shops: Chain) -> None:
    shops.tills[TILL].machine.run("systemd-run", "--unit", "listener", "python3", "-m", "http.server", "8710")
    assert not reaches(shops.hub.machine, f"{NETWORK}.2", 8710)


def test_the_first_bad_release_stops_the_waves(shops: Chain) -> None:
    for till in TILLS:
        shops.tills[till].pretend_release("0.3.0", DIES if till == TILLS[1] else "pass")
    started = {till: shops.started(till) for till in TILLS[2:]}
    say("update.yml to 0.3.0, which is broken on the second till")
    played = shops.play("update.yml", "--limit", "tills", tillsight_version="0.3.0")
    assert played.code != 0
    assert shops.releases() == {till: "0.3.0" if till == TILL else VERSION for till in TILLS}
    assert {till: shops.started(till) for till in TILLS[2:]} == started
    second = shops.tills[TILLS[1]]
    shops.hub.until(lambda: bool(second.status().get("connected")), "the second till to be back")
    say(f"rolled back on the second till after {second.switch_seconds():.0f} s, three left alone")


def test_a_bad_canary_is_the_only_one(shops: Chain) -> None:
    shops.tills[TILL].pretend_release("0.3.1", DIES)
    for till in TILLS[1:]:
        shops.tills[till].pretend_release("0.3.1", "pass")
    say("update.yml to 0.3.1, which is broken on the first")
    played = shops.play("update.yml", "--limit", "tills", tillsight_version="0.3.1")
    assert played.code != 0
    assert shops.releases() == {till: "0.3.0" if till == TILL else VERSION for till in TILLS}


def test_a_good_release_goes_from_wave_to_wave(shops: Chain) -> None:
    for till in TILLS:
        shops.tills[till].pretend_release("0.3.2", "pass")
    before = {till: box.books() for till, box in shops.tills.items()}
    say("update.yml to 0.3.2, which is good")
    played = shops.play("update.yml", "--limit", "tills", tillsight_version="0.3.2")
    assert played.code == 0, played.words
    waves = re.findall(r"PLAY \[It runs.*?\n(.*?)(?=\nPLAY |\Z)", played.words, re.DOTALL)
    assert [set(re.findall(r"^changed: \[(.+?)\]", wave, re.MULTILINE)) for wave in waves] == [
        {TILLS[0]},
        {TILLS[1]},
        set(TILLS[2:]),
    ]
    assert set(shops.releases().values()) == {"0.3.2"}
    for till, box in shops.tills.items():
        assert box.is_well(before[till]) and box.books()["dropped"] == 0


def test_one_till_goes_back(shops: Chain) -> None:
    say("rollback.yml for one till")
    played = shops.play("rollback.yml", "--limit", TILLS[2])
    assert played.code == 0, played.words
    played = shops.play("rollback.yml", "--limit", TILLS[3], tillsight_rollback_to=VERSION)
    assert played.code == 0, played.words
    back = {TILLS[2], TILLS[3]}
    assert shops.releases() == {till: VERSION if till in back else "0.3.2" for till in TILLS}


def test_nothing_is_renewed_that_is_good_for_long(shops: Chain) -> None:
    before = certificates(shops.hub.machine)
    shops.hub.machine.run("systemctl", "start", "tillsight-hub-certificates.service")
    assert certificates(shops.hub.machine) == before


def test_the_hub_s_own_certificates_are_renewed_in_time(shops: Chain) -> None:
    hub = shops.hub.machine
    before = certificates(hub)
    program = hub.files / "usr/local/lib/tillsight/renew-certificates"
    words = program.read_text(encoding="utf-8")
    program.write_text(words.replace("5184000", str(20 * 365 * 86_400)), encoding="utf-8")
    say("the hub's own certificates are renewed")
    hub.run("systemctl", "start", "tillsight-hub-certificates.service")
    program.write_text(words, encoding="utf-8")
    after = certificates(hub)
    assert all(after[name] != before[name] for name in before)
    for name in before:
        said = hub.run("stat", "-c", "%U %a", f"{name}/key.pem").split()
        assert said[0] in ("tillsight-hub", "mosquitto") and said[1] in ("400", "600")
        check = ("openssl", "verify", "-CAfile", "/var/lib/tillsight-hub/ca/ca.pem", f"{name}/cert.pem")
        assert "OK" in hub.run(*check)
    upto = {till: box.books() for till, box in shops.tills.items()}
    for till, box in shops.tills.items():
        box.until(lambda box=box, till=till: box.is_well(upto[till]), f"{till} to be heard again")


def test_a_revoked_till_is_silent_and_the_others_are_not(shops: Chain) -> None:
    box = shops.tills[TILLS[4]]
    say("revoke.yml")
    played = shops.play("revoke.yml", tillsight_device_id=TILLS[4])
    assert played.code == 0, played.words
    box.until(lambda: not box.status()["connected"], "the agent to be off", 45)
    others = {till: shops.tills[till].books() for till in TILLS[:4]}
    for till, books in others.items():
        shops.tills[till].until(lambda till=till, books=books: shops.tills[till].is_well(books), till)
    assert not box.status()["connected"]


def test_it_can_be_enrolled_anew(shops: Chain) -> None:
    box = shops.tills[TILLS[4]]
    before, books = box.machine.run("cat", f"{IDENTITY}/cert.pem"), box.books()
    say("enrol.yml without and with enrol_anew")
    played = shops.play("enrol.yml", "--limit", TILLS[4])
    assert (played.code, played.changes) == (0, []), played.words
    played = shops.play("enrol.yml", "--limit", TILLS[4], tillsight_enrol_anew=True)
    assert played.code == 0, played.words
    assert box.machine.run("cat", f"{IDENTITY}/cert.pem") != before
    box.until(lambda: box.is_well(books), "the agent to be heard again", 90)


def test_no_event_was_lost_in_all_that(shops: Chain) -> None:
    for till, box in shops.tills.items():
        books = box.books()
        box.until(lambda box=box, books=books: box.books()["acked"] >= books["appended"], f"{till}'s outbox")
        assert books["dropped"] == 0
        assert shops.hub.stored(till) >= books["appended"]


def test_no_secret_is_left_of_a_till_that_was_decommissioned(shops: Chain) -> None:
    till = shops.tills[TILL].machine
    secrets = [piece for key in keys(till.files / "var/lib/tillsight") for piece in pieces(key)]
    assert secrets
    say("decommission.yml --check, and for good")
    played = shops.play("decommission.yml", "--check", "--limit", TILL)
    assert played.code == 0, played.words
    assert till.run("cat", f"{IDENTITY}/key.pem")
    began = time.monotonic()
    played = shops.play("decommission.yml", "--limit", TILL)
    assert played.code == 0, played.words
    seconds = time.monotonic() - began
    proof = json.loads((shops.folder / "proofs" / f"{TILL}.json").read_text(encoding="utf-8"))
    assert (proof["found"], proof["unread"], proof["not_searched"]) == ([], [], ["/proc", "/sys"])
    assert proof["secrets"] >= 2 and proof["files_searched"] > 1000
    say(f"{proof['files_searched']} files searched in {seconds:.0f} s; not {proof['read_only_as_packed']}")
    for gone in ("opt/tillsight", "etc/tillsight", "var/lib/tillsight"):
        assert not (till.files / gone).exists()
    assert not [file for file in files(till.files) if any(part in file.read_bytes() for part in secrets)]
    for words in ((), ("--check",)):
        again = shops.play("decommission.yml", *words, "--limit", TILL)
        assert (again.code, again.changes) == (0, []), again.words
    assert json.loads((shops.folder / "proofs" / f"{TILL}.json").read_text(encoding="utf-8")) == proof


def reaches(machine: Machine, host: str, port: int) -> bool:
    """Whether somebody there takes a connection."""
    ask = f"import socket; socket.create_connection(('{host}', {port}), 3)"
    return machine.run("sh", "-c", f'python3 -c "{ask}" 2>/dev/null && echo yes', check=False) == "yes\n"


def certificates(hub: Machine) -> dict[str, str]:
    """Of hub and broker, by folder."""
    folders = ("/etc/tillsight/hub/web", "/etc/tillsight/hub/mqtt", "/etc/tillsight/broker")
    return {folder: hub.run("cat", f"{folder}/cert.pem") for folder in folders}


def files(root: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(root):
        for path in (Path(folder) / name for name in names):
            if path.is_file() and not path.is_symlink():
                yield path


def keys(folder: Path) -> list[bytes]:
    """Of the present certificate and those before it."""
    return [file.read_bytes() for file in files(folder) if file.name == "key.pem"]


def pieces(key: bytes) -> list[bytes]:
    """A key's bytes, and its lines."""
    lines = [line for line in key.splitlines() if len(line) > 30 and not line.startswith(b"-")]
    return [*lines, base64.b64decode(b"".join(key.splitlines()[1:-1]))]
