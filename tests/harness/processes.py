"""Real programs as children: found or missed with a clear word, and never left behind."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


class MissingPart(Exception):
    """A program that a test needs is not on this machine; the text names the Debian package."""


def find_program(name: str, package: str, *folders: Path) -> Path:
    """Path of a program on PATH or in one of `folders`; MissingPart where there is none."""
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), *map(str, folders)])
    found = shutil.which(name, path=places)
    if found is None:
        raise MissingPart(f"{name} is not here: apt-get install {package}")
    return Path(found)


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 120.0) -> None:
    """Look every 20 ms until `condition` holds; AssertionError names `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s for {what}")
        time.sleep(0.02)


def listens(port: int, host: str = "127.0.0.1") -> bool:
    """Whether something accepts connections there."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((host, port)) == 0


class Process:
    """One program that can be started, stopped and killed again and again; its output goes to `log`.

    The kernel ends it with this Python, however that ends (`setpriv --pdeathsig`), so call `start` from a
    thread that lives as long as the process shall.
    """

    def __init__(
        self,
        argv: Sequence[object],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.argv = [str(word) for word in argv]
        self.log = log
        self.env = env
        """Added to this process's environment."""
        self.cwd = cwd
        self.user = user
        """Another user to run as; only root can ask for that."""
        self.stop_signal = stop_signal
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id of the child that was started last."""
        if self._child is None:
            raise RuntimeError(f"{self.argv[0]} was never started")
        return self._child.pid

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    @property
    def exit_code(self) -> int | None:
        """As subprocess tells it: negative for a signal, None while it runs or before the first start."""
        return None if self._child is None else self._child.poll()

    def start(self) -> None:
        if self.running:
            return
        with self.log.open("ab") as out:
            self._child = subprocess.Popen(
                [*self._tied(), *self.argv],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(self.env or {})},
                cwd=self.cwd,
            )

    def stop(self, seconds: float = 15.0) -> int | None:
        """Ask it to end, insist after `seconds`; the exit code."""
        return self._end(self.stop_signal, seconds)

    def kill(self) -> int | None:
        """kill -9, and wait until it is gone."""
        return self._end(signal.SIGKILL, 15.0)

    def wait(self, seconds: float = 60.0) -> int:
        """Exit code once it has ended by itself."""
        wait_until(lambda: not self.running, f"the end of {self.argv[0]}", seconds)
        return self.exit_code or 0

    def output(self) -> str:
        """All that it has printed so far, over all its starts."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def wait_for(self, ready: Callable[[], bool], what: str, seconds: float = 120.0) -> None:
        """Wait until `ready`; fail with what it printed when it ends before that, or takes too long."""
        try:
            wait_until(lambda: ready() or not self.running, what, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}; it printed:\n{self.output()[-3000:]}") from None
        if not self.running:
            end = f"{self.argv[0]} ended with {self.exit_code} before {what}"
            raise AssertionError(f"{end}; it printed:\n{self.output()[-3000:]}")

    def _end(self, how: signal.Signals, seconds: float) -> int | None:
        child = self._child
        if child is None:
            return None
        if child.poll() is None:
            child.send_signal(how)
            try:
                child.wait(seconds)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        return child.returncode

    def _tied(self) -> list[str]:
        setpriv = shutil.which("setpriv", path=f"{os.environ.get('PATH', os.defpath)}:/usr/bin")
        if setpriv is None:
            raise MissingPart("setpriv is not here: apt-get install util-linux")
        as_user = [f"--reuid={self.user}", f"--regid={self.user}", "--init-groups"] if self.user else []
        return [setpriv, *as_user, f"--pdeathsig={self.stop_signal.name.removeprefix('SIG')}", "--"]
