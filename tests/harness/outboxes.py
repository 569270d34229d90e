"""Outboxes and events of a device, for tests of the edge."""

from pathlib import Path
from typing import Any

from tillsight_edge.outbox import Outbox
from tillsight_models.delivery import Ack
from tillsight_models.events import ButtonPressed, Event, Stamp, decode_event

PRESS = ButtonPressed(button=2, rating=2, scale="smiley-4", panel="gpio")


def new_outbox(folder: Path, **settings: Any) -> Outbox:
    """The outbox of device `till-1-box` in this folder; the one that is there already where there is one."""
    chosen = {"device": "till-1-box", "touchpoint": "till-1", "max_events": 1_000, **settings}
    return Outbox(folder / "outbox.db", **chosen)


def at(mono_ms: int = 1_000) -> Stamp:
    """A moment of boot `boot-1`, synchronised."""
    return Stamp(t=1_790_000_000_000 + mono_ms, tq="ntp", boot="boot-1", mono=mono_ms)


def press_times(outbox: Outbox, count: int) -> None:
    """Append this many presses."""
    for number in range(count):
        outbox.append(PRESS, at(number))


def all_held(outbox: Outbox) -> list[Event]:
    """Every event that waits, decoded as strictly as on the hub."""
    return [decode_event(held.raw) for held in outbox.held(0, 1 << 40, 1_000_000, 1 << 40)]


def send_all(outbox: Outbox) -> None:
    """Give all that waits to an uplink, so that a hub can have it."""
    outbox.held(0, 1 << 40, 1_000_000, 1 << 40)


def ack(outbox: Outbox, upto: int, **fields: Any) -> Ack:
    """The hub's ack of this outbox's stream."""
    return Ack(**{"stream": outbox.stream, "upto": upto, "now": 0, **fields})
