"""History: what happened at one touchpoint in a stretch of time, as arrays in order of time.

Cleaning and alerts work on it and on nothing else, whether it was read from the database or from a file.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .calendar import Span
from .hierarchy import Touchpoint

Times = npt.NDArray[np.int64]
"""ms UTC"""


@dataclass(frozen=True)
class History:
    """Events whose time is known to the hour or better, half-open from `start` to `end`."""

    place: Touchpoint
    start: int
    """ms UTC"""
    end: int
    press_t: Times
    """Of every press, ascending."""
    rating: npt.NDArray[np.int8]
    """Of every press; 0 where it was on another scale than the touchpoint's."""
    labels: npt.NDArray[np.int32]
    """Of every press: bits of `labels.Label`."""
    contact_start: Times
    """Of every contact that the touchpoint's own source counted: when the person came."""
    contact_end: Times
    """When the person left, ascending."""
    people: npt.NDArray[np.int32]
    """Of every contact: 1, or the size of a group."""
    blind: tuple[Span, ...] = ()
    """When the contact counter could not see, ms UTC, half-open, in order, without overlaps."""

    @property
    def counts_contacts(self) -> bool:
        """Whether anything counts who is served here; without it no press can be an orphan."""
        return self.place.contact_source is not None
