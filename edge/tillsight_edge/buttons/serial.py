"""The panel on a serial line, usually a microcontroller on USB that shows up as /dev/ttyACM0."""

import logging
import select
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from secrets import randbelow

from serial import Serial

from tillsight_models.events import PanelReported
from tillsight_panel import messages
from tillsight_panel.host import HostLink, PanelAbout, PanelEvent

from ..ports import Clock, LightSignal, PanelPress, PanelStatus

log = logging.getLogger(__name__)

BAUD = 115_200
"""For a UART; a panel on USB does not care."""

REOPEN_MS = 1_000
SILENT_MS = 3_500
"""Three heartbeats and a little: a panel that says nothing for so long is lost."""

OFFER_AGAIN_MS = 1_000
"""A press that was not confirmed is offered again after this; until then none after it is."""

LIGHTS = {
    LightSignal.THANKS: messages.THANKS,
    LightSignal.UNDONE: messages.UNDONE,
    LightSignal.ERROR: messages.ERROR,
}


class SerialPanel:
    """Reads a panel that may be unplugged, reset or replaced at any time, and never takes a press twice.

    `committed` is the position of the last press in the outbox (see `ports.panel_position`): what the panel
    still holds up to there is not offered again. One thread owns the port and makes all callbacks; `light`,
    `stop` and a press's `confirm` may be called from any thread.
    """

    def __init__(self, port: Path, clock: Clock, committed: tuple[int, int] | None = None) -> None:
        self._path = port
        self._clock = clock
        self._link = HostLink(committed, light_number=randbelow(65_536))
        self._boot = committed[0] if committed else None
        self._port: Serial | None = None
        self._open_again_ms = 0
        self._opened_ms = 0
        self._connected: bool | None = None  # None: not yet known
        self._offered: PanelEvent | None = None
        self._offer_again_ms = 0
        self._wishes: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._awake, self._alarm = socket.socketpair()
        self._awake.setblocking(False)
        self._alarm.setblocking(False)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="serial panel", daemon=True)
        self._on_press: Callable[[PanelPress], None]
        self._on_report: Callable[[PanelReported], None]

    def start(
        self, on_press: Callable[[PanelPress], None], on_report: Callable[[PanelReported], None]
    ) -> None:
        """See ButtonPanel."""
        self._on_press, self._on_report = on_press, on_report
        self._thread.start()

    def light(self, signal: LightSignal) -> None:
        """See ButtonPanel."""
        self._wish(lambda: self._link.light(LIGHTS[signal], self._clock.mono_ms()))

    def status(self) -> PanelStatus:
        """See ButtonPanel."""
        panel = self._link.panel
        firmware = panel.firmware if panel else ""
        if not self._connected:
            return PanelStatus("lost", firmware, self._link.bad_frames)
        return PanelStatus("stuck" if self._link.stuck else "ok", firmware, self._link.bad_frames)

    def stop(self) -> None:
        """See ButtonPanel. A press that is not confirmed by now stays with the panel."""
        self._stopping.set()
        self._wake()
        if self._thread.is_alive():
            self._thread.join()
        self._awake.close()
        self._alarm.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            now = self._clock.mono_ms()
            if self._port is None and now >= self._open_again_ms:
                self._open(now)
            self._rest()
            self._listen()
            self._grant_wishes()
            self._deliver()
            self._speak()
            self._judge()
        self._close()

    def _open(self, now: int) -> None:
        try:
            self._port = Serial(str(self._path), BAUD, timeout=0, write_timeout=1.0, exclusive=True)
        except OSError as error:
            self._lose(error)
            return
        self._opened_ms = now
        self._link.reconnect()

    def _rest(self) -> None:
        """Until something comes or has to be done."""
        sources = [self._awake.fileno()]
        hurried = False
        if self._port is not None:
            sources.append(self._port.fileno())
            hurried = self._link.busy
        with suppress(OSError):  # the port is gone: reading it will say so
            select.select(sources, [], [], 0.025 if hurried else 0.25)
        with suppress(BlockingIOError):
            while self._awake.recv(4096):
                pass

    def _listen(self) -> None:
        if self._port is None:
            return
        try:
            data = self._port.read(4096)
        except OSError as error:
            self._lose(error)
            return
        self._link.feed(data, self._clock.mono_ms())

    def _speak(self) -> None:
        if self._port is None:
            return
        data = self._link.tick(self._clock.mono_ms())
        if not data:
            return
        try:
            self._port.write(data)
        except OSError as error:
            self._lose(error)

    def _deliver(self) -> None:
        """Offer what waits, in order, as long as each is confirmed before the next."""
        while self._link.events:
            event = self._link.events[0]
            now = self._clock.mono_ms()
            if event is self._offered and now < self._offer_again_ms:
                return
            self._offered, self._offer_again_ms = event, now + OFFER_AGAIN_MS
            self._offer(event)
            self._grant_wishes()
            if self._link.events and self._link.events[0] is event:
                return

    def _offer(self, event: PanelEvent) -> None:
        if event.kind == messages.PRESS:
            self._on_press(
                PanelPress(
                    button=event.value,
                    mono_ms=max(0, event.ms),  # pressed before this machine started: at its start
                    confirm=lambda: self._wish(lambda: self._link.confirm(event)),
                    panel_boot=event.boot,
                    panel_seq=event.seq,
                )
            )
            return
        report = _report_of(event)
        if report is not None:
            self._on_report(report)
        self._link.confirm(event)

    def _judge(self) -> None:
        """Tell when the panel came, went or was reset."""
        if self._port is None:
            return
        panel, now = self._link.panel, self._clock.mono_ms()
        if self._link.bad_version:
            self._say_lost(f"speaks version {self._link.bad_version}, expected {messages.VERSION}")
        elif now - max(self._link.heard_ms, self._opened_ms) >= SILENT_MS:
            self._say_lost(f"said nothing for {SILENT_MS / 1000:g} s")
        elif panel:
            self._say_ok(panel)

    def _lose(self, error: OSError) -> None:
        self._close()
        self._open_again_ms = self._clock.mono_ms() + REOPEN_MS
        self._say_lost(str(error))

    def _close(self) -> None:
        if self._port is not None:
            with suppress(OSError):
                self._port.close()
            self._port = None

    def _say_lost(self, why: str) -> None:
        if self._connected is not False:
            self._connected = False
            log.warning("panel %s is lost: %s", self._path, why)
            self._on_report(PanelReported(state="lost", detail=why))

    def _say_ok(self, panel: PanelAbout) -> None:
        detail = f"panel {panel.panel_id}, firmware {panel.firmware}, {panel.buttons} buttons"
        if not self._connected:
            self._connected = True
            log.info("%s: %s", self._path, detail)
            self._on_report(PanelReported(state="ok", detail=detail))
        if panel.boot != self._boot:
            if self._boot is not None:
                self._on_report(PanelReported(state="reset", detail=_cause(panel)))
            self._boot = panel.boot

    def _wish(self, wish: Callable[[], None]) -> None:
        self._wishes.put(wish)
        if threading.current_thread() is not self._thread:
            self._wake()

    def _grant_wishes(self) -> None:
        with suppress(Empty):
            while True:
                self._wishes.get_nowait()()

    def _wake(self) -> None:
        with suppress(OSError):  # full: it is awake; closed: it has stopped
            self._alarm.send(b"!")


def _cause(panel: PanelAbout) -> str:
    known = panel.reset_cause < len(messages.RESET_CAUSES)
    return messages.RESET_CAUSES[panel.reset_cause] if known else f"cause {panel.reset_cause}"


def _report_of(event: PanelEvent) -> PanelReported | None:
    """What to tell of an event that is no press; None for kinds of a later firmware."""
    if event.kind == messages.STUCK:
        return PanelReported(state="stuck", button=event.value)
    if event.kind == messages.UNSTUCK:
        return PanelReported(state="unstuck", button=event.value)
    if event.kind == messages.OVERFLOW:
        detail = f"{event.value} events lost: the panel's queue was full"
        return PanelReported(state="overflow", detail=detail)
    return None
