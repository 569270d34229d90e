"""Sections: the independent parts of what the hub wants of a device, each made by the package it is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import Connection, select, text

from .. import tables
from ..hierarchy import DevicePlace, Hierarchy, hierarchy_version

STAMP_KEY = "wanted_stamp"
"""In the table `setting`; grows with every change of what may be wanted of a device."""
_RAISE = text(
    "INSERT INTO setting (key, value) VALUES (:key, '1') "
    "ON CONFLICT (key) DO UPDATE SET value = CAST(CAST(setting.value AS INTEGER) + 1 AS TEXT)"
)


@dataclass(frozen=True)
class Built:
    """A section of one device."""

    value: dict[str, Any] | None = None
    """None: nothing is wanted, the device's own file decides."""
    problems: Sequence[str] = field(default_factory=tuple)
    """Why it cannot be sent; the one before stays wanted."""


class Section(Protocol):
    """Makes one section for many devices at once. Its values are checked as the device will check them."""

    @property
    def name(self) -> str:
        """Its key in the message."""

    def build(
        self, connection: Connection, hierarchy: Hierarchy, devices: Sequence[DevicePlace]
    ) -> Mapping[str, Built]:
        """By device id; devices that are not in it have no such section."""


def note_change(connection: Connection) -> None:
    """Something changed that a section is made of; every hub on this database looks within a second."""
    connection.execute(_RAISE, {"key": STAMP_KEY})


def stamp(connection: Connection) -> tuple[int, int]:
    """Another one than before where something may be wanted otherwise."""
    found = connection.scalar(select(tables.setting.c.value).where(tables.setting.c.key == STAMP_KEY))
    return int(found or 0), hierarchy_version(connection)
