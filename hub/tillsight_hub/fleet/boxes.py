"""The boxes: what the hub knows of each, and what is wrong with it, the worst first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, RowMapping, func, select

from tillsight_models.events import HealthReported

from ..compliance.declared import Declaration, read_declarations
from ..gone import EXPIRED
from ..hierarchy import Hierarchy, Touchpoint
from ..imports.origin import is_box
from ..tables import device, stream, stream_gap
from ..wanted.keeping import Wanted, read_wanted
from .declared_faces import faces_troubles
from .sightings import Sighting, read_sightings
from .versions import Expected, read_expected

MINUTE_MS = 60_000
SILENT_MS = 40 * MINUTE_MS
"""A box reports its health every 15 minutes, unless it was told another time."""
SLOW_LAG_S, STUCK_LAG_S = 600, 3600
HOT_C, TOO_HOT_C = 75.0, 82.0
LITTLE_DISK, NO_DISK = 10.0, 4.0
"""Percent free."""
LATE_CLOCK_MS = 2000
WEAK_WIFI_DBM = -80.0
CERTIFICATE_DAYS, CERTIFICATE_LAST_DAYS = 20.0, 5.0
"""It is renewed 30 days before its end."""
WORN, WORN_OUT = 80.0, 100.0
"""Percent of the life that a flash memory's maker gave it."""
UPDATE_MS = 7 * 86_400_000
"""So long after the hub every box should have its version."""
CONFIG_PATIENCE_MS = 10 * MINUTE_MS
"""After so long a connected box should have taken its configuration."""
GRAVE = frozenset({"two-boxes", "enrolled-twice", "revoked-tries"})
"""Sightings that somebody has to look at now."""

Severity = Literal[1, 2]
"""1: look at it soon; 2: numbers are being lost or are wrong."""


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong; `values` are for the braces of its words."""

    key: str
    severity: Severity
    values: Mapping[str, int | str]


@dataclass(frozen=True)
class Delivery:
    """What has not arrived, and what never will."""

    waiting: int = 0
    """Events in the box's outbox, by its newest health."""
    lag_s: float = 0.0
    """Age of the oldest of them."""
    behind: int = 0
    """Numbers from the first gap in its events to its newest; some may be stored."""
    lost: int = 0
    """Numbers that the box said will never come."""


@dataclass(frozen=True)
class Box:
    """One device, now."""

    id: str
    name: str
    place: Touchpoint
    state: str
    first_seen: int | None
    """ms UTC"""
    last_seen: int | None
    version: str | None
    stream: str | None
    health: HealthReported | None
    delivery: Delivery
    wanted: Wanted | None
    troubles: tuple[Trouble, ...] = ()

    @property
    def severity(self) -> int:
        """0 where all is well."""
        return max((trouble.severity for trouble in self.troubles), default=0)


def read_boxes(
    connection: Connection, hierarchy: Hierarchy, places: Mapping[str, Touchpoint], now: int
) -> list[Box]:
    """The devices at these touchpoints, the most troubled first. Seven statements, however many there are."""
    rows = [
        row
        for row in connection.execute(select(device).where(is_box())).mappings()
        if row["touchpoint_id"] in places and row["id"] in hierarchy.devices
    ]
    behind, lost = _behind(connection), _lost(connection)
    wanted, sightings = read_wanted(connection), read_sightings(connection, now)
    expected, declarations = read_expected(connection), read_declarations(connection)
    boxes = [
        _box(
            row,
            places[row["touchpoint_id"]],
            behind.get(row["id"], 0),
            lost.get(row["id"], 0),
            wanted.get(row["id"]),
            sightings.get(row["id"], ()),
            expected,
            now,
        )
        for row in rows
    ]
    return sorted((_with_faces(box, declarations, now) for box in boxes), key=_rank)


def _with_faces(box: Box, declarations: Sequence[Declaration], now: int) -> Box:
    found = [Trouble(*each) for each in faces_troubles(box.health, box.place, declarations, now)]
    return replace(box, troubles=(*box.troubles, *found)) if found else box


def _rank(box: Box) -> tuple[int, int, str, str, str]:
    serious = sum(trouble.severity for trouble in box.troubles)
    return -box.severity, -serious, box.place.store_name, box.place.name, box.id


def health_of(text: str | None) -> HealthReported | None:
    """A device.health as stored; None where there is none, or one of a newer contract."""
    if text is None:
        return None
    try:
        return msgspec.json.decode(text, type=HealthReported)
    except msgspec.MsgspecError:
        return None


def _box(  # noqa: PLR0917
    row: RowMapping,
    place: Touchpoint,
    behind: int,
    lost: int,
    wanted: Wanted | None,
    sightings: Sequence[Sighting],
    expected: Expected | None,
    now: int,
) -> Box:
    health = health_of(row["health"])
    delivery = Delivery(
        waiting=health.outbox_events if health else 0,
        lag_s=health.outbox_lag_s if health else 0.0,
        behind=behind,
        lost=lost,
    )
    known: dict[str, Any] = {
        name: row[name] for name in ("id", "name", "state", "first_seen", "last_seen", "version", "stream")
    }
    box = Box(**known, place=place, health=health, delivery=delivery, wanted=wanted)
    return replace(box, troubles=_all(box, sightings, expected, now))


def _all(box: Box, sightings: Sequence[Sighting], expected: Expected | None, now: int) -> tuple[Trouble, ...]:
    found = [
        *_seen(sightings),
        *_link(box, now),
        *_delivery(box),
        *_config(box, now),
        *_version(box, expected, now),
        *((*_health(box.health), *_hardware(box.health)) if box.health else ()),
    ]
    return tuple(sorted(found, key=lambda trouble: -trouble.severity))


def _link(box: Box, now: int) -> Iterator[Trouble]:
    silent_ms = now - (box.last_seen or now)
    if box.last_seen is None:
        yield Trouble("never", 1, {})
    elif box.state in ("lost", "disconnected"):
        is_long = box.state == "lost" or silent_ms > SILENT_MS
        yield Trouble(box.state, 2 if is_long else 1, {"minutes": silent_ms // MINUTE_MS})
    elif silent_ms > SILENT_MS:
        yield Trouble("silent", 2, {"minutes": silent_ms // MINUTE_MS})


def _delivery(box: Box) -> Iterator[Trouble]:
    if box.delivery.lost:
        yield Trouble("dropped", 2, {"n": box.delivery.lost})
    lag_s = box.delivery.lag_s
    if lag_s > SLOW_LAG_S:
        severity: Severity = 2 if lag_s > STUCK_LAG_S else 1
        yield Trouble("lag", severity, {"n": box.delivery.waiting, "minutes": round(lag_s / 60)})


def _config(box: Box, now: int) -> Iterator[Trouble]:
    wanted = box.wanted
    if wanted is None:
        return
    if wanted.problems:
        yield Trouble("refused", 1, {"what": "; ".join(wanted.problems)[:300]})
    is_waiting = wanted.reported != wanted.version and box.state == "ready"
    if is_waiting and now - wanted.changed > CONFIG_PATIENCE_MS:
        yield Trouble("old_config", 1, {})


def _seen(sightings: Sequence[Sighting]) -> Iterator[Trouble]:
    """What the hub saw of it lately."""
    for each in sightings:
        severity: Severity = 2 if each.kind in GRAVE else 1
        yield Trouble(each.kind.replace("-", "_"), severity, {"n": each.times, "what": each.detail})


def _hardware(health: HealthReported) -> Iterator[Trouble]:
    if health.under_voltage:
        yield Trouble("under_voltage", 1, {})
    if health.throttled:
        yield Trouble("throttled", 1, {})
    if health.wifi_dbm is not None and health.wifi_dbm < WEAK_WIFI_DBM:
        yield Trouble("wifi", 1, {"dbm": round(health.wifi_dbm)})
    left = health.certificate_days
    if left is not None and left < CERTIFICATE_DAYS:
        yield Trouble("certificate", 2 if left < CERTIFICATE_LAST_DAYS else 1, {"days": max(0, round(left))})


def _health(health: HealthReported) -> Iterator[Trouble]:
    if health.panel in ("lost", "stuck"):
        yield Trouble(f"panel_{health.panel}", 2, {})
    if health.camera not in ("ok", "none"):
        yield Trouble(f"camera_{health.camera}", 1 if health.camera == "paused" else 2, {})
    if health.kiosk == "lost":
        yield Trouble("kiosk_lost", 2, {})
    if health.clock_quality == "unsynced":
        yield Trouble("clock_unsynced", 1, {})
    elif health.clock_offset_ms is not None and abs(health.clock_offset_ms) > LATE_CLOCK_MS:
        yield Trouble("clock_off", 1, {"seconds": round(abs(health.clock_offset_ms) / 1000)})
    if health.temperature_c is not None and health.temperature_c > HOT_C:
        severity: Severity = 2 if health.temperature_c > TOO_HOT_C else 1
        yield Trouble("hot", severity, {"degrees": round(health.temperature_c)})
    if health.disk_free_percent is not None and health.disk_free_percent < LITTLE_DISK:
        severity = 2 if health.disk_free_percent < NO_DISK else 1
        yield Trouble("disk", severity, {"percent": round(health.disk_free_percent)})
    yield from _flash(health)
    if health.outbox_set_aside:
        yield Trouble("set_aside", 1, {"file": health.outbox_set_aside[:100]})


def _flash(health: HealthReported) -> Iterator[Trouble]:
    worn = health.disk_worn_percent
    if worn is not None and worn >= WORN:
        yield Trouble("worn", 2 if worn >= WORN_OUT else 1, {"percent": round(worn)})
    if health.disk_errors:
        yield Trouble("disk_errors", 2, {"n": health.disk_errors})


def _version(box: Box, expected: Expected | None, now: int) -> Iterator[Trouble]:
    """Waves of an update take some days; who was away for long is told as lost."""
    if expected is None or box.version is None or box.last_seen is None:
        return
    if (
        now - expected.since > UPDATE_MS
        and now - box.last_seen < SILENT_MS
        and box.version != expected.version
    ):
        yield Trouble("version", 1, {"version": box.version, "expected": expected.version})


def _behind(connection: Connection) -> dict[str, int]:
    lacking = func.sum(stream.c.highest - stream.c.upto)
    query = select(stream.c.device_id, lacking).group_by(stream.c.device_id)
    return {id: int(n) for id, n in connection.execute(query) if n}


def _lost(connection: Connection) -> dict[str, int]:
    """Ranges of one stream do not overlap but where a box told them twice; that counts twice here."""
    gone = func.sum(stream_gap.c.last - stream_gap.c.first + 1)
    query = select(stream.c.device_id, gone).join(stream_gap, stream_gap.c.stream == stream.c.id)
    query = query.where(stream_gap.c.reason != EXPIRED)
    return {id: int(n) for id, n in connection.execute(query.group_by(stream.c.device_id)) if n}
