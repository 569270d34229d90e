"""A reconnect storm: a whole fleet comes back at once, with weeks of events, through one mosquitto."""

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select
from tests.harness.brokers import Mosquitto
from tests.harness.chaos_scenes import disagreements, looking_into
from tests.harness.chaos_stage import ROOT, Hub

from tillsight_hub import tables

PROCESSES = 2
LONGEST_S = 240


@dataclass(frozen=True)
class Storm:
    """How one went."""

    sent: int
    """Events that the devices sent, repetitions included."""
    seconds: float


def drained(folder: Path, port: int, devices: list[str], events: int) -> Storm:
    """Fill the outboxes of these devices with `events` each and let all go at once, until all are empty."""
    folder.mkdir()
    options = [f"--folder={folder}", f"--port={port}", f"--events={events}"]
    crowds = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.harness.chaos_storm", *options, *devices[part::PROCESSES]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for part in range(PROCESSES)
    ]
    try:
        for crowd in crowds:
            assert crowd.stdout is not None
            assert crowd.stdout.readline() == "ready\n"
        begin = time.monotonic()
        for crowd in crowds:
            assert crowd.stdin is not None
            crowd.stdin.write("go\n")
            crowd.stdin.flush()
        sent = sum(int(crowd.communicate(timeout=LONGEST_S)[0]) for crowd in crowds)
        return Storm(sent, time.monotonic() - begin)
    finally:
        for crowd in crowds:
            crowd.kill()
            crowd.communicate()


@pytest.mark.mosquitto
def test_fifty_devices_that_come_back_at_once_drain_without_collapse(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    few = [f"calm-{n}" for n in range(4)]
    fleet = [f"till-{n}" for n in range(50)]
    each_of_few, each = 5_000, 2_000
    hub = Hub(tmp_path / "hub", mqtt_port=mosquitto.port, database_url=None, devices=few + fleet)
    hub.start()
    try:
        hub.wait_ready()
        calm = drained(tmp_path / "calm", mosquitto.port, few, each_of_few)
        storm = drained(tmp_path / "storm", mosquitto.port, fleet, each)
        with looking_into(hub) as connection:
            query = select(tables.event.c.dev, func.count()).group_by(tables.event.c.dev)
            stored = {device: events for device, events in connection.execute(query)}  # noqa: C416
        assert disagreements(hub) == []
    finally:
        hub.stop()
    assert stored == dict.fromkeys(few, each_of_few) | dict.fromkeys(fleet, each)
    report(calm, storm, len(few) * each_of_few, len(fleet) * each)
    assert storm.sent < 1.5 * len(fleet) * each


def report(calm: Storm, storm: Storm, calm_events: int, storm_events: int) -> None:
    """Print the rates (shown with -s): on two shared cores only their ratio says something."""
    calm_rate, storm_rate = calm_events / calm.seconds, storm_events / storm.seconds
    print(f"\n 4 devices: {calm_rate:,.0f} events/s, each sent {calm.sent / calm_events:.2f} times")
    print(f"50 devices: {storm_rate:,.0f} events/s, each sent {storm.sent / storm_events:.2f} times")
    print(f"ratio {storm_rate / calm_rate:.2f}")
