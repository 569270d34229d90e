"""The wall clock of access control."""

import time


def now_ms() -> int:
    """Now in ms UTC."""
    return time.time_ns() // 1_000_000
