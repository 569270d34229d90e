"""The whole way of a press: panel, agent, broker, hub, export. New here? Begin with this file.

Only the button itself is simulated: the panel's own program runs on the far end of a pseudo-terminal.
"""

import csv
import json
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.harness.brokers import Mosquitto
from tests.harness.ports import free_port
from tests.harness.processes import Process, wait_until

from tillsight_edge.fakes import SimulatedPanel

PROGRAMS = Path(sys.executable).parent

SEED = """
org = [{ id = "acme", name = "Acme" }]
region = [{ id = "north", name = "North", org = "acme" }]
store = [{ id = "harbour", name = "Harbour", region = "north", tz = "Europe/Lisbon" }]
touchpoint = [{ id = "till-1", name = "Till 1", store = "harbour", scale = "smiley-4" }]
device = [{ id = "till-1-box", touchpoint = "till-1" }]
"""


def write_hub(folder: Path, mqtt_port: int, web_port: int) -> Path:
    (folder / "seed.toml").write_text(SEED, encoding="utf-8")
    config = folder / "hub.toml"
    config.write_text(
        f"""
        data_dir = "data"
        seed = "seed.toml"
        mqtt = {{ embedded = false, port = {mqtt_port} }}
        web = {{ port = {web_port} }}
        """,
        encoding="utf-8",
    )
    return config


def write_device(folder: Path, mqtt_port: int, panel_port: Path) -> Path:
    config = folder / "device.toml"
    config.write_text(
        f"""
        device = {{ id = "till-1-box", org = "acme", site = "harbour", touchpoint = "till-1" }}
        panel = {{ kind = "serial", scale = "smiley-4", port = "{panel_port}", cooldown_s = 0 }}
        outbox = {{ path = "{folder}/outbox.db" }}
        hub = {{ host = "127.0.0.1", port = {mqtt_port} }}
        """,
        encoding="utf-8",
    )
    return config


def get(url: str, token: str = "") -> bytes:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(request, timeout=60) as answer:
        body: bytes = answer.read()
        return body


def answers(url: str) -> bool:
    try:
        get(url)
    except OSError:
        return False
    return True


@pytest.mark.mosquitto
def test_presses_on_a_panel_become_lines_of_an_export(mosquitto: Mosquitto, tmp_path: Path) -> None:
    web = f"http://127.0.0.1:{(web_port := free_port())}"
    hub_config = write_hub(tmp_path, mosquitto.port, web_port)
    panel = SimulatedPanel(4)
    device_config = write_device(tmp_path, mosquitto.port, panel.port)
    hub_command: list[str | Path] = [PROGRAMS / "tillsight-hub", "--config", hub_config]
    hub = Process([*hub_command, "run"], tmp_path / "hub.log")
    agent = Process([PROGRAMS / "tillsight-edge", "run", "--config", device_config], tmp_path / "agent.log")
    panel.start()
    try:
        hub.start()
        hub.wait_for(lambda: answers(f"{web}/healthz"), "the hub")
        token = run(*hub_command, "token", "add", "reader", "--role", "analyst").strip()
        agent.start()

        for button in (4, 4, 1):  # two very happy, one very unhappy
            panel.press(button)

        agent.wait_for(lambda: panel.queued == 0, "commits on the till")
        events = f"{web}/api/v1/events?type=button.press"
        wait_until(lambda: len(json.loads(get(events, token))["events"]) == 3, "three presses on the hub")

        presses = export(hub_command, tmp_path / "events.csv", "--kind", "events")
        assert [row["rating"] for row in presses if row["type"] == "button.press"] == ["4", "4", "1"]
        scores = export(hub_command, tmp_path / "scores.csv", "--by", "total", "--metric", "csat")
        [score] = scores
        assert (score["touchpoint_id"], score["n_votes_raw"]) == ("till-1", "3")
        withheld = score["status"], score["value"], score["n_positive"]
        assert withheld == ("suppressed", "", ""), "so few are not told"

        assert agent.stop() == 0
        assert hub.stop() == 0
    finally:
        agent.kill()
        hub.kill()
        panel.stop()


def run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def export(hub_command: list[str | Path], file: Path, *options: str) -> list[dict[str, str]]:
    run(*hub_command, "export", "--from", yesterday(), "--to", tomorrow(), "--out", file, *options)
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def yesterday() -> str:
    return (datetime.now(UTC) - timedelta(days=1)).date().isoformat()


def tomorrow() -> str:
    return (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
