"""A small chain of stores as its devices would tell it: four days of three tills, with all that goes wrong.

Repeats, children, staff votes, a blind camera, undone presses, a boot without the time, duplicates, events
that come hours late. The same every time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from tests.harness.ingesting import DAY, HOUR, MINUTE, Box

from tillsight_models.events import (
    ButtonPressed,
    CameraReported,
    CameraState,
    ContactEnded,
    CounterAudited,
    EmotionWindowed,
    Payload,
)

SEED_TOML = """
[[org]]
id = "acme"
name = "Acme"

[[region]]
id = "north"
name = "North"
org = "acme"

[[store]]
id = "rome"
name = "Rome"
region = "north"
tz = "Europe/Rome"
[store.opening_hours]
mon = ["09:00-21:00"]
tue = ["09:00-21:00"]
wed = ["09:00-21:00"]
thu = ["09:00-21:00"]
fri = ["17:00-02:00"]
sat = ["17:00-02:00"]
sun = ["17:00-02:00"]

[[touchpoint]]
id = "till-1"
name = "Till 1"
store = "rome"
contact_source = "camera"

[[touchpoint]]
id = "till-2"
name = "Till 2"
store = "rome"
contact_source = "camera"

[[touchpoint]]
id = "exit"
name = "Exit"
store = "rome"

[[device]]
id = "box-1"
touchpoint = "till-1"

[[device]]
id = "box-2"
touchpoint = "till-2"

[[device]]
id = "box-3"
touchpoint = "exit"
"""

FIRST = 1_792_706_400_000
"""2026-10-23 00:00 in Rome, a Friday; the clocks go back on the Sunday night."""
DAYS = 4
VALIDATION = ((80, 15, 5, 0), (10, 80, 10, 0), (5, 35, 60, 0))


@dataclass
class Till:
    """A device and what it has to say, by when."""

    box: Box
    random: np.random.Generator
    sent: list[tuple[int, bytes]] = field(default_factory=list)
    """When the event is sent, ms UTC, and the event."""

    def say(self, payload: Payload, t: int, now: int | None = None, **at: Any) -> None:
        """Sent at once, or hours later, or twice; `now` where the device does not know it."""
        late = self.random.random() < 0.03
        event = self.box.event(payload, t=t, **at)
        at_ms = (now or t) + (int(self.random.integers(MINUTE, 6 * HOUR)) if late else 300)
        self.sent.append((at_ms, event))
        if self.random.random() < 0.02:
            self.sent.append((at_ms + 5000, event))


def messages(seed: int = 1) -> Iterator[tuple[Box, bytes, int]]:
    """(device, event, when it arrives), in order of arrival."""
    tills = [_till(number, seed) for number in (1, 2, 3)]
    arriving = [(at, till.box, event) for till in tills for at, event in till.sent]
    for at, box, event in sorted(arriving, key=lambda one: (one[0], one[2])):
        yield box, event, at


def _till(number: int, seed: int) -> Till:
    tp = ("till-1", "till-2", "exit")[number - 1]
    random = np.random.default_rng([20261023, seed, number])
    till = Till(Box(f"box-{number}", tp, f"{number}" * 16), random)
    for day in range(DAYS):
        opens = FIRST + day * DAY + 17 * HOUR
        _evening(till, opens, sees=number != 3)
        _staff(till, opens - 20 * MINUTE)
    if number != 3:
        audit = CounterAudited(
            period_s=7200, counted=90 + number, observed=94, matched=86, pressers_observed=9
        )
        till.say(audit, FIRST + 2 * DAY + 20 * HOUR)
    return till


def _evening(till: Till, opens: int, *, sees: bool) -> None:
    """Customers of four hours; the camera is blind in part of the third."""
    blind = range(opens + 130 * MINUTE, opens + 165 * MINUTE)
    for t in sorted(int(t) for t in till.random.integers(opens, opens + 4 * HOUR, 60)):
        if sees and t not in blind:
            till.say(ContactEnded(source="camera", dwell_s=float(till.random.integers(5, 60))), t)
        if till.random.random() < 0.4:
            _vote(till, t)
    _children(till, opens + 50 * MINUTE)
    _without_the_time(till, opens + 200 * MINUTE)
    if sees:
        _camera(till, opens, blind)
        _faces(till, opens)


def _vote(till: Till, t: int) -> None:
    rating = int(till.random.choice([1, 2, 3, 4], p=[0.15, 0.1, 0.25, 0.5]))
    till.say(_pressed(rating), t - 2000)
    chance = till.random.random()
    if chance < 0.1:
        till.say(_pressed(rating), t - 1200)
    elif chance < 0.15:
        till.say(ButtonPressed(button=1, rating=1, scale="smiley-4", labels=["repeat"]), t - 1500)
    elif chance < 0.2:
        till.sent.append((t + 400, till.box.undo(till.box.seq, t=t)))


def _pressed(rating: int, scale: str = "smiley-4") -> ButtonPressed:
    return ButtonPressed(button=rating, rating=rating, scale=scale)


def _children(till: Till, t: int) -> None:
    for press in range(15):
        till.say(_pressed(1 + press % 4), t + 700 * press)
    till.say(_pressed(5, "smiley-5"), t + 5 * MINUTE)


def _staff(till: Till, t: int) -> None:
    for press in range(8):
        till.say(_pressed(4), t + 11_000 * press)


def _without_the_time(till: Till, t: int) -> None:
    """Two presses before the device knew what time it is."""
    till.box.boot = f"boot-{t}"
    for second in (1, 40):
        mono = second * 1000
        till.say(_pressed(2), mono, t + mono, tq="unsynced", mono=mono)
    till.sent.append((t + 90_000, till.box.anchor(mono=60_000, wall=t + 60_000)))


def _camera(till: Till, opens: int, blind: range) -> None:
    for at, sees, period, working in (
        (opens + 120 * MINUTE, True, 7200.0, 7200.0),
        (blind.start, False, 600.0, 600.0),
        (blind.stop, True, 2100.0, 0.0),
        (opens + 240 * MINUTE, True, 4500.0, 4500.0),
    ):
        state: CameraState = "ok" if sees else "down"
        till.say(CameraReported(camera="front", state=state, period_s=period, working_s=working), at)


def _faces(till: Till, opens: int) -> None:
    for hour in range(1, 4):
        positive, neutral = (int(n) for n in till.random.integers(4, 9, 2))
        till.say(
            EmotionWindowed(
                period_s=3600,
                positive=positive,
                neutral=neutral,
                negative=2,
                unknown=3,
                validation=VALIDATION,
            ),
            opens + hour * HOUR,
        )
