"""What panel and host say to each other: the layout of each message and the codes in it.

Every message begins with a byte for its type and has a fixed length of its own; numbers are big-endian.
"""

import struct

from . import debounce

VERSION = 1
"""Of the protocol; host and panel must agree on it."""

FIRMWARE = (1, 1)
"""Another number with each change of what lies on the panel."""

HELLO = 0x01
EVENT = 0x02
HEARTBEAT = 0x03
LIGHT_SEEN = 0x04
POLL = 0x11
ACK = 0x12
LIGHT = 0x13
SERVICE = 0x14

LAYOUTS = {
    HELLO: ">BBBBIHBBBQ",  # version, firmware (2), boot, oldest seq, buttons, queue, reset cause, panel id
    EVENT: ">BIHIBH",  # boot, seq, age in ms, kind, value
    HEARTBEAT: ">BIIBHHH",  # boot, uptime in ms, queued, mask of stuck buttons, lost events, bad frames
    LIGHT_SEEN: ">BH",  # number
    POLL: ">B",
    ACK: ">BIHH",  # boot, last seq received, last seq committed
    LIGHT: ">BHB",  # number, signal
    SERVICE: ">BI",  # SERVICE_WORD
}

PRESS = debounce.PRESS
STUCK = debounce.STUCK
UNSTUCK = debounce.UNSTUCK
OVERFLOW = 4
"""Kinds of events. The value is the button, with OVERFLOW the number of events that found the queue full."""

OFF = 0
THANKS = 1
UNDONE = 2
ERROR = 3
"""Light signals."""

SERVICE_WORD = 0x54696C6C
"""So that no noise on the line takes a panel out of service."""

UNKNOWN = 0
POWER_ON = 1
WATCHDOG = 2
RESTART = 3
RESET_CAUSES = ("unknown", "power on", "watchdog", "restart")


def pack(kind: int, *fields: int) -> bytes:
    """The payload of a message."""
    return struct.pack(LAYOUTS[kind], kind, *fields)


def unpack(payload: bytes) -> tuple[int, ...] | None:
    """(type, field, ...) of a payload, or None where it is no message of this protocol version."""
    layout = LAYOUTS.get(payload[0])
    if layout is None or len(payload) != struct.calcsize(layout):
        return None
    return struct.unpack(layout, payload)


def steps(seq: int, later: int) -> int:
    """From one seq to a later one, 0 to 65535: seqs count on from 65535 to 0."""
    return (later - seq) & 0xFFFF
