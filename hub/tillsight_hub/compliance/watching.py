"""What a touchpoint looks at, as its device's events show: notices are made of this."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from ..hierarchy import Touchpoint
from ..tables import IS_RARE, event
from .declarations import Declaration, declared_for

DAY_MS = 86_400_000
MOODS_DAYS = 30
AGES_DAYS = 2
"""Shorter: ages have no index of their own among all events."""


@dataclass(frozen=True)
class Watching:
    """Of one touchpoint, lately."""

    place: Touchpoint
    counts: str | None
    """A `ContactSource`, or None: what counts who is served."""
    moods: bool
    ages: bool
    declared: Declaration | None
    """What holds today."""

    @property
    def faces(self) -> bool:
        return self.moods or self.ages

    @property
    def undeclared(self) -> bool:
        """Faces are told, and nobody has answered for that here."""
        return self.faces and self.declared is None


def watching(
    connection: Connection, place: Touchpoint, declarations: Iterable[Declaration], now: int
) -> Watching:
    """What came from there in the last days."""
    day = place.calendar.business_day(now)
    moods = select(event.c.seq).where(IS_RARE, event.c.type == "emotion.window", event.c.tp == place.id)
    ages = select(event.c.seq).where(event.c.type == "demographics.window", event.c.tp == place.id)
    return Watching(
        place=place,
        counts=place.contact_source,
        moods=connection.scalar(moods.where(event.c.t >= now - MOODS_DAYS * DAY_MS).limit(1)) is not None,
        ages=connection.scalar(ages.where(event.c.t >= now - AGES_DAYS * DAY_MS).limit(1)) is not None,
        declared=declared_for(declarations, place, day),
    )
