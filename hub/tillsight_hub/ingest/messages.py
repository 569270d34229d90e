"""What goes into the writer and what comes out of it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tillsight_models.delivery import Ack, Birth, DeviceState
from tillsight_models.events import HealthReported
from tillsight_models.orders import OrderResult
from tillsight_models.topics import DeviceTopics
from tillsight_models.wanted import ConfigIs


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message; its numbers are those of the whole transaction that it was part of."""

    committed: bool
    """False when the hub stopped before the message was stored: nothing may be acknowledged."""
    acks: dict[str, Ack] = field(default_factory=dict)
    """Device id to the acknowledgement of the stream that it sent last."""
    stored: int = 0
    duplicates: int = 0
    quarantined: int = 0
    reordered: int = 0
    """Stored, though later ones of their stream were here before."""
    replayed: int = 0
    """Known already, and too old for any retry."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message with events, from the broker or over HTTPS."""

    topic: str
    """The device's `ev` topic; over HTTPS `DeviceTopics(org, site, device).of("ev")` of its token."""
    payload: bytes
    received: int
    """ms UTC on the hub."""
    done: Callable[[Receipt], None] = lambda _: None
    """Called once, from the writer's thread, after the COMMIT."""


@dataclass(frozen=True, slots=True)
class DeviceNote:
    """What a device says of itself beside its events; the newest one replaces the older."""

    place: DeviceTopics
    message: DeviceState | Birth | HealthReported | ConfigIs | OrderResult
    received: int
    """ms UTC on the hub."""
    retained: bool
    """The broker had kept it: it says nothing about when the device was last there."""
    done: Callable[[Receipt], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Ignored:
    """A message that says nothing to us, and is acknowledged when its turn comes."""

    done: Callable[[Receipt], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class DeviceAck:
    """An acknowledgement and the device that it is for."""

    place: DeviceTopics
    ack: Ack


@dataclass(frozen=True, slots=True)
class PressSeen:
    """A press that was stored just now."""

    tp: str
    t: int
    """ms UTC; the device's own idea where its clock was not synchronised."""
    rating: int
    labels: int
    """Bits of `labels.Label`."""
    received: int
    """ms UTC on the hub."""
    device: str


@dataclass(frozen=True, slots=True)
class Committed:
    """What one transaction changed, for whoever shows it live."""

    touchpoints: frozenset[str]
    """Those whose rollups changed."""
    presses: list[PressSeen]
