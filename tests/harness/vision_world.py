"""The real process that sees, in front of a real agent's listener and outbox."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from tillsight_edge.cameras import Cameras
from tillsight_edge.clock import SystemClock
from tillsight_edge.config import DeviceConfig, load_config
from tillsight_edge.outbox import Outbox
from tillsight_models.events import CameraReported, ContactEnded, Event, Payload

from .edge_configs import device_settings, write_toml
from .outboxes import all_held, new_outbox
from .processes import Process

PROGRAM = Path(sys.executable).with_name("tillsight-edge")
Kind = TypeVar("Kind", bound=Payload)


def write_config(folder: Path, cameras: dict[str, dict[str, Any]], **sections: dict[str, Any]) -> Path:
    """The configuration of a device with these cameras."""
    named = {f"cameras.{name}": settings for name, settings in cameras.items()}
    return write_toml(folder / "device.toml", device_settings(folder, 1, **sections, **named))


def vision_process(folder: Path, config: Path, *before: object) -> Process:
    """`tillsight-edge vision`, not started; words of another program may stand before it."""
    words = [*before, sys.executable, "-m", "tillsight_edge", "vision", "--config", config]
    return Process(words, folder / "vision.log", env={"PYTHONDONTWRITEBYTECODE": "1"})


@contextmanager
def listening(config: DeviceConfig, outbox: Outbox, starting_s: float = 60) -> Iterator[Cameras]:
    """The agent's side."""
    cameras = Cameras(config, outbox, SystemClock(), starting_s=starting_s)
    cameras.start()
    try:
        yield cameras
    finally:
        cameras.stop()


@contextmanager
def seeing(folder: Path, config_file: Path) -> Iterator[tuple[Process, Cameras, Outbox]]:
    """A process that sees, and an agent's side that listens."""
    outbox = new_outbox(folder, max_events=10_000)
    process = vision_process(folder, config_file)
    with listening(load_config(config_file), outbox) as cameras:
        process.start()
        try:
            yield process, cameras, outbox
        finally:
            process.stop()


def stored(outbox: Outbox, kind: type[Kind]) -> list[tuple[Event, Kind]]:
    """Events of a kind, and what they say."""
    return [(event, event.payload) for event in all_held(outbox) if isinstance(event.payload, kind)]


def contacts(outbox: Outbox) -> list[tuple[Event, ContactEnded]]:
    return stored(outbox, ContactEnded)


def reports(outbox: Outbox) -> list[tuple[Event, CameraReported]]:
    return stored(outbox, CameraReported)


def children(pid: int, word: str) -> list[int]:
    """Children of a process whose command line has this word."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            parent = int((folder / "stat").read_text(encoding="ascii").rpartition(")")[2].split()[1])
            if parent == pid and word.encode() in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except (OSError, ValueError, IndexError):
            continue
    return found


def kill(pid: int) -> None:
    """kill -9."""
    os.kill(pid, 9)
