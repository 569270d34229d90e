"""MicroPython's raw prompt: a program in, what it printed out."""

import time

from serial import Serial

from .errors import FlashFailed

INTERRUPT, RAW, END = b"\r\x03\x03", b"\r\x01", b"\x04"
GREETING = b"raw REPL; CTRL-B to exit\r\n>"
ANSWER_S = 10.0
"""A flash that is nearly full tidies itself before it writes."""


class Prompt:
    """Of a board whose program does not run; `enter` first."""

    def __init__(self, port: Serial) -> None:
        self._port = port
        self._waiting = bytearray()

    def enter(self, seconds: float) -> bool:
        """Whether the prompt came."""
        self._waiting.clear()
        self._port.write(INTERRUPT + RAW)
        return self._until(GREETING, seconds) is not None

    def run(self, program: str) -> str:
        """What it printed; FlashFailed where it raised, or nothing came back."""
        self._port.write(program.encode() + END)
        self._said(b"OK")
        said, raised = self._said(END), self._said(END)
        self._said(b">")
        if raised:
            last = raised.decode(errors="replace").strip().splitlines()[-1]
            raise FlashFailed(f"{self._port.name}: the panel says {last}")
        return said.decode(errors="replace").strip()

    def leave(self, program: str) -> None:
        """Run what does not return."""
        self._port.write(program.encode() + END)
        self._port.flush()

    def _said(self, end: bytes) -> bytes:
        said = self._until(end, ANSWER_S)
        if said is None:
            raise FlashFailed(f"{self._port.name}: the panel said nothing for {ANSWER_S:g} s")
        return said

    def _until(self, end: bytes, seconds: float) -> bytes | None:
        """What came before `end`; None where it did not come in time."""
        deadline = time.monotonic() + seconds
        while (at := self._waiting.find(end)) < 0:
            if time.monotonic() >= deadline:
                return None
            self._waiting += self._port.read(max(1, self._port.in_waiting))
        said = bytes(self._waiting[:at])
        del self._waiting[: at + len(end)]
        return said
