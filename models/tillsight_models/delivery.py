"""Delivery: what device and hub tell each other about a stream of events.

A broker's PUBACK proves nothing about storage. Only the hub's cumulative `Ack`, sent after its COMMIT, lets
a device delete events from its outbox.
"""

from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from .errors import BadEvent
from .events import HealthReported, Milliseconds, SeqRange, Word
from .orders import OrderResult
from .wanted import ConfigIs

DEFAULT_WINDOW = 200
"""Events that a device may have under way beyond the hub's ack; more collapses a reconnect storm."""


class Ack(Struct, frozen=True, kw_only=True):
    """Everything of `stream` up to and including `upto` is stored (or known to be lost)."""

    stream: str
    upto: Annotated[int, Meta(ge=0)]
    missing: list[SeqRange] = []
    """Gaps above `upto` that the hub wants; at most the first ten."""
    window: Annotated[int, Meta(ge=1, le=100_000)] = DEFAULT_WINDOW
    now: Milliseconds
    """The hub's clock."""


class DeviceState(Struct, frozen=True, kw_only=True):
    """Retained on `state`. The last will is `lost` with the session's number: a late will of an older
    session (a smaller or other number than the newest `ready`) is ignored by the hub."""

    state: Literal["ready", "disconnected", "lost"]
    session: int


class Birth(Struct, frozen=True, kw_only=True):
    """Retained on `birth`, once per connection."""

    version: Word
    stream: str
    session: int
    boot: Word
    first_seq: Annotated[int, Meta(ge=1)]
    """The oldest event still held, or the next one to come."""
    capabilities: list[Word] = []
    scale: Word = ""
    models: dict[str, str] = {}


class HubState(Struct, frozen=True, kw_only=True):
    """Retained on the hub's state topic."""

    state: Literal["ready", "lost"]
    since: Milliseconds


Message = TypeVar("Message", Ack, DeviceState, Birth, HubState, HealthReported, ConfigIs, OrderResult)


def encode(
    message: Ack | DeviceState | Birth | HubState | HealthReported | ConfigIs | OrderResult,
) -> bytes:
    """Wire form of a delivery message."""
    return msgspec.json.encode(message)


def decode(raw: bytes, type: type[Message]) -> Message:
    """A delivery message from its wire form; BadEvent where it is not one."""
    try:
        return msgspec.json.decode(raw, type=type)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadEvent("bad-type", f"{type.__name__}: {error}") from error
