"""`tillsight-edge zones` as a person starts it, on the rendered store."""

import json
import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from tests.conftest import need
from tests.harness.edge_configs import device_settings, write_toml
from tests.harness.processes import wait_until
from tests.harness.system_calls import CHANGES, LINE, TO_WRITE, strace, whole_lines

from tillsight_edge.__main__ import main

PROGRAM = str(Path(sys.executable).with_name("tillsight-edge"))
ZONE = [[0.3, 0.78], [0.68, 0.78], [0.68, 0.97], [0.3, 0.97]]


@contextmanager
def running(*options: str, cwd: Path, under: Sequence[object] = ()) -> Iterator[subprocess.Popen[str]]:
    words = [*map(str, under), PROGRAM, "zones", *options]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=cwd, env=environment) as command:
        try:
            yield command
        finally:
            command.kill()


def line_of(command: subprocess.Popen[str]) -> str:
    assert command.stdout is not None
    return command.stdout.readline()


def ask(url: str, body: dict[str, Any] | None = None) -> tuple[str, bytes]:
    """Kind and content of an answer."""
    request = Request(url, None if body is None else json.dumps(body).encode())
    with urlopen(request, timeout=60) as answer:
        return answer.headers["Content-Type"], answer.read()


def with_camera(folder: Path, **camera: Any) -> Path:
    settings = device_settings(folder)
    settings["cameras.till"] = {"source": "scene:7", **camera}
    return write_toml(folder / "device.toml", settings)


def test_zones_of_a_new_camera_are_drawn_without_a_configuration(tmp_path: Path) -> None:
    config = ["--config", str(tmp_path / "none.toml")]
    with running(*config, "--source", "scene:7", "--json", cwd=tmp_path) as command:
        url = json.loads(line_of(command))["url"]
        wait_until(lambda: ask(f"{url}picture")[0] == "image/jpeg", "a picture")
        assert ask(f"{url}picture")[1].startswith(b"\xff\xd8\xff")
        told = json.loads(ask(f"{url}draw", {"zone": ZONE, "staff_zones": [], "min_dwell_s": 4.0})[1])
        assert told["problems"] == []
        ask(f"{url}done", {})
        result = json.loads(line_of(command))
        assert command.wait(60) == 0
    assert (result["camera"], result["written"], result["problems"]) == ("till", False, [])
    assert {name: value for name, value in result["settings"].items() if value is not None} == {
        "source": "scene:7",
        "zone": ZONE,
        "min_dwell_s": 4.0,
    }
    assert list(tmp_path.iterdir()) == []


def test_no_picture_reaches_a_file_or_the_network(tmp_path: Path) -> None:
    log = tmp_path / "calls"
    under = need(lambda: strace(log))
    options = ["--config", str(tmp_path / "none.toml"), "--source", "scene:7", "--json"]
    with running(*options, cwd=tmp_path, under=under) as command:
        url = json.loads(line_of(command))["url"]
        wait_until(lambda: ask(f"{url}picture")[0] == "image/jpeg", "a picture")
        for _ in range(3):
            assert ask(f"{url}masked-picture")[0] == "image/jpeg"
        ask(f"{url}done", {})
        assert command.wait(60) == 0
    calls = [call for line in whole_lines(log.read_text()) if (call := LINE.match(line))]
    done = [call for call in calls if not call["result"].startswith("-")]
    opened = [call["arguments"] for call in done if call["call"].startswith("open")]
    assert len(opened) > 100
    assert {each.split('"')[1] for each in opened if TO_WRITE.search(each)} <= {"/dev/null"}
    assert [
        call[0] for call in done if CHANGES.match(call["call"]) and "tillsight frames" not in call[0]
    ] == []
    bound = [call["arguments"] for call in done if call["call"] == "bind" and "AF_INET" in call["arguments"]]
    assert len(bound) == 1
    assert 'inet_addr("127.0.0.1")' in bound[0]


def test_ctrl_c_prints_what_was_drawn_and_what_was_written_stays(tmp_path: Path) -> None:
    file = with_camera(tmp_path)
    with running("--config", str(file), "--write", cwd=tmp_path) as command:
        url = line_of(command).removeprefix("Open this page: ").strip()
        written = json.loads(ask(f"{url}write", {"zone": ZONE})[1])
        assert (written["problems"], written["kept"]) == ([], "device.toml.bak")
        command.send_signal(signal.SIGINT)
        assert command.stdout is not None
        printed = command.stdout.read()
        assert command.wait(60) == 0
    assert tomllib.loads(printed.partition("\n\n")[2]) == {"cameras": {"till": {"zone": ZONE}}}
    assert tomllib.loads(file.read_text())["cameras"]["till"] == {"source": "scene:7", "zone": ZONE}


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (
            ["--camera", "door"],
            "--camera: 'door': should be one of the cameras (till), or come with --source",
        ),
        (["--source", "nowhere"], "tillsight-edge: source 'nowhere': should be "),
        (["--port", "99999"], "tillsight-edge: 127.0.0.1:99999: "),
    ],
)
def test_what_cannot_be_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], problem: str
) -> None:
    assert main(["zones", "--config", str(with_camera(tmp_path)), *options]) in (1, 2)
    assert any(line.startswith(problem) for line in capsys.readouterr().err.splitlines())


def test_without_a_camera_and_a_source_there_is_nothing_to_draw_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(write_toml(tmp_path / "device.toml", device_settings(tmp_path)))
    assert main(["zones", "--config", config]) == 2
    assert (
        capsys.readouterr().err == "cameras: there is none yet: --source says where its picture comes from\n"
    )
