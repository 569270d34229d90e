"""A pause with the real process that sees: nobody has the camera meanwhile, and nothing is looked at."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory
from tests.harness.eyes import boot_ms
from tests.harness.outboxes import new_outbox
from tests.harness.processes import Process, wait_until
from tests.harness.store_clip import CAMERA, write_store_clip
from tests.harness.vision_world import children, kill, reports, vision_process, write_config

from tillsight_edge.agent import Agent
from tillsight_edge.cameras import Cameras
from tillsight_edge.clock import SystemClock
from tillsight_edge.config import load_config
from tillsight_edge.outbox import Outbox
from tillsight_edge.pause import CameraPause
from tillsight_models.events import CameraReported

CAPTURE = "camera.capture"
Listen = Callable[[], Cameras]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    write_store_clip(tmp_path / "store.mp4", customers=1)
    camera = {"source": str(tmp_path / "store.mp4"), **CAMERA}
    return write_config(tmp_path, {"till": camera}, vision={"window_s": 10})


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return new_outbox(tmp_path)


@pytest.fixture
def listen(config: Path, outbox: Outbox) -> Iterator[Listen]:
    """An agent's side, as after a start: it knows of a pause what the outbox knows."""
    running: list[Cameras] = []

    def begin() -> Cameras:
        pause = CameraPause(5, 2, outbox, SystemClock())
        cameras = Cameras(
            load_config(config), outbox, SystemClock(), paused_until_ms=pause.until_ms, starting_s=60
        )
        cameras.start()
        running.append(cameras)
        return cameras

    yield begin
    for cameras in running:
        cameras.stop()


@pytest.fixture
def vision(config: Path, tmp_path: Path) -> Iterator[Process]:
    process = vision_process(tmp_path, config)
    process.start()
    yield process
    process.stop()


def all_children(pid: int, word: str) -> list[int]:
    return children(pid, word) if Path(f"/proc/{pid}").exists() else []


def said(outbox: Outbox) -> list[tuple[int, CameraReported]]:
    """Reports, and when they were."""
    return [(event.at.mono, report) for event, report in reports(outbox)]


def state(cameras: Cameras) -> str:
    return cameras.now["till"].state if "till" in cameras.now else ""


def test_while_paused_nobody_has_the_camera_and_no_frame_is_looked_at_also_after_restarts(
    outbox: Outbox, listen: Listen, vision: Process
) -> None:
    first = listen()
    wait_until(lambda: state(first) == "ok", "a camera that sees")
    pause = CameraPause(5, 2, outbox, SystemClock())
    first.stop()
    assert pause.begin()
    second = listen()
    wait_until(lambda: state(second) == "paused", "the pause")
    wait_until(lambda: not all_children(vision.pid, CAPTURE), "a camera that is free")
    (watch,) = children(vision.pid, "process.watch")
    kill(watch)  # whatever is started anew, it asks first
    second.stop()
    wait_until(lambda: children(vision.pid, "process.watch") not in ([], [watch]), "another watcher")
    third = listen()
    wait_until(lambda: state(third) == "paused", "the pause after the restarts")
    since_ms = boot_ms()
    looks = 0
    while boot_ms() < since_ms + 3_000:
        assert not all_children(vision.pid, CAPTURE)
        looks += 1
        time.sleep(0.1)
    assert looks
    pause.end()
    third.stop()
    ended_ms = boot_ms()
    last = listen()
    wait_until(lambda: state(last) == "ok", "a camera that sees again")
    wait_until(lambda: [each for at, each in said(outbox) if at > ended_ms and each.frames] != [], "a report")
    paused = [each for at, each in said(outbox) if since_ms < at <= ended_ms + 500]
    assert sum(each.frames + each.looked for each in paused) == 0
    assert "paused" in {each.state for _, each in said(outbox)}
    assert all(each.working_s == 0 for each in paused)


def told(agent: Agent, method: str, name: str) -> dict[str, Any]:
    """What the kiosk's page is told."""
    assert agent.kiosk is not None and agent.kiosk.pages is not None
    pages = agent.kiosk.pages
    connection = http.client.HTTPConnection("127.0.0.1", pages.port, timeout=60)
    connection.request(method, f"/{pages.token}/{name}", b"{}" if method == "POST" else None)
    answer: dict[str, Any] = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def test_a_touch_on_the_kiosk_pauses_the_cameras_of_the_agent(tmp_path: Path) -> None:
    write_store_clip(tmp_path / "store.mp4", customers=1)
    camera = {"source": str(tmp_path / "store.mp4"), **CAMERA}
    kiosk = {"enabled": True, "port": 0}
    file = write_config(tmp_path, {"till": camera}, kiosk=kiosk)
    agent = Agent(load_config(file), MockFactory(), config_file=file)
    running = threading.Thread(target=agent.run)
    running.start()
    try:
        assert agent.started.wait(60)
        wait_until(lambda: told(agent, "GET", "watched")["cameras"] == {"till": "ok"}, "a camera that sees")
        assert told(agent, "GET", "watched")["pause"]["again_ms"] == 0
        assert told(agent, "POST", "pause")["pause"]["left_ms"] > 290_000
        wait_until(lambda: told(agent, "GET", "watched")["cameras"] == {"till": "paused"}, "the pause")
        assert agent.eyes is not None and agent.eyes.worst == "paused"
        assert told(agent, "POST", "resume")["pause"]["left_ms"] == 0
        wait_until(lambda: told(agent, "GET", "watched")["cameras"] == {"till": "ok"}, "the camera again")
    finally:
        agent.stop()
        running.join(60)
    states = [report.state for _, report in said(new_outbox(tmp_path))]
    assert [state for state in states if state in ("ok", "paused")][:3] == ["ok", "paused", "ok"]
