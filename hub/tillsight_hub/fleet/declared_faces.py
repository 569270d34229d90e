"""Declarations of a device and of the hub: whether both hold, say the same, and how long."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Literal

from tillsight_models.events import HealthReported

from ..compliance.declared import WARNED_DAYS, Declaration, declared_for
from ..hierarchy import Touchpoint

LAST_DAYS = 7
"""Red from here on."""

Found = tuple[str, Literal[1, 2], Mapping[str, int | str]]
"""What a `Trouble` is made of."""


def faces_troubles(
    health: HealthReported | None, place: Touchpoint, declarations: Sequence[Declaration], now: int
) -> Iterator[Found]:
    """Of a device that tells of faces; one of an earlier version tells nothing."""
    if health is None or health.faces == "none":
        return
    day = place.calendar.business_day(now)
    held = declared_for(declarations, place, day)
    if health.faces == "off":
        yield "faces_off", 1, {"day": health.declared_until}
    elif held is None:
        yield "faces_undeclared", 2, {}
    if held is None:
        return
    if (health.declared_until, health.declared_as) != (held.expires, held.assessment):
        told, wanted = (health.declared_as, health.declared_until), (held.assessment, held.expires)
        yield "declarations_differ", 1, {"device": ", ".join(told), "hub": ", ".join(wanted)}
    left = _days_left(health, held, day)
    if 0 < left <= WARNED_DAYS:
        yield "declaration_ends", 2 if left <= LAST_DAYS else 1, {"days": left}


def _days_left(health: HealthReported, held: Declaration, day: str) -> int:
    """Until the earlier of both ends; until the hub's where the device's has passed or is no date."""
    left = held.days_left(day)
    try:
        own = (date.fromisoformat(health.declared_until) - date.fromisoformat(day)).days
    except ValueError:
        return left
    return min(left, own) if health.faces == "on" else left
