"""How others have rated today, told so late and so roughly that nobody's own press can be seen in it."""

from datetime import UTC, datetime

import msgspec

LEAST = 10
"""People by whom two tallies differ, at least."""
DELAY_S = 900.0
"""Seconds from one tally to the next, at least."""
RECENT = 20
"""Votes that can be taken back, at most."""


class Told(msgspec.Struct, frozen=True):
    """What is shown."""

    people: int
    positive: int


class TallyMemory(msgspec.Struct, frozen=True):
    """What is known again after a restart: numbers."""

    day: int = 0
    people: int = 0
    positive: int = 0
    shown: Told | None = None
    shown_ms: int | None = None


class Tally:
    """Counts the votes of a day. What was taken back is counted out before it was ever shown."""

    def __init__(self, positive: frozenset[int]) -> None:
        self._good = positive
        self._recent: dict[int, bool] = {}
        """By number of the press: whether it was positive."""
        self._day = self._people = self._positive = 0
        self._shown: Told | None = None
        self._shown_ms: int | None = None

    def voted(self, seq: int, rating: int) -> None:
        """One more."""
        self._recent[seq] = rating in self._good
        self._people += 1
        self._positive += self._recent[seq]
        if len(self._recent) > RECENT:
            del self._recent[min(self._recent)]

    def undone(self, seq: int) -> None:
        """One less."""
        if seq in self._recent:
            self._people -= 1
            self._positive -= self._recent.pop(seq)

    def told(self, mono_ms: int, wall_ms: int) -> Told | None:
        """What may be shown now; None until enough people have rated today."""
        day = datetime.fromtimestamp(wall_ms / 1000, UTC).astimezone().toordinal()
        if day != self._day:
            self._day, self._shown, self._shown_ms = day, None, mono_ms
            self._people = self._positive = 0
            self._recent.clear()
        new = self._people - (self._shown.people if self._shown else 0)
        if new >= LEAST and self._shown_ms is not None and mono_ms - self._shown_ms >= DELAY_S * 1000:
            self._shown, self._shown_ms = Told(self._people, self._positive), mono_ms
        return self._shown

    @property
    def memory(self) -> TallyMemory:
        """For a restart."""
        return TallyMemory(self._day, self._people, self._positive, self._shown, self._shown_ms)

    def recall(self, memory: TallyMemory, last: tuple[int, int] | None) -> None:
        """After a restart; `last` is the number and the rating of a vote that can still be taken back."""
        self._day, self._people, self._positive = memory.day, memory.people, memory.positive
        self._shown, self._shown_ms = memory.shown, memory.shown_ms
        if last is not None:
            self._recent[last[0]] = last[1] in self._good
