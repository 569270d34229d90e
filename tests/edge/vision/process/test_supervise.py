"""The supervisor: what dies or hangs is started again, and nothing outlives it."""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness.processes import Process, wait_until
from tests.harness.store_clip import CAMERA, write_store_clip
from tests.harness.vision_world import children, seeing, vision_process, write_config

from tillsight_edge.config import load_config
from tillsight_edge.vision.process import supervise
from tillsight_edge.vision.process.supervise import Child, VisionSupervisor
from tillsight_edge.vision_process import STARTED_BY_AGENT
from tillsight_edge.wanted_cameras import CamerasFile, ToSee


@pytest.fixture
def config(tmp_path: Path) -> Path:
    write_store_clip(tmp_path / "store.mp4", customers=1)
    return write_config(tmp_path, {"till": {"source": str(tmp_path / "store.mp4"), **CAMERA}})


@pytest.fixture
def sleeper() -> Iterator[Child]:
    """A child that takes any words and does nothing."""
    child = Child("sleeper", ["timeit", "-n", "1", "-r", "1", "import time; time.sleep(60)"], ())
    yield child
    child.kill()


def test_a_child_that_has_ended_is_started_again_each_time_a_little_later(sleeper: Child) -> None:
    assert sleeper.turn(0)
    assert not sleeper.turn(100)
    now, waits = 1_000, []
    for _ in range(4):
        sleeper.kill()
        assert not sleeper.turn(now)
        died = now
        while not sleeper.turn(now):
            now += 100
        waits.append(now - died)
    assert waits == [1_000, 2_000, 4_000, 8_000]
    now += 31_000
    sleeper.kill()
    assert not sleeper.turn(now)
    assert sleeper.turn(now + supervise.FIRST_WAIT_MS)


def test_a_child_that_hangs_is_killed_and_what_died_lives_again(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "NO_PULSE_MS", 3_000)
    heard: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(str(tmp_path / "notify"))
        line.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        (camera,) = (
            supervisor := VisionSupervisor(load_config(config), config, started_by_agent=False)
        )._cameras

        def turned() -> bool:
            camera.turn(supervise.boot_ms())
            supervisor._report()
            while True:
                try:
                    heard.append(line.recv(4096).decode())
                except BlockingIOError:
                    return camera.at_work

        try:
            wait_until(turned, "a pulse")
            assert heard[0] == "STATUS=no pulse: till"
            assert heard[-1] == "WATCHDOG=1\nSTATUS=1 cameras are watched"
            (watch,) = children(os.getpid(), "process.watch")
            os.kill(watch, signal.SIGSTOP)
            wait_until(lambda: not turned(), "a pulse that is missed")
            wait_until(turned, "a new pulse")
            assert watch not in children(os.getpid(), "process.watch")
        finally:
            camera.end()
    assert not children(os.getpid(), "vision.")


def test_what_the_agent_lays_opens_the_camera_anew(config: Path, tmp_path: Path) -> None:
    settings = load_config(config)
    laid = CamerasFile(settings.cameras_file, is_shared=False)
    with seeing(tmp_path, config) as (vision, cameras, _):
        wait_until(lambda: cameras.worst == "ok", "a camera that sees")
        (watch,) = children(vision.pid, "process.watch")
        assert children(vision.pid, "camera.capture")
        laid.lay(ToSee({"till": {"off": True}}))
        wait_until(lambda: cameras.worst == "paused", "a camera that is off")
        wait_until(lambda: not children(vision.pid, "camera.capture"), "a camera that nobody holds")
        assert watch not in children(vision.pid, "process.watch")
        laid.lay(ToSee({"till": {"frame_rate_hz": 4}}, "another model"))
        wait_until(lambda: cameras.worst == "ok", "a camera that sees again")
        (capture,) = children(vision.pid, "camera.capture")
        assert b"--frame-rate-hz\x004.0" in Path(f"/proc/{capture}/cmdline").read_bytes()
        (before,) = children(vision.pid, "process.watch")
        laid.lay(ToSee({"till": {"frame_rate_hz": 4}}, "yet another model"))
        wait_until(lambda: before not in children(vision.pid, "process.watch"), "its models opened anew")


def test_children_die_with_their_supervisor(config: Path, tmp_path: Path) -> None:
    vision = vision_process(tmp_path, config)
    vision.start()
    wait_until(lambda: len(children(vision.pid, "tillsight_edge.vision.")) == 2, "two children")
    found = children(vision.pid, "tillsight_edge.vision.")
    vision.kill()
    wait_until(lambda: not any(Path(f"/proc/{child}/cmdline").exists() for child in found), "no children")


def test_one_process_sees_for_one_agent(config: Path, tmp_path: Path) -> None:
    first, second = vision_process(tmp_path, config), vision_process(tmp_path, config)
    first.start()
    try:
        wait_until(lambda: len(children(first.pid, "vision.")) == 2, "the first one's children")
        second.start()
        assert second.wait(60) == 1
        assert "another process sees for it already" in second.output()
    finally:
        first.stop()
        second.kill()


def test_what_an_agent_has_started_ends_when_no_agent_listens(config: Path, tmp_path: Path) -> None:
    program = (
        "import sys; from tillsight_edge.vision.process import supervise; supervise.ABANDONED_MS = 2_000;"
        "from tillsight_edge.__main__ import main; sys.exit(main(['vision', '--config', sys.argv[1]]))"
    )
    process = Process([sys.executable, "-c", program, config], tmp_path / "log", env={STARTED_BY_AGENT: "1"})
    process.start()
    assert process.wait(60) == 0
    assert "no agent has listened" in process.output()


class _Camera:
    """As far as the report looks at one."""

    def __init__(self, name: str, *, at_work: bool) -> None:
        self.name = name
        self.at_work = at_work


def test_systemd_is_content_while_any_camera_is_watched(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(str(tmp_path / "notify"))
        line.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        supervisor = VisionSupervisor(load_config(config), config, started_by_agent=False)
        for camera in supervisor._cameras:
            camera.end()
        for at_work, said in (
            (True, "WATCHDOG=1\nSTATUS=no pulse: door"),
            (False, "STATUS=no pulse: till, door"),
        ):
            cameras = [_Camera("till", at_work=at_work), _Camera("door", at_work=False)]
            monkeypatch.setattr(supervisor, "_cameras", cameras)
            supervisor._report()
            assert line.recv(4096).decode() == said
