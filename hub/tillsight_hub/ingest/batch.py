"""The events of one transaction, sorted: what is new, what is known already, what is refused."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection, select

from tillsight_models.events import EventsDropped
from tillsight_models.topics import DeviceTopics

from .. import tables
from ..cleaning.uncleaned import Notes
from ..gone import EXPIRED
from ..hierarchy import Hierarchy
from ..rollups import Tallies
from .checks import Arrival, Message, misplaced
from .refusals import Refusal
from .undone import Key, by_stream
from .watermarks import Stream

Content = tuple[str, str, int]
"""What two events with one key must have in common to be the same: type, boot and monotonic ms."""


@dataclass(slots=True)
class Batch:
    """What a transaction knows by now."""

    arrivals: list[Arrival] = field(default_factory=list)
    """Well-formed events at the right place, known ones included."""
    new: list[Arrival] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    streams: dict[str, Stream] = field(default_factory=dict)
    tallies: Tallies = field(default_factory=Tallies)
    notes: Notes = field(default_factory=Notes)
    """Where labels have to be given anew."""


def placed(messages: Iterable[Message], hierarchy: Hierarchy, latest: int) -> Batch:
    """The events of all messages; those that do not fit the hierarchy, or lie after `latest`, are refused."""
    batch = Batch()
    for message in messages:
        batch.refusals += message.refusals
        for arrival in message.arrivals:
            arrival.reset()
            problem = misplaced(arrival, hierarchy, latest)
            if problem is None:
                batch.arrivals.append(arrival)
            else:
                batch.refusals.append(arrival.refused(*problem))
    return batch


def claims(batch: Batch) -> dict[str, Stream]:
    """The streams that the batch speaks of, each as it would be new; whoever names one first owns it."""
    wanted: dict[str, Stream] = {}
    for stream, device, received in _named(batch):
        known = wanted.setdefault(stream, Stream.new(stream, device, received))
        known.last_seen = max(known.last_seen, received)
    return wanted


def refuse_foreign(batch: Batch) -> None:
    """Refuse what comes from another device than its stream's."""
    foreign = [arrival for arrival in batch.arrivals if not _is_own(arrival, batch)]
    batch.refusals = [_unless_foreign(refusal, batch.streams) for refusal in batch.refusals]
    if foreign:
        batch.arrivals = [arrival for arrival in batch.arrivals if _is_own(arrival, batch)]
        batch.refusals += [_foreign(arrival, batch.streams) for arrival in foreign]


def pick_new(connection: Connection, batch: Batch) -> None:
    """Find what is not stored yet. A number that another event has already is refused: the device used it
    twice, after its outbox was restored or copied."""
    stored = _stored(connection, batch)
    same = []
    for arrival in batch.arrivals:
        content = _content(arrival)
        known = stored.get(arrival.key)
        if known is None:
            stored[arrival.key] = content
            batch.new.append(arrival)
        elif known != content:
            detail = f"seq {arrival.event.seq} of stream {arrival.event.stream} is another event already"
            batch.refusals.append(arrival.refused("reused-seq", detail))
            continue
        same.append(arrival)
    batch.arrivals = same


def replayed(batch: Batch, window: int) -> dict[str, int]:
    """By device: events that came again although no retry can be so old. A device sends again at most
    `window` numbers beyond the last ack that it saw, and got that far only by acks."""
    new = {id(arrival) for arrival in batch.new}
    return dict(
        Counter(
            arrival.place.device
            for arrival in batch.arrivals
            if id(arrival) not in new
            and arrival.event.seq <= batch.streams[arrival.event.stream].upto - window
        )
    )


def reordered(batch: Batch) -> int:
    """New events that came after later ones of their stream; they are stored like the others."""
    return sum(arrival.event.seq < batch.streams[arrival.event.stream].highest for arrival in batch.new)


def note_fresh(batch: Batch, aside: Sequence[Refusal]) -> None:
    """Tell the streams what they have more now: stored, set aside or reported as lost."""
    for arrival in batch.new:
        stream = batch.streams[arrival.event.stream]
        stream.fresh.append(arrival.event.seq)
        payload = arrival.event.payload
        if isinstance(payload, EventsDropped):
            stream.dropped |= dict.fromkeys(payload.ranges, payload.reason)
    for refusal in aside:
        if refusal.position is not None:
            batch.streams[refusal.position[0]].fresh.append(refusal.position[1])


def touched(batch: Batch) -> dict[str, DeviceTopics]:
    """Where to answer for each stream, known events included: a device that sends again wants an answer."""
    places = {
        refusal.position[0]: refusal.place
        for refusal in batch.refusals
        if refusal.position is not None and refusal.place is not None
    }
    return places | {arrival.event.stream: arrival.place for arrival in batch.arrivals}


def _named(batch: Batch) -> Iterator[tuple[str, str, int]]:
    for arrival in batch.arrivals:
        yield arrival.event.stream, arrival.place.device, arrival.received
    for refusal in batch.refusals:
        if refusal.position is not None and refusal.place is not None:
            yield refusal.position[0], refusal.place.device, refusal.received


def _is_own(arrival: Arrival, batch: Batch) -> bool:
    return batch.streams[arrival.event.stream].device == arrival.place.device


def _unless_foreign(refusal: Refusal, streams: dict[str, Stream]) -> Refusal:
    """A refusal moves the watermark of its own device's stream only."""
    if refusal.position is None or refusal.place is None:
        return refusal
    is_own = streams[refusal.position[0]].device == refusal.place.device
    return refusal if is_own else replace(refusal, position=None)


def _foreign(arrival: Arrival, streams: dict[str, Stream]) -> Refusal:
    stream, seq = arrival.key
    detail = f"seq {seq} of stream {stream}, which belongs to device {streams[stream].device}"
    return arrival.refused("foreign-stream", detail, accounted=False)


def _stored(connection: Connection, batch: Batch) -> dict[Key, Content]:
    """Which of the arrivals are in the table. Nothing beyond a stream's highest seq can be."""
    doubtful = {
        arrival.key
        for arrival in batch.arrivals
        if arrival.event.seq <= batch.streams[arrival.event.stream].highest
    }
    event = tables.event.c
    columns = (event.seq, event.type, event.boot, event.mono)
    gone = _expired(connection, {stream for stream, _ in doubtful})
    expired = {
        arrival.key: _content(arrival)
        for arrival in batch.arrivals
        if arrival.event.seq <= gone.get(arrival.event.stream, 0)
    }
    return expired | {
        (stream, seq): (type, boot, mono)
        for stream, seqs in by_stream(doubtful)
        for seq, type, boot, mono in connection.execute(
            select(*columns).where(event.stream == stream, event.seq.in_(seqs))
        )
    }


def _expired(connection: Connection, streams: set[str]) -> dict[str, int]:
    """By stream: up to which number events that were stored are deleted; they are not stored once more."""
    if not streams:
        return {}
    gap = tables.stream_gap.c
    query = select(gap.stream, gap.last).where(gap.stream.in_(sorted(streams)), gap.reason == EXPIRED)
    return {row.stream: row.last for row in connection.execute(query)}


def _content(arrival: Arrival) -> Content:
    event = arrival.event
    return event.type, event.at.boot, event.at.mono
