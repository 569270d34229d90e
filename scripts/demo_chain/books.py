"""The demo's accounts: what the tills committed, what the hub stored, and whether both agree."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import Engine, Table, Text, cast, func, select

from tillsight_edge.outbox import Outbox
from tillsight_hub import tables

from .history import Past

PRESS = "button.press"


@dataclass(frozen=True)
class Sent:
    """What one stream of events committed on the till's side."""

    stream: str
    events: int
    presses: int
    waiting: int = 0
    """Still in the outbox."""
    dropped: int = 0
    """Reported as dropped by a full outbox."""


@dataclass(frozen=True)
class Result:
    """What the demo prints."""

    pressed: int
    stored: int
    duplicates: int
    lost: int
    contacts: int
    camera_contacts: int
    """Those that were counted from frames."""
    dashboard_url: str
    seconds: float

    @property
    def is_good(self) -> bool:
        return self.lost == 0 and self.duplicates == 0


def sent_by(outbox: Path, device: str, touchpoint: str) -> Sent:
    """The accounts of an outbox."""
    box = Outbox(outbox, device=device, touchpoint=touchpoint, max_events=1_000_000)
    try:
        books = box.books()
    finally:
        box.close()
    press = books.by_type.get(PRESS)
    total = books.total
    return Sent(books.stream, total.appended, press.appended if press else 0, books.left, total.dropped)


def remember_past(file: Path, past: Past) -> None:
    """Note what was sent as history, so that a later demo on the same data can account for it."""
    known = [asdict(sent) for sent in sent_as_past(file)]
    known.append(asdict(Sent(past.stream, len(past.events), past.presses)))
    file.write_text(json.dumps(known), encoding="utf-8")


def sent_as_past(file: Path) -> list[Sent]:
    """What was sent as history so far."""
    return [Sent(**one) for one in json.loads(file.read_text(encoding="utf-8"))] if file.exists() else []


def settle(engine: Engine, sent: list[Sent], dashboard_url: str, seconds: float) -> Result:
    """Compare the tills' accounts with the hub's tables."""
    stored = _stored(engine)
    lost = 0
    for one in sent:
        events, _ = stored.get(one.stream, (0, 0))
        lost += max(0, one.events - events - one.waiting - one.dropped)
    presses = sum(presses for _, presses in stored.values())
    in_hours, in_days = _rolled_up(engine, tables.rollup_hour), _rolled_up(engine, tables.rollup_day)
    return Result(
        pressed=sum(one.presses for one in sent),
        stored=presses,
        duplicates=_doubles(engine) + max(0, in_hours - presses) + max(0, in_days - presses),
        lost=lost + max(0, presses - min(in_hours, in_days)),
        contacts=_contacts(engine, "contacts_presence") + (seen := _contacts(engine, "contacts_camera")),
        camera_contacts=seen,
        dashboard_url=dashboard_url,
        seconds=round(seconds, 1),
    )


def _stored(engine: Engine) -> dict[str, tuple[int, int]]:
    """Events and presses of each stream in the hub's table."""
    event = tables.event.c
    presses = func.count().filter(event.type == PRESS)
    with engine.connect() as connection:
        rows = connection.execute(select(event.stream, func.count(), presses).group_by(event.stream))
        return {stream: (events, pressed) for stream, events, pressed in rows}


def _doubles(engine: Engine) -> int:
    """Rows beyond one for each event that a till numbered."""
    event = tables.event.c
    name = event.stream + "-" + cast(event.seq, Text)
    beyond = select(func.count() - func.count(name.distinct())).select_from(tables.event)
    with engine.connect() as connection:
        return connection.scalar(beyond) or 0


def _rolled_up(engine: Engine, rollup: Table) -> int:
    """Presses in all buckets of a rollup table."""
    with engine.connect() as connection:
        return connection.scalar(select(func.coalesce(func.sum(rollup.c.presses), 0))) or 0


def _contacts(engine: Engine, counter: str) -> int:
    with engine.connect() as connection:
        total = select(func.coalesce(func.sum(tables.rollup_day.c[counter]), 0))
        return connection.scalar(total) or 0
