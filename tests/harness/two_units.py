"""A booted machine with the units of a till as they are.

Either with stand-ins for the programs in them, where the probe and whoever asks are the product's own and run
in the machine's own Python; or with an installed release, in which everything is the product's own.
"""

import json
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
from tillsight_edge.privacy.unit_settings import SETTINGS

from .machines import Machine, Root, booted
from .processes import MissingPart, wait_until

UNITS = Path(__file__).parents[2] / "systemd"
VISION, AGENT = "tillsight-vision.service", "tillsight-edge.service"
UNIT_OF = {"eyes": VISION, "agent": AGENT}
SAME_WITHOUT = {"AmbientCapabilities", "KeyringMode", "NotifyAccess", "DeviceAllow", "SupplementaryGroups"}
"""Without such a line systemd's own default is the same, or there is only less."""
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
_RELEASE = "/opt/tillsight/current/.venv/bin"
_CAMERA = """
[device]
id = "till-1"
org = "acme"
site = "rome-1"
touchpoint = "rome-1-till-1"
[panel]
kind = "serial"
[cameras.till]
source = "scene:7"
zone = [[0.30, 0.45], [0.70, 0.45], [0.75, 1.0], [0.25, 1.0]]
[vision]
start = false
socket = "/run/tillsight-edge/vision.sock"
[outbox]
path = "/var/lib/tillsight/outbox.db"
"""
_CONFIG = '[hub]\nhost = "hub.example"\ntoken_file = "/etc/tillsight/token"\n'


@dataclass(frozen=True)
class Till:
    """Both units run in it."""

    machine: Machine
    is_real: bool = False
    """Whether a release is installed, whose programs run in the units."""

    def verify_by_command(self) -> str:
        """The last line of `tillsight-edge privacy verify`, such as `149 of 149 hold`."""
        words = (f"{_RELEASE}/tillsight-edge", "privacy", "verify")
        return self.machine.run(*words, check=False).splitlines()[-1]

    def verify(self, *parts: str) -> list[Finding]:
        """What `tillsight-edge privacy verify --json` says of these parts."""
        python = f"{_RELEASE}/python" if self.is_real else "python3"
        return [finding_of(line) for line in self.machine.run(python, "-c", _VERIFY, *parts).splitlines()]

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


@contextmanager
def real_till(root: Root) -> Iterator[Till]:
    """On a machine with a release: agent and eyes as they are in a shop, with a camera that is drawn."""
    with booted("privacy", root) as machine:
        _prepare(machine, _CONFIG + _CAMERA)
        wait_until(lambda: _sees(machine), "eyes that tell the agent of their camera", 120)
        yield Till(machine, is_real=True)


def _sees(machine: Machine) -> bool:
    said = json.loads(machine.run(f"{_RELEASE}/tillsight-edge", "status", "--json", check=False) or "{}")
    return bool(said.get("cameras") == {"till": "ok"})


def _install(machine: Machine) -> None:
    for package in (tillsight_edge, tillsight_models, msgspec):
        folder = Path(str(package.__file__)).parent
        ignored = shutil.ignore_patterns("__pycache__", "*.onnx", "upstream", "static")
        shutil.copytree(folder, machine.files / _PACKAGES / folder.name, ignore=ignored)
    program = machine.files / "opt/tillsight/current/.venv/bin/tillsight-edge"
    program.parent.mkdir(parents=True)
    program.write_text(_PROGRAM, encoding="utf-8")
    program.chmod(0o755)
    _prepare(machine, _CONFIG)


def _prepare(machine: Machine, config: str) -> None:
    """Units, their users and files; then they are started."""
    for unit in (VISION, AGENT):
        shutil.copy(UNITS / unit, machine.files / "etc/systemd/system" / unit)
    for words in (
        ("groupadd", "--system", "gpio"),
        ("useradd", "--system", "--user-group", "--home-dir", "/nonexistent", "tillsight"),
        ("useradd", "--system", "--gid", "tillsight", "--home-dir", "/nonexistent", "tillsight-vision"),
    ):
        machine.run(*words)
    _write_files(machine, config)
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "start", AGENT, VISION)


def _write_files(machine: Machine, config: str) -> None:
    """The token is readable for the group by mistake, so that one line of the unit has to do it alone."""
    folder = machine.files / "etc/tillsight"
    folder.mkdir()
    (folder / "device.toml").write_text(config, encoding="utf-8")
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


def lines_of(unit: str) -> list[str]:
    """Those that the look rests on."""
    part = next(part for part, name in UNIT_OF.items() if name == unit)
    lines = (UNITS / unit).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.split("=")[0] in SETTINGS[part].keys() - SAME_WITHOUT]


def without(booted: Till, unit: str, line: str) -> list[Finding]:
    """What is wrong once a line is gone."""
    part = next(part for part, name in UNIT_OF.items() if name == unit)
    text = (UNITS / unit).read_text(encoding="utf-8")
    booted.write_unit(unit, text.replace(f"\n{line}\n", "\n", 1))
    try:
        return bad(booted.verify(part))
    finally:
        booted.write_unit(unit, text)


def bad(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if not finding.good]
