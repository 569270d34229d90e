"""How others have rated today, told so late and so roughly that nobody's own press can be seen in it."""

from datetime import UTC, datetime

import msgspec

LEAST = 10
"""People by whom two tallies differ, at least."""
DELAY_S = 900.0
"""Seconds from one tally to the next, at least."""


class Told(msgspec.Struct, frozen=True):
    """What is shown."""

    people: int
    positive: int


class Tally:
    """Counts the votes of a day in memory. What was taken back is counted out before it was ever shown."""

    def __init__(self, positive: frozenset[int]) -> None:
        self._positive = positive
        self._ratings: dict[int, int] = {}
        """By number of the press."""
        self._day = 0
        self._shown: Told | None = None
        self._shown_ms: int | None = None

    def voted(self, seq: int, rating: int) -> None:
        """One more."""
        self._ratings[seq] = rating

    def undone(self, seq: int) -> None:
        """One less."""
        self._ratings.pop(seq, None)

    def told(self, mono_ms: int, wall_ms: int) -> Told | None:
        """What may be shown now; None until enough people have rated today."""
        day = datetime.fromtimestamp(wall_ms / 1000, UTC).astimezone().toordinal()
        if day != self._day:
            self._day, self._shown, self._shown_ms = day, None, mono_ms
            self._ratings.clear()
        new = len(self._ratings) - (self._shown.people if self._shown else 0)
        if new >= LEAST and self._shown_ms is not None and mono_ms - self._shown_ms >= DELAY_S * 1000:
            positive = sum(rating in self._positive for rating in self._ratings.values())
            self._shown, self._shown_ms = Told(len(self._ratings), positive), mono_ms
        return self._shown
