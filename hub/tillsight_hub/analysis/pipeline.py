"""The pipeline: from a recording to rollups in a database of its own, by the hub's cleaning and counting."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
from sqlalchemy import Connection, Engine, insert

from .. import rollups
from ..cleaning.labelling import clean
from ..cleaning.rules import CleaningSettings
from ..database import migrate, open_database, writing
from ..errors import BadFile
from ..hierarchy import Hierarchy, Touchpoint, read_hierarchy
from ..periods import Period
from ..rollups import Standing, Tallies
from ..seed import apply_seed
from ..tables import RARE_TYPES, UNDATED_DAY, declaration, event
from .recordings import Happened, Recording, Touched, touched, with_labels

Tell = Callable[[str], None]
"""Is told how far the work is."""


@dataclass(frozen=True)
class Analysed:
    """A recording as a hub would have it: rollups and rare events in `engine`, histories in memory."""

    engine: Engine
    hierarchy: Hierarchy
    period: Period
    touched: Mapping[str, Touched]
    """By touchpoint; presses have the labels of the cleaning rules."""


def analysed(recording: Recording, rules: CleaningSettings, file: Path, tell: Tell) -> Analysed:
    """Clean and count everything; the database is made in `file`."""
    engine = open_database(f"sqlite:///{file}")
    migrate(engine)
    apply_seed(engine, recording.seed)
    with engine.connect() as connection:
        hierarchy = read_hierarchy(connection)
    _declare(engine, hierarchy)
    found: dict[str, Touched] = {}
    days: set[str] = set()
    for done, place in enumerate(hierarchy.touchpoints.values(), 1):
        seen = touched(place, recording.happened.get(place.id, ()))
        seen = with_labels(seen, clean(seen.history, rules))
        found[place.id] = seen
        counted = _counted(place, seen)
        days |= {day for _, day in counted.days()}
        with writing(engine) as connection:
            rollups.add(connection, counted)
            _store(connection, place, seen.others)
        tell(f"{done} of {len(hierarchy.touchpoints)} touchpoints counted")
    return Analysed(engine, hierarchy, _period(recording, days), found)


def _declare(engine: Engine, hierarchy: Hierarchy) -> None:
    """Whoever has the file answers for what it says of faces: here nothing of it is hidden."""
    orgs = {place.org_id for place in hierarchy.touchpoints.values()}
    words = dict.fromkeys(("purpose", "assessment", "legal_basis", "responsible", "actor"), "analysis")
    days = {"sign_installed": "0001-01-01", "expires": "9999-12-31"}
    rows = [{"place": org, **words, **days, "at": 0} for org in sorted(orgs)]
    with writing(engine) as connection:
        connection.execute(insert(declaration), rows)


def _counted(place: Touchpoint, seen: Touched) -> Tallies:
    tallies = Tallies()
    for each in sorted((*seen.presses, *seen.others), key=lambda event: event.t):
        tallies.count(place, each.payload, Standing(each.t, each.tq, each.labels))
    return tallies


def _store(connection: Connection, place: Touchpoint, events: Iterable[Happened]) -> None:
    """What is looked for one by one: audits, validations, answers; and what has no time, for the doubts."""
    rows = list(_rows(place, events))
    if rows:
        connection.execute(insert(event), rows)


def _rows(place: Touchpoint, events: Iterable[Happened]) -> Iterator[dict[str, object]]:
    for each in events:
        if each.payload.TYPE in RARE_TYPES or each.tq == "unsynced":
            yield {
                "stream": each.stream,
                "seq": each.seq,
                "type": each.payload.TYPE,
                "dev": place.id,
                "tp": place.id,
                "t": each.t,
                "tq": each.tq,
                "boot": "",
                "mono": 0,
                "device_t": each.t,
                "device_tq": each.tq,
                "received": each.arrived,
                "labels": each.labels,
                "data": msgspec.json.encode(each.payload).decode(),
            }


def _period(recording: Recording, days: set[str]) -> Period:
    dated = sorted(days - {UNDATED_DAY})
    if recording.first_day and recording.last_day:
        return Period.between(recording.first_day, recording.last_day)
    if not dated:
        raise BadFile("no event in the file has a time")
    return Period.between(dated[0], dated[-1])
