import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.harness.panel_agent import open_outbox
from tests.harness.panel_line import CPythonPanel, Fingers, Line, MicroPythonPanel
from tests.harness.panel_micropython import HARNESS, MicroPython
from tests.harness.panel_noise import Noise
from tests.harness.processes import Process, wait_until

from tillsight_edge.buttons.serial import SerialPanel
from tillsight_edge.outbox import Outbox
from tillsight_edge.ports import LightSignal, PanelPress
from tillsight_models.events import ButtonPressed, PanelReported, Stamp, decode_event
from tillsight_panel.framing import encode
from tillsight_panel.messages import FIRMWARE, HELLO, THANKS, VERSION, pack


class JumpingClock:
    """The real monotonic clock, and what a test adds to it."""

    def __init__(self) -> None:
        self.ahead_ms = 0

    def mono_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000 + self.ahead_ms

    def stamp(self, mono_ms: int | None = None) -> Stamp:
        raise AssertionError("a panel has no use for the wall time")


class Agent:
    """What an agent sees of a panel. `takes_presses = False`: it commits none."""

    def __init__(self, line: Line, committed: tuple[int, int] | None = None) -> None:
        self.clock = JumpingClock()
        self.offered: list[PanelPress] = []
        self.committed: list[int] = []
        self.reports: list[PanelReported] = []
        self.takes_presses = True
        self.panel = SerialPanel(line.port, self.clock, committed)
        self.panel.start(self._press, self.reports.append)

    @property
    def states(self) -> list[str]:
        return [report.state for report in self.reports]

    def wait_for(self, *states: str) -> None:
        wait_until(lambda: self.states == list(states), f"{list(states)}, came {self.reports}")

    def _press(self, press: PanelPress) -> None:
        self.offered.append(press)
        if self.takes_presses:
            self.committed.append(press.button)
            press.confirm()


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    made = Line(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def device(line: Line) -> Iterator[CPythonPanel]:
    made = CPythonPanel(line)
    yield made
    made.stop()


@pytest.fixture
def start_agent(line: Line) -> Iterator[Callable[..., Agent]]:
    agents: list[Agent] = []

    def start(**words: tuple[int, int]) -> Agent:
        agents.append(Agent(line, **words))
        return agents[-1]

    yield start
    for agent in agents:
        agent.panel.stop()


def committed(outbox: Outbox) -> list[ButtonPressed]:
    """The presses in an outbox, in order."""
    payloads = [decode_event(held.raw).payload for held in outbox.held(0, 10_000, 10_000, 10_000_000)]
    return [payload for payload in payloads if isinstance(payload, ButtonPressed)]


def press_through_deaths(fingers: Fingers, line: Line, folder: Path) -> list[ButtonPressed]:
    """200 presses while the agent is killed every 15 presses or so and the panel is reset after every 50.

    Never more are on their way than the panel's queue holds. It is reset when all are committed, since its
    memory is gone with it by definition.
    """
    path, chance = folder / "outbox.db", random.Random(8)
    argv = [sys.executable, HARNESS / "panel_agent.py", line.port, path]
    agent = Process(argv, folder / "agent.log", env={"PYTHONPATH": str(HARNESS.parents[1])})
    outbox = open_outbox(path)
    agent.start()
    for number in range(200):
        wait_until(lambda least=number - 16: len(committed(outbox)) > least, f"press {number - 16}")
        fingers.command(f"press {1 + number % 5}")
        if chance.random() < 1 / 15:
            time.sleep(chance.uniform(0, 0.1))
            agent.kill()
            agent.start()
        if number % 50 == 49:
            wait_until(lambda least=number: len(committed(outbox)) > least, f"press {number}")
            fingers.command("reset")
    time.sleep(1.0)  # time for a press that comes twice
    agent.kill()
    presses = committed(outbox)
    outbox.close()
    return presses


@pytest.mark.parametrize("kind", ["CPython", pytest.param("MicroPython", marks=pytest.mark.micropython)])
def test_200_presses_survive_noise_kills_of_the_agent_and_resets_of_the_panel(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    line = Line(
        tmp_path, Noise(flipped=0.01, dropped=0.01, seed=1), Noise(flipped=0.01, dropped=0.01, seed=2)
    )
    if kind == "CPython":
        fingers: Fingers = CPythonPanel(line)
    else:
        runtime: MicroPython = request.getfixturevalue("micropython")
        fingers = MicroPythonPanel(line, runtime, tmp_path / "board")
    try:
        presses = press_through_deaths(fingers, line, tmp_path)
    finally:
        fingers.stop()
        line.stop()
    assert [press.button for press in presses] == [1 + number % 5 for number in range(200)]
    assert [press.panel_boot for press in presses] == [1 + number // 50 for number in range(200)]
    assert len({(press.panel_boot, press.panel_seq) for press in presses}) == 200


def test_a_panel_that_is_there_is_reported_once(
    device: CPythonPanel, start_agent: Callable[..., Agent]
) -> None:
    agent = start_agent()
    agent.wait_for("ok")
    assert agent.reports[0].detail == "panel 000000000000e661, firmware 1.1, 5 buttons"
    assert agent.panel.status().state == "ok"
    assert agent.panel.status().firmware == "1.1"


def test_a_panel_that_is_plugged_in_later_is_found(
    line: Line, device: CPythonPanel, start_agent: Callable[..., Agent]
) -> None:
    line.unplug()
    agent = start_agent()
    agent.wait_for("lost")
    assert "ttyPANEL" in agent.reports[0].detail
    assert agent.panel.status().state == "lost"
    line.plug()
    device.command("press 4")
    agent.wait_for("lost", "ok")
    wait_until(lambda: agent.committed == [4], "the press")


def test_a_pulled_plug_loses_no_press_and_doubles_none(
    line: Line, device: CPythonPanel, start_agent: Callable[..., Agent]
) -> None:
    agent = start_agent()
    device.command("press 1")
    wait_until(lambda: agent.committed == [1], "the first press")
    line.unplug()
    agent.wait_for("ok", "lost")
    device.command("press 2")
    device.command("press 3")
    line.plug()
    agent.wait_for("ok", "lost", "ok")
    wait_until(lambda: len(agent.committed) >= 3, "the presses")
    assert agent.committed == [1, 2, 3]


def test_a_press_made_while_unplugged_keeps_its_time(
    line: Line, device: CPythonPanel, start_agent: Callable[..., Agent]
) -> None:
    agent = start_agent()
    agent.wait_for("ok")
    line.unplug()
    agent.wait_for("ok", "lost")
    before = agent.clock.mono_ms()
    device.command("press 2")
    wait_until(lambda: device.device.panel.link.queued == 1, "the press in the panel")
    after = agent.clock.mono_ms()
    time.sleep(1.0)
    line.plug()
    wait_until(lambda: agent.committed == [2], "the press")
    assert before - 500 <= agent.offered[0].mono_ms <= after + 500, "not when it was plugged in"


def test_a_panel_that_falls_silent_is_lost_and_comes_back(
    line: Line, device: CPythonPanel, start_agent: Callable[..., Agent]
) -> None:
    agent = start_agent()
    agent.wait_for("ok")
    line.to_host = Noise(dropped=1.0)
    agent.clock.ahead_ms += 4_000
    agent.wait_for("ok", "lost")
    assert agent.reports[-1].detail == "said nothing for 3.5 s"
    line.to_host = Noise()
    agent.wait_for("ok", "lost", "ok")


def test_a_reset_is_reported_with_its_cause(device: CPythonPanel, start_agent: Callable[..., Agent]) -> None:
    agent = start_agent()
    agent.wait_for("ok")
    device.command("reset")
    device.command("press 5")
    agent.wait_for("ok", "reset")
    assert agent.reports[-1].detail == "watchdog"
    wait_until(lambda: agent.committed == [5], "the press after the reset")
    assert agent.offered[0].panel_boot == 2


def test_a_reset_while_the_agent_was_away_is_reported_too(
    device: CPythonPanel, start_agent: Callable[..., Agent]
) -> None:
    start_agent(committed=(4_711, 12)).wait_for("ok", "reset")


def test_a_press_that_an_earlier_agent_committed_is_not_offered(
    line: Line, device: CPythonPanel, start_agent: Callable[..., Agent]
) -> None:
    for button in (1, 2, 3):
        device.command(f"press {button}")
    wait_until(lambda: device.device.panel.link.queued == 3, "three presses in the panel")
    agent = start_agent(committed=(1, 2))
    wait_until(lambda: agent.committed == [3], "the third press")
    wait_until(lambda: device.device.panel.link.queued == 0, "an empty panel")


def test_a_press_that_is_not_confirmed_is_offered_again_before_any_other(
    device: CPythonPanel, start_agent: Callable[..., Agent]
) -> None:
    agent = start_agent()
    agent.takes_presses = False
    device.command("press 1")
    device.command("press 2")
    wait_until(lambda: len(agent.offered) == 1, "the first offer")
    agent.clock.ahead_ms += 1_000
    wait_until(lambda: len(agent.offered) == 2, "the second offer")
    agent.takes_presses = True
    agent.clock.ahead_ms += 1_000
    wait_until(lambda: agent.committed == [1, 2], "both presses")
    assert [press.button for press in agent.offered] == [1, 1, 1, 2]


def test_a_press_may_be_confirmed_later_by_another_thread(
    device: CPythonPanel, start_agent: Callable[..., Agent]
) -> None:
    agent = start_agent()
    agent.takes_presses = False
    device.command("press 1")
    wait_until(lambda: len(agent.offered) == 1, "the offer")
    assert device.device.panel.link.queued == 1
    threading.Timer(0.05, agent.offered[0].confirm).start()
    wait_until(lambda: device.device.panel.link.queued == 0, "an empty panel")
    assert len(agent.offered) == 1


def test_a_light_is_shown_and_goes_out_by_itself(
    device: CPythonPanel, start_agent: Callable[..., Agent]
) -> None:
    agent = start_agent()
    agent.wait_for("ok")
    agent.panel.light(LightSignal.THANKS)
    wait_until(lambda: device.device.panel.light == THANKS, "the light")
    wait_until(lambda: device.device.panel.light == 0, "darkness")


def test_a_stuck_button_is_reported_and_seen_in_the_status(
    device: CPythonPanel, start_agent: Callable[..., Agent]
) -> None:
    agent = start_agent()
    agent.wait_for("ok")
    debounce = device.device.panel.debounce
    wait_until(lambda: not debounce.down, "buttons that were seen released")
    debounce.stuck_ms = 100
    device.command("hold 3")
    agent.wait_for("ok", "stuck")
    assert agent.reports[-1].button == 3
    assert agent.panel.status().state == "stuck"
    device.command("release 3")
    agent.wait_for("ok", "stuck", "unstuck")
    assert agent.panel.status().state == "ok"
    assert agent.committed == [3]


def test_presses_beyond_the_panel_s_queue_are_reported(
    device: CPythonPanel, start_agent: Callable[..., Agent]
) -> None:
    for _ in range(30):
        device.command("press 1")
    wait_until(lambda: device.device.panel.link.lost == 6, "a full queue")
    agent = start_agent()
    agent.wait_for("ok", "overflow")
    assert agent.reports[-1].detail == "6 events lost: the panel's queue was full"
    assert agent.committed == [1] * 24


def test_a_panel_with_another_protocol_is_named_and_not_used(
    line: Line, start_agent: Callable[..., Agent]
) -> None:
    agent = start_agent()
    far = os.open(line.far, os.O_RDWR | os.O_NOCTTY)
    hello = encode(pack(HELLO, VERSION + 1, *FIRMWARE, 1, 1, 5, 24, 0, 0))
    wait_until(lambda: bool(os.write(far, hello) and agent.reports), "word of the panel")
    assert agent.reports[0].state == "lost"
    assert agent.reports[0].detail == "speaks version 2, expected 1"
    os.close(far)


def test_two_agents_do_not_share_a_port(device: CPythonPanel, start_agent: Callable[..., Agent]) -> None:
    first = start_agent()
    first.wait_for("ok")
    second = start_agent()
    second.wait_for("lost")
    device.command("press 1")
    wait_until(lambda: first.committed == [1], "the press")
    assert second.committed == []


def test_a_stopped_agent_leaves_its_unconfirmed_press_to_the_next(
    device: CPythonPanel, start_agent: Callable[..., Agent]
) -> None:
    first = start_agent()
    first.takes_presses = False
    device.command("press 2")
    wait_until(lambda: len(first.offered) == 1, "the offer")
    first.panel.stop()
    second = start_agent()
    wait_until(lambda: second.committed == [2], "the press")
    first.offered[0].confirm()  # too late, and harmless
