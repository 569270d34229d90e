"""A booted machine with the units of a till as they are, and stand-ins for the programs in them.

The probe and whoever asks are the product's own; they run in the machine's own Python.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

import tillsight_edge
import tillsight_models
from tillsight_edge.privacy.finding import Finding, finding_of

from .machines import Machine, booted
from .processes import MissingPart

UNITS = Path(__file__).parents[2] / "systemd"
VISION, AGENT = "tillsight-vision.service", "tillsight-edge.service"
_PACKAGES = Path("usr/lib/python3/dist-packages")
_PROGRAM = """#!/usr/bin/python3
import os, socket, time
line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
line.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
while True:
    line.sendto(b"WATCHDOG=1", os.environ["NOTIFY_SOCKET"])
    time.sleep(5)
"""
_VERIFY = """
import sys
from pathlib import Path
from tillsight_edge.privacy.verify import verify
for finding in verify(Path("/etc/tillsight/device.toml"), sys.argv[1:]):
    print(finding.to_json())
"""
_CONFIG = '[hub]\nhost = "hub.example"\ntoken_file = "/etc/tillsight/token"\n'


@dataclass(frozen=True)
class Till:
    """Both units run in it."""

    machine: Machine

    def verify(self, *parts: str) -> list[Finding]:
        """What `tillsight-edge privacy verify --json` says of these parts."""
        return [finding_of(line) for line in self.machine.run("python3", "-c", _VERIFY, *parts).splitlines()]

    def write_unit(self, name: str, text: str) -> None:
        """Instead of the present one; what runs goes on as it was started."""
        (self.machine.files / "etc/systemd/system" / name).write_text(text, encoding="utf-8")
        self.machine.run("systemctl", "daemon-reload")


@contextmanager
def till() -> Iterator[Till]:
    """MissingPart where its Python cannot run what is installed here."""
    if sys.version_info[:2] != (3, 11):
        raise MissingPart("the machine's Python is 3.11: run this test with 3.11")
    with booted() as machine:
        _install(machine)
        yield Till(machine)


def _install(machine: Machine) -> None:
    for package in (tillsight_edge, tillsight_models, msgspec):
        folder = Path(str(package.__file__)).parent
        ignored = shutil.ignore_patterns("__pycache__", "*.onnx", "upstream", "static")
        shutil.copytree(folder, machine.files / _PACKAGES / folder.name, ignore=ignored)
    program = machine.files / "opt/tillsight/current/.venv/bin/tillsight-edge"
    program.parent.mkdir(parents=True)
    program.write_text(_PROGRAM, encoding="utf-8")
    program.chmod(0o755)
    for unit in (VISION, AGENT):
        shutil.copy(UNITS / unit, machine.files / "etc/systemd/system" / unit)
    for words in (
        ("groupadd", "--system", "gpio"),
        ("useradd", "--system", "--user-group", "--home-dir", "/nonexistent", "tillsight"),
        ("useradd", "--system", "--gid", "tillsight", "--home-dir", "/nonexistent", "tillsight-vision"),
    ):
        machine.run(*words)
    _write_files(machine)
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "start", AGENT, VISION)


def _write_files(machine: Machine) -> None:
    """The token is readable for the group by mistake, so that one line of the unit has to do it alone."""
    folder = machine.files / "etc/tillsight"
    folder.mkdir()
    (folder / "device.toml").write_text(_CONFIG, encoding="utf-8")
    (folder / "token").write_text("secret", encoding="utf-8")
    machine.run("chgrp", "tillsight", "/etc/tillsight/token")
    machine.run("chmod", "640", "/etc/tillsight/token")


def make_camera(machine: Machine) -> None:
    """A device file as a camera's: of group video, as udev makes it."""
    for words in (
        ("mknod", "-m", "660", "/dev/video0", "c", "81", "0"),
        ("chgrp", "video", "/dev/video0"),
    ):
        subprocess.run([*machine.enter(), *words], check=True)
