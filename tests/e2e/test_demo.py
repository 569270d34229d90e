"""The demo, as a newcomer runs it: unattended, with each broker, and interrupted."""

import json
import os
import signal
import subprocess
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from scripts.demo_chain.chain import CLOSES, OPENS, stores
from tests.harness.processes import find_program, wait_until

ROOT = Path(__file__).parents[2]
MARK = "TILLSIGHT_TEST_MARK"


@pytest.mark.parametrize("hour", range(24))
def test_the_stores_are_open_whenever_the_demo_runs(hour: int) -> None:
    for month in (1, 7):
        now = datetime(2026, month, 1, hour, 45, tzinfo=UTC)
        chosen = stores(now)
        assert len({store.name for store in chosen}) == 3
        for store in chosen:
            assert OPENS < now.astimezone(ZoneInfo(store.tz)).hour < CLOSES - 1


def demo(*options: str, **environment: str) -> dict[str, Any]:
    """What `scripts/demo --json` prints."""
    done = subprocess.run(
        [ROOT / "scripts" / "demo", "--json", *options],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.mark.mosquitto
def test_with_mosquitto_every_press_is_stored_once_and_the_camera_counts() -> None:
    find_program("mosquitto", "mosquitto", Path("/usr/sbin"))
    result = demo("--seconds", "20", "--broker", "mosquitto")
    assert result["pressed"] > 5
    assert result["stored"] == result["pressed"]
    assert (result["lost"], result["duplicates"]) == (0, 0)
    assert result["contacts"] > result["camera_contacts"] > 0
    assert result["dashboard_url"].startswith("http://127.0.0.1:")
    assert result["seconds"] >= 20


def test_with_the_broker_in_python_and_a_past_every_press_is_stored_once() -> None:
    result = demo("--seconds", "3", "--broker", "amqtt", "--history", "2")
    assert result["pressed"] > 200
    assert result["stored"] == result["pressed"]
    assert (result["lost"], result["duplicates"]) == (0, 0)


def test_a_second_demo_goes_on_from_the_data_of_the_first(tmp_path: Path) -> None:
    first = demo("--seconds", "2", "--data", str(tmp_path / "kept"))
    second = demo("--seconds", "2", "--data", str(tmp_path / "kept"))
    assert second["stored"] == second["pressed"] > first["pressed"]
    assert (second["lost"], second["duplicates"]) == (0, 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_behind(number: signal.Signals, tmp_path: Path) -> None:
    """Also by kill -9: the demo itself can do nothing then, and its devices try for a minute to deliver."""
    process = subprocess.Popen(
        [ROOT / "scripts" / "demo", "--history", "0"],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, MARK: str(tmp_path), "TMPDIR": str(tmp_path)},
    )
    assert process.stdout is not None
    with process, process.stdout:
        words = ""
        while "Ctrl-C ends it." not in words:
            line = process.stdout.readline()
            assert line, "the demo ended before it said that it was ready"
            words += line
        assert "password" in words
        assert len(marked_processes(tmp_path)) > 6
        process.send_signal(number)
        rest = process.stdout.read()
    if number is not signal.SIGKILL:
        assert process.returncode == 0, rest
        assert not list(tmp_path.iterdir()), "temporary files"
        assert "0 doubled, 0 events lost" in rest
    try:
        wait_until(lambda: not marked_processes(tmp_path), "the end of all processes")
    except AssertionError as error:
        raise AssertionError(f"still there: {marked_processes(tmp_path)}") from error


def marked_processes(mark: Path) -> list[str]:
    """Command lines of those that inherited this mark."""
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if f"{MARK}={mark}\0".encode() in environment.read_bytes():
                words = (environment.parent / "cmdline").read_bytes().replace(b"\0", b" ")
                found.append(words.decode(errors="replace"))
    return found
