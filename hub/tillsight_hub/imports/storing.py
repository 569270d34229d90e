"""Store an examined file: as events of devices that stand for the other system, by the ordinary intake."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256

from sqlalchemy import Connection, Engine, select, text, update

from tillsight_models.events import (
    MAX_MESSAGE_BYTES,
    Stamp,
    encode_event,
    encode_message,
    new_event,
)
from tillsight_models.topics import DeviceTopics

from .. import tables
from ..access.audit import record
from ..database import writing
from ..errors import ImportFailed
from ..hierarchy import Touchpoint, read_hierarchy
from ..ingest.checks import read_message
from ..ingest.intake import Intake, now_ms
from ..ingest.messages import Committed, Incoming
from ..seed import DeviceSeed, Seed, apply_seed
from .examine import Examined, Progress
from .origin import CLOCK_QUALITY, DEVICE_STATE
from .rows import Row

EVENTS_AT_ONCE = 2000
"""In one transaction."""
BREATH_S = 0.002
"""Between transactions, so that the hub's own writer gets its turn."""
MOST_BYTES = MAX_MESSAGE_BYTES - 2_000
NAME_LENGTH = 40


@dataclass(frozen=True)
class Stored:
    """What became of an import."""

    stream: str
    events: int
    """Stored just now; the others were there."""
    duplicates: int


@dataclass
class _Sender:
    """The device that stands for the other system at one touchpoint, and its stream."""

    place: Touchpoint
    device: str
    stream: str
    seq: int = 0

    @property
    def topic(self) -> str:
        return DeviceTopics(self.place.org_id, self.place.store_id, self.device).of("ev")

    def events(self, row: Row) -> Iterator[bytes]:
        """The row's events as they would be sent; their `mono` is the line of the file."""
        at = Stamp(t=row.t, tq=CLOCK_QUALITY, boot=row.boot, mono=row.number)
        for payload, number in row.payloads:
            for _ in range(number):
                self.seq += 1
                names = {"dev": self.device, "tp": self.place.id, "stream": self.stream}
                yield encode_event(new_event(**names, seq=self.seq, at=at, payload=payload))


@dataclass
class _Parcel:
    """Events of one transaction, by sender."""

    events: dict[str, list[bytes]] = field(default_factory=dict)
    number: int = 0

    def add(self, topic: str, event: bytes) -> None:
        self.events.setdefault(topic, []).append(event)
        self.number += 1

    def messages(self, received: int) -> Iterator[Incoming]:
        for topic, events in self.events.items():
            for message in _in_messages(events):
                yield Incoming(topic, message, received)


def store(
    engine: Engine,
    examined: Examined,
    actor: str,
    *,
    intake: Intake | None = None,
    told: Callable[[Committed], None] = lambda _: None,
    progress: Progress = lambda *_: None,
) -> Stored:
    """Store all good rows. What an earlier, broken-off run has stored is not stored again.

    `told` hears of each commit. ImportFailed where the hub refuses an event that we made.
    """
    report = examined.report
    with engine.connect() as connection:
        touchpoints = read_hierarchy(connection).touchpoints
    senders = _senders(engine, [touchpoints[id] for id in report.totals], report.stream)
    with writing(engine) as connection:
        _put_on_record(connection, examined, actor)
    intake = intake or Intake(engine)
    done = Stored(report.stream, 0, 0)
    for parcel in _parcels(examined.rows(touchpoints), senders):
        outcome = intake.take([read_message(each) for each in parcel.messages(now_ms())], set_aside=False)
        if outcome.refusals:
            refusal = outcome.refusals[0]
            raise ImportFailed(f"import {report.stream}: the hub refuses an event: {refusal.detail}")
        stored, duplicates = outcome.receipt.stored, outcome.receipt.duplicates
        done = replace(done, events=done.events + stored, duplicates=done.duplicates + duplicates)
        told(outcome.committed)
        progress("storing", done.events + done.duplicates, report.events)
        time.sleep(BREATH_S)
    return done


def device_of(touchpoint: str) -> str:
    """Id of the device that imported events of a touchpoint belong to."""
    name = f"import-{touchpoint}"
    return name if len(name) <= NAME_LENGTH else f"import-{touchpoint[:24]}-{_short(touchpoint)}"


def _senders(engine: Engine, places: Iterable[Touchpoint], stream: str) -> dict[str, _Sender]:
    """By touchpoint; their devices are made where they are not there yet."""
    senders = {
        place.id: _Sender(place, device_of(place.id), f"{stream}{_short(place.id)}") for place in places
    }
    with engine.connect() as connection:
        device = tables.device.c
        rows = connection.execute(select(device.id, device.state))
        known = {row.id: row.state for row in rows}
    wanted = [sender for sender in senders.values() if sender.device not in known]
    for sender in senders.values():
        if known.get(sender.device, DEVICE_STATE) != DEVICE_STATE:
            raise ImportFailed(f"device {sender.device}: a real device has the id that imports need")
    if wanted:
        seeds = [DeviceSeed(id=each.device, name="Imported", touchpoint=each.place.id) for each in wanted]
        apply_seed(engine, Seed(device=tuple(seeds)))
        with writing(engine) as connection:
            mine = tables.device.c.id.in_([each.device for each in wanted])
            connection.execute(update(tables.device).where(mine).values(state=DEVICE_STATE))
    return senders


def _short(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:8]


def _put_on_record(connection: Connection, examined: Examined, actor: str) -> None:
    """Before the first event, so that one can take out what a broken-off run has stored."""
    report = examined.report
    values = {
        "stream": report.stream,
        "at": now_ms(),
        "actor": actor[:80],
        "file": report.file[:200],
        "rows": report.good,
        "report": json.dumps(report.as_json()),
    }
    if connection.execute(_REGISTER, values).rowcount:
        record(connection, actor, "import.store", f"{report.stream}: {report.kind}, {report.file}")


_REGISTER = text(
    "INSERT INTO history_import (stream, at, actor, file, rows, report) "
    "VALUES (:stream, :at, :actor, :file, :rows, :report) ON CONFLICT DO NOTHING"
)


def _parcels(rows: Iterable[Row], senders: dict[str, _Sender]) -> Iterator[_Parcel]:
    parcel = _Parcel()
    for row in rows:
        sender = senders[row.place.id]
        topic = sender.topic
        for event in sender.events(row):
            parcel.add(topic, event)
            if parcel.number >= EVENTS_AT_ONCE:
                yield parcel
                parcel = _Parcel()
    if parcel.number:
        yield parcel


def _in_messages(events: Iterable[bytes]) -> Iterator[bytes]:
    """As many in one message as the wire takes."""
    portion: list[bytes] = []
    size = 0
    for event in events:
        if size + len(event) + 1 > MOST_BYTES:
            yield encode_message(portion)
            portion, size = [], 0
        portion.append(event)
        size += len(event) + 1
    if portion:
        yield encode_message(portion)
