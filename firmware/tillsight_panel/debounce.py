"""Debouncing: from bouncing contacts to one press each, for polled pins and for timestamped edges alike."""

from .ticks import elapsed

SETTLE_MS = 8
STUCK_MS = 10_000

PRESS = 1
STUCK = 2
UNSTUCK = 3
"""What can happen to a button: pressed, held down longer than anybody presses, let go again after that."""

NOTHING: tuple[tuple[int, int, int], ...] = ()


class Debounce:
    """An integrator for each button: a contact has to be closed `settle_ms` longer than open to be a press.

    `sample`, `edge` and `advance` return what happened as (PRESS | STUCK | UNSTUCK, button, ms) in order
    of time; button 1 is the leftmost and bit 0 of a level mask, where 1 means pressed. Times are any
    monotonic ms, wrapping or not (see ticks); ms of the result is the moment it was certain.

    A button counts only after it was seen released once: after a reset pins may read as pressed before their
    pull-ups work, and a finger that was there before us did not press for us. One that is never released is
    reported as stuck like any other that is held for `stuck_ms`.

    Polling: `sample` at least every `settle_ms / 2`. Edges: `sample` once for the levels at the start, `edge`
    for each change, and `advance` now and then, at the latest `settle_ms` after an edge, because a press is
    only certain when nothing has happened for a while. Where edges can get lost, `advance` and then `sample`.
    """

    def __init__(self, buttons: int, settle_ms: int = SETTLE_MS, stuck_ms: int = STUCK_MS) -> None:
        self.buttons = buttons
        self.settle_ms = settle_ms
        self.stuck_ms = stuck_ms
        self.down = (1 << buttons) - 1
        """Mask of the buttons that are down, or not yet seen released."""
        self.stuck = 0
        """Mask of the buttons reported as stuck."""
        self._levels = 0
        self._closed_ms = [settle_ms] * buttons
        self._since = [0] * buttons
        self._ms = -1  # before the first reading
        self._at_rest = False

    def sample(self, ms: int, levels: int) -> tuple[tuple[int, int, int], ...]:
        """The levels as polled at `ms`. One reading vouches for `settle_ms / 2` at most, so that a glitch
        which is read just before the loop is held up does not become a press."""
        if self._at_rest and levels == self._levels:
            self._ms = ms
            return NOTHING
        happened = self._integrate(ms, max(1, self.settle_ms // 2))
        self._set_levels(levels)
        return happened

    def edge(self, ms: int, button: int, pressed: bool) -> tuple[tuple[int, int, int], ...]:
        """One button's contact closed or opened at `ms`."""
        happened = self._integrate(ms, self.stuck_ms)
        bit = 1 << (button - 1)
        self._set_levels(self._levels | bit if pressed else self._levels & ~bit)
        return happened

    def advance(self, ms: int) -> tuple[tuple[int, int, int], ...]:
        """It is `ms`, and no contact changed since the last call."""
        return self._integrate(ms, self.stuck_ms)

    def _set_levels(self, levels: int) -> None:
        if levels != self._levels:
            self._levels = levels
            self._at_rest = False

    def _integrate(self, ms: int, most: int) -> tuple[tuple[int, int, int], ...]:
        """Add the time since the last call, up to `most` ms, to what each contact was then."""
        if self._ms < 0:
            self._ms = ms
            self._since = [ms] * self.buttons
        start = self._ms
        gone = min(elapsed(ms, start), most)
        if gone:
            self._ms = ms
        happened = []
        for index in range(self.buttons):
            kind, at = self._settle(index, start, gone) or self._look_for_stuck(index, ms)
            if kind:
                happened.append((kind, index + 1, at))
        self._at_rest = self.down == self.stuck == self._levels and all(
            closed in (0, self.settle_ms) for closed in self._closed_ms
        )
        if len(happened) > 1:
            happened.sort(key=lambda what: elapsed(what[2], start))
        return tuple(happened) if happened else NOTHING

    def _settle(self, index: int, start: int, gone: int) -> tuple[int, int] | None:
        """Integrate one contact over `gone` ms from `start`; (kind, ms) when that made it certain."""
        bit = 1 << index
        before = self._closed_ms[index]
        if self._levels & bit:
            self._closed_ms[index] = min(self.settle_ms, before + gone)
            if self._closed_ms[index] == self.settle_ms and not self.down & bit:
                self.down |= bit
                self._since[index] = start + self.settle_ms - before
                return PRESS, self._since[index]
        else:
            self._closed_ms[index] = max(0, before - gone)
            if self._closed_ms[index] == 0 and self.down & bit:
                self.down &= ~bit
                if self.stuck & bit:
                    self.stuck &= ~bit
                    return UNSTUCK, start + before
        return None

    def _look_for_stuck(self, index: int, ms: int) -> tuple[int, int]:
        bit = 1 << index
        if not self.down & bit or self.stuck & bit or elapsed(ms, self._since[index]) < self.stuck_ms:
            return 0, ms
        self.stuck |= bit
        return STUCK, ms
