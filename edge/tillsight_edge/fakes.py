"""Small machines in place of the outside: a clock to set, a broker with a hub, a panel on a pseudo-terminal.

They behave like the real thing and ship with the product, because the simulator runs on them too.
"""

import os
import pty
import secrets
import select
import threading
import time
import tty
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tillsight_models.delivery import DEFAULT_WINDOW, Ack, HubState
from tillsight_models.errors import BadEvent
from tillsight_models.events import (
    ClockQuality,
    EventsDropped,
    HealthReported,
    SeqRange,
    Stamp,
    decode_event,
    split_message,
    stream_position,
)
from tillsight_models.orders import OrderResult
from tillsight_models.presence import PresenceTold
from tillsight_models.wanted import ConfigIs
from tillsight_panel.panel import Panel

from .ports import Heard, OrderCame, WantedConfig


class FakeClock:
    """A clock that stands still until it is told otherwise."""

    def __init__(self, wall_ms: int = 1_790_000_000_000, quality: ClockQuality = "ntp") -> None:
        self._wall_ms = wall_ms
        self._mono_ms = 60_000
        self._boot = 1
        self.quality: ClockQuality = quality

    def mono_ms(self) -> int:
        return self._mono_ms

    def stamp(self, mono_ms: int | None = None) -> Stamp:
        at = self._mono_ms if mono_ms is None else mono_ms
        wall = self._wall_ms - (self._mono_ms - at)
        return Stamp(t=max(0, wall), tq=self.quality, boot=f"boot-{self._boot}", mono=at)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._mono_ms += round(seconds * 1000)
        self._wall_ms += round(seconds * 1000)

    def advance_to(self, mono_ms: int) -> None:
        """Let time pass until the monotonic clock shows this."""
        self.advance((mono_ms - self._mono_ms) / 1000)

    def synchronise(self, wall_ms: int) -> None:
        """The wall clock jumps to the true time, as after the first answer of a time server."""
        self._wall_ms, self.quality = wall_ms, "ntp"

    def reboot(self, wall_ms: int = 0, quality: ClockQuality = "unsynced") -> None:
        """A new boot, whose monotonic time begins again."""
        self._boot += 1
        self._mono_ms, self._wall_ms, self.quality = 5_000, wall_ms, quality


class MemoryHub:
    """The hub's side of delivery: stores each (stream, seq) once and says how far it has come."""

    def __init__(self, window: int = DEFAULT_WINDOW, now: Callable[[], int] = lambda: 0) -> None:
        self.events: dict[tuple[str, int], bytes] = {}
        """What is stored, in the order of its coming."""
        self.duplicates = 0
        self.window = window
        self._now = now
        self._upto: dict[str, int] = {}
        self._ahead: dict[str, set[int]] = {}
        """Numbers above `upto` that are stored, or that the device says are lost."""

    def take(self, message: bytes) -> list[Ack]:
        """Store one message; an ack for each stream in it. BadEvent where it is no message at all."""
        streams: dict[str, None] = {}
        for raw in split_message(message):
            position = stream_position(raw)
            if position is None:
                raise BadEvent("bad-type", f"no position in {raw!r:.80}")
            _, stream, seq = position
            streams[stream] = None
            if (stream, seq) in self.events:
                self.duplicates += 1
                continue
            self.events[stream, seq] = raw
            self._account(stream, [(seq, seq)])
            payload = decode_event(raw).payload
            if isinstance(payload, EventsDropped):
                self._account(stream, payload.ranges)
        return [self.ack(stream) for stream in streams]

    def ack(self, stream: str) -> Ack:
        """How far this stream has come."""
        upto = self._upto.get(stream, 0)
        missing = _gaps(upto, self._ahead.get(stream, set()))[:10]
        return Ack(stream=stream, upto=upto, missing=missing, window=self.window, now=self._now())

    def _account(self, stream: str, ranges: list[SeqRange]) -> None:
        upto, ahead = self._upto.get(stream, 0), self._ahead.setdefault(stream, set())
        for first, last in ranges:
            ahead.update(range(max(first, upto + 1), last + 1))
        while upto + 1 in ahead:
            upto += 1
            ahead.remove(upto)
        self._upto[stream] = upto


class MemoryBroker:
    """A broker with a hub behind it, in this process. `online = False` cuts every connection."""

    def __init__(self, hub: MemoryHub | None = None) -> None:
        self.hub = hub or MemoryHub()
        self.lossy: Callable[[], bool] = lambda: False
        """Asked for each message to the hub and each ack to a device: whether this one is lost."""
        self._online = True
        self._retained: Ack | None = None
        self._transports: list[MemoryTransport] = []

    @property
    def online(self) -> bool:
        return self._online

    @online.setter
    def online(self, online: bool) -> None:
        if online != self._online:
            self._online = online
            for transport in self._transports:
                transport.reconnected(self._retained)

    def transport(self) -> "MemoryTransport":
        """A device's way to this broker."""
        transport = MemoryTransport(self)
        self._transports.append(transport)
        return transport

    def publish(self, message: bytes) -> None:
        """A message of events from a device to the hub, and the hub's answer to the devices."""
        if self.lossy():
            return
        for ack in self.hub.take(message):
            self._retained = ack
            for transport in self._transports:
                if not self.lossy():
                    transport.hear(ack, live=True)

    def hub_says(self, state: HubState) -> None:
        """The hub's state topic changed."""
        for transport in self._transports:
            transport.hear(state, live=True)


class MemoryTransport:
    """A transport through a MemoryBroker."""

    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker
        self._wake: Callable[[], None] = lambda: None
        self._heard: deque[Heard] = deque()
        self._connection = 1
        self.told: list[HealthReported] = []
        self.answers: list[ConfigIs] = []
        self.results: list[OrderResult] = []
        self.shown: list[PresenceTold] = []

    def start(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        wake()

    def connection(self) -> int:
        return self._connection if self._broker.online else 0

    def send(self, message: bytes) -> bool:
        if not self._broker.online:
            return False
        self._broker.publish(message)
        return True

    def heard(self) -> list[Heard]:
        return [self._heard.popleft() for _ in range(len(self._heard))]

    def tell(self, health: HealthReported) -> None:
        if self._broker.online:
            self.told.append(health)

    def show(self, presence: PresenceTold) -> None:
        self.shown.append(presence)

    def answer(self, answer: ConfigIs) -> bool:
        if self._broker.online:
            self.answers.append(answer)
        return self._broker.online

    def report(self, result: OrderResult) -> bool:
        if self._broker.online:
            self.results.append(result)
        return self._broker.online

    def stop(self) -> None:
        self._wake = lambda: None

    def hear(self, message: Ack | HubState | WantedConfig | OrderCame, *, live: bool) -> None:
        """Something comes from the broker."""
        if self._broker.online:
            self._heard.append(Heard(message, live))
            self._wake()

    def reconnected(self, retained: Ack | None) -> None:
        """The broker went or came; what was on its way is gone."""
        self._heard.clear()
        self._connection += 1
        if retained is not None:
            self.hear(retained, live=False)


class SimulatedPanel:
    """The panel's own code on the far end of a pseudo-terminal, with buttons that a program can press.

    The near end is `port`, for a serial panel to open. The thread looks as often as the code asks for while
    something is going on, and seldom while nothing is.
    """

    BUSY_S = 0.003
    QUIET_S = 0.05

    def __init__(self, buttons: int) -> None:
        self._buttons = buttons
        self._far, self._near = pty.openpty()
        tty.setraw(self._near)
        os.set_blocking(self._far, False)
        self.port = Path(os.ttyname(self._near))
        self._levels = 0
        self._lock = threading.Lock()
        self._panel = Panel(buttons, boot=secrets.randbits(32))
        self._awake, self._alarm = os.pipe()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="simulated panel", daemon=True)

    def start(self) -> None:
        """Plug it in; returns when all buttons were seen released, before which none counts."""
        self._thread.start()
        while self._panel.debounce.down:
            time.sleep(0.005)

    def stop(self) -> None:
        """Unplug it."""
        self._stopping.set()
        self._wake()
        self._thread.join()
        for descriptor in (self._far, self._near, self._awake, self._alarm):
            os.close(descriptor)

    def press(self, button: int, hold_s: float = 0.06) -> None:
        """Press and release a button; returns when it was released long enough to be pressed again.

        A finger stays until it feels the button give way, however slow the machine is that plays the panel.
        """
        self.hold(button)
        time.sleep(hold_s)
        self._felt(button, down=True)
        self.release(button)
        time.sleep(0.02)
        self._felt(button, down=False)

    def _felt(self, button: int, *, down: bool, patience_s: float = 5.0) -> None:
        end = time.monotonic() + patience_s
        while bool(self._panel.debounce.down >> (button - 1) & 1) != down and time.monotonic() < end:
            time.sleep(self.BUSY_S)

    def hold(self, button: int) -> None:
        """Press a button and keep it down."""
        with self._lock:
            self._levels |= 1 << (button - 1)
        self._wake()

    def release(self, button: int) -> None:
        """Let a button go."""
        with self._lock:
            self._levels &= ~(1 << (button - 1))
        self._wake()

    def reset(self) -> None:
        """Pull the plug and put it back: a new boot number, and what was queued is gone."""
        with self._lock:
            self._panel = Panel(self._buttons, boot=secrets.randbits(32))

    @property
    def queued(self) -> int:
        """Presses that the agent has not committed yet."""
        return self._panel.link.queued

    @property
    def light(self) -> int:
        """What the shopper sees now: a signal of `tillsight_panel.messages`."""
        return self._panel.light

    def _run(self) -> None:
        while not self._stopping.is_set():
            with self._lock:
                busy = self._levels or self._panel.link.queued or self._panel.debounce.down
            readable, _, _ = select.select(
                [self._far, self._awake], [], [], self.BUSY_S if busy else self.QUIET_S
            )
            if self._awake in readable:
                os.read(self._awake, 4096)
            data = os.read(self._far, 4096) if self._far in readable else b""
            with self._lock:
                self._panel.feed(data)
                out = self._panel.tick(time.monotonic_ns() // 1_000_000, self._levels)
            with suppress(BlockingIOError):  # nobody reads: the bytes are gone, as on a real line
                os.write(self._far, out)

    def _wake(self) -> None:
        with suppress(OSError):
            os.write(self._alarm, b"!")


def _gaps(upto: int, ahead: set[int]) -> list[SeqRange]:
    gaps, expected = [], upto + 1
    for seq in sorted(ahead):
        if seq > expected:
            gaps.append((expected, seq - 1))
        expected = seq + 1
    return gaps
