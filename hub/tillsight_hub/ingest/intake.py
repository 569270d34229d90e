"""One transaction of ingest: what is new is stored and rolled up, and every stream's watermark moves."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from tillsight_models.continuation import is_phone_stream
from tillsight_models.delivery import DEFAULT_WINDOW, Ack, Birth
from tillsight_models.events import (
    ButtonPressed,
    ClockAnchored,
    DeviceStarted,
    EventsDropped,
    HealthReported,
    PressUndone,
)

from .. import rollups
from ..database import writing
from ..fleet.sightings import note_sighting
from ..fleet.watch import Watch
from ..hierarchy import Hierarchy, Touchpoint, hierarchy_version, read_hierarchy
from ..labels import Label
from . import clocks, device_notes, undone, watermarks
from .batch import Batch, claims, note_fresh, pick_new, placed, refuse_foreign, reordered, replayed, touched
from .checks import Arrival, Message
from .crash_points import crash_point
from .messages import Committed, DeviceAck, DeviceNote, PressSeen, Receipt
from .refusals import RecentRefusals, Refusal, put_aside
from .store import EventRow
from .stores import event_store
from .undeclared import refuse_undeclared

FUTURE_TOLERANCE_S = 3600
NO_LIMIT_MS = 253_402_300_799_999
FRESH_MS = 600_000
"""Health in an event that took longer than this to arrive says nothing about now."""

COPIED = ("reused-seq", "foreign-stream")
"""Refusals that two machines with one card come to."""


def now_ms() -> int:
    """The hub's clock, ms UTC."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a transaction did."""

    receipt: Receipt
    acks: list[DeviceAck]
    committed: Committed
    refusals: list[Refusal]
    """All that could not be stored."""
    aside: list[Refusal]
    """Those of them that were not in quarantine before."""
    new: list[Arrival]
    """In the order in which they came."""


class Intake:
    """Stores messages exactly once; not for several threads at a time."""

    def __init__(
        self,
        engine: Engine,
        *,
        window: int = DEFAULT_WINDOW,
        future_tolerance_s: int = FUTURE_TOLERANCE_S,
        clock: Callable[[], int] = now_ms,
        watch: Watch | None = None,
    ) -> None:
        self._engine = engine
        self._watch = watch or Watch(clock)
        self._store = event_store(engine)
        self._window = window
        self._tolerance_ms = future_tolerance_s * 1000
        self._clock = clock
        self._hierarchy = Hierarchy(version=-1)
        self._recent = RecentRefusals()

    def take(
        self, messages: Sequence[Message], notes: Sequence[DeviceNote] = (), *, set_aside: bool = True
    ) -> Outcome:
        """Store what these messages bring, in one transaction; when it returns, that is committed.

        `set_aside` is false for what lies in quarantine already.
        """
        with writing(self._engine) as connection:
            outcome = self._write(connection, messages, notes, set_aside)
            crash_point("writer.before-commit")
        crash_point("writer.committed")
        self._recent.add(outcome.aside)
        _tell(self._watch, outcome.new, notes, self._hierarchy)
        return outcome

    def _write(
        self,
        connection: Connection,
        messages: Sequence[Message],
        notes: Sequence[DeviceNote],
        set_aside: bool,
    ) -> Outcome:
        hierarchy = self._current(connection)
        batch = placed(messages, hierarchy, self._latest())
        self._claim(connection, batch)
        pick_new(connection, batch)
        self._store_new(connection, batch, hierarchy.touchpoints)
        late, again = reordered(batch), replayed(batch, self._window)
        aside = put_aside(connection, batch.refusals, self._recent) if set_aside else []
        _note_sightings(connection, again, aside, self._clock())
        acks = self._move_watermarks(connection, batch, aside)
        device_notes.apply(connection, [*_health(batch.new), *notes], hierarchy)
        device_notes.heard(connection, _heard(messages, notes, hierarchy))
        receipt = Receipt(
            committed=True,
            acks={each.place.device: each.ack for each in acks},
            stored=len(batch.new),
            duplicates=len(batch.arrivals) - len(batch.new),
            quarantined=len(aside),
            reordered=late,
            replayed=sum(again.values()),
        )
        committed = Committed(batch.tallies.touchpoints, [_press(each) for each in batch.new if each.rating])
        return Outcome(receipt, acks, committed, batch.refusals, aside, batch.new)

    def _current(self, connection: Connection) -> Hierarchy:
        """The hierarchy, read anew when its version has changed; it stays as it is until we commit."""
        if hierarchy_version(connection, hold=True) != self._hierarchy.version:
            self._hierarchy = read_hierarchy(connection)
        return self._hierarchy

    def _latest(self) -> int:
        """The latest time, ms UTC, that an event may have. A hub that does not know the time itself (it
        booted without network) is no judge of others."""
        now = self._clock()
        return now + self._tolerance_ms if now >= clocks.EARLIEST_MS else NO_LIMIT_MS

    def _claim(self, connection: Connection, batch: Batch) -> None:
        """Take the batch's streams for ourselves, and refuse what another device says in their name."""
        wanted = claims(batch)
        latest = {stream.id: stream.last_seen for stream in wanted.values()}
        devices = {stream.device for stream in wanted.values()}
        batch.streams = self._store.claim(connection, devices, wanted) if wanted else {}
        for stream in batch.streams.values():
            stream.last_seen = max(stream.last_seen, latest[stream.id])
        refuse_foreign(batch)

    def _store_new(self, connection: Connection, batch: Batch, touchpoints: dict[str, Touchpoint]) -> None:
        """Insert the new events with the time and labels that they have by now, and roll them up."""
        _settle_times(connection, batch, touchpoints)
        refuse_undeclared(connection, batch, touchpoints)
        _settle_undone(connection, batch, touchpoints)
        if batch.new:
            self._store.insert(connection, [_row(arrival) for arrival in batch.new])
        crash_point("writer.inserted")
        for arrival in batch.new:
            event = arrival.event
            stands = rollups.Standing(arrival.t, arrival.tq, arrival.labels)
            batch.tallies.count(touchpoints[event.tp], event.payload, stands)
            batch.notes.add(event.tp, event.payload, stands)
        rollups.add(connection, batch.tallies, self._clock())
        batch.notes.write(connection)
        crash_point("writer.rolled-up")

    def _move_watermarks(
        self, connection: Connection, batch: Batch, aside: Sequence[Refusal]
    ) -> list[DeviceAck]:
        """The acknowledgement of every device's stream that the batch touched, ready to be sent after the
        COMMIT; the streams of shoppers' phones are nobody's outbox."""
        note_fresh(batch, aside)
        acks = []
        for id, place in touched(batch).items():
            stream = batch.streams[id]
            missing = watermarks.advance(connection, stream)
            if is_phone_stream(id):
                continue
            ack = Ack(stream=id, upto=stream.upto, missing=missing, window=self._window, now=self._clock())
            acks.append(DeviceAck(place, ack))
        watermarks.save(connection, batch.streams)
        return acks


def _note_sightings(connection: Connection, again: dict[str, int], aside: Sequence[Refusal], at: int) -> None:
    """What no single device does by itself."""
    for device, number in sorted(again.items()):
        detail = f"{number} events that were acknowledged long ago"
        note_sighting(connection, device, "replay", at, detail, times=number)
    used_twice = {each.place.device: each.detail for each in aside if each.reason in COPIED and each.place}
    for device, detail in sorted(used_twice.items()):
        note_sighting(connection, device, "two-boxes", at, detail)


def _tell(watch: Watch, new: Sequence[Arrival], notes: Iterable[DeviceNote], hierarchy: Hierarchy) -> None:
    """After the COMMIT: what is only seen over a time. A report of lost events goes ahead of the order."""
    told: dict[tuple[str, str], list[int]] = {}
    for arrival in new:
        event = arrival.event
        if isinstance(event.payload, DeviceStarted) and abs(arrival.received - arrival.t) < FRESH_MS:
            watch.started(event.dev, arrival.received)
        if not (isinstance(event.payload, EventsDropped) or is_phone_stream(event.stream)):
            told.setdefault((event.dev, event.stream), []).append(event.seq)
    for (device, stream), numbers in told.items():
        watch.told(device, stream, numbers, new[-1].received)
    for note in notes:
        if (
            isinstance(note.message, Birth)
            and not note.retained
            and device_notes.is_at(hierarchy, note.place)
        ):
            watch.came(note.place.device, note.message.boot, note.received)


def _settle_times(connection: Connection, batch: Batch, touchpoints: dict[str, Touchpoint]) -> None:
    """Date unsynced events by the anchors that came before or with them, and older ones by new anchors."""
    anchors: dict[clocks.Boot, set[clocks.Anchor]] = {}
    unsynced = [arrival for arrival in batch.new if arrival.tq == "unsynced"]
    for arrival in batch.new:
        payload = arrival.event.payload
        if isinstance(payload, ClockAnchored):
            anchor = clocks.Anchor(payload.mono, payload.wall, payload.quality)
            anchors.setdefault((arrival.event.dev, payload.boot), set()).add(anchor)
    if not anchors and not unsynced:
        return
    best, changed = clocks.learn(connection, anchors, {_boot(arrival) for arrival in unsynced})
    for boot in changed:
        clocks.restamp(connection, boot, best[boot], touchpoints, batch.tallies, notes=batch.notes)
    for arrival in unsynced:
        found = clocks.corrected(best.get(_boot(arrival)), arrival.event.at.mono, arrival.received)
        arrival.t, arrival.tq = found or (arrival.t, arrival.tq)


def _settle_undone(connection: Connection, batch: Batch, touchpoints: dict[str, Touchpoint]) -> None:
    """Label presses that were taken back, whichever came first. An undo has a higher seq than its press, so
    only a press below the highest seq of its stream may have been undone before it came."""
    taken = {
        (arrival.event.stream, arrival.event.payload.press)
        for arrival in batch.new
        if isinstance(arrival.event.payload, PressUndone)
    }
    presses = [arrival for arrival in batch.new if isinstance(arrival.event.payload, ButtonPressed)]
    late = {each.key for each in presses if each.event.seq < batch.streams[each.event.stream].highest}
    before = undone.remembered(connection, late) if late else set()
    for arrival in presses:
        if arrival.key in taken or arrival.key in before:
            arrival.labels |= int(Label.UNDONE)
    if taken:
        undone.remember(connection, taken)
        elsewhere = taken - {each.key for each in presses}
        undone.take_back(connection, elsewhere, touchpoints, batch.tallies, notes=batch.notes)


def _boot(arrival: Arrival) -> clocks.Boot:
    return arrival.event.dev, arrival.event.at.boot


def _row(arrival: Arrival) -> EventRow:
    """In the order of EVENT_COLUMNS."""
    event, at = arrival.event, arrival.event.at
    return (
        event.stream,
        event.seq,
        event.type,
        event.dev,
        event.tp,
        arrival.t,
        arrival.tq,
        at.boot,
        at.mono,
        at.t,
        at.tq,
        arrival.received,
        arrival.rating,
        arrival.labels,
        arrival.data,
        arrival.extra,
    )


def _press(arrival: Arrival) -> PressSeen:
    return PressSeen(
        tp=arrival.event.tp,
        t=arrival.t,
        rating=arrival.rating or 0,
        labels=arrival.labels,
        received=arrival.received,
        device=arrival.place.device,
    )


def _health(new: Iterable[Arrival]) -> list[DeviceNote]:
    """Health that came as an event, where it is of now: a device without MQTT has no other way."""
    return [
        DeviceNote(arrival.place, arrival.event.payload, arrival.received, retained=True)
        for arrival in new
        if isinstance(arrival.event.payload, HealthReported) and abs(arrival.received - arrival.t) < FRESH_MS
    ]


def _heard(messages: Iterable[Message], notes: Iterable[DeviceNote], hierarchy: Hierarchy) -> dict[str, int]:
    """Device to when it was last heard; what a phone answered says nothing about it."""
    heard: dict[str, int] = {}
    times = [
        (message.place, message.incoming.received)
        for message in messages
        if not any(is_phone_stream(each.event.stream) for each in message.arrivals)
    ]
    times += [(note.place, note.received) for note in notes if not note.retained]
    for place, received in times:
        if place is not None and device_notes.is_at(hierarchy, place):
            heard[place.device] = max(received, heard.get(place.device, 0))
    return heard
