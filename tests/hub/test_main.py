"""The command line: real processes, one line per problem, no traceback."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update
from tests.harness.ingesting import SEED, Box, seeded, take
from tests.harness.ports import free_port
from tests.harness.processes import Process, listens, wait_until

from tillsight_hub.__main__ import COMMANDS, main
from tillsight_hub.database import writing
from tillsight_hub.seed import Seed, apply_seed
from tillsight_hub.tables import rollup_day

SMALL_SEED = """
org = [{ id = "acme", name = "Acme" }]
region = [{ id = "south", name = "South", org = "acme" }]
store = [{ id = "rome", name = "Rome", region = "south", tz = "Europe/Rome" }]
touchpoint = [{ id = "till-1", name = "Till 1", store = "rome" }]
"""


class Hub:
    """`tillsight-hub run` as a process, with a configuration of its own."""

    def __init__(self, folder: Path) -> None:
        self.web, self.mqtt = free_port(), free_port()
        self.config = folder / "hub.toml"
        self.config.write_text(f"data_dir = 'data'\n[web]\nport = {self.web}\n[mqtt]\nport = {self.mqtt}\n")
        command = [sys.executable, "-m", "tillsight_hub", "run", "--config", self.config]
        self.process = Process(command, folder / "output")

    def start(self) -> None:
        self.process.start()
        self.process.wait_for(lambda: self.status("/healthz") == 200, "the hub")

    def status(self, path: str) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.web}{path}", timeout=5) as answer:
                status: int = answer.status
                return status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    running = Hub(tmp_path)
    yield running
    running.process.kill()


@pytest.fixture(autouse=True)
def no_system_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tillsight_hub.config.SYSTEM_CONFIG", tmp_path / "none.toml")
    monkeypatch.setenv("TILLSIGHT_DATA_DIR", str(tmp_path / "data"))


def _seed_file(tmp_path: Path) -> str:
    path = tmp_path / "seed.toml"
    path.write_text(SMALL_SEED)
    return str(path)


def test_the_hub_prints_the_first_login_once_and_stops_cleanly_on_a_signal(hub: Hub) -> None:
    for how in (signal.SIGTERM, signal.SIGINT):
        hub.start()
        os.kill(hub.process.pid, how)
        assert hub.process.wait() == 0
        assert not listens(hub.mqtt)
        assert not list((hub.config.parent / "data").glob("hub.db-wal"))
    output = hub.process.output()
    assert output.count(f"http://127.0.0.1:{hub.web}") == 2
    assert output.count(f"127.0.0.1:{hub.mqtt}") >= 2
    assert output.count("First login: admin, password ") == 1
    assert "Traceback" not in output


def test_no_broker_and_no_lock_is_left_by_a_killed_hub(hub: Hub) -> None:
    hub.start()
    hub.process.kill()
    wait_until(lambda: not listens(hub.mqtt), "the end of the broker")
    hub.start()


@pytest.mark.parametrize("section", ["web", "mqtt"])
def test_a_taken_port_is_named_in_one_line(
    section: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        ports = {"web": 0, "mqtt": 0, section: other.getsockname()[1]}
        config = tmp_path / "hub.toml"
        config.write_text("".join(f"[{name}]\nport = {port}\n" for name, port in ports.items()))
        assert main(["run", "--config", str(config)]) == 1
    problem = f"tillsight-hub: {section}.port: 127.0.0.1:{ports[section]}: Address already in use"
    assert capsys.readouterr().err.splitlines()[-1].startswith(problem)


def test_bad_configuration_is_one_line_each_and_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "hub.toml"
    path.write_text("[web]\nport = -1\n[ingest]\nwindow = 'wide'\n")
    assert main(["run", "--config", str(path)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["web.port", "ingest.window"]


def test_files_that_cannot_be_read_are_one_line_each_and_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "hub.toml"
    path.write_text('seed = "seed.toml"\n[mqtt]\nca_file = "ca.pem"\n')
    assert main(["run", "--config", str(path)]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"seed: {tmp_path}/seed.toml: No such file or directory",
        f"mqtt.ca_file: {tmp_path}/ca.pem: No such file or directory",
    ]


def test_the_configuration_may_come_before_or_after_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    none = str(tmp_path / "none.toml")
    assert main(["--config", none, "migrate"]) == main(["migrate", "--config", none]) == 2
    assert capsys.readouterr().err.count("No such file") == 2


def test_a_hierarchy_is_seeded_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seed = _seed_file(tmp_path)
    assert main(["seed", seed]) == 0
    assert main(["seed", seed]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "4 added, 0 changed, 0 counted anew",
        "0 added, 0 changed, 0 counted anew",
    ]


def test_what_a_seed_no_longer_names_is_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["seed", _seed_file(tmp_path)])
    (tmp_path / "seed.toml").write_text('org = [{ id = "acme", name = "Acme" }]')
    assert main(["seed", str(tmp_path / "seed.toml")]) == 0
    assert "touchpoint till-1 is in the hub but not in" in capsys.readouterr().err


def test_a_bad_seed_is_one_line_each_and_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "seed.toml"
    path.write_text(
        'device = [{ id = "a", touchpoint = "b" }]\nregion = [{ id = "c", name = "C", org = "d" }]'
    )
    assert main(["seed", str(path)]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "region c: org 'd' is not in the file",
        "device a: touchpoint 'b' is not in the file",
    ]


def test_commands_refuse_a_newer_database_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["migrate"]) == 0
    with sqlite3.connect(tmp_path / "data" / "hub.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    capsys.readouterr()
    config = tmp_path / "hub.toml"
    config.write_text("[web]\nport = 0\n[mqtt]\nport = 0\n")
    for command in (["migrate"], ["user", "list"], ["run"]):
        assert main(["--config", str(config), *command]) == 1
        error = capsys.readouterr().err.splitlines()[-1]
        assert "9999, which a newer Tillsight made" in error


def test_a_broken_database_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "hub.db").write_text("no database at all " * 500)
    assert main(["user", "list"]) == 1
    assert capsys.readouterr().err.endswith("hub.db: file is not a database\n")


def test_rollups_that_differ_are_found_and_counted_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = seeded(f"sqlite:///{tmp_path}/data/hub.db")
    box = Box()
    take(engine, (box, [box.press() for _ in range(3)]))
    assert main(["verify"]) == 0
    with writing(engine) as connection:
        connection.execute(update(rollup_day).values(presses=2, events=2))
    assert main(["verify"]) == 1
    assert "presses is 2, by the events 3" in capsys.readouterr().out
    assert main(["rebuild-rollups"]) == 0
    assert "3 events of 4 touchpoints counted anew" in capsys.readouterr().out
    assert main(["verify"]) == 0


def test_what_was_set_aside_is_listed_and_taken_after_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = seeded(f"sqlite:///{tmp_path}/data/hub.db", {**SEED, "device": []})
    box = Box()
    take(engine, (box, box.press()), (box, b"{"))
    assert main(["quarantine", "replay", "--device", "box-1", "--reason", "unknown-device"]) == 0
    assert "0 taken, 1 refused again" in capsys.readouterr().out
    apply_seed(engine, Seed.model_validate(SEED))
    assert main(["quarantine", "list", "--reason", "unknown-device"]) == 0
    assert "box-1: unknown-device: device box-1 is not registered" in capsys.readouterr().out
    assert main(["quarantine", "replay"]) == 0
    assert "1 taken, 1 refused again" in capsys.readouterr().out
    assert main(["quarantine", "list", "--number", "1"]) == 0
    listed = capsys.readouterr()
    assert "unknown-device" not in listed.out
    assert "1 bad-json" in listed.err


def test_the_broker_runs_alone(tmp_path: Path) -> None:
    port = free_port()
    config = tmp_path / "hub.toml"
    config.write_text(f"[mqtt]\nport = {port}\n")
    broker = Process(
        [sys.executable, "-m", "tillsight_hub", "broker", "--config", config], tmp_path / "output"
    )
    broker.start()
    broker.wait_for(lambda: f"127.0.0.1:{port}" in broker.output(), "the broker")
    assert listens(port)
    assert broker.stop() == 0
    assert not listens(port)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    assert "--config" in capsys.readouterr().out


def test_help_needs_no_database_and_no_broker(tmp_path: Path) -> None:
    """The installed command, in an empty environment."""
    result = subprocess.run(
        [Path(sys.executable).with_name("tillsight-hub"), "--version"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.startswith("tillsight-hub ")
    assert list(tmp_path.iterdir()) == []
