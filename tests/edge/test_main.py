"""The command line, as a person types it."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.harness.edge_configs import device_settings, write_toml
from tests.harness.outboxes import new_outbox, press_times
from tests.harness.processes import Process, wait_until

from tillsight_edge.__main__ import main

PROGRAM = Path(sys.executable).with_name("tillsight-edge")


def configured(folder: Path, **sections: dict[str, Any]) -> str:
    return str(write_toml(folder / "device.toml", device_settings(folder, 1, **sections)))


def test_check_prints_one_line_a_problem_and_exits_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = configured(tmp_path, panel={"cooldown_s": -1, "scale": "stars"}, hub={"host": ""})
    assert main(["check", "--config", config]) == 2
    out = capsys.readouterr()
    assert out.out == ""
    assert out.err.splitlines() == [
        "panel.scale: 'stars': should be one of smiley-4, smiley-5, smiley-3, nps, yes-no",
        "panel.cooldown_s: -1: should be greater than or equal to 0",
        "hub.host: '': should name the broker, because hub.transport is mqtt",
    ]


def test_check_looks_at_the_machine_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = configured(tmp_path, hub={"username": "till", "password_file": "/nowhere/password"})
    assert main(["check", "--config", config]) == 2
    assert capsys.readouterr().err == "hub.password_file: '/nowhere/password': cannot be read\n"


def test_check_is_content_with_a_good_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = configured(tmp_path)
    assert main(["check", "--config", config]) == 0
    assert capsys.readouterr().out == f"{config}: good\n"


def test_a_simulated_panel_is_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--config", configured(tmp_path, panel={"kind": "simulated"})]) == 2
    assert capsys.readouterr().err == "panel.kind: 'simulated': is for tillsight-edge simulate\n"


def test_status_without_an_agent_tells_of_the_outbox(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = configured(tmp_path)
    assert main(["status", "--config", config]) == 3
    assert capsys.readouterr().out.splitlines() == ["till-1-box at till-1: stopped", "outbox: none yet"]
    outbox = new_outbox(tmp_path)
    press_times(outbox, 3)
    assert main(["status", "--config", config, "--json"]) == 3
    status = json.loads(capsys.readouterr().out)
    assert (status["state"], status["outbox"]["left"]) == ("stopped", 3)
    assert status["outbox"]["by_type"]["button.press"] == {"appended": 3, "acked": 0, "dropped": 0}
    assert status["outbox"]["stream"] == outbox.stream


def test_run_status_and_stop(tmp_path: Path) -> None:
    config = configured(tmp_path, panel={"kind": "keyboard"})
    agent = Process([PROGRAM, "run", "--config", config], tmp_path / "log")
    agent.start()

    def status(*options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PROGRAM, "status", "--config", config, *options], capture_output=True, text=True, check=False
        )

    try:
        agent.wait_for(lambda: status().returncode == 0, "a running agent")
        told = json.loads(status("--json").stdout)
        assert (told["state"], told["connected"]) == ("running", False)
        assert told["health"]["clock_quality"] in ("rtc", "ntp")
        text = status().stdout
        assert text.startswith("till-1-box at till-1: running\nhub: not connected\noutbox: ")
        assert "memory mb: " in text
        assert (
            subprocess.run([PROGRAM, "run", "--config", config], check=False, capture_output=True).returncode
            == 1
        )
    finally:
        code = agent.stop()
    assert code == 0
    assert status().returncode == 3
    assert "Traceback" not in agent.output()


def test_an_agent_whose_thread_died_stops_with_1(tmp_path: Path) -> None:
    """So that systemd starts it again, and no till stands there with half an agent."""
    program = (
        "import sys; from tillsight_edge.uplink import Uplink; from tillsight_edge.__main__ import main; "
        "Uplink.turn = lambda self: 1 / 0; sys.exit(main(['run', '--config', sys.argv[1]]))"
    )
    config = configured(tmp_path, panel={"kind": "keyboard"})
    agent = Process([sys.executable, "-c", program, config], tmp_path / "log")
    agent.start()
    assert agent.wait() == 1
    assert "ZeroDivisionError" in agent.output()


def test_a_killed_agent_is_not_taken_for_a_running_one(tmp_path: Path) -> None:
    config = configured(tmp_path, panel={"kind": "keyboard"})
    agent = Process([PROGRAM, "run", "--config", config], tmp_path / "log")
    agent.start()
    wait_until((tmp_path / "outbox.db.status.json").exists, "the agent's word")
    agent.kill()
    assert main(["status", "--config", config]) == 3


def test_simulate_stops_at_a_signal_and_prints_one_json_object(tmp_path: Path) -> None:
    config = configured(tmp_path, panel={"kind": "serial"})
    arguments = ["--seed", "2", "--presses-per-minute", "300", "--drain-seconds", "0", "--json"]
    child = subprocess.Popen(
        [PROGRAM, "simulate", "--config", config, *arguments], stdout=subprocess.PIPE, text=True
    )
    status = tmp_path / "outbox.db.status.json"
    wait_until(lambda: status.exists() and json.loads(status.read_text())["health"]["presses"] > 2, "presses")
    child.send_signal(signal.SIGINT)
    output, _ = child.communicate(timeout=60)
    assert child.returncode == 0
    account = json.loads(output)
    assert account["pressed"] == account["by_type"]["button.press"]["appended"] > 2
    assert account["left"] == account["appended"]
