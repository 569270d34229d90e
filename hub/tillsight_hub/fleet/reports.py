"""What one box said of itself over time: its health as lines, and what happened to it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from tillsight_models.events import HealthReported

from ..tables import event
from .boxes import Box, health_of

GAP_MS = 45 * 60_000
"""Without a report for this long the line is broken: nobody knows what was between."""
WIDTH, HEIGHT = 600, 60
HAPPENINGS = ("device.start", "device.panel", "device.camera", "device.dropped", "device.clock")
MOST = 40


@dataclass(frozen=True)
class Line:
    """One number of the health reports over a time, as an SVG path in a box of WIDTH by HEIGHT."""

    key: str
    path: str
    low: float
    high: float
    """Ends of the axis: at least the range that the number usually has."""
    last: float
    reports: int


@dataclass(frozen=True)
class Report:
    """One health report."""

    t: int
    """ms UTC"""
    health: HealthReported


@dataclass(frozen=True)
class Happening:
    """Something that the box told: a start, a panel that was lost, a camera that saw nothing."""

    t: int
    type: str
    word: str
    """The state that began, or the version that started; may be empty."""
    detail: str


def read_reports(connection: Connection, box: Box, since: int) -> list[Report]:
    """Its health since then, the oldest first; of reports whose time is known."""
    query = (
        select(event.c.t, event.c.data)
        .where(event.c.tp == box.place.id, event.c.t >= since, event.c.tq != "unsynced")
        .where(event.c.type == HealthReported.TYPE, event.c.dev == box.id)
        .order_by(event.c.t)
    )
    told = ((t, health_of(data)) for t, data in connection.execute(query))
    return [Report(t, health) for t, health in told if health is not None]


def read_happenings(connection: Connection, box: Box, since: int) -> list[Happening]:
    """The newest first; of the cameras only changes."""
    query = (
        select(event.c.t, event.c.type, event.c.data)
        .where(event.c.tp == box.place.id, event.c.t >= since, event.c.tq != "unsynced")
        .where(event.c.type.in_(HAPPENINGS), event.c.dev == box.id)
        .order_by(event.c.t)
    )
    found: list[Happening] = []
    seen: dict[str, str] = {}
    for t, type, text in connection.execute(query):
        data: dict[str, Any] = json.loads(text)
        if type == "device.camera":
            camera, state = str(data.get("camera")), str(data.get("state"))
            before = seen.get(camera, "ok")
            seen[camera] = state
            if state == before:
                continue
        found.append(_happening(t, type, data))
    return found[::-1][:MOST]


def lines(reports: Sequence[Report], since: int, now: int) -> list[Line]:
    """A line for each number that the box reported at all."""
    made = (
        _line(key, [(report.t, value(report.health)) for report in reports], least, since, now)
        for key, (value, least) in _NUMBERS.items()
    )
    return [line for line in made if line is not None]


_NUMBERS: dict[str, tuple[Callable[[HealthReported], float | None], tuple[float, float]]] = {
    "outbox": (lambda health: float(health.outbox_events), (0, 10)),
    "lag": (lambda health: health.outbox_lag_s / 60, (0, 5)),
    "temperature": (lambda health: health.temperature_c, (30, 85)),
    "disk": (lambda health: health.disk_free_percent, (0, 100)),
    "clock": (lambda health: health.clock_offset_ms, (-500, 500)),
    "memory": (lambda health: health.memory_mb, (0, 100)),
}
"""By key: the number, and the least range of its axis."""


def _line(
    key: str, points: Sequence[tuple[int, float | None]], least: tuple[float, float], since: int, now: int
) -> Line | None:
    known = [(t, value) for t, value in points if value is not None]
    if not known:
        return None
    low = min(least[0], *(value for _, value in known))
    high = max(least[1], *(value for _, value in known))
    path, before = [], -GAP_MS * 2
    for t, value in known:
        x = WIDTH * (t - since) / max(1, now - since)
        y = HEIGHT * (high - value) / (high - low)
        path.append(f"{'M' if t - before > GAP_MS else 'L'}{x:.1f} {y:.1f}")
        before = t
    return Line(key, "".join(path), low, high, known[-1][1], len(known))


def _happening(t: int, type: str, data: dict[str, Any]) -> Happening:
    if type == "device.start":
        return Happening(t, type, str(data.get("version", "")), "")
    if type == "device.dropped":
        lost = sum(last - first + 1 for first, last in data.get("ranges", []))
        return Happening(t, type, str(lost), str(data.get("reason", "")))
    if type == "device.clock":
        return Happening(t, type, str(data.get("quality", "ntp")), "")
    about = str(data.get("camera") or data.get("button") or "")
    detail = " ".join(filter(None, (about, str(data.get("detail", "")))))
    return Happening(t, type, str(data.get("state", "")), detail)
