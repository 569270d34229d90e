"""The uplink in a thread of its own, which lets itself be woken and felt."""

import threading

from .errors import OutboxUnwritable
from .outbox import Outbox
from .ports import Clock
from .uplink import Uplink

RETRY_S = 1.0
"""While the outbox cannot be read."""
HANGS_S = 90.0
"""An uplink that has not turned for this long hangs; the longest that it waits for is an HTTPS answer."""
DRAIN_LOOK_S = 0.05


class Sending:
    """`wake` may be called from any thread, and before `start`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._uplink: Uplink | None = None
        self._awake, self._stopping = threading.Event(), threading.Event()
        self._turned_ms = clock.mono_ms()
        self._thread = threading.Thread(target=self._run, name="uplink", daemon=True)

    def start(self, uplink: Uplink) -> None:
        """Send from now on."""
        self._uplink = uplink
        self._thread.start()

    def wake(self) -> None:
        """There is something to send, or to be heard."""
        self._awake.set()

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def trouble(self) -> str:
        """Empty: none."""
        silent_s = (self._clock.mono_ms() - self._turned_ms) / 1000
        return f"the uplink hangs for {silent_s:.0f} s" if silent_s > HANGS_S else ""

    def drain(self, outbox: Outbox, seconds: float) -> None:
        """Wait until everything in it is sent, for so long at most."""
        end_ms = self._clock.mono_ms() + seconds * 1000
        pause = threading.Event()
        while self._clock.mono_ms() < end_ms:
            try:
                if not outbox.books().left:
                    return
            except OutboxUnwritable:
                return
            pause.wait(DRAIN_LOOK_S)

    def stop(self) -> None:
        """The thread has ended when this returns."""
        self._stopping.set()
        self._awake.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        assert self._uplink is not None
        while not self._stopping.is_set():
            self._turned_ms = self._clock.mono_ms()
            try:
                rest_s = self._uplink.turn()
            except OutboxUnwritable:
                rest_s = RETRY_S
            self._awake.wait(rest_s)
            self._awake.clear()
