"""A board with MicroPython on a serial line: a flash that outlives it, a prompt, resets and power cuts."""

import os
import subprocess
import threading
from pathlib import Path

from tests.harness.panel_line import Line
from tests.harness.panel_micropython import HARNESS, ROOT, MicroPython

RESET = 7
PACKAGE = "tillsight_panel"


class LiveBoard:
    """The runtime in a process that is started anew at each reset. `flash` is the folder of its files."""

    def __init__(self, runtime: MicroPython, folder: Path, line: int) -> None:
        self.flash = folder / "flash"
        self.flash.mkdir(exist_ok=True)
        self._log = (folder / "board.log").open("ab")
        self._runtime, self._line = runtime, line
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._off = threading.Event()

    def power_on(self, cut_after: int = 0) -> None:
        """Until `power_off`, or `cut_after` programs were run at its prompt."""
        self._off.clear()
        self._thread = threading.Thread(target=self._live, args=(cut_after,), daemon=True)
        self._thread.start()

    def power_off(self) -> None:
        self._off.set()
        if self._process is not None:
            self._process.kill()
        self.await_cut()

    def await_cut(self) -> None:
        """Until its power is off."""
        if self._thread is not None:
            self._thread.join(60)

    def install(self, version: tuple[int, int]) -> None:
        """Firmware of this version, copied by hand as the README says, while it is off."""
        source, lib = ROOT / "firmware" / PACKAGE, self.flash / "lib" / PACKAGE
        lib.mkdir(parents=True)
        for file in source.glob("*.py"):
            text = file.read_text(encoding="utf-8")
            words = f"FIRMWARE = ({version[0]}, {version[1]})"
            (lib / file.name).write_text(text.replace("FIRMWARE = (1, 1)", words), encoding="utf-8")
        (self.flash / "main.py").write_bytes((source / "start.py").read_bytes())

    def _live(self, cut_after: int) -> None:
        runner, board = HARNESS / "panel_live.mjs", HARNESS / "panel_live_board.py"
        words = [self._runtime.node, runner, self._runtime.package, self.flash, board, str(cut_after)]
        while not self._off.is_set():
            self._process = subprocess.Popen(
                [*map(str, words)],
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                preexec_fn=lambda: os.dup2(self._line, 3),
                close_fds=False,
            )
            if self._process.wait() != RESET:
                return


class BoardOnLine:
    """A board at the far end of a line; the host opens `port`."""

    def __init__(self, runtime: MicroPython, folder: Path) -> None:
        self._line = Line(folder)
        self.port = self._line.port
        self._tty = os.open(self._line.far, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self.board = LiveBoard(runtime, folder, self._tty)

    def stop(self) -> None:
        self.board.power_off()
        os.close(self._tty)
        self._line.stop()
