"""Buttons on pins: the recorded bounce gives one press each, and no press is lost while the disk is away."""

from collections.abc import Iterator

import pytest
from gpiozero.pins.mock import MockFactory
from tests.harness.panel_bounce import BUTTONS, BounceCase, bounce_cases
from tests.harness.processes import wait_until

from tillsight_edge.buttons.gpio import GpioPanel
from tillsight_edge.buttons.held import MOST
from tillsight_edge.clock import SystemClock
from tillsight_edge.config import PanelSettings
from tillsight_edge.errors import PinsUnavailable
from tillsight_edge.fakes import FakeClock
from tillsight_edge.ports import LightSignal, PanelPress
from tillsight_models.events import PanelReported

PINS = (5, 6, 13, 19, 26)
LIGHT = 16


class Till:
    """A panel with five buttons on mock pins, in simulated time."""

    def __init__(self, factory: MockFactory, *, active_low: bool = True) -> None:
        self.factory = factory
        self.clock = FakeClock()
        self.start_ms = self.clock.mono_ms()
        self.active_low = active_low
        self.settings = PanelSettings(
            kind="gpio", scale="smiley-5", pins=PINS, active_low=active_low, light_pin=LIGHT
        )
        self.panel = GpioPanel(self.settings, self.clock, factory)
        self.presses: list[PanelPress] = []
        self.reports: list[PanelReported] = []
        self.writable = True

    def open(self) -> None:
        """Open the panel and let it see every button released."""
        self.panel.open(self.take, self.reports.append)
        self.wait(20)

    def take(self, press: PanelPress) -> None:
        """As the agent does with a press."""
        if self.writable:
            self.presses.append(press)
            press.confirm()

    def set(self, button: int, closed: bool) -> None:
        """Close or open a contact."""
        pin = self.factory.pin(PINS[button - 1])
        if closed == self.active_low:
            pin.drive_low()
        else:
            pin.drive_high()

    def wait(self, milliseconds: int, every: int = 4) -> None:
        """Let time pass, with a turn every so often."""
        for _ in range(0, milliseconds, every):
            self.clock.advance(every / 1000)
            self.panel.turn()

    def press(self, button: int) -> None:
        self.set(button, True)
        self.wait(60)
        self.set(button, False)
        self.wait(60)

    def pressed(self) -> list[int]:
        return [press.button for press in self.presses]


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    factory = MockFactory()
    yield factory
    factory.reset()


@pytest.fixture
def till(factory: MockFactory) -> Iterator[Till]:
    till = Till(factory)
    till.open()
    yield till
    till.panel.stop()


@pytest.mark.parametrize("every_ms", [1, 4, 100])
@pytest.mark.parametrize("case", bounce_cases(), ids=lambda case: case.name)
def test_recorded_bounce_gives_one_press_per_press(till: Till, case: BounceCase, every_ms: int) -> None:
    """Also where the thread turns only now and then, because each edge carries its time."""
    assert till.settings.buttons == BUTTONS
    start = till.clock.mono_ms()
    edges = iter(case.edges)
    upcoming = next(edges, None)
    for ms in range(0, case.end_ms + every_ms, every_ms):
        while upcoming and upcoming[0] // 1000 <= ms:
            till.clock.advance_to(start + upcoming[0] // 1000)
            till.set(upcoming[1], bool(upcoming[2]))
            upcoming = next(edges, None)
        till.clock.advance_to(start + ms)
        till.panel.turn()
    assert till.pressed() == case.presses


def test_a_press_says_when_the_contact_was_certainly_closed(till: Till) -> None:
    start = till.clock.mono_ms()
    till.press(3)
    (press,) = till.presses
    assert press.mono_ms == start + till.settings.settle_ms
    assert (press.panel_boot, press.panel_seq) == (None, None)


def test_an_edge_that_was_missed_is_seen_by_looking(till: Till) -> None:
    pin = till.factory.pin(PINS[1])
    pin.when_changed = None
    till.press(2)
    assert till.pressed() == [2]


def test_buttons_to_the_supply_work_like_buttons_to_ground(factory: MockFactory) -> None:
    till = Till(factory, active_low=False)
    till.open()
    till.press(5)
    till.panel.stop()
    assert till.pressed() == [5]


def test_a_finger_that_was_there_first_did_not_press_for_us(factory: MockFactory) -> None:
    till = Till(factory)
    till.panel.open(till.take, till.reports.append)
    till.set(1, True)
    till.wait(200)
    till.set(1, False)
    till.wait(200)
    assert till.pressed() == []
    till.press(1)
    till.panel.stop()
    assert till.pressed() == [1]


def test_a_stuck_button_is_reported_and_so_is_its_end(till: Till) -> None:
    till.set(4, True)
    till.wait(11_000, every=100)
    assert till.panel.status().state == "stuck"
    till.press(2)
    till.set(4, False)
    till.wait(100)
    assert till.reports == [
        PanelReported(state="stuck", button=4),
        PanelReported(state="unstuck", button=4),
    ]
    assert till.pressed() == [4, 2]
    assert till.panel.status().state == "ok"


def test_presses_wait_in_order_while_they_cannot_be_written(till: Till) -> None:
    till.writable = False
    for button in (1, 2, 3):
        till.press(button)
    assert till.pressed() == []
    till.writable = True
    till.wait(2_000)
    assert till.pressed() == [1, 2, 3]
    assert [press.mono_ms for press in till.presses] == sorted(press.mono_ms for press in till.presses)


def test_more_presses_than_can_wait_are_reported_once(till: Till) -> None:
    till.writable = False
    for _ in range(MOST + 3):
        till.press(1)
    assert [report.state for report in till.reports] == ["overflow"]
    till.writable = True
    till.wait(2_000)
    assert len(till.presses) == MOST


def test_the_light_shines_and_goes_out(till: Till) -> None:
    pin = till.factory.pin(LIGHT)
    till.panel.light(LightSignal.THANKS)
    wait_until(lambda: pin.state, "light")
    wait_until(lambda: not pin.state, "darkness")


def test_a_machine_without_such_pins_says_so(factory: MockFactory) -> None:
    settings = PanelSettings(kind="gpio", pins=(5, 6, 13, 50))
    with pytest.raises(PinsUnavailable, match="50"):
        GpioPanel(settings, FakeClock(), factory).start(lambda _: None, lambda _: None)


def test_the_panels_own_thread_hears_a_finger(factory: MockFactory) -> None:
    """In real time, with a clock that goes by itself."""
    settings = PanelSettings(kind="gpio", scale="smiley-5", pins=PINS)
    pressed: list[int] = []

    def take(press: PanelPress) -> None:
        pressed.append(press.button)
        press.confirm()

    panel = GpioPanel(settings, SystemClock(), factory)
    panel.start(take, lambda _: None)
    pin = factory.pin(PINS[2])
    wait_until(lambda: not panel._debounce.down, "buttons seen released")
    pin.drive_low()
    wait_until(lambda: pressed == [3], "a press")
    pin.drive_high()
    panel.stop()
    assert pressed == [3]
