"""Faces that nobody has declared: that they came is noted, and what they say is kept nowhere."""

from collections.abc import Mapping

from sqlalchemy import Connection

from ..compliance.declared import FACES, declared_for, read_declarations
from ..hierarchy import Touchpoint
from .batch import Batch
from .checks import Arrival

REASON = "undeclared"


def refuse_undeclared(connection: Connection, batch: Batch, touchpoints: Mapping[str, Touchpoint]) -> None:
    """Take new events about faces out where no declaration holds on their day. One whose time is not known is
    of the day on which it came."""
    faces = [arrival for arrival in batch.new if arrival.event.type in FACES]
    if not faces:
        return
    declarations = read_declarations(connection)
    refused = set()
    for arrival in faces:
        place = touchpoints[arrival.event.tp]
        day = _day(arrival, place)
        if declared_for(declarations, place, day) is None:
            refused.add(id(arrival))
            said = f"{told_of(arrival.event.type, place.id)}{day}: no declaration holds, nothing was kept"
            batch.refusals.append(arrival.refused(REASON, said))
    batch.new = [arrival for arrival in batch.new if id(arrival) not in refused]
    batch.arrivals = [arrival for arrival in batch.arrivals if id(arrival) not in refused]


def told_of(type: str, touchpoint: str) -> str:
    """How the detail of such a refusal begins; /compliance looks for it."""
    return f"{type} at {touchpoint} on "


def _day(arrival: Arrival, place: Touchpoint) -> str:
    return place.calendar.business_day(arrival.received if arrival.tq == "unsynced" else arrival.t)
