"""A camera that hangs, dies or comes back is dealt with, and nobody waits for it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.harness.rtsp_camera import RtspCamera

from tillsight_edge.vision.camera.capture_process import CaptureOrder, CaptureProcess, CaptureState
from tillsight_edge.vision.camera.ring import FrameRing


@pytest.fixture
def ring() -> Iterator[FrameRing]:
    ring = FrameRing.create(slot_bytes=640 * 480 * 3)
    yield ring
    ring.close()


@pytest.fixture
def capture(ring: FrameRing) -> Iterator[Callable[..., CaptureProcess]]:
    started: list[CaptureProcess] = []

    def start(
        source: str, frame_rate_hz: float = 10, repeat: bool = False, **patience: float
    ) -> CaptureProcess:
        process = CaptureProcess(CaptureOrder(source, frame_rate_hz, repeat=repeat), ring, **patience)
        process.start()
        started.append(process)
        return process

    yield start
    for process in started:
        process.close()


def tend_until(
    process: CaptureProcess, wanted: Callable[[CaptureState], bool], patience_s: float = 60
) -> CaptureState:
    deadline = time.monotonic() + patience_s
    while not wanted(state := process.tend()):
        assert time.monotonic() < deadline, state
        time.sleep(0.02)
    return state


def pictures(folder: Path, count: int = 30) -> str:
    for number in range(count):
        cv2.imwrite(str(folder / f"{number:03}.jpg"), np.full((48, 64, 3), number, np.uint8))
    return str(folder)


def test_frames_come_and_the_source_ends(capture: Callable[..., CaptureProcess], tmp_path: Path) -> None:
    process = capture(pictures(tmp_path, 5), frame_rate_hz=20)
    frame = process.newest(timeout_s=60)
    assert frame is not None
    assert frame.image.shape == (48, 64, 3)
    state = tend_until(process, lambda state: state.ended)
    assert (state.frames >= 1, state.starts, state.detail) == (True, 1, "")
    assert process.pid is None


def test_a_camera_that_is_not_there_is_tried_again_ever_later(capture: Callable[..., CaptureProcess]) -> None:
    process = capture("987", down_after_s=0.5)
    state = tend_until(process, lambda state: state.starts == 2 and state.down)
    assert state.detail == "camera /dev/video987: is not there"
    assert state.frames == 0


def test_a_process_that_stops_giving_frames_is_killed_and_started_again(
    capture: Callable[..., CaptureProcess], tmp_path: Path
) -> None:
    process = capture(pictures(tmp_path), repeat=True, down_after_s=1)
    tend_until(process, lambda state: state.frames > 2)
    stuck = process.pid
    assert stuck is not None
    os.kill(stuck, signal.SIGSTOP)
    state = tend_until(process, lambda state: state.down)
    frames = state.frames
    state = tend_until(process, lambda state: state.frames > frames)
    assert not state.down
    assert state.starts == 2
    assert process.pid != stuck


def test_a_process_that_dies_is_named_and_started_again(
    capture: Callable[..., CaptureProcess], tmp_path: Path
) -> None:
    process = capture(pictures(tmp_path), repeat=True)
    tend_until(process, lambda state: state.frames > 0)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    state = tend_until(process, lambda state: state.starts == 2)
    tend_until(process, lambda later: later.frames > state.frames)


def test_a_stream_that_hangs_is_down_in_time_and_comes_back_by_itself(
    capture: Callable[..., CaptureProcess],
) -> None:
    with RtspCamera() as camera:
        camera.mood = "silent"
        process = capture(camera.url, down_after_s=1, starting_s=2)
        began = time.monotonic()
        state = tend_until(process, lambda state: state.down)
        state = tend_until(process, lambda state: "gave no frame for" in state.detail)
        assert camera.connections >= 1
        assert state.frames == 0
        camera.mood = "plays"
        process._starting_s = 30
        state = tend_until(process, lambda state: state.frames > 3)
        assert not state.down
        assert state.starts >= 2
        frame = process.newest()
        assert frame is not None
        assert frame.image.shape == (240, 320, 3)
        camera.mood = "stalls"
        assert tend_until(process, lambda state: state.down).frames > 3
        assert time.monotonic() > began


def test_one_camera_that_hangs_does_not_disturb_another(
    capture: Callable[..., CaptureProcess], tmp_path: Path
) -> None:
    other_ring = FrameRing.create(slot_bytes=640 * 480 * 3)
    with RtspCamera() as camera:
        camera.mood = "silent"
        hanging = CaptureProcess(CaptureOrder(camera.url), other_ring)
        hanging.start()
        works = capture(pictures(tmp_path), repeat=True)
        tend_until(works, lambda state: hanging.tend().frames == 0 and state.frames > 5)
        hanging.close()
    other_ring.close()


PARENT = """
import sys
from tillsight_edge.vision.camera.capture_process import CaptureOrder, CaptureProcess
from tillsight_edge.vision.camera.ring import FrameRing
process = CaptureProcess(CaptureOrder("scene:1"), FrameRing.create())
process.start()
print(process.pid, flush=True)
sys.stdin.read()
"""


def test_the_process_does_not_outlive_a_parent_that_is_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    deadline = time.monotonic() + 60
    while Path(f"/proc/{child}").exists() and "Z" not in Path(f"/proc/{child}/stat").read_text().split()[2]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
