"""`tillsight-edge audit` beside a real agent, both as programs of their own."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import numpy as np
import pytest
from tests.harness.edge_configs import device_settings, write_toml
from tests.harness.outboxes import all_held, new_outbox
from tests.harness.processes import Process, wait_until
from tests.harness.qr_codes import read_qr_code

from tillsight_edge.__main__ import main
from tillsight_edge.commands.audit import _show_address
from tillsight_edge.pages.server import PageServer
from tillsight_models.events import CounterAudited

PROGRAM = str(Path(sys.executable).with_name("tillsight-edge"))


def configured(folder: Path) -> str:
    presence = {"pins": [17], "min_dwell_s": 0.1, "leave_gap_s": 0.1}
    settings = device_settings(folder, presence=presence, health={"heartbeat_s": 0.2})
    return str(write_toml(folder / "device.toml", settings))


def tell(url: str, name: str, body: dict[str, Any]) -> dict[str, Any]:
    with urlopen(Request(url + name, json.dumps(body).encode()), timeout=60) as answer:
        return dict(json.load(answer))


def test_without_an_agent_there_is_nothing_to_audit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "--config", configured(tmp_path)]) == 1
    assert capsys.readouterr().err == (
        "tillsight-edge: the agent of till-1-box is stopped: nothing is counted\n"
    )


@pytest.mark.parametrize(
    ("option", "value"), [("--minutes", "0"), ("--minutes", "ten"), ("--tolerance", "nan")]
)
def test_a_time_that_cannot_be_meant_is_refused(
    capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["audit", option, value])
    assert ended.value.code == 2
    assert f"argument {option}: '{value}': should be" in capsys.readouterr().err


def test_an_interrupted_audit_is_compared_and_reaches_the_outbox(tmp_path: Path) -> None:
    config = configured(tmp_path)
    pace = ["--contacts-per-minute", "120", "--presses-per-minute", "1", "--drain-seconds", "0"]
    agent = Process([PROGRAM, "simulate", "--config", config, *pace], tmp_path / "agent.log")
    agent.start()
    try:
        wait_until(lambda: main(["status", "--config", config]) == 0, "a running agent")
        audit = [PROGRAM, "audit", "--config", config, "--tolerance", "0.5", "--json"]
        with subprocess.Popen(audit, stdout=subprocess.PIPE, text=True) as command:
            assert command.stdout is not None
            url = json.loads(command.stdout.readline())["url"]
            tell(url, "begin", {})
            assert tell(url, "tap", {"id": "a", "age_ms": 0})["observed"] == 1
            command.send_signal(signal.SIGINT)
            result = json.loads(command.stdout.readline())
            assert command.wait(60) == 0
    finally:
        agent.stop()
    assert (result["source"], result["observed"], result["complete"]) == ("presence", 1, False)
    (audited,) = [e.payload for e in all_held(new_outbox(tmp_path)) if isinstance(e.payload, CounterAudited)]
    assert (audited.observed, audited.source) == (1, "presence")
    assert audited.matched == result["matched"]
    assert audited.period_s == result["period_s"]


def test_a_phone_finds_the_address_in_the_qr_code(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tillsight_edge.pages.server.outgoing_address", lambda: "10.0.7.21")
    pages = PageServer("audit.html", {}, address="0.0.0.0")
    pages._server.server_close()
    _show_address(pages, as_json=False)
    first, *code = capsys.readouterr().out.splitlines()
    assert first == f"Open this page: {pages.url}"
    halves = {" ": (0, 0), "▀": (255, 0), "▄": (0, 255), "█": (255, 255)}
    rows = [[halves[sign][half] for sign in line] for line in code for half in (0, 1)]
    image = np.kron(np.array(rows, np.uint8), np.ones((8, 8), np.uint8))
    assert read_qr_code(image) == pages.url


def test_an_audit_that_nobody_begins_sends_nothing(tmp_path: Path) -> None:
    config = configured(tmp_path)
    agent = Process([PROGRAM, "simulate", "--config", config, "--drain-seconds", "0"], tmp_path / "agent.log")
    agent.start()
    try:
        wait_until(lambda: main(["status", "--config", config]) == 0, "a running agent")
        with subprocess.Popen(
            [PROGRAM, "audit", "--config", config], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as command:
            assert command.stdout is not None
            assert command.stderr is not None
            assert command.stdout.readline().startswith("Open this page: http://127.0.0.1:")
            assert (
                command.stdout.readline() == "Only this machine can open it; a phone needs --bind ADDRESS.\n"
            )
            command.send_signal(signal.SIGTERM)
            assert command.wait(60) == 1
            assert command.stderr.read() == "nobody began the audit\n"
    finally:
        agent.stop()
