"""`tillsight-edge panel`: the firmware of the panel on a serial line."""

import argparse
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tillsight_models.errors import BadConfig

from ..config import load_config
from . import Commands, new_command

OTHER_FIRMWARE = 4


def add(commands: Commands) -> None:
    """The command's arguments."""
    parser = new_command(commands, "panel", "the firmware of the panel: which one, and the shipped one", run)
    parser.add_argument(
        "what",
        choices=("check", "flash"),
        help="check: compare it with this release's; flash: put that one on the panel where it differs",
    )
    parser.add_argument("--port", type=Path, help="default: panel.port of the configuration")
    parser.add_argument("--unit", help="for flash: the agent's service, which is stopped meanwhile")
    parser.add_argument("--anyway", action="store_true", help="for flash: also where it is the same version")


def run(arguments: argparse.Namespace) -> int:
    """Say what is on the panel, and change it."""
    from ..flashing.shipped import version

    port = arguments.port or _port(arguments.config)
    said = _told_by_agent(arguments, port)
    if arguments.what == "flash" and (said != version() or arguments.anyway):
        with _stopped(arguments.unit):
            return _flash(arguments, port)
    said = said or _firmware_on(port)
    print(f"{port}: firmware {said or 'none'}, shipped {version()}")
    return 0 if said == version() else OTHER_FIRMWARE


def _flash(arguments: argparse.Namespace, port: Path) -> int:
    from ..flashing.flash import firmware_on, flash
    from ..flashing.shipped import version

    before = firmware_on(port)
    if before == version() and not arguments.anyway:
        print(f"{port}: firmware {before}, as shipped")
        return 0
    flash(port, print)
    print(f"{port}: flashed {version()}, was {before or 'none'}")
    return 0


def _firmware_on(port: Path) -> str | None:
    from ..flashing.flash import firmware_on

    return firmware_on(port)


def _port(config: Path) -> Path:
    panel = load_config(config).panel
    if panel.kind != "serial":
        raise BadConfig([f"panel.kind: {panel.kind}: only a serial panel has firmware of ours"])
    return panel.port


def _told_by_agent(arguments: argparse.Namespace, port: Path) -> str | None:
    """What a running agent has heard from the panel on this port: it has the port for itself."""
    from ..status import read_status

    if not arguments.config.exists():
        return None
    config = load_config(arguments.config)
    status = read_status(config)
    if config.panel.kind != "serial" or config.panel.port != port or status["state"] != "running":
        return None
    health = status["health"] or {}
    return health.get("panel_firmware") if health.get("panel") != "lost" else None


@contextmanager
def _stopped(unit: str | None) -> Iterator[None]:
    """A service that runs gives the port up, and gets it back whatever happens."""
    runs = (
        unit is not None
        and subprocess.run(["systemctl", "-q", "is-active", unit], check=False).returncode == 0
    )
    if runs:
        subprocess.run(["systemctl", "stop", str(unit)], check=True)
    try:
        yield
    finally:
        if runs:
            subprocess.run(["systemctl", "start", str(unit)], check=False)
