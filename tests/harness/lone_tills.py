"""A till by itself on a machine that has a release: an agent, Debian's own broker, and fingers on a panel."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import dedent

from .bundles import ROOT
from .machines import Machine
from .processes import wait_until

PYTHON = "/opt/tillsight/current/.venv/bin/python"
CONFIG = """
[device]
id = "till-1"
org = "acme"
site = "rome-1"
touchpoint = "rome-1-till-1"
[panel]
kind = "serial"
port = "/dev/tillsight-panel"
cooldown_s = 0
[outbox]
path = "/var/lib/tillsight/outbox.db"
[hub]
transport = "mqtt"
host = "127.0.0.1"
[health]
status_file = "/run/tillsight-edge/status.json"
heartbeat_s = 1.0
"""
FINGERS = """
import shutil, sys
from pathlib import Path
from tillsight_edge.fakes import SimulatedPanel
panel = SimulatedPanel(5)
panel.start()
shutil.chown(panel.port, "tillsight")
name = Path("/dev/tillsight-panel")
name.unlink(missing_ok=True)
name.symlink_to(panel.port)
print("there", flush=True)
for line in sys.stdin:
    panel.press(int(line))
"""


def make_till(machine: Machine, more: str = "") -> None:
    """The agent's user, configuration and unit; it is not started."""
    for words in (("groupadd", "-f", "gpio"), ("useradd", "--system", "--user-group", "tillsight")):
        machine.run(*words, check=False)
    folder = machine.files / "etc" / "tillsight"
    folder.mkdir(exist_ok=True)
    (folder / "device.toml").write_text(CONFIG + more, encoding="utf-8")
    shutil.copy(ROOT / "systemd" / "tillsight-edge.service", machine.files / "etc" / "systemd" / "system")
    machine.run("systemctl", "daemon-reload")


@contextmanager
def fingers(machine: Machine) -> Iterator["subprocess.Popen[str]"]:
    """A panel on the machine; a number and a line's end at its standard input is a press."""
    words = [*machine.enter(), PYTHON, "-c", dedent(FINGERS)]
    panel = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert panel.stdout is not None
        wait_until(lambda: panel.stdout is not None and bool(panel.stdout.readline()), "the panel", 60)
        yield panel
    finally:
        panel.kill()
        panel.communicate()


def press(panel: "subprocess.Popen[str]", *buttons: int) -> None:
    assert panel.stdin is not None
    panel.stdin.write("".join(f"{button}\n" for button in buttons))
    panel.stdin.flush()
