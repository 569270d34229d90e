"""A whole shop in one machine: from Debian to the first event in one call, and what is there then."""

import os
import stat
from pathlib import Path

import pytest
from tests.deploy.conftest import say
from tests.harness.shops import Shop

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(2400)]


def test_one_call_leads_from_a_bare_machine_to_the_first_event(shop: Shop) -> None:
    assert shop.setup is not None
    say(f"--check {shop.setup.check_s:.0f} s, site.yml {shop.setup.play_s:.0f} s")
    assert shop.status()["connected"]


def test_nothing_changes_the_second_time(shop: Shop) -> None:
    say("site.yml once more")
    seconds, played = shop.timed("site.yml")
    assert (played.code, played.changed, played.changes) == (0, 0, []), played.words
    say(f"nothing changed, after {seconds:.0f} s")


def test_nor_would_anything_change(shop: Shop) -> None:
    say("site.yml --check")
    played = shop.play("site.yml", "--check")
    assert (played.code, played.changed, played.changes) == (0, 0, []), played.words


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
