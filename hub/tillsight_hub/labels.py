"""Labels on events: bits that say why a press is not counted, never a deletion."""

from enum import IntFlag


class Label(IntFlag):
    """Stored in `event.labels`; the raw counters count labelled presses too."""

    NONE = 0
    REPEAT = 1
    """Inside the cool-down after another press, as the device saw it."""
    UNDONE = 2
    """Taken back by the shopper."""


NOT_COUNTED = Label.REPEAT | Label.UNDONE
"""A press with one of these is in the raw counters only."""
