"""Simulated shoppers in front of the real agent: mock pins or the panel's own code, and a presence sensor."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from gpiozero import Factory
from gpiozero.pins.mock import MockFactory

from tillsight_models.scales import scale

from .agent import Agent
from .books import Books
from .config import DeviceConfig, PanelSettings, PresenceSettings
from .fakes import SimulatedPanel

HOLD_S = 0.06
SETTLE_S = 0.3
"""After the last press, until it is certainly in the outbox."""
UNDO_SHARE = 0.05
REPEAT_SHARE = 0.1
MOODS = (0.06, 0.08, 0.12, 0.28, 0.46)
"""Shares of five moods, worst first, spread over the scale's ratings."""


@dataclass(frozen=True)
class Pace:
    """How much goes on, on average; a visit takes its time, so there is a natural limit."""

    presses_per_minute: float
    contacts_per_minute: float


@dataclass(frozen=True)
class Step:
    """One thing that a shopper does, `after_s` after the one before."""

    after_s: float
    what: Literal["arrive", "press", "undo", "leave"]
    button: int = 0


def steps(
    dice: random.Random, pace: Pace, panel: PanelSettings, presence: PresenceSettings
) -> Iterator[Step]:
    """What shoppers do, for ever: most come, are served and go silently, some press, few twice or wrongly."""
    if presence.pins and pace.contacts_per_minute > 0:
        share = pace.presses_per_minute / pace.contacts_per_minute
        while True:
            yield from _visit(dice, 60 / pace.contacts_per_minute, share, panel, presence)
    while pace.presses_per_minute > 0:
        yield from _presses(dice, dice.uniform(0.5, 1.5) * 60 / pace.presses_per_minute, 1, panel)


def _visit(
    dice: random.Random, every_s: float, share: float, panel: PanelSettings, presence: PresenceSettings
) -> Iterator[Step]:
    cycle_s = every_s * dice.uniform(0.6, 1.4)
    dwell_s = max(presence.min_dwell_s * 1.2 + 0.1, 0.7 * cycle_s)
    yield Step(max(presence.leave_gap_s * 1.2 + 0.1, cycle_s - dwell_s), "arrive")
    responses = int(share) + (dice.random() < share % 1)
    left_s = dwell_s
    for step in _presses(dice, 0.6 * dwell_s, responses, panel):
        left_s -= step.after_s + HOLD_S
        yield step
    yield Step(max(0.05, left_s), "leave")


def _presses(dice: random.Random, after_s: float, responses: int, panel: PanelSettings) -> Iterator[Step]:
    """The presses of one visit; a mistake is taken back where the panel has a button for it."""
    for number in range(responses):
        yield Step(after_s if number == 0 else 0.2, "press", _button(dice, panel))
        if panel.undo_button and panel.undo_s > 1 and dice.random() < UNDO_SHARE:
            yield Step(0.5, "undo")
            yield Step(0.5, "press", _button(dice, panel))
        elif dice.random() < REPEAT_SHARE:
            yield Step(dice.uniform(0.2, 1.0), "press", _button(dice, panel))


def _button(dice: random.Random, panel: PanelSettings) -> int:
    ratings = scale(panel.scale).ratings
    mood = dice.choices(range(len(MOODS)), MOODS)[0]
    rating = min(ratings, 1 + int((mood + dice.random()) * ratings / len(MOODS)))
    return ratings + 1 - rating if panel.reversed else rating


class Buttons(Protocol):
    """Something with buttons to press."""

    def press(self, button: int) -> None:
        """Press and release; returns when the button may be pressed again."""


class MockPins:
    """gpiozero's mock pins, pressed as a finger does it: the contacts bounce."""

    def __init__(self, factory: MockFactory, panel: PanelSettings) -> None:
        self._factory = factory
        self._panel = panel

    def press(self, button: int) -> None:
        """See Buttons."""
        self._bounce(button, closed=True)
        time.sleep(HOLD_S)
        self._bounce(button, closed=False)
        time.sleep(0.02)

    def _bounce(self, button: int, *, closed: bool) -> None:
        pin = self._factory.pin(self._panel.pins[button - 1])
        for level in (closed, not closed, closed, not closed, closed):
            if level == self._panel.active_low:
                pin.drive_low()
            else:
                pin.drive_high()
            time.sleep(0.0005)


class Shoppers:
    """Does what `steps` says until it is stopped, and counts what it did."""

    def __init__(
        self, plan: Iterator[Step], buttons: Buttons, sensor: Callable[[bool], None], undo: int | None
    ) -> None:
        self._plan = plan
        self._buttons = buttons
        self._sensor = sensor
        self._undo = undo
        self.pressed = self.undone = self.contacts = 0

    def run(self, stopping: threading.Event) -> None:
        """Returns when stopped; whoever stands there then never leaves."""
        for step in self._plan:
            if stopping.wait(step.after_s):
                return
            if step.what == "press":
                self._buttons.press(step.button)
                self.pressed += 1
            elif step.what == "undo" and self._undo is not None:
                self._buttons.press(self._undo)
                self.undone += 1
            elif step.what == "arrive":
                self._sensor(True)
            elif step.what == "leave":
                self._sensor(False)
                self.contacts += 1


def simulate(
    config: DeviceConfig,
    pace: Pace,
    stopping: threading.Event,
    *,
    seed: int,
    seconds: float | None,
    drain_s: float,
    config_file: Path | None = None,
) -> dict[str, Any]:
    """Run the agent with shoppers for `seconds`, or until `stopping`; the books after the outbox drained.

    Cameras are real ones to it, and looked at by the real process, which `config_file` is for.
    """
    with ExitStack() as parts:
        factory = MockFactory()
        parts.callback(factory.close)
        config, buttons = _panel(config, factory, parts)
        agent = Agent(config, factory, config_file=config_file)
        shoppers = Shoppers(
            steps(random.Random(seed), pace, config.panel, config.presence),
            buttons,
            lambda present: _stand(factory, config.presence, present),
            config.panel.undo_number,
        )
        shopping = threading.Thread(
            target=_shop,
            args=(agent, shoppers, seconds, config.presence.leave_gap_s, stopping),
            name="shoppers",
        )
        shopping.start()
        try:
            agent.run(drain_s)
        finally:
            stopping.set()
            shopping.join()
        books = agent.outbox.books()
        agent.outbox.close()
        seen = agent.eyes.contacts if agent.eyes else 0
        return _account(config, shoppers, books, seen)


def as_text(account: dict[str, Any]) -> str:
    """The books for a person."""
    return (
        f"{account['device']}: {account['pressed']} presses, {account['contacts']} contacts,"
        f" {account['camera_contacts']} more by camera;"
        f" {account['appended']} events appended, {account['acked']} acknowledged,"
        f" {account['dropped']} dropped, {account['left']} waiting"
    )


def _panel(config: DeviceConfig, factory: MockFactory, parts: ExitStack) -> tuple[DeviceConfig, Buttons]:
    """Buttons to press, and the configuration with which the agent finds them."""
    if config.panel.kind == "gpio":
        return config, MockPins(factory, config.panel)
    panel = SimulatedPanel(config.panel.buttons)
    panel.start()
    parts.callback(panel.stop)
    kind = "serial" if config.panel.kind == "serial" else "simulated"
    settings = config.panel.model_copy(update={"kind": kind, "port": panel.port})
    return config.model_copy(update={"panel": settings}), panel


def _stand(factory: Factory, presence: PresenceSettings, present: bool) -> None:
    pin = factory.pin(presence.pins[0])
    if present == presence.active_high:
        pin.drive_high()
    else:
        pin.drive_low()


def _shop(
    agent: Agent, shoppers: Shoppers, seconds: float | None, leave_gap_s: float, stopping: threading.Event
) -> None:
    """Shoppers come when the agent has started; it stops when the last one is certainly in the outbox."""
    while not agent.started.wait(0.05):
        if stopping.is_set():
            agent.stop()
            return
    timer = threading.Timer(seconds or 0, stopping.set)
    if seconds is not None:
        timer.start()
    shoppers.run(stopping)
    stopping.wait()
    timer.cancel()
    time.sleep(SETTLE_S + (leave_gap_s + 1 if shoppers.contacts else 0))
    agent.stop()


def _account(config: DeviceConfig, shoppers: Shoppers, books: Books, seen: int) -> dict[str, Any]:
    total = books.total
    return {
        "device": config.device.id,
        "stream": books.stream,
        "pressed": shoppers.pressed,
        "undone": shoppers.undone,
        "contacts": shoppers.contacts,
        "camera_contacts": seen,
        "appended": total.appended,
        "acked": total.acked,
        "dropped": total.dropped,
        "left": books.left,
        "by_type": {type: asdict(book) for type, book in books.by_type.items()},
    }
