"""What the device table shows of a device: its session, software, health and when it was last heard."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, select, text, update

from tillsight_models.delivery import Birth, DeviceState
from tillsight_models.events import HealthReported
from tillsight_models.orders import OrderResult
from tillsight_models.topics import DeviceTopics
from tillsight_models.wanted import ConfigIs

from .. import tables
from ..commands.orders import note_result
from ..fleet.sightings import note_boot
from ..hierarchy import Hierarchy
from ..wanted.keeping import note_answer
from .messages import DeviceNote

_device = tables.device.c


def is_at(hierarchy: Hierarchy, place: DeviceTopics) -> bool:
    """Whether that device is registered where the topic says."""
    device = hierarchy.devices.get(place.device)
    return device is not None and (device.org_id, device.store_id) == (place.org, place.site)


def apply(connection: Connection, notes: Iterable[DeviceNote], hierarchy: Hierarchy) -> None:
    """Write what devices say of themselves; what comes from a place where they are not is ignored."""
    for note in notes:
        if not is_at(hierarchy, note.place):
            continue
        if isinstance(note.message, ConfigIs):
            note_answer(connection, note.place.device, note.message, note.received)
            continue
        if isinstance(note.message, OrderResult):
            note_result(connection, note.place.device, note.message, note.received)
            continue
        values = _values(connection, note)
        if values:
            connection.execute(update(tables.device).where(_device.id == note.place.device).values(values))


def heard(connection: Connection, times: Mapping[str, int]) -> None:
    """Note when devices were last heard, in ms UTC."""
    rows = [{"device": device, "seen": seen} for device, seen in sorted(times.items())]
    if rows:
        connection.execute(_HEARD, rows)


def _values(connection: Connection, note: DeviceNote) -> dict[str, Any]:
    message = note.message
    if isinstance(message, DeviceState):
        return _state(connection, note, message)
    if isinstance(message, Birth):
        if not note.retained:
            note_boot(connection, note.place.device, message.boot, note.received)
        return {"version": message.version, "stream": message.stream}
    assert isinstance(message, HealthReported)
    return {"health": msgspec.json.encode(message).decode()}


def _state(connection: Connection, note: DeviceNote, message: DeviceState) -> dict[str, Any]:
    """`ready` begins a session. The end of another session than the newest says nothing about this one; only
    what the broker had kept may be of a later session, whose beginning we missed."""
    if message.state != "ready":
        newest = connection.scalar(select(_device.session).where(_device.id == note.place.device))
        missed = note.retained and newest is not None and message.session > newest
        if newest is not None and message.session != newest and not missed:
            return {}
    return {"state": message.state, "session": message.session}


_HEARD = text(
    "UPDATE device SET last_seen = CASE WHEN last_seen > :seen THEN last_seen ELSE :seen END, "
    "first_seen = coalesce(first_seen, :seen) WHERE id = :device"
)
