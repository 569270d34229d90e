"""The small units that the playbooks bring: as closed, and as well explained, as the large ones."""

import re
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from tests.conftest import need
from tests.harness.processes import find_program
from tests.harness.programs import loaded

ROLES = Path(__file__).parents[2] / "deploy" / "roles"
KINDS = ("service", "timer", "path", "mount")
UNITS = sorted(
    file
    for kind in KINDS
    for file in (*ROLES.glob(f"*/templates/*.{kind}.j2"), *ROLES.glob(f"*/files/*.{kind}"))
)
SERVICES = [file for file in UNITS if ".service" in file.name]
MOST_EXPOSED = {"tillsight-kiosk.service": 50}
"""By systemd's own measure, in tenths; 15 for all others."""
TWO_ROUTES = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
wlan0\t0000A8C0\t00000000\t0001\t0\t0\t600\t00FFFFFF\t0\t0\t0
wlan0\t00000000\t0100A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0
"""
NEIGHBOURS = """IP address       HW type     Flags       HW address            Mask     Device
192.168.0.1      0x1         {flags}         dc:a6:32:00:00:01     *        wlan0
"""


def name_of(file: Path) -> str:
    return file.name.removesuffix(".j2")


@pytest.mark.parametrize("file", UNITS, ids=name_of)
def test_each_line_is_explained(file: Path) -> None:
    lines = ["", *file.read_text(encoding="utf-8").splitlines()]
    directives = [(before, line) for before, line in pairwise(lines) if re.match(r"\w+=", line)]
    assert len(directives) > 2
    unexplained = [line for before, line in directives if not before.startswith("# ") or "{{" in before]
    assert not unexplained


@pytest.mark.parametrize("file", SERVICES, ids=name_of)
def test_little_is_exposed(file: Path, tmp_path: Path) -> None:
    analyze = need(lambda: find_program("systemd-analyze", "systemd"))
    unit = tmp_path / name_of(file)
    unit.write_text(re.sub(r"{{.*?}}", "/x", file.read_text(encoding="utf-8")), encoding="utf-8")
    words = ("--offline=yes", "--no-pager", f"--threshold={MOST_EXPOSED.get(unit.name, 15)}")
    done = subprocess.run([analyze, "security", *words, unit], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-200:] + done.stderr


def test_a_gateway_is_found_and_known_by_the_kernel_s_tables() -> None:
    watch = loaded(ROLES / "network" / "files" / "gateway-watch")
    assert watch.gateway(TWO_ROUTES) == "192.168.0.1"
    assert watch.gateway(TWO_ROUTES.splitlines()[0]) == ""
    assert watch.is_known("192.168.0.1", NEIGHBOURS.format(flags="0x2"))
    assert not watch.is_known("192.168.0.1", NEIGHBOURS.format(flags="0x0"))
    assert not watch.is_known("192.168.0.2", NEIGHBOURS.format(flags="0x2"))
