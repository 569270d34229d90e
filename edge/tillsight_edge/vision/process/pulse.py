"""What the supervisor and its watching child share: a clock, a pulse, and one end."""

import ctypes
import os
import signal
import sys
import time

AGENT = 1
"""A beat says that the agent listens."""
LOOKING = 2
"""And that frames are wanted."""
LOADING = 4
"""And that models are being opened: no pulse yet."""

_PR_SET_PDEATHSIG = 1


def boot_ms() -> int:
    """The clock that frames carry, as the agent's `Clock.mono_ms`."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def beat(pulse: int, *, agent_listens: bool, looking: bool, loading: bool = False) -> None:
    """One beat; a supervisor that does not feel it is not waited for."""
    words = AGENT * agent_listens | LOOKING * looking | LOADING * loading
    try:
        os.write(pulse, bytes([words]))
    except (BlockingIOError, BrokenPipeError):
        return


def die_with_parent(parent: int) -> None:
    """The kernel kills this process when `parent` ends; if it has ended by now, we end here."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)
