"""What is declared: on which days faces may be taken in at a touchpoint, and told."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from tillsight_models.events import DemographicsWindowed, EmotionWindowed

from ..hierarchy import Touchpoint
from ..tables import declaration

WARNED_DAYS = 30
"""So long before a declaration ends its end is told, as the device does."""
FACES = (EmotionWindowed.TYPE, DemographicsWindowed.TYPE)
"""Types of events that tell what people look like."""

Span = tuple[str, str]
"""Business days from the first on, without the last."""


@dataclass(frozen=True)
class Declaration:
    """A row."""

    id: int
    place: str
    purpose: str
    assessment: str
    legal_basis: str
    responsible: str
    sign_installed: str
    """2026-11-02"""
    expires: str
    """From this day on it holds no more."""

    def holds_on(self, day: str) -> bool:
        return self.sign_installed <= day < self.expires

    def days_left(self, day: str) -> int:
        return (date.fromisoformat(self.expires) - date.fromisoformat(day)).days


def read_declarations(connection: Connection) -> list[Declaration]:
    """All that were not withdrawn, the newest first."""
    names = tuple(Declaration.__dataclass_fields__)
    columns = [declaration.c[name] for name in names]
    query = select(*columns).where(declaration.c.withdrawn.is_(None)).order_by(declaration.c.id.desc())
    return [Declaration(**row) for row in connection.execute(query).mappings()]


def declared_for(found: Iterable[Declaration], place: Touchpoint, day: str) -> Declaration | None:
    """What holds at a touchpoint on a day: of its nearest place, there the newest."""
    holding = [each for each in found if each.holds_on(day)]
    for id in _places_of(place):
        for each in holding:
            if each.place == id:
                return each
    return None


def told_spans(
    connection: Connection, places: Sequence[Touchpoint], now: int | None = None
) -> Mapping[tuple[Span, ...], Sequence[str]]:
    """Touchpoints by the days of which may be told what people looked like there: the declared ones, while a
    declaration holds `now` (ms UTC; the machine's time without it). All others are left out."""
    found = read_declarations(connection)
    at = time.time_ns() // 1_000_000 if now is None else now
    told: dict[tuple[Span, ...], list[str]] = {}
    for place in places if found else ():
        if declared_for(found, place, place.calendar.business_day(at)) is not None:
            inside = _places_of(place)
            spans = {(each.sign_installed, each.expires) for each in found if each.place in inside}
            told.setdefault(tuple(sorted(spans)), []).append(place.id)
    return told


def are_within(day: str, spans: Iterable[Span]) -> bool:
    """Whether a business day is in one of them."""
    return any(first <= day < end for first, end in spans)


def _places_of(place: Touchpoint) -> tuple[str, ...]:
    """The nearest first."""
    return place.id, place.store_id, place.region_id, place.org_id
