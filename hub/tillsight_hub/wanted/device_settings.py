"""Settings of devices by place: every version that there was, and the sections made of the newest.

The nearest place decides, key by key; what nobody sets is as the device's own file says.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select

from tillsight_models.errors import BadConfig
from tillsight_models.wanted import read_device
from tillsight_models.wanted_cameras import read_cameras

from ..access.audit import record
from ..access.clock import now_ms
from ..hierarchy import DevicePlace, Hierarchy
from ..shown.places import has_whole, upwards
from ..tables import device_setting
from ..viewer import Viewer
from .errors import BadSettings, StaleSettings
from .named_settings import OF_DEVICE, cameras_part, device_part, setting_problems
from .sections import Built, note_change

MOST_VERSIONS = 200
"""Shown of one place."""


@dataclass(frozen=True)
class Version:
    """What a place set at one time."""

    number: int
    """Names this content, see `set_settings`; 0 where there is none yet."""
    place: str
    settings: Mapping[str, Any]
    at: int
    """ms UTC"""
    actor: str


@dataclass(frozen=True)
class Change:
    """What one version made of a setting. None is a value too, so whether it was set is said apart."""

    name: str
    before: Any
    after: Any
    was_set: bool
    is_set: bool


def read_settings(connection: Connection) -> dict[str, Version]:
    """What holds now, by place."""
    newest = select(func.max(device_setting.c.id)).group_by(device_setting.c.place)
    rows = connection.execute(select(device_setting).where(device_setting.c.id.in_(newest))).mappings()
    return {row["place"]: _version(row) for row in rows}


def read_held(connection: Connection, place: str) -> Version:
    """What this place sets now; version 0 where it never set anything."""
    return next(iter(read_history(connection, place, 1)), Version(0, place, {}, 0, ""))


def read_history(connection: Connection, place: str, most: int = 20) -> list[Version]:
    """All versions of a place, the newest first."""
    query = select(device_setting).where(device_setting.c.place == place)
    rows = connection.execute(query.order_by(device_setting.c.id.desc()).limit(most)).mappings()
    return [_version(row) for row in rows]


def read_steps(connection: Connection, place: str, most: int) -> list[tuple[Version, list[Change]]]:
    """The newest versions first, each with what it changed."""
    found = read_history(connection, place, most + 1)
    befores = [*(each.settings for each in found[1:]), {}]
    steps = [(each, changes(before, each.settings)) for each, before in zip(found, befores, strict=False)]
    return steps[:most]


def read_version(connection: Connection, place: str, number: int) -> Version | None:
    """One of them; number 0 is the time before anybody set anything there."""
    if number == 0:
        return Version(0, place, {}, 0, "")
    query = select(device_setting).where(device_setting.c.place == place, device_setting.c.id == number)
    row = connection.execute(query).mappings().first()
    return None if row is None else _version(row)


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What is different, by name."""
    found = [
        Change(name, before.get(name), after.get(name), was_set=name in before, is_set=name in after)
        for name in sorted(before.keys() | after.keys())
    ]
    return [each for each in found if (each.was_set, each.before) != (each.is_set, each.after)]


def set_settings(
    connection: Connection, place: str, settings: Mapping[str, Any], base: int, actor: str
) -> Version:
    """A new version, or the one that holds where nothing is different; BadSettings where it cannot be,
    StaleSettings where somebody else changed what `base` was."""
    if problems := setting_problems(settings, place):
        raise BadSettings(problems)
    held = read_held(connection, place)
    if held.number != base:
        raise StaleSettings(held.actor)
    values = json.loads(json.dumps(dict(settings)))
    if values == dict(held.settings):
        return held
    written = json.dumps(values, sort_keys=True)
    connection.execute(
        insert(device_setting).values(place=place, settings=written, at=now_ms(), actor=actor[:80])
    )
    told = {each.name: each.after for each in changes(held.settings, values)}
    record(connection, actor, "device.settings", json.dumps({"place": place, **told}))
    note_change(connection)
    return read_held(connection, place)


def go_back(connection: Connection, place: str, number: int, base: int, actor: str) -> Version:
    """A new version with the content of an earlier one; LookupError where this place had no such version."""
    earlier = read_version(connection, place, number)
    if earlier is None:
        raise LookupError(f"version {number}: {place} had no such version")
    return set_settings(connection, place, earlier.settings, base, actor)


def path_of(hierarchy: Hierarchy, device: DevicePlace) -> tuple[str, ...]:
    """The nearest first."""
    place = hierarchy.touchpoints[device.touchpoint_id]
    return f"{OF_DEVICE}{device.id}", place.id, place.store_id, place.region_id, place.org_id


def path_at(hierarchy: Hierarchy, place: str) -> tuple[str, ...]:
    """The place and those above it, the nearest first; nothing for a stranger."""
    if not place.startswith(OF_DEVICE):
        return tuple(upwards(hierarchy, place))
    device = hierarchy.devices.get(place.removeprefix(OF_DEVICE))
    return () if device is None or device.is_import else path_of(hierarchy, device)


def path_seen(hierarchy: Hierarchy, viewer: Viewer, place: str) -> tuple[str, ...]:
    """The same, nothing also where the place is not wholly within what the viewer may see."""
    path = path_at(hierarchy, place)
    stands = path[1] if place.startswith(OF_DEVICE) and path else place
    return path if path and has_whole(hierarchy, viewer, stands) else ()


def decided(settings: Mapping[str, Version], path: Iterable[str]) -> dict[str, tuple[Any, str]]:
    """By setting: its value, and the place that decides."""
    found: dict[str, tuple[Any, str]] = {}
    for place in path:
        if version := settings.get(place):
            for name, value in version.settings.items():
                found.setdefault(name, (value, place))
    return found


@dataclass(frozen=True)
class SettingsSection:
    """A section made of settings: `device`, or `cameras`."""

    name: str
    part: Callable[[Mapping[str, Any]], dict[str, Any]]
    read: Callable[[Any], object]
    """The contract that devices read by."""

    def build(
        self, connection: Connection, hierarchy: Hierarchy, devices: Sequence[DevicePlace]
    ) -> Mapping[str, Built]:
        """See Section."""
        settings = read_settings(connection)
        if not settings:
            return {}
        return {device.id: self._built(settings, path_of(hierarchy, device)) for device in devices}

    def _built(self, settings: Mapping[str, Version], path: Sequence[str]) -> Built:
        values = {name: value for name, (value, _) in decided(settings, path).items()}
        wanted = self.part(values)
        try:
            self.read(wanted)
        except BadConfig as error:  # each place is right by itself, and they do not go together
            return Built(problems=error.problems)
        return Built(wanted or None)


DEVICE_SECTION = SettingsSection("device", device_part, read_device)
CAMERAS_SECTION = SettingsSection("cameras", cameras_part, read_cameras)


def _version(row: RowMapping) -> Version:
    settings = json.loads(row["settings"])
    return Version(row["id"], row["place"], settings, row["at"], row["actor"])
