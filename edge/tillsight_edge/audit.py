"""An audit: a person counts beside the counter for some minutes, and both counts are compared."""

import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from tillsight_models.errors import BadConfig
from tillsight_models.events import ContactSource, CounterAudited

from .config import DeviceConfig
from .errors import CounterSilent
from .matching import Comparison, Share, Tap, compare, share
from .ports import Clock
from .status import agent_words, read_status

State = Literal["ready", "counting", "comparing", "done"]

SETTLE_MS = 5_000
"""In which the agent hears of a contact that is known to have ended."""
GONE_MS = 30_000
"""A page that was not heard for so long at the end was not there any more."""
HERE_MS = 5_000
"""A page asks each second: one that was heard so lately is still there."""
LAST_TAPS = 5
MOST_TAPS = 5_000
FEW_CONTACTS = 5
"""Below this an interval says next to nothing."""


@dataclass(frozen=True)
class Counter:
    """Whose contacts are compared."""

    source: ContactSource
    camera: str | None = None
    leave_gap_s: float = field(default=1.0, compare=False)
    """By so much later than it ended a contact is known to have ended."""

    def __str__(self) -> str:
        return f"camera {self.camera}" if self.camera else f"{self.source} sensor"


def counter_of(config: DeviceConfig, camera: str | None) -> Counter:
    """The counter that an audit looks at; BadConfig where it is not clear which."""
    counting = [name for name, settings in config.cameras.items() if settings.zone]
    if camera is not None:
        if camera not in counting:
            known = ", ".join(counting) or "none"
            raise BadConfig([f"--camera: {camera!r}: should be a camera with a zone: {known}"])
        return Counter("camera", camera, config.cameras[camera].leave_gap_s)
    if len(counting) > 1:
        raise BadConfig([f"--camera: should say which: {', '.join(counting)}"])
    if counting:
        return counter_of(config, counting[0])
    if config.presence.pins:
        return Counter("presence", leave_gap_s=config.presence.leave_gap_s)
    raise BadConfig(["cameras: there is neither a camera with a zone nor a presence sensor to audit"])


class CounterWatch:
    """Collects the contacts that the running agent tells in its status file."""

    def __init__(self, config: DeviceConfig, counter: Counter) -> None:
        self._config = config
        self._counter = counter
        self._left: dict[tuple[int, int], int] = {}
        """When each contact left, by the agent's process and its number there."""
        self.known_ms = 0
        """Every contact that was told until then is collected."""
        self.agents: set[int] = set()
        """Processes that were seen; two: the agent was started anew."""
        self.camera_states: set[str] = set()

    @property
    def left_ms(self) -> list[int]:
        return list(self._left.values())

    def check_running(self) -> None:
        """CounterSilent where no agent runs."""
        state = read_status(self._config)["state"]
        if state != "running":
            raise CounterSilent(f"the agent of {self._config.device.id} is {state}: nothing is counted")

    def look(self) -> None:
        """Read what is new; to be called at least every half hour."""
        words = agent_words(self._config.status_file)
        if words is None or words.get("mono_ms", 0) <= self.known_ms:
            return
        self.known_ms, agent = words["mono_ms"], words["pid"]
        self.agents.add(agent)
        self.camera_states.add((words.get("health") or {}).get("camera", "none"))
        for row in words["contacts"]:
            if (row["source"], row["camera"]) == (self._counter.source, self._counter.camera):
                self._left[agent, row["number"]] = row["left_ms"]


class AuditSession:
    """What the person does, in the order of its happening. Any thread may call."""

    def __init__(self, clock: Clock, minutes: float) -> None:
        self._clock = clock
        self._length_ms = round(60_000 * minutes)
        self._changed = threading.Condition()
        self._state: State = "ready"
        self._began_ms = self._stopped_ms = self._heard_ms = 0
        self._taps: dict[str, Tap] = {}
        self._shown = False
        self.result: dict[str, Any] | None = None

    @property
    def period_ms(self) -> tuple[int, int]:
        """From beginning to end, once both are known; who was gone at the end was there until last heard."""
        gone = self._stopped_ms - self._heard_ms > GONE_MS
        return self._began_ms, self._heard_ms if gone else self._stopped_ms

    @property
    def complete(self) -> bool:
        """Whether the person was there until the end of the time."""
        start, end = self.period_ms
        return end >= start + self._length_ms

    @property
    def taps(self) -> list[Tap]:
        with self._changed:
            return list(self._taps.values())

    def begin(self) -> None:
        """The person is ready; a second time does nothing."""
        with self._changed:
            if self._state == "ready":
                self._state, self._began_ms = "counting", self._clock.mono_ms()
                self._heard_ms = self._began_ms
                self._changed.notify_all()

    def tap(self, id: str, age_ms: int, pressed: bool) -> None:
        """A customer left `age_ms` ago; the same id again is the same tap, brought late."""
        with self._changed:
            at_ms = max(self._began_ms, self._heard() - age_ms)  # a phone's clock may drift a little
            if self._takes(at_ms) and len(self._taps) < MOST_TAPS:
                self._taps.setdefault(id, Tap(at_ms, pressed))

    def correct(self, id: str, pressed: bool) -> None:
        """The customer of this tap pressed a button after all, or did not."""
        with self._changed:
            self._heard()
            if self._state == "counting" and id in self._taps:
                self._taps[id] = replace(self._taps[id], pressed=pressed)

    def take_back(self, id: str) -> None:
        """The tap was a mistake."""
        with self._changed:
            self._heard()
            if self._state == "counting":
                self._taps.pop(id, None)

    def end(self) -> None:
        """Stop counting; what was tapped so far is kept."""
        with self._changed:
            if self._state == "counting":
                self._stopped_ms = min(self._clock.mono_ms(), self._began_ms + self._length_ms)
                self._state = "comparing"
                self._changed.notify_all()

    def needs_ms(self, counter: Counter, tolerance_s: float) -> int:
        """Contacts have to be known until then before the counts can be compared."""
        return self._stopped_ms + round(1000 * (tolerance_s + counter.leave_gap_s)) + SETTLE_MS

    def finish(self, result: dict[str, Any]) -> None:
        """Show the person the result."""
        with self._changed:
            self.result, self._state = result, "done"

    def wait_until_shown(self, seconds: float) -> bool:
        """Whether the page has fetched the result; a page that is gone is not waited for."""
        with self._changed:
            if self._clock.mono_ms() - self._heard_ms < HERE_MS:
                self._changed.wait_for(lambda: self._shown, seconds)
            return self._shown

    def wait(self, seconds: float) -> State:
        """The state after at most so long; the time being over ends the counting."""
        with self._changed:
            if self._state in ("ready", "counting"):
                self._changed.wait(seconds)
            if self._state == "counting" and self._clock.mono_ms() >= self._began_ms + self._length_ms:
                self.end()
            return self._state

    def view(self) -> dict[str, Any]:
        """What the page shows. Not what the counter says: that would guide the person's finger."""
        with self._changed:
            now = self._heard()
            if self._state == "done":
                self._shown = True
                self._changed.notify_all()
            last = sorted(self._taps.items(), key=lambda each: each[1].mono_ms)[-LAST_TAPS:]
            return {
                "state": self._state,
                "left_ms": max(0, self._began_ms + self._length_ms - now)
                if self._began_ms
                else self._length_ms,
                "observed": len(self._taps),
                "pressers": sum(tap.pressed for tap in self._taps.values()),
                "last": [
                    {"id": id, "ago_ms": now - tap.mono_ms, "pressed": tap.pressed} for id, tap in last[::-1]
                ],
                "result": self.result,
            }

    def _takes(self, at_ms: int) -> bool:
        """Whether a tap of that time counts: also one that comes late, until the comparison is made."""
        return self._state == "counting" or (self._state == "comparing" and at_ms <= self._stopped_ms)

    def _heard(self) -> int:
        self._heard_ms = self._clock.mono_ms()
        return self._heard_ms


@dataclass(frozen=True)
class Verdict:
    """The result of an audit."""

    counter: Counter
    period_s: float
    comparison: Comparison
    complete: bool
    notes: tuple[str, ...] = field(default=())
    """What a reader should know, one sentence each."""

    @property
    def precision(self) -> Share | None:
        """Of the counter's contacts, those that the person saw too."""
        return share(self.comparison.matched, self.comparison.counted)

    @property
    def recall(self) -> Share | None:
        """Of the person's contacts, those that the counter had too."""
        return share(self.comparison.matched, self.comparison.observed)

    @property
    def pressers_recall(self) -> Share | None:
        """The same of the customers who pressed."""
        return share(self.comparison.pressers_matched, self.comparison.pressers_observed)

    @property
    def event(self) -> CounterAudited:
        """What the hub is told."""
        numbers = asdict(self.comparison)
        return CounterAudited(
            period_s=self.period_s, source=self.counter.source, camera=self.counter.camera, **numbers
        )

    def as_dict(self) -> dict[str, Any]:
        """For programs and for the page."""
        shares = {name: getattr(self, name) for name in ("precision", "recall", "pressers_recall")}
        return {
            "source": self.counter.source,
            "camera": self.counter.camera,
            "period_s": self.period_s,
            **asdict(self.comparison),
            **{name: each and asdict(each) for name, each in shares.items()},
            "complete": self.complete,
            "notes": list(self.notes),
        }

    def as_text(self) -> str:
        """For people."""
        numbers = self.comparison
        minutes, seconds = divmod(round(self.period_s), 60)
        counts = f"{numbers.observed} seen, {numbers.counted} counted, {numbers.matched} both"
        lines = [
            f"{self.counter}, {minutes} min {seconds} s: {counts}",
            f"precision {_percent(self.precision)}: of the counted, those who were really served",
            f"recall {_percent(self.recall)}: of the served, those who were counted",
        ]
        if numbers.pressers_observed:
            lines.append(f"recall of those who pressed {_percent(self.pressers_recall)}")
        return "\n".join([*lines, *self.notes])


def judge(session: AuditSession, watch: CounterWatch, counter: Counter, tolerance_s: float) -> Verdict:
    """Compare both counts, once the session has ended and the watch knows all contacts."""
    start, end = session.period_ms
    comparison = compare(watch.left_ms, session.taps, (start, end), round(1000 * tolerance_s))
    notes = tuple(_notes(session, watch, comparison, session.needs_ms(counter, tolerance_s)))
    return Verdict(counter, (end - start) / 1000, comparison, session.complete, notes)


def _notes(session: AuditSession, watch: CounterWatch, numbers: Comparison, needed_ms: int) -> Iterator[str]:
    if not session.complete:
        yield "The audit ended before its time: this is what was tapped until then."
    if watch.known_ms < needed_ms:
        yield "The agent said nothing any more: its last contacts may be missing."
    if len(watch.agents) > 1:
        yield "The agent was started anew during the audit: some of its contacts may be missing."
    if troubles := sorted(watch.camera_states - {"ok", "none"}):
        yield f"A camera was not well during the audit: {', '.join(troubles)}."
    if min(numbers.observed, numbers.counted) < FEW_CONTACTS:
        yield f"Fewer than {FEW_CONTACTS} contacts: the intervals are wide, audit for longer."


def _percent(part: Share | None) -> str:
    if part is None:
        return "unknown"
    return f"{100 * part.value:.0f} % ({100 * part.lower:.0f} to {100 * part.upper:.0f})"
