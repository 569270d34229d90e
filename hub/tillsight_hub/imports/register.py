"""The register of imports: what came from where and by whom, and taking an import out again."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, select

from tillsight_models.events import Payload, decode_payload

from ..access.audit import record
from ..cleaning.uncleaned import Notes
from ..database import writing
from ..errors import ImportFailed
from ..hierarchy import read_hierarchy
from ..rollups import Standing, Tallies, add, hold_writers
from ..tables import event, history_import, quarantine, stream, stream_gap

_PAGE = 5000


@dataclass(frozen=True)
class Import:
    """One imported file."""

    stream: str
    """Its id; the streams of its events begin with it."""
    at: int
    """ms UTC"""
    actor: str
    file: str
    kind: str
    rows: int
    """Good ones."""
    events: int
    """That it has."""
    stored: int
    """Of them, those that are stored: fewer where it was broken off."""

    @property
    def complete(self) -> bool:
        return self.stored == self.events


def list_imports(connection: Connection) -> list[Import]:
    """Every import, newest first."""
    query = select(history_import).order_by(history_import.c.at.desc(), history_import.c.stream)
    return [_import(connection, dict(row)) for row in connection.execute(query).mappings().all()]


def find_import(connection: Connection, id: str) -> Import | None:
    """The import of that id."""
    query = select(history_import).where(history_import.c.stream == id)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _import(connection, dict(row))


def remove_import(engine: Engine, id: str, actor: str) -> int:
    """Take an import's events out of the tables and out of every rollup; how many there were.

    One transaction for each touchpoint; the import itself goes last, so that a broken-off removal can be
    done again. ImportFailed where there is no such import.
    """
    with engine.connect() as connection:
        if find_import(connection, id) is None:
            raise ImportFailed(f"import {id}: there is none of this id")
        streams = _streams(connection, id)
    removed = sum(_remove_stream(engine, name) for name in streams)
    with writing(engine) as connection:
        connection.execute(delete(history_import).where(history_import.c.stream == id))
        record(connection, actor, "import.remove", f"{id}: {removed} events")
    return removed


def _import(connection: Connection, row: dict[str, Any]) -> Import:
    report = json.loads(row["report"])
    stored = connection.scalar(
        select(func.coalesce(func.sum(stream.c.upto), 0)).where(_is_part(row["stream"]))
    )
    return Import(
        stream=row["stream"],
        at=row["at"],
        actor=row["actor"],
        file=row["file"],
        kind=report["kind"],
        rows=row["rows"],
        events=report["events"],
        stored=int(stored or 0),
    )


def _is_part(id: str) -> Any:
    """Whether a stream is of that import; ids have hexadecimal digits only."""
    return stream.c.id.between(id, f"{id}g")


def _streams(connection: Connection, id: str) -> list[str]:
    return list(connection.scalars(select(stream.c.id).where(_is_part(id)).order_by(stream.c.id)))


def _remove_stream(engine: Engine, name: str) -> int:
    with writing(engine) as connection:
        hold_writers(connection)
        tallies, notes = Tallies(), Notes()
        touchpoints = read_hierarchy(connection).touchpoints
        for tp, payload, stands in _events(connection, name):
            if tp in touchpoints:
                tallies.count(touchpoints[tp], payload, stands, times=-1)
                notes.add(tp, payload, stands)
        number = connection.execute(delete(event).where(event.c.stream == name)).rowcount
        add(connection, tallies)
        notes.write(connection)
        for table in (quarantine, stream_gap):
            connection.execute(delete(table).where(table.c.stream == name))
        connection.execute(delete(stream).where(stream.c.id == name))
    return number


def _events(connection: Connection, name: str) -> Iterator[tuple[str, Payload, Standing]]:
    wanted = (event.c.tp, event.c.type, event.c.data, event.c.t, event.c.tq, event.c.labels)
    query = select(*wanted).where(event.c.stream == name).execution_options(yield_per=_PAGE)
    for tp, type, data, t, tq, labels in connection.execute(query):
        yield tp, decode_payload(type, data.encode()), Standing(t, tq, labels)
