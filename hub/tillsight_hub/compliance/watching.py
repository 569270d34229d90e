"""What a touchpoint looks at, as its device's events show: notices are made of this."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from tillsight_models.events import DemographicsWindowed, EmotionWindowed

from ..hierarchy import Touchpoint
from ..ingest.undeclared import REASON, told_of
from ..tables import IS_RARE, RARE_TYPES, event, quarantine
from .declared import Declaration, declared_for

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
    """What came from there in the last days, whether it was kept or not."""
    day = place.calendar.business_day(now)
    return Watching(
        place=place,
        counts=place.contact_source,
        moods=_came(connection, EmotionWindowed.TYPE, place.id, now - MOODS_DAYS * DAY_MS),
        ages=_came(connection, DemographicsWindowed.TYPE, place.id, now - AGES_DAYS * DAY_MS),
        declared=declared_for(declarations, place, day),
    )


def _came(connection: Connection, type: str, tp: str, since: int) -> bool:
    stored = select(event.c.seq).where(event.c.type == type, event.c.tp == tp, event.c.t >= since)
    if type in RARE_TYPES:
        stored = stored.where(IS_RARE)
    refused = select(quarantine.c.id).where(
        quarantine.c.reason == REASON,
        quarantine.c.received >= since,
        quarantine.c.detail.startswith(told_of(type, tp)),
    )
    return any(connection.scalar(query.limit(1)) is not None for query in (stored, refused))
