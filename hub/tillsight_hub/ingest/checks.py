"""Which events of a message may be stored, and why the others may not: pure functions, no database."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import msgspec

from tillsight_models.errors import BadEvent, BadTopic
from tillsight_models.events import (
    ButtonPressed,
    ClockAnchored,
    Event,
    EventsDropped,
    Payload,
    PressUndone,
    SalesReported,
    decode_event,
    split_message,
    stream_position,
)
from tillsight_models.scales import SCALES
from tillsight_models.topics import DeviceTopics, parse_topic

from ..compliance.declared import FACES
from ..hierarchy import Hierarchy
from ..labels import Label
from .clocks import EARLIEST_MS
from .messages import Incoming
from .refusals import Refusal

MAX_AMOUNT = 1_000_000_000_000
"""Minor units in one sales event: sums of a day stay far inside 64 bits."""

_suspicious = re.compile(rb"\\u(0000|[dD][89a-fA-F])")


@dataclass(slots=True)
class Arrival:
    """A well-formed event on its way into the tables; time and labels are settled in the transaction."""

    event: Event
    place: DeviceTopics
    topic: str
    raw: bytes
    received: int
    data: str
    extra: str | None
    labels: int = 0
    t: int = 0
    tq: str = "unsynced"

    def reset(self) -> None:
        """Time and labels as the device said: a transaction that is tried again starts from these."""
        at, payload = self.event.at, self.event.payload
        self.t, self.tq = at.t, at.tq
        is_repeat = isinstance(payload, ButtonPressed) and "repeat" in payload.labels
        self.labels = int(Label.REPEAT) if is_repeat else 0

    @property
    def rating(self) -> int | None:
        payload = self.event.payload
        return payload.rating if isinstance(payload, ButtonPressed) else None

    @property
    def key(self) -> tuple[str, int]:
        return self.event.stream, self.event.seq

    def refused(self, reason: str, detail: str, *, accounted: bool = True) -> Refusal:
        """What people looked like is not kept in quarantine either, whatever is wrong with it."""
        return Refusal(
            topic=self.topic,
            received=self.received,
            reason=reason,
            detail=detail,
            payload=b"" if self.event.type in FACES else self.raw,
            place=self.place,
            position=self.key if accounted else None,
        )


@dataclass(slots=True)
class Message:
    """One message taken apart."""

    incoming: Incoming
    place: DeviceTopics | None = None
    """Where it says that it comes from; None where the topic is none of ours."""
    arrivals: list[Arrival] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)


def read_message(incoming: Incoming) -> Message:
    """The events of a message and what is wrong with the others, as far as the message alone tells."""
    message = Message(incoming)
    try:
        message.place = place = _device_of(incoming.topic)
    except BadTopic as error:
        message.refusals.append(refused_whole(incoming, "bad-topic", str(error)))
        return message
    try:
        raws = split_message(incoming.payload)
    except BadEvent as error:
        message.refusals.append(refused_whole(incoming, error.reason, str(error), place))
        return message
    except RecursionError:
        message.refusals.append(refused_whole(incoming, "bad-json", "message: nested too deeply", place))
        return message
    for raw in raws:
        read = _read_event(raw, place, incoming)
        if isinstance(read, Arrival):
            message.arrivals.append(read)
        else:
            message.refusals.append(read)
    return message


def misplaced(arrival: Arrival, hierarchy: Hierarchy, latest: int) -> tuple[str, str] | None:
    """Reason and detail when the event does not fit the hierarchy or lies after `latest` (ms UTC)."""
    event, place = arrival.event, arrival.place
    device = hierarchy.devices.get(place.device)
    if device is None:
        return "unknown-device", f"device {place.device} is not registered"
    if (device.org_id, device.store_id) != (place.org, place.site):
        return (
            "bad-topic",
            f"device {device.id} is in {device.org_id}/{device.store_id}, not {place.org}/{place.site}",
        )
    touchpoint = hierarchy.touchpoints.get(event.tp)
    if touchpoint is None or touchpoint.store_id != device.store_id:
        return "foreign-touchpoint", f"touchpoint {event.tp} is not in store {device.store_id}"
    if event.at.tq != "unsynced" and event.at.t > latest:
        return (
            "far-future",
            f"t: {event.at.t} is {(event.at.t - arrival.received) / 1000:.0f} s after its arrival",
        )
    if isinstance(event.payload, ClockAnchored) and event.payload.wall > latest:
        return "far-future", f"data.wall: {event.payload.wall} lies in the future"
    return None


def refused_whole(incoming: Incoming, reason: str, detail: str, place: DeviceTopics | None = None) -> Refusal:
    """A message that cannot be taken apart."""
    return Refusal(
        topic=incoming.topic,
        received=incoming.received,
        reason=reason,
        detail=detail,
        payload=incoming.payload,
        place=place,
    )


def _read_event(raw: bytes, place: DeviceTopics, incoming: Incoming) -> Arrival | Refusal:
    try:
        event = decode_event(raw)
        _check_text(raw)
        _check_sender(event, place)
        _check_values(event)
        return _arrival(event, raw, place, incoming)
    except BadEvent as error:
        reason, detail = error.reason, str(error)
    except UnicodeDecodeError as error:
        reason, detail = "bad-json", f"event: {error}"
    except RecursionError:
        reason, detail = "bad-json", "event: nested too deeply"
    return Refusal(
        topic=incoming.topic,
        received=incoming.received,
        reason=reason,
        detail=detail,
        payload=raw,
        place=place,
        position=_position(raw, place.device),
    )


def _arrival(event: Event, raw: bytes, place: DeviceTopics, incoming: Incoming) -> Arrival:
    return Arrival(
        event=event,
        place=place,
        topic=incoming.topic,
        raw=raw,
        received=incoming.received,
        data=event.data.decode(),
        extra=None if event.extra is None else event.extra.decode(),
    )


def _check_sender(event: Event, place: DeviceTopics) -> None:
    if event.dev != place.device:
        raise BadEvent("foreign-device", f"dev: {event.dev!r} on the topic of {place.device}")


def _check_values(event: Event) -> None:
    """What the types of the contract do not say."""
    problem = _problem(event.payload, event.seq)
    if event.at.tq != "unsynced" and event.at.t < EARLIEST_MS:
        problem = f"t: {event.at.t} is before 2020 and said to be {event.at.tq}"
    if problem is not None:
        raise BadEvent("bad-type", f"{event.type}: {problem}")


def _problem(payload: Payload, seq: int) -> str | None:
    if isinstance(payload, ButtonPressed):
        scale = SCALES.get(payload.scale)
        if scale is not None and payload.rating > scale.ratings:
            return f"rating: {payload.rating}, scale {scale.id} ends at {scale.ratings}"
    elif isinstance(payload, PressUndone):
        if payload.press >= seq:
            return f"press: {payload.press}, expected an event before {seq}"
    elif isinstance(payload, EventsDropped):
        for first, last in payload.ranges:
            if not first <= last < seq:
                return f"ranges: {first}-{last}, expected events before {seq}"
    elif isinstance(payload, ClockAnchored) and payload.wall < EARLIEST_MS:
        return f"wall: {payload.wall} is before 2020"
    elif isinstance(payload, SalesReported) and (payload.amount or 0) > MAX_AMOUNT:
        return f"amount: {payload.amount}, expected at most {MAX_AMOUNT}"
    return None


def _check_text(raw: bytes) -> None:
    """No text that a database or a spreadsheet cannot hold: NUL characters and halves of surrogate pairs."""
    if not _suspicious.search(raw):
        return
    try:
        value = msgspec.json.decode(raw)
    except msgspec.MsgspecError as error:
        raise BadEvent("bad-json", f"event: {error}") from error
    if any("\0" in text for text in _texts(value)):
        raise BadEvent("bad-type", "event: text with a NUL character")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _position(raw: bytes, device: str) -> tuple[str, int] | None:
    try:
        found = stream_position(raw)
    except RecursionError:
        return None
    return found[1:] if found is not None and found[0] == device else None


@lru_cache(maxsize=8192)
def _device_of(topic: str) -> DeviceTopics:
    place, channel = parse_topic(topic)
    if channel != "ev":
        raise BadTopic(f"topic {topic[:200]!r}: expected events on ev only")
    return place
