"""The panel's end of the link: a queue of numbered events, held until the host has committed them."""

from .framing import FrameReader, encode
from .messages import (
    ACK,
    EVENT,
    FIRMWARE,
    HEARTBEAT,
    HELLO,
    LIGHT,
    LIGHT_SEEN,
    OFF,
    OVERFLOW,
    POLL,
    SERVICE,
    SERVICE_WORD,
    UNKNOWN,
    VERSION,
    pack,
    steps,
    unpack,
)
from .ticks import elapsed

QUEUE = 24
WINDOW = 8
RESEND_MS = 25
RESEND_MAX_MS = 800
HEARTBEAT_MS = 1000
MOST = 0xFFFF


class PanelLink:
    """Go-back-N with two acknowledgements: what the host has received is not sent again, what it has
    committed leaves the queue. A host that says POLL is a new one and gets all that is not committed.

    Where the queue is full, further events are counted and the count itself becomes an event, behind the
    last one that found room. All times are the ms handed to `tick`, wrapping or not.
    """

    def __init__(
        self, boot: int, buttons: int, panel_id: int = 0, reset_cause: int = UNKNOWN, queue: int = QUEUE
    ) -> None:
        self.boot = boot
        """Another number after each reset, so that its events are not taken for old ones."""
        self.light = OFF
        self.lights = 0
        """Signals seen so far; a repeated one counts once."""
        self.lost = 0
        """Events since the start that found the queue full."""
        self.service = False
        """The host wants to change the panel's files; presses that it has not committed come first."""
        self._about = (buttons, queue, reset_cause, panel_id)
        self._capacity = queue
        self._queue: list[list[int]] = []  # [kind, value, uptime]
        self._oldest = 1  # seq of the first in the queue
        self._received = 0  # so many in the queue has the host
        self._sent = 0  # so many in the queue were sent, the received ones included
        self._resend_ms = RESEND_MS
        self._waiting_since = 0
        self._reader = FrameReader()
        self._light_number = -1
        self._out = bytearray(1)  # a zero ends whatever was on the line before
        self._ms = -1  # before the first look at the clock
        self._uptime = 0
        self._heartbeat_ms = 0
        self._say_hello()

    @property
    def queued(self) -> int:
        """Events that the host has not committed."""
        return len(self._queue)

    def push(self, kind: int, value: int, ms: int) -> None:
        """Queue an event that happened at `ms`, or count it as lost."""
        if self._ms < 0:
            self._ms = ms
        uptime = self._uptime + elapsed(ms, self._ms) - elapsed(self._ms, ms)
        if len(self._queue) < self._capacity:
            self._queue.append([kind, value, uptime])
            return
        self.lost = min(MOST, self.lost + 1)
        if len(self._queue) == self._capacity:
            self._queue.append([OVERFLOW, 1, uptime])
        else:
            self._queue[-1][1] = min(MOST, self._queue[-1][1] + 1)

    def feed(self, data: bytes) -> None:
        """Take bytes from the host."""
        if data:
            self._resend_ms = RESEND_MS  # somebody is there, even if nothing arrives intact
        for payload in self._reader.feed(data):
            message = unpack(payload)
            if message is None:
                continue
            if message[0] == ACK:
                self._acknowledged(message[1], message[2], message[3])
            elif message[0] == LIGHT:
                self._show(message[1], message[2])
            elif message[0] == POLL:
                self._received = self._sent = 0
                self._say_hello()
            elif message[0] == SERVICE and message[1] == SERVICE_WORD:
                self.service = not self._queue

    def tick(self, ms: int, stuck: int = 0) -> bytes:
        """Bytes for the host; `stuck` is the mask of the buttons that are stuck now."""
        if self._ms < 0:
            self._ms = self._heartbeat_ms = ms
        self._uptime = (self._uptime + elapsed(ms, self._ms)) & 0xFFFFFFFF
        self._ms = ms
        if self._sent > self._received and elapsed(ms, self._waiting_since) >= self._resend_ms:
            self._sent = self._received
            self._resend_ms = min(2 * self._resend_ms, RESEND_MAX_MS)
        self._send_events(ms)
        if elapsed(ms, self._heartbeat_ms) >= HEARTBEAT_MS:
            self._heartbeat_ms = ms
            bad = min(MOST, self._reader.bad)
            self._say(HEARTBEAT, self.boot, self._uptime, len(self._queue), stuck, self.lost, bad)
        if not self._out:
            return b""
        out = bytes(self._out)
        self._out = bytearray()
        return out

    def _send_events(self, ms: int) -> None:
        # The count of lost events beyond the capacity may still grow, so it waits until there is room.
        until = min(len(self._queue), self._capacity, self._received + WINDOW)
        while self._sent < until:
            if self._sent == self._received:
                self._waiting_since = ms
            kind, value, at = self._queue[self._sent]
            seq = (self._oldest + self._sent) & 0xFFFF
            self._say(EVENT, self.boot, seq, (self._uptime - at) & 0xFFFFFFFF, kind, value)
            self._sent += 1

    def _acknowledged(self, boot: int, received: int, committed: int) -> None:
        """Both are seqs and include all before them."""
        done = steps(self._oldest, committed + 1)
        there = steps(self._oldest, received + 1)
        if boot != self.boot or done > len(self._queue) or not done <= there <= len(self._queue):
            return
        self._queue = self._queue[done:]
        self._oldest = (self._oldest + done) & 0xFFFF
        if there - done > max(0, self._received - done):
            self._waiting_since = self._ms
        self._received = there - done
        self._sent = max(self._sent - done, self._received)

    def _show(self, number: int, signal: int) -> None:
        if number != self._light_number:
            self._light_number = number
            self.light = signal
            self.lights += 1
        self._say(LIGHT_SEEN, number)

    def _say_hello(self) -> None:
        major, minor = FIRMWARE
        self._say(HELLO, VERSION, major, minor, self.boot, self._oldest, *self._about)

    def _say(self, kind: int, *fields: int) -> None:
        self._out.extend(encode(pack(kind, *fields)))
