"""Sightings: what the hub sees of a device that no device says of itself, in the table `device_sighting`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from sqlalchemy import Connection, delete, insert, select, update

from ..tables import device_sighting

Kind = Literal[
    "two-boxes",
    "enrolled-twice",
    "revoked-tries",
    "replay",
    "reordered",
    "flapping",
    "restarts",
    "flood",
    "turned-away",
]
BROKER = ":broker"
"""In place of a device: whom the broker turned away. No device has such an id."""
NOWHERE = "?"
"""In place of an address that the broker's log does not tell."""
BOOTS = "boots"
"""Kind of the row that remembers a device's newest boots."""
REMEMBERED = 8
FRESH_MS = 86_400_000
"""So long after the last time a sighting counts."""
FRESH: dict[str, int] = {"flapping": 3_600_000, "restarts": 7_200_000, "flood": 180_000}
"""The same for those that are over sooner."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody who watches has seen just now."""

    device: str
    kind: Kind
    detail: str
    times: int = 1


class Lookout(Protocol):
    """Somebody who watches."""

    def seen(self) -> Sequence[Seen]:
        """What there was since it was asked before."""


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
    is_over = at - held.last > _fresh_ms(kind)
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
        if row.last > now - _fresh_ms(row.kind):
            sighting = Sighting(row.kind, row.first, row.last, row.times, row.detail)
            found.setdefault(row.dev, []).append(sighting)
    return found


def last_turned_away(connection: Connection, now: int) -> str | None:
    """The address that the broker turned away last; None where its log did not tell, or a day has passed."""
    found = [each for each in read_sightings(connection, now).get(BROKER, ()) if each.kind == "turned-away"]
    return next((each.detail for each in found if each.detail != NOWHERE), None)


def forget_sightings(connection: Connection, now: int) -> int:
    """What counts no more is not kept, and with it the addresses of whom the broker turned away; how many."""
    is_over = (device_sighting.c.last <= now - FRESH_MS) & (device_sighting.c.kind != BOOTS)
    return connection.execute(delete(device_sighting).where(is_over)).rowcount


def _fresh_ms(kind: str) -> int:
    return FRESH.get(kind, FRESH_MS)
