"""The demo's processes: ended with it, whatever ends it."""

import shutil
import signal
import subprocess
import time
from pathlib import Path


class ChildEnded(Exception):
    """A process ended that should have gone on; the text shows its last words."""


class Children:
    """Processes in sessions of their own: Ctrl-C is for the demo, which then stops them in good order."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, argv: list[str]) -> None:
        """Start one; what it prints goes to a file of its name."""
        with self._log(name).open("ab") as log:
            self._running[name] = subprocess.Popen(
                [*_tied(), *argv],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def check(self) -> None:
        """ChildEnded when one of them is gone with an error."""
        for name, child in self._running.items():
            if child.poll():
                raise ChildEnded(f"{name} ended with code {child.returncode}: {self.last_words(name)}")

    def stop(self, names: list[str] | None = None, seconds: float = 20.0) -> None:
        """Ask these (or all) to end, and end who does not within `seconds`."""
        children = [child for name, child in self._running.items() if names is None or name in names]
        for child in children:
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + seconds
        for child in children:
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def kill(self) -> None:
        """End all of them at once."""
        for child in self._running.values():
            if child.poll() is None:
                child.kill()
                child.wait()

    def last_words(self, name: str) -> str:
        """The last lines that it printed."""
        lines = self._log(name).read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return "\n".join(lines[-5:]) or "it said nothing"

    def _log(self, name: str) -> Path:
        return self.logs / f"{name}.log"


def _tied() -> list[str]:
    """The kernel ends a child of a demo that was killed with -9, where Linux's setpriv is there to ask it."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig=TERM", "--"] if setpriv else []
