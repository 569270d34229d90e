"""`tillsight-edge kiosk`: a preview on a laptop, and where a device serves its screen."""

import http.client
import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.harness.edge_configs import device_settings, write_toml
from tests.harness.processes import wait_until

from tillsight_edge.__main__ import main


def frame(port: int) -> dict[str, dict[str, str]]:
    """What a page is shown first."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/")
    answer = connection.getresponse()
    answer.read()
    connection.request("GET", f"{answer.getheader('Location')}events")
    told: dict[str, dict[str, str]] = json.loads(connection.getresponse().readline().removeprefix(b"data: "))
    connection.close()
    return told


def test_a_preview_needs_no_configuration_and_its_keys_are_the_panel(tmp_path: Path) -> None:
    survey = tmp_path / "exit.toml"
    survey.write_text(
        'id = "exit"\nversion = 1\nlanguages = ["en", "it"]\n'
        '[[questions]]\nid = "likely"\nkind = "nps"\ntext = { en = "Likely?", it = "Probabile?" }\n'
    )
    far, near = pty.openpty()
    command = [
        sys.executable,
        "-m",
        "tillsight_edge",
        "kiosk",
        "--preview",
        "--survey",
        str(survey),
        "--port",
        "0",
    ]
    running = subprocess.Popen(command, stdin=near, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        address = re.search(r"http://127\.0\.0\.1:(\d+)/", running.stdout.readline())
        assert address
        port = int(address[1])
        assert frame(port)["screen"]["state"] == "rate"
        os.write(far, b"4\n")
        wait_until(lambda: frame(port)["screen"]["title"] == "Likely?", "the question")
    finally:
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 0
        os.close(far)
        os.close(near)


def test_a_survey_with_a_mistake_is_not_previewed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    survey = tmp_path / "exit.toml"
    survey.write_text('id = "exit"\nversion = 1\nlanguages = ["en"]\nquestions = []\n')
    assert main(["kiosk", "--preview", "--survey", str(survey)]) == 2
    assert "questions" in capsys.readouterr().err


def test_a_device_without_a_running_kiosk_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for kiosk, words in (
        ({}, "kiosk.enabled is false"),
        ({"enabled": True, "port": 1}, "is the agent running?"),
    ):
        config = write_toml(tmp_path / "device.toml", device_settings(tmp_path, kiosk=kiosk))
        assert main(["kiosk", "--config", str(config)]) == 1
        assert words in capsys.readouterr().err
