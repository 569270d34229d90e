"""Settings of devices by place: every version that there was, and the section `device` made of the newest.

The nearest place decides, key by key; what nobody sets is as the device's own file says.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, func, insert, select

from tillsight_models.errors import BadConfig
from tillsight_models.wanted import REMOTE, read_device

from ..access.audit import record
from ..access.clock import now_ms
from ..hierarchy import DevicePlace, Hierarchy
from ..tables import device_setting
from .errors import BadSettings
from .sections import Built, note_change

OF_DEVICE = "device:"
"""Before a device's id, where a place is meant: touchpoints may have the same ids."""


@dataclass(frozen=True)
class Version:
    """What a place set at one time."""

    number: int
    """Names this content, see `set_settings`; 0 where there is none yet."""
    place: str
    settings: Mapping[str, float]
    at: int
    """ms UTC"""
    actor: str


def read_settings(connection: Connection) -> dict[str, Version]:
    """What holds now, by place."""
    newest = select(func.max(device_setting.c.id)).group_by(device_setting.c.place)
    rows = connection.execute(select(device_setting).where(device_setting.c.id.in_(newest))).mappings()
    return {row["place"]: _version(row) for row in rows}


def read_history(connection: Connection, place: str, most: int = 20) -> list[Version]:
    """All versions of a place, the newest first."""
    query = select(device_setting).where(device_setting.c.place == place)
    rows = connection.execute(query.order_by(device_setting.c.id.desc()).limit(most)).mappings()
    return [_version(row) for row in rows]


def set_settings(
    connection: Connection, place: str, settings: Mapping[str, float], base: int, actor: str
) -> None:
    """A new version; BadSettings where it cannot be, or where somebody else was first."""
    if problems := setting_problems(settings):
        raise BadSettings(problems)
    held = read_settings(connection).get(place)
    if (held.number if held else 0) != base:
        raise BadSettings({"base": held.actor if held else ""})
    if dict(settings) == (dict(held.settings) if held else {}):
        return
    written = json.dumps(dict(settings), sort_keys=True)
    connection.execute(
        insert(device_setting).values(place=place, settings=written, at=now_ms(), actor=actor[:80])
    )
    record(connection, actor, "device.settings", json.dumps({"place": place, **settings}))
    note_change(connection)


def setting_problems(settings: Mapping[str, float]) -> dict[str, str]:
    """By setting: the range that it should be in. The last word has the contract that devices read by."""
    problems: dict[str, str] = {}
    for name, value in settings.items():
        try:
            read_device({name: value})
        except BadConfig:
            problems[name] = "{:g}-{:g}".format(*REMOTE[name]) if name in REMOTE else "-"
    if not problems:
        try:
            read_device(dict(settings))
        except BadConfig as error:
            problems["presence.max_dwell_s"] = "; ".join(error.problems)
    return problems


def path_of(hierarchy: Hierarchy, device: DevicePlace) -> tuple[str, ...]:
    """The nearest first."""
    place = hierarchy.touchpoints[device.touchpoint_id]
    return f"{OF_DEVICE}{device.id}", place.id, place.store_id, place.region_id, place.org_id


def decided(settings: Mapping[str, Version], path: Iterable[str]) -> dict[str, tuple[float, str]]:
    """By setting: its value, and the place that decides."""
    found: dict[str, tuple[float, str]] = {}
    for place in path:
        if version := settings.get(place):
            for name, value in version.settings.items():
                found.setdefault(name, (value, place))
    return found


class DeviceSection:
    """The section `device` of what is wanted."""

    name = "device"

    def build(
        self, connection: Connection, hierarchy: Hierarchy, devices: Sequence[DevicePlace]
    ) -> Mapping[str, Built]:
        """See Section."""
        settings = read_settings(connection)
        return (
            {device.id: _built(settings, path_of(hierarchy, device)) for device in devices}
            if settings
            else {}
        )


def _built(settings: Mapping[str, Version], path: Sequence[str]) -> Built:
    values = {name: value for name, (value, _) in decided(settings, path).items()}
    try:
        read_device(values)
    except BadConfig as error:  # each place is right by itself, and they do not go together
        return Built(problems=error.problems)
    return Built(values or None)


def _version(row: RowMapping) -> Version:
    settings = json.loads(row["settings"])
    return Version(row["id"], row["place"], settings, row["at"], row["actor"])
