"""The process that has a camera: at the wanted rate, never late, never in the way."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tillsight_edge.vision.camera.capture import Capture
from tillsight_edge.vision.camera.capture_process import (
    BAD_SOURCE,
    ENDED,
    NO_CAMERA,
    QUIET_OPENCV,
    CaptureOrder,
)
from tillsight_edge.vision.camera.ring import FrameRing
from tillsight_edge.vision.errors import BadFrame, CameraUnavailable
from tillsight_edge.vision.frames import Image


class ScriptedSource:
    """Gives pictures of a level, raises what the script holds, waits where it is a camera."""

    def __init__(self, script: list[int | Exception], rate_hz: float | None, wait_s: float = 0.0) -> None:
        self._script = script
        self._at = -1
        self._wait_s = wait_s
        self.rate_hz = rate_hz
        self.opened = self.decoded = 0

    def open(self) -> None:
        self.opened += 1
        self._at = -1

    def advance(self) -> bool:
        time.sleep(self._wait_s)
        self._at += 1
        return self._at < len(self._script)

    def image(self) -> Image:
        self.decoded += 1
        step = self._script[self._at]
        if isinstance(step, Exception):
            raise step
        return np.full((16, 16, 3), step, np.uint8)

    def close(self) -> None:
        pass


@pytest.fixture
def ring() -> Iterator[FrameRing]:
    ring = FrameRing.create(slot_bytes=64 * 64 * 3)
    yield ring
    ring.close()


def test_frames_that_are_not_wanted_are_not_decoded(ring: FrameRing) -> None:
    source = ScriptedSource(list(range(60)), rate_hz=None, wait_s=0.005)
    Capture(source, ring, 20, say=print).run(repeat=False)
    assert source.decoded == ring.newest_known()[0]
    assert 3 <= source.decoded < 40


def test_a_film_is_paced_and_its_frames_are_stamped_evenly(ring: FrameRing) -> None:
    stamps, began = [], time.monotonic()
    source = ScriptedSource([1] * 9, rate_hz=40)
    write = ring.write
    ring.write = lambda image, mono_ms: stamps.append(mono_ms) or write(image, mono_ms)  # type: ignore[method-assign]
    Capture(source, ring, 20, say=print).run(repeat=False)
    assert time.monotonic() - began >= 0.19
    assert all(gap >= 49 and (gap + 1) % 50 <= 2 for gap in (b - a for a, b in pairwise(stamps)))


def test_a_bad_frame_is_told_once_and_skipped(ring: FrameRing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tillsight_edge.vision.camera.capture._mono_ms", lambda: 0)  # no frame is late
    said: list[str] = []
    script: list[int | Exception] = [BadFrame("one"), BadFrame("one"), 7, BadFrame("two")]
    Capture(ScriptedSource(script, rate_hz=200), ring, 200, say=said.append).run(repeat=False)
    assert said == ["one", "two"]
    frame = ring.newest()
    assert frame is not None
    assert (frame.number, int(frame.image[0, 0, 0])) == (1, 7)


def test_a_film_begins_again_until_it_gives_nothing(ring: FrameRing) -> None:
    source = ScriptedSource([1, 2], rate_hz=500)
    opened = source.open

    def open_three_times() -> None:
        opened()
        if source.opened == 3:
            source._script = []

    source.open = open_three_times  # type: ignore[method-assign]
    with pytest.raises(CameraUnavailable, match="ends before its first frame"):
        Capture(source, ring, 500, say=print).run(repeat=True)
    assert source.opened == 3


def run_capture(order: CaptureOrder, ring: FrameRing, stdin: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        order.arguments(ring),
        pass_fds=ring.fds,
        stdin=stdin,
        env={**os.environ, **QUIET_OPENCV},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("source", "code", "words"),
    [
        ("nonsense", BAD_SOURCE, "source 'nonsense': should be"),
        ("987", NO_CAMERA, "camera /dev/video987: is not there"),
        ("rtsp://127.0.0.1:1/x", NO_CAMERA, "camera rtsp://127.0.0.1:1/x: cannot be opened"),
    ],
)
def test_the_exit_code_and_one_line_say_what_is_wrong(
    source: str, code: int, words: str, ring: FrameRing
) -> None:
    hears, says = os.pipe()
    done = run_capture(CaptureOrder(source), ring, hears)
    os.close(hears)
    os.close(says)
    assert done.returncode == code
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(words)


def test_the_process_ends_with_its_parent(ring: FrameRing) -> None:
    done = run_capture(CaptureOrder("scene:1"), ring, subprocess.DEVNULL)
    assert done.returncode == ENDED


def test_a_password_file_that_is_not_there_is_named(ring: FrameRing, tmp_path: Path) -> None:
    hears, says = os.pipe()
    order = CaptureOrder("rtsp://127.0.0.1:1/x", username="till", password_file=tmp_path / "gone")
    done = run_capture(order, ring, hears)
    os.close(hears)
    os.close(says)
    assert done.returncode == NO_CAMERA
    assert "gone: No such file" in done.stderr
    assert sys.executable == order.arguments(ring)[0]
