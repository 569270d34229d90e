"""Sightings: what the hub sees of a device that no device says of itself, in the table `device_sighting`."""

import json
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, insert, select, update

from ..tables import device_sighting

Kind = Literal["two-boxes", "enrolled-twice", "revoked-tries", "replay"]
BOOTS = "boots"
"""Kind of the row that remembers a device's newest boots."""
REMEMBERED = 8
FRESH_MS = 86_400_000
"""So long after the last time a sighting counts."""


@dataclass(frozen=True)
class Sighting:
    """Something that happened, once or often."""

    kind: str
    first: int
    """ms UTC, like `last`."""
    last: int
    times: int
    detail: str
    """Of the last time."""


def note_sighting(
    connection: Connection, device: str, kind: Kind, at: int, detail: str, *, times: int = 1
) -> None:
    """In the transaction of what was seen. After a quiet day it begins anew."""
    mine = (device_sighting.c.dev == device) & (device_sighting.c.kind == kind)
    held = connection.execute(select(device_sighting).where(mine).with_for_update()).first()
    if held is None:
        row = {"dev": device, "kind": kind, "first": at, "last": at, "times": times, "detail": detail[:300]}
        connection.execute(insert(device_sighting).values(row))
        return
    is_over = at - held.last > FRESH_MS
    connection.execute(
        update(device_sighting)
        .where(mine)
        .values(
            first=at if is_over else held.first,
            last=max(at, held.last),
            times=times if is_over else held.times + times,
            detail=detail[:300],
        )
    )


def note_boot(connection: Connection, device: str, boot: str, at: int) -> None:
    """A device said hello in this boot. No machine goes back to an earlier boot: where one comes back, there
    are two machines with one identity."""
    mine = (device_sighting.c.dev == device) & (device_sighting.c.kind == BOOTS)
    held = connection.execute(select(device_sighting).where(mine).with_for_update()).first()
    boots: list[str] = json.loads(held.detail) if held else []
    if boots and boots[-1] == boot:
        return
    if boot in boots:
        detail = f"boot {boot[:12]} came back after boot {boots[-1][:12]}"
        note_sighting(connection, device, "two-boxes", at, detail)
        boots.remove(boot)
    kept = json.dumps([*boots, boot][-REMEMBERED:])
    if held is None:
        row = {"dev": device, "kind": BOOTS, "first": at, "last": at, "times": 1, "detail": kept}
        connection.execute(insert(device_sighting).values(row))
    else:
        connection.execute(update(device_sighting).where(mine).values(last=at, detail=kept))


def read_sightings(connection: Connection, now: int) -> dict[str, list[Sighting]]:
    """By device, those that count now."""
    query = select(device_sighting).where(
        device_sighting.c.last > now - FRESH_MS, device_sighting.c.kind != BOOTS
    )
    found: dict[str, list[Sighting]] = {}
    for row in connection.execute(query.order_by(device_sighting.c.dev, device_sighting.c.kind)):
        sighting = Sighting(row.kind, row.first, row.last, row.times, row.detail)
        found.setdefault(row.dev, []).append(sighting)
    return found
