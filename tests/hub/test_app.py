"""The hub as a whole: how it answers, starts and stops."""

import json
import os
import signal
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import paho.mqtt.client as mqtt
import pytest
from sqlalchemy import select
from tests.harness.hubs import running_hub
from tests.harness.ingesting import Box
from tests.harness.ports import free_port
from tests.harness.processes import Process, wait_until

from tillsight_hub import tables
from tillsight_hub.access import create_token
from tillsight_hub.app import create_app
from tillsight_hub.broker import find_mosquitto
from tillsight_hub.config import HubConfig
from tillsight_hub.database import open_database
from tillsight_hub.errors import DatabaseFailed
from tillsight_models.configuration import read_settings
from tillsight_models.delivery import Ack, decode

SEED = Path(__file__).parents[2] / "hub" / "seed.example.toml"


def test_making_an_app_touches_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    create_app(read_settings({"data_dir": folder, "mqtt": {"port": 0}}, HubConfig))
    assert not folder.exists()


def test_every_answer_forbids_scripts_from_elsewhere(tmp_path: Path) -> None:
    with running_hub(tmp_path) as hub:
        for path in ("/healthz", "/login", "/api/v1/nothing"):
            headers = hub.client.get(path).headers
            assert "script-src 'self'" in headers["Content-Security-Policy"]
            assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_database_that_fails_meanwhile_is_told_to_programs(tmp_path: Path) -> None:
    with running_hub(tmp_path) as hub:
        headers = hub.bearer("admin")
        hub.services.engine.dispose()
        for path in tmp_path.glob("hub.db*"):
            path.unlink()
        (tmp_path / "hub.db").mkdir()
        answer = hub.client.get("/api/v1/me", headers=headers)
    assert (answer.status_code, answer.json()) == (503, {"detail": "the database does not answer"})


def test_the_seed_of_the_configuration_is_applied_at_every_start(tmp_path: Path) -> None:
    for _ in range(2):
        with running_hub(tmp_path, seed=SEED) as hub, hub.services.engine.connect() as connection:
            ids = connection.scalars(select(tables.store.c.id)).all()
            assert "rome-1" in ids


def test_a_database_that_is_none_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "hub.db").write_text("no database at all " * 500)
    with pytest.raises(DatabaseFailed, match="not a database"), running_hub(tmp_path):
        pass


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_events_come_in_while_the_hub_stops_and_starts_again(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    if database == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    box = Box()
    for seq in (1, 2):
        with running_hub(tmp_path, database={"url": url}) as hub:
            headers = hub.bearer("device", "box-1")
            answer = hub.client.post("/api/v1/ingest", content=box.press(), headers=headers)
            assert answer.json()["acks"][0]["upto"] == seq


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(
            "mosquitto",
            marks=[
                pytest.mark.mosquitto,
                pytest.mark.skipif(find_mosquitto() is None, reason="apt-get install mosquitto"),
            ],
        ),
        "amqtt",
    ],
)
def test_a_press_over_the_embedded_broker_is_stored_and_acknowledged(program: str, tmp_path: Path) -> None:
    box = Box()
    answers: list[bytes] = []
    with running_hub(tmp_path, mqtt={"port": 0, "program": program}) as hub:
        wait_until(lambda: hub.client.get("/healthz").status_code == 200, "the hub's connection")
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="box-1")
        client.on_connect = lambda *_: client.subscribe(box.topic.removesuffix("ev") + "ack", qos=1)
        client.on_subscribe = lambda *_: client.publish(box.topic, box.press(), qos=1)
        client.on_message = lambda _client, _userdata, message: answers.append(message.payload)
        assert hub.services.broker is not None
        client.connect("127.0.0.1", hub.services.broker.port)
        client.loop_start()
        wait_until(lambda: bool(answers), "the acknowledgement")
        client.disconnect()
        client.loop_stop()
        assert decode(answers[0], Ack).upto == 1
        with hub.services.engine.connect() as connection:
            assert connection.scalars(select(tables.event.c.stream)).all() == [box.stream]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Process, int]]:
    """A hub as a process, and its port."""
    port = free_port()
    config = tmp_path / "hub.toml"
    config.write_text(f"data_dir = '.'\nseed = '{SEED}'\n[web]\nport = {port}\n[mqtt]\nport = 0\n")
    process = Process([sys.executable, "-m", "tillsight_hub", "--config", config, "run"], tmp_path / "output")
    process.start()
    process.wait_for(lambda: "Tillsight hub" in process.output(), "the hub")
    yield process, port
    process.kill()


def test_an_open_live_stream_does_not_keep_the_hub_from_stopping(
    served: tuple[Process, int], tmp_path: Path
) -> None:
    process, port = served
    stream = _open_stream(
        port, create_token(open_database(f"sqlite:///{tmp_path}/hub.db"), "t", "analyst", None)
    )
    assert "parts" in _first_frame(stream)
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait() == 0
    assert "Cancel" not in process.output()
    assert "Traceback" not in process.output()


def _open_stream(port: int, token: str) -> IO[bytes]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/live/overview", headers={"Authorization": f"Bearer {token}"}
    )
    answer: IO[bytes] = urllib.request.urlopen(request, timeout=60)
    return answer


def _first_frame(stream: IO[bytes]) -> dict[str, object]:
    for line in stream:
        if line.startswith(b"data: "):
            frame: dict[str, object] = json.loads(line.removeprefix(b"data: "))
            return frame
    raise AssertionError("the stream ended without a frame")
