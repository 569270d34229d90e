"""Unit files: systemd understands them, each line is explained, and the two sides stay apart."""

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from tests.conftest import need
from tests.harness.processes import find_program

FOLDER = Path(__file__).parents[2] / "systemd"
UNITS = sorted(FOLDER.glob("*.service"))
FILES = [*UNITS, *sorted((FOLDER / "examples").glob("*.conf"))]
PROGRAMS = "/opt/tillsight/current/.venv/bin/"
MOST_EXPOSED = {"tillsight-edge.service": 15, "tillsight-vision.service": 10, "tillsight-hub.service": 20}
"""By systemd's own measure, in tenths: 96 is a service without any protection; newer ones look at more."""


def directives(file: Path) -> list[tuple[str, str, str]]:
    """(line before, name, value) of each."""
    lines = ["", *file.read_text(encoding="utf-8").splitlines()]
    found = []
    for before, line in pairwise(lines):
        if match := re.fullmatch(r"(\w+)=(.*)", line):
            found.append((before, match[1], match[2]))
    return found


def values(file: Path, name: str) -> list[str]:
    return [value for _, found, value in directives(file) if found == name]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """The units, for the program that is really here."""
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8")
        here = f"{Path(sys.executable).parent}/"
        (tmp_path / unit.name).write_text(text.replace(PROGRAMS, here), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_line_is_explained(file: Path) -> None:
    assert len(directives(file)) > 1
    assert not (bare := [name for before, name, _ in directives(file) if not before.startswith("# ")]), bare


def test_systemd_understands_them(here: Path) -> None:
    analyze = need(lambda: find_program("systemd-analyze", "systemd"))
    units = [str(here / unit.name) for unit in UNITS]
    done = subprocess.run([analyze, "verify", *units], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", MOST_EXPOSED)
def test_little_is_exposed(here: Path, unit: str) -> None:
    analyze = need(lambda: find_program("systemd-analyze", "systemd"))
    words = [analyze, "security", "--no-pager", "--offline=yes", f"--threshold={MOST_EXPOSED[unit]}"]
    done = subprocess.run([*words, here / unit], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-200:] + done.stderr


def test_the_network_and_the_camera_are_apart() -> None:
    agent, vision = FOLDER / "tillsight-edge.service", FOLDER / "tillsight-vision.service"
    assert values(vision, "PrivateNetwork") == ["yes"]
    assert values(vision, "IPAddressDeny") == ["any"]
    assert values(vision, "RestrictAddressFamilies") == ["AF_UNIX"]
    assert values(vision, "DeviceAllow") == ["char-video4linux rw"]
    for forbidden in ("StateDirectory", "RuntimeDirectory", "CacheDirectory", "ReadWritePaths", "PrivateTmp"):
        assert not values(vision, forbidden)
    assert values(agent, "DevicePolicy") == values(vision, "DevicePolicy") == ["closed"]
    assert not [device for device in values(agent, "DeviceAllow") if "video" in device or "media" in device]
    assert values(agent, "User") != values(vision, "User")
    assert values(agent, "Group") == values(vision, "Group")


def test_where_chrony_keeps_the_clock_the_agent_may_ask_the_kernel() -> None:
    unit, addition = FOLDER / "tillsight-edge.service", FOLDER / "examples" / "chrony.conf"
    assert values(unit, "ProtectClock") == ["yes"]
    assert values(addition, "ProtectClock") == ["no"]
    assert {"adjtimex", "clock_adjtime"} == set(values(addition, "SystemCallFilter")[0].split())


def test_what_sees_may_still_give_up_its_rights() -> None:
    allowed, *_ = values(FOLDER / "tillsight-vision.service", "SystemCallFilter")
    assert "seccomp" in allowed.split()
