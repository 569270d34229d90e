"""The host's end of the link: takes the panel's events in order, each once, and tells what is committed."""

from .framing import FrameReader, encode
from .messages import (
    ACK,
    EVENT,
    HEARTBEAT,
    HELLO,
    LIGHT,
    LIGHT_SEEN,
    POLL,
    STUCK,
    UNSTUCK,
    VERSION,
    pack,
    steps,
    unpack,
)
from .ticks import elapsed

POLL_MS = 50
LIGHT_AGAIN_MS = 25
LIGHT_FOR_MS = 1000
"""A signal that the panel has not seen for so long would come too late."""


class PanelEvent:
    """Something that happened at the panel; `ms` is when, on the host's clock."""

    def __init__(self, boot: int, seq: int, kind: int, value: int, ms: int) -> None:
        self.boot = boot
        self.seq = seq
        self.kind = kind
        self.value = value
        self.ms = ms


class PanelAbout:
    """What a panel says of itself in its hello."""

    def __init__(self, hello: tuple[int, ...]) -> None:
        _, self.version, major, minor, self.boot, self.oldest, self.buttons, self.queue, cause, number = hello
        self.firmware = "%d.%d" % (major, minor)
        self.reset_cause = cause
        self.panel_id = "%016x" % number


class HostLink:
    """Events wait in `events` until they are confirmed, oldest first; only then the panel may forget them.

    `committed` is the (boot, seq) of the last event that an earlier run has committed. What the panel still
    holds up to there is acknowledged, not taken again. All times are monotonic ms.
    """

    def __init__(self, committed: tuple[int, int] | None = None, light_number: int = 0) -> None:
        self.events: list[PanelEvent] = []
        """Received and not yet confirmed."""
        self.panel: PanelAbout | None = None
        """Of the panel's present boot; None before its first hello on this connection."""
        self.stuck = 0
        """Mask of the panel's stuck buttons."""
        self.heard_ms = -1
        """When the last intact message came; -1 before the first."""
        self.bad_version = 0
        """Version of the protocol that the panel speaks, where it is not ours."""
        self._taken = committed  # (boot, seq) of the last event taken
        self._next = 0
        self._reader = FrameReader()
        self._acknowledge = False
        self._wants_hello = True
        self._poll_ms = -1
        self._light_number = light_number & 0xFFFF
        self._light: tuple[int, int] | None = None  # signal, ms of the wish
        self._light_sent_ms = -1

    @property
    def bad_frames(self) -> int:
        """Frames from the panel that were not intact."""
        return self._reader.bad

    @property
    def busy(self) -> bool:
        """Whether `tick` has to be called again within a few ms, even if nothing comes."""
        return self._wants_hello or self._acknowledge or self._light is not None

    def reconnect(self) -> None:
        """The line was closed and opened again; the panel may be another one."""
        self._reader.clear()
        self.panel = None
        self._wants_hello = True
        self._poll_ms = -1

    def feed(self, data: bytes, ms: int) -> None:
        """Take bytes from the panel that arrived at `ms`."""
        bad = self._reader.bad
        for payload in self._reader.feed(data):
            message = unpack(payload)
            if message is None:
                continue
            self.heard_ms = ms
            if message[0] == HELLO:
                self._meet(PanelAbout(message))
            elif message[0] == EVENT:
                self._take(message, ms)
            elif message[0] == HEARTBEAT and self._knows(message[1]):
                self.stuck = message[4]
                self._acknowledge = True
            elif message[0] == LIGHT_SEEN and message[1] == self._light_number:
                self._light = None
        if self._reader.bad != bad:
            self._acknowledge = True  # so that the panel knows that somebody is there

    def confirm(self, event: PanelEvent) -> None:
        """The oldest of `events` is committed; any other is ignored."""
        if not self.events or self.events[0] is not event:
            return
        self.events.pop(0)
        self._acknowledge = True

    def light(self, signal: int, ms: int) -> None:
        """Show a signal. The newest wins; it is repeated until the panel has seen it or it is too late."""
        self._light_number = (self._light_number + 1) & 0xFFFF
        self._light = (signal, ms)
        self._light_sent_ms = -1

    def tick(self, ms: int) -> bytes:
        """Bytes for the panel."""
        out = b""
        if self._wants_hello and _is_due(self._poll_ms, POLL_MS, ms):
            self._poll_ms = ms
            out += encode(pack(POLL))
        if self._acknowledge and self.panel:
            self._acknowledge = False
            received = (self._next - 1) & 0xFFFF
            out += encode(pack(ACK, self.panel.boot, received, self._committed(received)))
        if self._light and elapsed(ms, self._light[1]) >= LIGHT_FOR_MS:
            self._light = None
        if self._light and _is_due(self._light_sent_ms, LIGHT_AGAIN_MS, ms):
            self._light_sent_ms = ms
            out += encode(pack(LIGHT, self._light_number, self._light[0]))
        return out

    def _meet(self, panel: PanelAbout) -> None:
        if panel.version != VERSION:
            self.bad_version = panel.version
            return
        self.bad_version = 0
        self._wants_hello = False
        self._acknowledge = True
        if self.panel is None or self.panel.boot != panel.boot:
            self.stuck = 0
        self._next = self._first_wanted(panel)
        self.panel = panel

    def _first_wanted(self, panel: PanelAbout) -> int:
        """The oldest that the panel holds, or what follows the one that we have taken before."""
        if self._taken and self._taken[0] == panel.boot:
            follows = (self._taken[1] + 1) & 0xFFFF
            if steps(panel.oldest, follows) <= panel.queue + 1:
                return follows
        return panel.oldest

    def _committed(self, received: int) -> int:
        """The last seq before those that wait to be confirmed."""
        for event in self.events:
            if self.panel and event.boot == self.panel.boot:
                return (event.seq - 1) & 0xFFFF
        return received

    def _take(self, message: tuple[int, ...], ms: int) -> None:
        _, boot, seq, age, kind, value = message
        if not self._knows(boot):
            return
        self._acknowledge = True
        if seq != self._next:
            return
        self._next = (seq + 1) & 0xFFFF
        self._taken = (boot, seq)
        self.events.append(PanelEvent(boot, seq, kind, value, ms - age))
        if kind == STUCK:
            self.stuck |= 1 << (value - 1)
        elif kind == UNSTUCK:
            self.stuck &= ~(1 << (value - 1))

    def _knows(self, boot: int) -> bool:
        """Whether it is the panel's boot that we know; asks for a hello where it is not."""
        if self.panel and self.panel.boot == boot:
            return True
        self._wants_hello = True
        return False


def _is_due(last_ms: int, every_ms: int, ms: int) -> bool:
    return last_ms < 0 or elapsed(ms, last_ms) >= every_ms
