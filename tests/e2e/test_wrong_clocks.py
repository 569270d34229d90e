"""A till that boots without the right time: its presses are dated by the hub once it knows it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import select
from tests.harness.brokers import Mosquitto
from tests.harness.chaos_scenes import disagreements, looking_into
from tests.harness.chaos_stage import ORG, STORE, Hub, touchpoint_of
from tests.harness.processes import wait_until

from tillsight_edge.agent import Agent
from tillsight_edge.clock import SystemClock
from tillsight_edge.config import DeviceConfig, DeviceSettings, HubSettings, OutboxSettings, PanelSettings
from tillsight_edge.ports import PanelPress
from tillsight_hub import tables
from tillsight_models.events import ClockQuality, Stamp

YEAR_MS, HOUR_MS = 365 * 86_400_000, 3_600_000


class WrongClock(SystemClock):
    """A clock that is wrong from its boot until somebody sets it."""

    def __init__(self, boot: str, wrong_by_ms: int) -> None:
        super().__init__(has_rtc=False)
        self._name, self.wrong_by_ms = boot, wrong_by_ms
        self._since_ms = super().mono_ms() - 5_000

    def mono_ms(self) -> int:
        return super().mono_ms() - self._since_ms

    def stamp(self, mono_ms: int | None = None) -> Stamp:
        at = super().stamp(mono_ms)
        quality: ClockQuality = "unsynced" if self.wrong_by_ms else "ntp"
        return Stamp(t=max(0, at.t + self.wrong_by_ms), tq=quality, boot=self._name, mono=at.mono)


@contextmanager
def booted(folder: Path, mqtt_port: int, clock: WrongClock) -> Iterator[Agent]:
    """A real agent in this process, on a machine with this clock."""
    config = DeviceConfig(
        device=DeviceSettings(id="till-1", org=ORG, site=STORE, touchpoint=touchpoint_of("till-1")),
        panel=PanelSettings(kind="serial", port=folder / "no-panel", cooldown_s=0),
        outbox=OutboxSettings(path=folder / "till-1.outbox"),
        hub=HubSettings(host="127.0.0.1", port=mqtt_port),
    )
    with patch("tillsight_edge.agent.SystemClock", lambda *_: clock):
        agent = Agent(config)
    thread = threading.Thread(target=agent.run)
    thread.start()
    try:
        yield agent
    finally:
        agent.stop()
        thread.join()


def press(agent: Agent, clock: WrongClock) -> int:
    """Press a button; the true time, ms UTC."""
    agent.feedback.press(PanelPress(1, clock.mono_ms(), confirm=lambda: None))
    return time.time_ns() // 1_000_000


@pytest.mark.mosquitto
def test_presses_before_the_clock_was_right_land_at_their_true_time(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    """One boot has set its clock before the hub hears of it, one only after, and one never does."""
    hub = Hub(tmp_path / "hub", mqtt_port=mosquitto.port, database_url=None, devices=["till-1"])
    try:
        behind = WrongClock("a-year-behind", -YEAR_MS)
        with booted(tmp_path, mosquitto.port, behind) as agent:
            truth = [press(agent, behind) for _ in range(3)]
            behind.wrong_by_ms = 0
            wait_until(lambda: appended(agent, "device.clock") == 1, "an anchor")
        hub.start()
        hub.wait_ready()
        ahead = WrongClock("an-hour-ahead", HOUR_MS)
        with booted(tmp_path, mosquitto.port, ahead) as agent:
            truth += [press(agent, ahead) for _ in range(3)]
            wait_until(lambda: agent.outbox.books().left == 0, "an empty outbox")
            assert hours(hub)[tables.UNDATED_HOUR] == 3
            ahead.wrong_by_ms = 0
            truth.append(press(agent, ahead))
            wait_until(lambda: appended(agent, "device.clock") == 2, "an anchor")
        lost = WrongClock("never-set", -YEAR_MS)
        with booted(tmp_path, mosquitto.port, lost) as agent:
            press(agent, lost)
            wait_until(lambda: agent.outbox.books().left == 0, "an empty outbox")
        assert disagreements(hub) == []
        by_hour, dated = hours(hub), times(hub)
    finally:
        hub.stop()
    assert dated == [pytest.approx(t, abs=2_000) for t in truth]
    assert by_hour.pop(tables.UNDATED_HOUR) == 1
    assert sum(by_hour.values()) == len(truth)
    assert all(-2_000 <= t - 1_000 * min(by_hour) < 2 * HOUR_MS for t in truth)


def hours(hub: Hub) -> dict[int, int]:
    """Presses by the UTC seconds at which their hour began."""
    hour = tables.rollup_hour.c
    with looking_into(hub) as connection:
        rows = connection.execute(select(hour.hour, hour.presses).where(hour.presses > 0))
        return {begin: presses for begin, presses in rows}  # noqa: C416


def times(hub: Hub) -> list[int]:
    """When the dated presses happened, as the hub knows now, in the order in which they were made."""
    event = tables.event.c
    query = select(event.t).where(event.type == "button.press", event.tq == "ntp").order_by(event.seq)
    with looking_into(hub) as connection:
        return list(connection.scalars(query))


def appended(agent: Agent, type: str) -> int:
    """How many events of a type the outbox has ever taken."""
    book = agent.outbox.books().by_type.get(type)
    return book.appended if book else 0
