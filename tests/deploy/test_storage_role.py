"""A till whose root is read-only and whose state has a file system of its own: what is pressed survives, and
nothing else is written."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.deploy.conftest import say
from tests.harness.bundles import Bundle
from tests.harness.lone_tills import fingers, make_till, press
from tests.harness.machines import Machine, Root, booted
from tests.harness.shops import Shop

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(900)]

DEVICE = "/dev/till-data"
FSTAB = "/dev/till-root / ext4 defaults,noatime 0 0\n"
DEBIAN_S = ("/tmp", "/var/tmp", "/var/log", "/var/lib/systemd", "/var/lib/NetworkManager", "/var/lib/dhcp")
SETTINGS: dict[str, object] = {
    "tillsight_data_device": DEVICE,
    "tillsight_readonly_root": True,
    "tillsight_memory_folders": [*DEBIAN_S, "/var/lib/mosquitto"],  # which no till has
}


@pytest.fixture
def partition(tmp_path: Path) -> Iterator[str]:
    """A block device with an empty file system."""
    image = tmp_path / "data.img"
    image.touch()
    os.truncate(image, 64_000_000)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    made = subprocess.run(["losetup", "--find", "--show", image], check=True, capture_output=True, text=True)
    yield made.stdout.strip()
    subprocess.run(["losetup", "--detach", made.stdout.strip()], check=False)


def written(machine: Machine) -> set[str]:
    """What lies in the machine's own layer, with its time and size."""
    found = set()
    for folder, _, names in os.walk(machine.changes):
        for path in (Path(folder) / name for name in names):
            about = path.lstat()
            found.add(f"{path.relative_to(machine.changes)} {about.st_mtime_ns} {about.st_size}")
    return found


def test_presses_survive_a_power_cut_and_nothing_is_written_to_the_root(
    with_release: Root, bundle: Bundle, partition: str, tmp_path: Path
) -> None:
    with booted("still", with_release) as machine:
        machine.power_off()
        (machine.files / "etc" / "fstab").write_text(FSTAB, encoding="ascii")
        machine.boot(binds=[f"{partition}:{DEVICE}"])
        shop = Shop(machine, bundle, tmp_path, knows_it=True)
        say("roles base, time, network and storage with a read-only root")
        played = shop.play("site.yml", "--tags", "base,time,network,storage", **SETTINGS)
        assert played.code == 0, played.words
        for more in ((), ("--check",)):
            played = shop.play("site.yml", "--tags", "storage", *more, **SETTINGS)
            assert (played.code, played.changes) == (0, []), played.words
        make_till(machine)
        machine.run("systemctl", "enable", "tillsight-edge.service")
        machine.power_off()
        before = written(machine)
        for already in (0, 4):
            say("booting with a read-only root")
            machine.boot(read_only=True, binds=[f"{partition}:{DEVICE}"])
            assert "ro" in machine.run("findmnt", "-no", "OPTIONS", "/").split(",")
            with fingers(machine) as panel:
                press(panel, 1, 2, 3, 4)
                shop.until(lambda until=already + 4: presses(machine) >= until, "the presses on the disk")
            assert machine.run("systemctl", "--failed", "--plain", "--no-legend") == ""
            journal = machine.run("journalctl", "--no-pager", "-b", "-p", "warning")
            assert "Read-only file system" not in journal, journal
            machine.cut_power()
        assert written(machine) == before


def presses(machine: Machine) -> int:
    """Stored in the outbox since it exists."""
    ask = "import sqlite3; print(*sqlite3.connect('file:/var/lib/tillsight/outbox.db?mode=ro', uri=True)"
    ask += """.execute("select appended from book where type = 'button.press'").fetchone())"""
    told = machine.run("python3", "-c", ask, check=False).strip()
    return int(told or 0)
