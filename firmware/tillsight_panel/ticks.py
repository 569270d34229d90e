"""Milliseconds between two readings of a counter, whether it wraps (MicroPython) or not (CPython)."""

WRAP_MS = 1 << 30
"""MicroPython's `time.ticks_ms()` begins again at 0 after this many ms, 12.4 days."""


def elapsed(now: int, then: int) -> int:
    """ms from `then` to `now`, up to 6.2 days; 0 where `now` is the earlier one."""
    gone = (now - then) & (WRAP_MS - 1)
    return gone if gone < WRAP_MS // 2 else 0
