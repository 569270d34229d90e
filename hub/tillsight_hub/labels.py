"""Labels on events: bits that say why a press is not counted, or not everywhere; never a deletion."""

from enum import IntFlag


class Label(IntFlag):
    """Stored in `event.labels`; the raw counters count labelled presses too."""

    NONE = 0
    REPEAT = 1
    """Inside the cool-down after another press, as the device saw it."""
    UNDONE = 2
    """Taken back by the shopper."""
    SET_ASIDE = 4
    """A cleaning rule that leaves presses out of the scores holds; the labels below say which."""
    SESSION = 8
    """Followed by another press of the same person: only a person's last press is the answer."""
    MASHING = 16
    """In a burst that no customer makes: children, somebody leaning on the panel."""
    STAFF = 32
    """In a run of presses while nobody was served: staff voting for itself."""
    ORPHAN = 64
    """Nobody was served at the time, though the counter could see."""
    OUT_OF_HOURS = 128
    """Outside the opening hours."""
    UNCOVERED = 256
    """The contact counter could not see at the time: the press is a response, but in no share of contacts."""


NOT_COUNTED = Label.REPEAT | Label.UNDONE | Label.SET_ASIDE
"""A press with one of these is in the raw counters only."""
MISUSE = Label.SESSION | Label.MASHING | Label.STAFF | Label.ORPHAN | Label.OUT_OF_HOURS
"""Given by the cleaning rules, in the order in which they are shown."""
CLEANED = MISUSE | Label.SET_ASIDE | Label.UNCOVERED
"""What cleaning gives and takes away; the other labels are not its own."""
