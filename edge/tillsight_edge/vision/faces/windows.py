"""Windows: what was read of people's faces, as counts over enough people and enough time, and nothing else.

The next window begins where one ended, so nobody is in two of them, and no difference of two messages is
about fewer than `min_people` people. Whether a window is sent depends on how many people and how much time,
never on what was read: a rule that held back windows in which all looked alike would tell that they did.
"""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from tillsight_models.events import ValenceCounts

from ..process.wire import AgesCounted, MoodsCounted
from .emotion import Sign

LONGEST_S = 12 * 3600.0
"""A window open for longer, and for longer than twice `window_s`, is dropped, lest it tell of two days."""
AGE_FIELDS = {
    "under-18": "under_18",
    "18-29": "from_18",
    "30-44": "from_30",
    "45-59": "from_45",
    "60+": "from_60",
}
"""Where each age band is counted."""
VALENCE_FIELDS = {1: "positive", 0: "neutral", -1: "negative"}


@dataclass(frozen=True)
class Reading:
    """What is known of one person who has left; None: unknown."""

    sign: Sign | None = None
    """1 positive, 0 neutral, -1 negative."""
    age_band: str | None = None
    gender: str | None = None


@dataclass(frozen=True)
class WindowRule:
    """How much a window must hold."""

    window_s: float
    min_people: int
    """Of whom each thing that the window tells is known; people of whom nothing is known come on top."""


@dataclass(frozen=True)
class Window:
    """One window that may be sent: for each thing read of people, how many had which value."""

    at_ms: int
    period_s: float
    counts: tuple[Counter[Hashable], ...]
    """None counts those of whom it is not known."""


class PeopleWindows:
    """Gathers people until they are a window.

    The open window lives in memory only and is gone when the process ends: what is in it then is never sent.
    """

    def __init__(self, rule: WindowRule, things: int) -> None:
        """`things` is how many values are read of each person; they are counted apart, never together."""
        self._rule = rule
        self._longest_ms = 1000 * max(LONGEST_S, 2 * rule.window_s)
        self._things = things
        self._since_ms: int | None = None
        """When the last window ended; at first, the first moment that we hear of."""
        self._begin()

    def add(self, values: Sequence[Hashable], at_ms: int) -> Window | None:
        """One more person, who left at `at_ms`; the window that is full with them."""
        self._look_at_the_clock(at_ms)
        self._people += 1
        for counter, value in zip(self._counts, values, strict=True):
            counter[value] += 1
        return self._full(at_ms)

    def tick(self, at_ms: int) -> Window | None:
        """The window that is full by `at_ms`, with nobody more."""
        self._look_at_the_clock(at_ms)
        return self._full(at_ms)

    def _full(self, at_ms: int) -> Window | None:
        since_ms = at_ms if self._since_ms is None else self._since_ms
        period_s = (at_ms - since_ms) / 1000
        known = min(self._people - counter[None] for counter in self._counts)
        if period_s < self._rule.window_s or known < self._rule.min_people:
            return None
        window = Window(at_ms, period_s, tuple(self._counts))
        self._since_ms = at_ms
        self._begin()
        return window

    def _look_at_the_clock(self, at_ms: int) -> None:
        """An empty window does not grow older than `window_s`, and no window two days old."""
        if self._since_ms is None:
            self._since_ms = at_ms
        elif self._people and at_ms - self._since_ms > self._longest_ms:
            self._since_ms = at_ms
            self._begin()
        elif not self._people:
            self._since_ms = max(self._since_ms, at_ms - round(self._rule.window_s * 1000))

    def _begin(self) -> None:
        self._people = 0
        self._counts: list[Counter[Hashable]] = [Counter() for _ in range(self._things)]


class MoodWindows:
    """People by valence."""

    def __init__(self, rule: WindowRule, validation: ValenceCounts | None = None) -> None:
        self._windows = PeopleWindows(rule, 1)
        self._validation = validation

    def add(self, person: Reading, at_ms: int) -> MoodsCounted | None:
        """One more person, who left at `at_ms`; the message that is due then."""
        return self._message(self._windows.add([person.sign], at_ms))

    def tick(self, at_ms: int) -> MoodsCounted | None:
        """The message that is due by `at_ms`."""
        return self._message(self._windows.tick(at_ms))

    def _message(self, window: Window | None) -> MoodsCounted | None:
        if window is None:
            return None
        (signs,) = window.counts
        counts = {field: signs[sign] for sign, field in VALENCE_FIELDS.items()}
        return MoodsCounted(
            at_ms=window.at_ms,
            period_s=window.period_s,
            **counts,
            unknown=signs[None],
            validation=self._validation,
        )


class AgeWindows:
    """People by age band, and the same people by gender: two columns of sums, never the table of both."""

    def __init__(self, rule: WindowRule) -> None:
        self._windows = PeopleWindows(rule, 2)

    def add(self, person: Reading, at_ms: int) -> AgesCounted | None:
        """One more person, who left at `at_ms`; the message that is due then."""
        return self._message(self._windows.add([person.age_band, person.gender], at_ms))

    def tick(self, at_ms: int) -> AgesCounted | None:
        """The message that is due by `at_ms`."""
        return self._message(self._windows.tick(at_ms))

    @staticmethod
    def _message(window: Window | None) -> AgesCounted | None:
        if window is None:
            return None
        ages, genders = window.counts
        counts = {field: ages[band] for band, field in AGE_FIELDS.items()}
        return AgesCounted(
            at_ms=window.at_ms,
            period_s=window.period_s,
            **counts,
            age_unknown=ages[None],
            male=genders["male"],
            female=genders["female"],
            gender_unknown=genders[None],
        )


class FaceWindows:
    """The windows of whatever a site has enabled, and the messages that are due."""

    def __init__(self, windows: Sequence[MoodWindows | AgeWindows]) -> None:
        self._windows = windows
        self._due: list[MoodsCounted | AgesCounted] = []

    def add(self, person: Reading, at_ms: int) -> None:
        """One more person, who left at `at_ms`."""
        self._due += [message for each in self._windows if (message := each.add(person, at_ms))]

    def take(self, at_ms: int) -> list[MoodsCounted | AgesCounted]:
        """The messages that became due until `at_ms` and were not taken."""
        self._due += [message for each in self._windows if (message := each.tick(at_ms))]
        due, self._due = self._due, []
        return due
