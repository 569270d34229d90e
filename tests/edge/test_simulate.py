"""The simulator: seeded shoppers in front of the real agent, and books that agree with what they did."""

import itertools
import random
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.harness.acking_hub import AckingHub
from tests.harness.brokers import Mosquitto
from tests.harness.edge_configs import device_config

from tillsight_edge.config import PanelSettings, PresenceSettings
from tillsight_edge.simulate import Pace, Step, as_text, simulate, steps

PANEL = PanelSettings(kind="simulated", undo_button=True)
PRESENCE = PresenceSettings(pins=(17,), min_dwell_s=3, leave_gap_s=2)


def planned(seed: int, pace: Pace, count: int, presence: PresenceSettings = PRESENCE) -> list[Step]:
    return list(itertools.islice(steps(random.Random(seed), pace, PANEL, presence), count))


def test_the_same_seed_plans_the_same_day() -> None:
    pace = Pace(10, 20)
    assert planned(7, pace, 200) == planned(7, pace, 200)
    assert planned(7, pace, 200) != planned(8, pace, 200)


def test_visits_are_served_and_apart_and_presses_happen_within_them() -> None:
    there = False
    since = 0.0
    for step in planned(1, Pace(3, 6), 2_000):
        since += step.after_s
        if step.what == "arrive":
            assert not there
            assert step.after_s > PRESENCE.leave_gap_s
            there, since = True, 0.0
        elif step.what == "leave":
            assert there
            assert since > PRESENCE.min_dwell_s
            there = False
        else:
            assert there


def test_the_pace_is_about_what_was_asked_for_and_most_customers_are_silent() -> None:
    plan = planned(1, Pace(1.5, 6), 4_000)
    minutes = sum(step.after_s for step in plan) / 60
    counts = {what: sum(step.what == what for step in plan) for what in ("press", "undo", "leave")}
    assert 5 < counts["leave"] / minutes < 7
    assert 1.4 < counts["press"] / minutes < 2.1
    assert 0 < counts["undo"] < counts["press"] / 5
    assert {step.button for step in plan if step.what == "press"} == {1, 2, 3, 4}


def test_without_a_sensor_there_are_only_presses() -> None:
    plan = planned(1, Pace(30, 20), 500, PresenceSettings())
    assert {step.what for step in plan} == {"press", "undo"}


def test_nobody_comes_at_pace_0() -> None:
    assert planned(1, Pace(0, 0), 10) == []


@pytest.mark.mosquitto
@pytest.mark.parametrize("kind", ["gpio", "simulated"])
def test_the_books_agree_with_what_the_shoppers_did(tmp_path: Path, mosquitto: Mosquitto, kind: str) -> None:
    hub = AckingHub(mosquitto.host, mosquitto.port)
    panel: dict[str, Any] = {"kind": kind, "undo_button": True, "pins": [5, 6, 13, 19, 26], "cooldown_s": 1}
    presence = {"pins": [17], "min_dwell_s": 0.2, "leave_gap_s": 0.1}
    config = device_config(tmp_path, mosquitto.port, panel=panel, presence=presence)
    account = simulate(config, Pace(150, 90), threading.Event(), seed=3, seconds=4, drain_s=15)
    hub.close()
    assert account["pressed"] > 3
    assert account["contacts"] > 2
    assert account["by_type"]["button.press"]["appended"] == account["pressed"]
    assert account["by_type"]["contact.end"]["appended"] == account["contacts"]
    assert (account["left"], account["dropped"]) == (0, 0)
    assert account["acked"] == account["appended"] == hub.stored()
    assert (account["device"], account["stream"]) == ("till-1-box", next(iter(hub.hub.events))[0])
    assert f"{account['pressed']} presses" in as_text(account)
