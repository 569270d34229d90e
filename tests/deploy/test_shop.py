"""A whole shop in one machine, by the playbooks: from Debian to the first event, and a device's life."""

import json
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.deploy.conftest import say
from tests.harness.bundles import VERSION
from tests.harness.shops import TILL, Shop

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(1500)]

DIES = 'sys.exit("this release is broken")'
HANGS = "import time\ntime.sleep(10_000)"
SAYS_READY_AND_HANGS = """import os, socket, time
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
    told.connect(os.environ["NOTIFY_SOCKET"])
    told.send(b"READY=1")
time.sleep(10_000)"""


@pytest.fixture(scope="module", autouse=True)
def _in_order(shop: Shop) -> Iterator[None]:
    """The tests of this file follow one another on one machine."""
    yield


def test_the_first_event_is_on_the_hub(shop: Shop) -> None:
    shop.until(lambda: shop.stored() > 0, "the first event")
    assert shop.status()["connected"]


def test_nothing_changes_the_second_time(shop: Shop) -> None:
    say("site.yml once more")
    played = shop.play("site.yml")
    assert (played.code, played.changes) == (0, []), played.words


def test_nor_would_anything_change(shop: Shop) -> None:
    say("site.yml --check")
    played = shop.play("site.yml", "--check")
    assert (played.code, played.changes) == (0, []), played.words


def test_no_unit_has_failed(shop: Shop) -> None:
    assert shop.machine.run("systemctl", "--failed", "--plain", "--no-legend") == ""


def test_the_password_is_handed_out_once(shop: Shop) -> None:
    assert stat.S_IMODE(shop.password_file.stat().st_mode) == 0o600
    assert len(shop.password_file.read_text(encoding="utf-8").strip()) > 10


@pytest.mark.parametrize(
    ("unit", "most"),
    [("tillsight-edge", 1.5), ("tillsight-hub", 2.0), ("mosquitto", 2.0)],
)
def test_little_is_exposed(shop: Shop, unit: str, most: float) -> None:
    told = shop.machine.run("systemd-analyze", "security", "--no-pager", f"{unit}.service", check=False)
    score = float(told.strip().splitlines()[-1].split(":")[1].split()[0])
    assert score <= most, told


def test_secrets_are_not_for_everybody(shop: Shop) -> None:
    secret = (
        "etc/tillsight/hub",
        "etc/tillsight/hub-secrets",
        "etc/tillsight/broker",
        "var/lib/tillsight/identity",
    )
    for name in secret:
        for folder, _, names in os.walk(shop.machine.files / name):
            for file in (Path(folder) / name for name in names if name == "key.pem"):
                assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file


@pytest.mark.parametrize(
    ("version", "agent"),
    [("0.2.1", DIES), ("0.2.2", HANGS), ("0.2.3", SAYS_READY_AND_HANGS)],
    ids=["dies", "hangs", "says ready and hangs"],
)
def test_a_broken_release_rolls_itself_back(shop: Shop, version: str, agent: str) -> None:
    shop.pretend_release(version, agent)
    before = shop.books()
    say(f"update.yml to {version}, which is broken")
    seconds, code = shop.timed("update.yml", tillsight_version=version)
    assert code != 0
    took = shop.switch_seconds()
    say(f"rolled back after {took:.0f} s of {seconds:.0f} s")
    assert shop.release() == VERSION
    shop.until(lambda: shop.is_well(before), "the agent of the old release")
    assert shop.books()["dropped"] == 0
    assert took <= 60


def test_a_good_release_stays(shop: Shop) -> None:
    shop.pretend_release("0.2.4", "pass")
    say("update.yml to 0.2.4, which is good")
    played = shop.play("update.yml", tillsight_version="0.2.4")
    assert played.code == 0, played.words
    assert shop.release() == "0.2.4"
    say("rollback.yml")
    played = shop.play("rollback.yml")
    assert played.code == 0, played.words
    assert shop.release() == VERSION


def test_a_power_cut_during_a_switch_is_judged_at_boot(shop: Shop) -> None:
    shop.pretend_release("0.2.5", HANGS)
    words = [*shop.machine.enter(), "/usr/local/lib/tillsight/switch-release", "0.2.5"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL):
        shop.until(lambda: shop.release() == "0.2.5", "the switch")
        say("cutting the power")
        shop.machine.cut_power()
    shop.machine.boot()
    shop.until(lambda: shop.release() == VERSION, "the old release", 90)
    shop.until(lambda: bool(shop.status().get("connected")), "its agent", 60)


def test_no_event_was_lost_in_all_that(shop: Shop) -> None:
    shop.until(lambda: shop.books()["acked"] == shop.books()["appended"], "an empty outbox")
    assert shop.stored() >= shop.books()["appended"]


def test_a_revoked_device_is_silent(shop: Shop) -> None:
    say("revoke.yml")
    played = shop.play("revoke.yml", tillsight_device_id=TILL)
    assert played.code == 0, played.words
    shop.until(lambda: not shop.status()["connected"], "the agent to be off", 45)


def test_it_can_be_enrolled_anew(shop: Shop) -> None:
    say("enrol.yml")
    played = shop.play("enrol.yml", tillsight_enrol_anew=True)
    assert played.code == 0, played.words
    shop.until(lambda: bool(shop.status()["connected"]), "the agent to be on again", 90)


def test_no_secret_is_left_of_a_till_that_was_decommissioned(shop: Shop) -> None:
    key = shop.machine.files / "var/lib/tillsight/identity/current/key.pem"
    lines = shop.machine.run("cat", "/var/lib/tillsight/identity/current/key.pem").splitlines()
    secret = [line.encode() for line in lines if len(line) > 30 and not line.startswith("-")]
    say("decommission.yml")
    played = shop.play("decommission.yml")
    assert played.code == 0, played.words
    proof = json.loads((shop.folder / "proofs" / f"{TILL}.json").read_text(encoding="utf-8"))
    assert proof["found"] == [] and proof["secrets"] >= 2 and proof["files_searched"] > 1000
    assert not key.exists()
    assert not [
        file for file in _files(shop.machine.files) if any(part in file.read_bytes() for part in secret)
    ]


def _files(root: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(root):
        for path in (Path(folder) / name for name in names):
            if path.is_file() and not path.is_symlink():
                yield path
