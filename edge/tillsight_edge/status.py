"""What `tillsight-edge status` shows: the agent's own words while it runs, and the outbox in any case."""

import json
import os
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from tillsight_models.events import CameraState, HealthReported

from .books import Books, read_books
from .config import DeviceConfig

STALE_AFTER = 3
"""Heartbeats without a word, after which an agent counts as hanging."""


def write_status(
    file: Path,
    *,
    connected: bool,
    problem: str,
    health: HealthReported,
    mono_ms: int = 0,
    contacts: Sequence[dict[str, Any]] = (),
    cameras: Mapping[str, CameraState] | None = None,
) -> None:
    """The agent's words, complete or not at all; a disk that does not take them changes nothing else.

    `contacts` are all of the last half hour that were known at `mono_ms`, for an audit.
    """
    words = {
        "pid": os.getpid(),
        "written": time.time(),
        "connected": connected,
        "problem": problem,
        "cameras": cameras or {},
        "health": msgspec.structs.asdict(health),
        "mono_ms": mono_ms,
        "contacts": contacts,
    }
    part = file.with_name(f"{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(words), encoding="utf-8")
        part.replace(file)
    except OSError:
        return


def read_status(config: DeviceConfig) -> dict[str, Any]:
    """Everything that is known about this device from outside its agent."""
    words = agent_words(config.status_file)
    running = words is not None and _alive(words.get("pid"))
    status: dict[str, Any] = {
        "device": config.device.id,
        "touchpoint": config.device.touchpoint,
        "state": "running" if running else "stopped",
        "connected": bool(running and words and words["connected"]),
        "problem": words["problem"] if running and words else "",
        "cameras": words.get("cameras", {}) if running and words else {},
        "health": words["health"] if running and words else None,
        "outbox": None,
    }
    if running and words and time.time() - words["written"] > STALE_AFTER * config.health.heartbeat_s:
        status["state"] = "hanging"
    books = _books(config.outbox.path)
    if books is not None:
        status["outbox"] = {**asdict(books), "total": asdict(books.total)}
    return status


def as_text(status: dict[str, Any]) -> str:
    """The same for a person."""
    lines = [f"{status['device']} at {status['touchpoint']}: {status['state']}"]
    if status["state"] != "stopped":
        lines.append(f"hub: {'connected' if status['connected'] else 'not connected'}")
    if status["problem"]:
        lines.append(f"problem: {status['problem']}")
    lines += [f"camera {name}: {state}" for name, state in sorted(status["cameras"].items())]
    outbox = status["outbox"]
    if outbox is None:
        lines.append("outbox: none yet")
    else:
        total = outbox["total"]
        lines.append(
            f"outbox: {outbox['left']} waiting, {total['appended']} appended,"
            f" {total['acked']} acknowledged, {total['dropped']} dropped (stream {outbox['stream']})"
        )
    for name, value in (status["health"] or {}).items():
        if value not in (None, ""):
            lines.append(f"{name.replace('_', ' ')}: {value}")
    return "\n".join(lines)


def agent_words(file: Path) -> dict[str, Any] | None:
    """What the agent last wrote, whether it runs or not; None where it wrote nothing."""
    try:
        words = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return words if isinstance(words, dict) else None


def _alive(pid: Any) -> bool:
    """Whether a process of that number runs and is one of ours."""
    try:
        return b"tillsight" in Path(f"/proc/{int(pid)}/cmdline").read_bytes()
    except (OSError, ValueError, TypeError):
        return False


def _books(path: Path) -> Books | None:
    """Read without a lock and without a write; a second try where the folder cannot be written either."""
    for options in ("mode=ro", "mode=ro&immutable=1"):
        try:
            with closing(sqlite3.connect(f"file:{path}?{options}", uri=True)) as connection:
                return read_books(connection)
        except sqlite3.Error:
            continue
    return None
