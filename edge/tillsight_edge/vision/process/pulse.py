"""What the supervisor and its watching child share: a clock, a pulse, and one end."""

import ctypes
import os
import signal
import sys
import time

AGENT = 1
"""A beat says that the agent listens."""

_PR_SET_PDEATHSIG = 1


def boot_ms() -> int:
    """The clock that frames carry, as the agent's `Clock.mono_ms`."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def beat(pulse: int, *, agent_listens: bool) -> None:
    """One beat; a supervisor that does not feel it is not waited for."""
    try:
        os.write(pulse, bytes([AGENT if agent_listens else 0]))
    except (BlockingIOError, BrokenPipeError):
        return


def die_with_parent(parent: int) -> None:
    """The kernel kills this process when `parent` ends; if it has ended by now, we end here."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)
