"""A serial line made of pseudo-terminals, with noise on it and a plug that can be pulled."""

import os
import pty
import select
import subprocess
import threading
import time
import tty
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from tests.harness.panel_device import Device
from tests.harness.panel_micropython import HARNESS, MicroPython, lay_out
from tests.harness.panel_noise import Noise


class Fingers(Protocol):
    """Whoever can operate the buttons of a panel on a line."""

    def command(self, text: str) -> None:
        """See `panel_device.Device.command`."""

    def stop(self) -> None:
        """Switch it off."""


class Line:
    """Between `port`, which the host opens, and the tty `far`, on which a panel lives."""

    def __init__(self, folder: Path, to_host: Noise | None = None, to_panel: Noise | None = None) -> None:
        self.port = folder / "ttyPANEL"
        self.to_host, self.to_panel = to_host or Noise(), to_panel or Noise()
        self._panel_side, self._far = _raw_pty()
        self.far = os.ttyname(self._far)
        self._host_side, self._near = -1, -1
        self._lock = threading.Lock()
        self.plug()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._forward, name="panel line", daemon=True)
        self._thread.start()

    def plug(self) -> None:
        """The port appears."""
        with self._lock:
            self._host_side, self._near = _raw_pty()
            self.port.symlink_to(os.ttyname(self._near))

    def unplug(self) -> None:
        """The port disappears, also for those who have it open."""
        with self._lock:
            self.port.unlink()
            os.close(self._near)
            os.close(self._host_side)
            self._host_side = -1

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()
        if self._host_side >= 0:
            self.unplug()
        os.close(self._far)
        os.close(self._panel_side)

    def _forward(self) -> None:
        while not self._stopping.is_set():
            with self._lock:
                sources = [side for side in (self._panel_side, self._host_side) if side >= 0]
            with suppress(OSError):
                ready, _, _ = select.select(sources, [], [], 0.05)
                with self._lock:
                    self._pass_on(ready)

    def _pass_on(self, ready: list[int]) -> None:
        if self._panel_side in ready:
            data = self.to_host(os.read(self._panel_side, 4096))
            if self._host_side >= 0:
                _write(self._host_side, data)
        if self._host_side >= 0 and self._host_side in ready:
            _write(self._panel_side, self.to_panel(os.read(self._host_side, 4096)))


class CPythonPanel:
    """The panel's code in a thread of this process."""

    def __init__(self, line: Line) -> None:
        self.device = Device(boot=1)
        self._lock = threading.Lock()
        self._tty = os.open(line.far, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._live, name="panel", daemon=True)
        self._thread.start()

    def command(self, text: str) -> None:
        with self._lock:
            self.device.command(text)

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()
        os.close(self._tty)

    def _live(self) -> None:
        begin = time.monotonic()
        while not self._stopping.is_set():
            ready, _, _ = select.select([self._tty], [], [], 0.002)
            data = os.read(self._tty, 4096) if ready else b""
            with self._lock:
                out = self.device.step(data, round((time.monotonic() - begin) * 1000))
            _write(self._tty, out)


class MicroPythonPanel:
    """The panel's code in the MicroPython runtime, in a process of its own."""

    def __init__(self, line: Line, runtime: MicroPython, folder: Path) -> None:
        lay_out(folder, HARNESS / "panel_device.py")
        argv = runtime.argv(folder, HARNESS / "panel_tty_program.py", line.far)
        self._log = folder / "micropython.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=log, stderr=log)

    def command(self, text: str) -> None:
        assert self._process.stdin is not None
        assert self._process.poll() is None, self._log.read_text()
        self._process.stdin.write(f"{text}\n".encode())
        self._process.stdin.flush()

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()


def _raw_pty() -> tuple[int, int]:
    """(master, slave) without any translation of bytes."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    return master, slave


def _write(descriptor: int, data: bytes) -> None:
    with suppress(BlockingIOError):  # nobody reads: the bytes are gone, as on a real line
        if data:
            os.write(descriptor, data)


Start = Callable[[Line], Fingers]
