"""Processes in machines that hang: stopped as a whole, or in their main thread alone."""

import contextlib
import ctypes
import os
import signal
import threading
from pathlib import Path

from .machines import Machine

SEIZE, INTERRUPT = 0x4206, 0x4207
"""Of ptrace, as Linux has it."""
EVERY_KIND = 0x40000000
"""Threads too, for waitpid."""


def main_process(machine: Machine, unit: str) -> int:
    """Of a unit, as this machine numbers it; 0 while there is none."""
    told = int(machine.run("systemctl", "show", "-P", "MainPID", unit))
    return outside(machine, told) if told else 0


def outside(machine: Machine, inner: int) -> int:
    """The number that a process of the machine has here; 0 where it has ended."""
    space = Path(f"/proc/{machine.leader}/ns/pid").readlink()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (folder / "ns" / "pid").readlink() == space and _inner(folder) == inner:
                return int(folder.name)
    return 0


def stop(process: int) -> None:
    """It does nothing more, whatever its threads were at."""
    os.kill(process, signal.SIGSTOP)


def hang_main_thread(process: int) -> threading.Thread:
    """It does nothing more while all others go on. The thread that holds it ends when the process does."""
    held = threading.Event()
    holder = threading.Thread(target=_hold, args=(process, held), daemon=True)
    holder.start()
    if not held.wait(60):
        raise ProcessLookupError(f"the main thread of process {process} cannot be held")
    return holder


def _hold(thread: int, held: threading.Event) -> None:
    trace = ctypes.CDLL(None, use_errno=True).ptrace
    trace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
    if trace(SEIZE, thread, None, None) or trace(INTERRUPT, thread, None, None):
        return
    os.waitpid(thread, EVERY_KIND)
    held.set()
    while True:
        with contextlib.suppress(ChildProcessError):
            _, status = os.waitpid(thread, EVERY_KIND)
            if os.WIFSTOPPED(status):
                continue
        return


def _inner(process: Path) -> int:
    for line in (process / "status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("NSpid:"):
            return int(line.split()[-1])
    return 0
