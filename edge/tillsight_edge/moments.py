"""Monotonic times that were written down, and are read after a restart."""

from tillsight_models.events import Stamp


def carried_over(mono_ms: int, then: Stamp, now: Stamp) -> int:
    """A monotonic time that was written down at `then`, on the clock of `now`.

    The monotonic clock of another boot is another one; how much time has passed since is what the wall clock
    says, and none where that one was set back. The result may be below 0.
    """
    if then.boot == now.boot:
        return mono_ms
    return now.mono - max(0, now.t - then.t) + mono_ms - then.mono
