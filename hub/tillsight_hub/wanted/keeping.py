"""Keeping: the table `device_config`, what is wanted of each device and what the device made of it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, Engine, insert, select, update

from tillsight_models.wanted import ConfigIs, version_of

from ..access.clock import now_ms
from ..database import writing
from ..hierarchy import DevicePlace, Hierarchy
from ..tables import device_config
from .sections import Built, Section

State = Literal["nothing", "waiting", "in-force", "refused", "no-screen"]
"""Nothing is wanted; the device has not answered yet; it follows; it keeps the one before; it has nothing to
follow it with."""


@dataclass(frozen=True)
class Wanted:
    """What is wanted of a device, and what it says to that."""

    device: str
    message: str
    """JSON as it is sent."""
    version: str
    changed: int
    """ms UTC"""
    reported: str | None
    """Version that the device spoke of last."""
    reported_at: int | None
    """ms UTC"""
    refused: tuple[str, ...]
    """By the device, one line each."""
    ignored: tuple[str, ...]
    """Sections that the device has nothing for."""
    unsent: tuple[str, ...]
    """What is wrong in the hub itself, so that it was not sent."""

    @property
    def problems(self) -> tuple[str, ...]:
        return (*self.unsent, *(self.refused if self.reported == self.version else ()))

    def state(self, section: str = "kiosk") -> State:
        """How far the section has come."""
        if self.unsent:
            return "refused"
        if self.reported != self.version:
            return "waiting"
        if section in self.ignored:
            return "no-screen"
        return "refused" if self.refused else "in-force"


def read_wanted(connection: Connection, devices: Iterable[str] | None = None) -> dict[str, Wanted]:
    """By device; all where none are named."""
    query = select(device_config).order_by(device_config.c.dev)
    if devices is not None:
        query = query.where(device_config.c.dev.in_(list(devices)))
    return {row["dev"]: _wanted(row) for row in connection.execute(query).mappings()}


def refresh(engine: Engine, hierarchy: Hierarchy, sections: Sequence[Section]) -> int:
    """Make what is wanted anew and keep what is new in it; how many devices are to be told something."""
    devices = [each for each in hierarchy.devices.values() if not each.is_import]
    with engine.connect() as connection:
        built = {each.name: each.build(connection, hierarchy, devices) for each in sections}
        before = read_wanted(connection)
    rows = [row for each in devices if (row := _changed(each, built, before.get(each.id)))]
    if not rows:
        return 0
    with writing(engine) as connection:
        for row in rows:
            _put(connection, row)
    return sum("wanted" in row for row in rows)


def note_answer(connection: Connection, device: str, answer: ConfigIs, at: int) -> None:
    """What a device says it follows; of a device that nothing was ever wanted of, nothing is kept."""
    told = {"refused": answer.problems, "ignored": answer.ignored}
    connection.execute(
        update(device_config)
        .where(device_config.c.dev == device)
        .values(reported=answer.version, reported_at=at, answer=json.dumps(told, ensure_ascii=False))
    )


def _changed(
    device: DevicePlace, built: Mapping[str, Mapping[str, Built]], before: Wanted | None
) -> dict[str, Any] | None:
    """The row to write; None where nothing is new."""
    held = json.loads(before.message) if before else {}
    sections: dict[str, Any] = {}
    problems: list[str] = []
    for name, by_device in built.items():
        found = by_device.get(device.id, Built())
        problems += found.problems
        if found.problems and name in held:
            sections[name] = held[name]
        elif not found.problems and found.value is not None:
            sections[name] = found.value
    version = version_of(sections)
    row: dict[str, Any] = {"dev": device.id}
    is_first = before is None and bool(sections)
    if is_first or (before is not None and before.version != version):
        message = msgspec.json.encode({"version": version, **sections}, order="deterministic").decode()
        row |= {"wanted": message, "version": version, "changed": now_ms()}
    if before is not None and list(before.unsent) != problems:
        row["problem"] = json.dumps(problems, ensure_ascii=False) if problems else None
    if before is None and problems and not sections:
        empty = {"version": version}
        row |= {"wanted": json.dumps(empty), "version": version, "changed": now_ms()}
        row["problem"] = json.dumps(problems, ensure_ascii=False)
    return row if len(row) > 1 else None


def _put(connection: Connection, row: Mapping[str, Any]) -> None:
    mine = device_config.c.dev == row["dev"]
    if connection.scalar(select(device_config.c.dev).where(mine).with_for_update()) is None:
        connection.execute(insert(device_config).values(row))
    else:
        connection.execute(update(device_config).where(mine).values(row))


def _wanted(row: Any) -> Wanted:
    told = json.loads(row["answer"] or "{}")
    return Wanted(
        device=row["dev"],
        message=row["wanted"],
        version=row["version"],
        changed=row["changed"],
        reported=row["reported"],
        reported_at=row["reported_at"],
        refused=tuple(told.get("refused", ())),
        ignored=tuple(told.get("ignored", ())),
        unsent=tuple(json.loads(row["problem"] or "[]")),
    )
