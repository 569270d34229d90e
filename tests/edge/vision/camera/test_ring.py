"""The newest whole frame, across processes, whatever the writer does."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from tillsight_edge.vision.camera.ring import FrameRing
from tillsight_edge.vision.errors import BadFrame

WRITER = """
import sys, time
import numpy as np
from tillsight_edge.vision.camera.ring import FrameRing
ring = FrameRing(int(sys.argv[1]), int(sys.argv[2]))
base = np.arange(120 * 160 * 3, dtype=np.uint64)
for number in range(int(sys.argv[3])):
    value = ring.newest_known()[0] + 1
    height = 60 + value % 60
    image = (base[: height * 160 * 3] * 31 + value * 7).astype(np.uint8).reshape(height, 160, 3)
    ring.write(image, value * 10)
    time.sleep(0.0004)
"""


def picture(value: int, height: int = 48) -> np.ndarray:
    return np.full((height, 64, 3), value, np.uint8)


def expected(number: int) -> np.ndarray:
    """What WRITER draws as its frame `number`."""
    height = 60 + number % 60
    base = np.arange(height * 160 * 3, dtype=np.uint64)
    return (base * 31 + number * 7).astype(np.uint8).reshape(height, 160, 3)


def write_elsewhere(ring: FrameRing, frames: int) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-c", WRITER, *map(str, ring.fds), str(frames)]
    return subprocess.Popen(words, pass_fds=ring.fds)


def test_the_reader_gets_the_newest_frame_once() -> None:
    ring = FrameRing.create(slot_bytes=64 * 48 * 3)
    assert ring.newest() is None
    for value in range(1, 11):
        assert ring.write(picture(value), mono_ms=value * 100) == value
    frame = ring.newest()
    assert frame is not None
    assert (frame.number, frame.mono_ms, int(frame.image[0, 0, 0])) == (10, 1000, 10)
    assert ring.newest(after=10) is None
    ring.close()


def test_a_frame_stays_as_it_is_while_others_are_written() -> None:
    ring = FrameRing.create(slot_bytes=64 * 48 * 3)
    ring.write(picture(1), 0)
    frame = ring.newest()
    for value in range(2, 12):
        ring.write(picture(value), 0)
    assert frame is not None
    assert (frame.image == 1).all()
    ring.close()


def test_frames_of_other_sizes_fit_and_too_large_ones_are_refused() -> None:
    ring = FrameRing.create(slot_bytes=64 * 48 * 3)
    ring.write(picture(3, height=20), 0)
    frame = ring.newest()
    assert frame is not None
    assert frame.image.shape == (20, 64, 3)
    with pytest.raises(BadFrame, match="at most 9216 bytes"):
        ring.write(picture(4, height=49), 0)
    ring.close()


def test_waiting_ends_when_a_frame_comes_and_when_none_comes() -> None:
    ring = FrameRing.create(slot_bytes=160 * 120 * 3)
    assert ring.newest(timeout_s=0.02) is None
    writer = write_elsewhere(ring, 1)
    frame = ring.newest(timeout_s=20)
    assert frame is not None
    assert (frame.image == expected(1)).all()
    assert writer.wait(60) == 0
    ring.close()


def test_no_frame_is_ever_torn_while_another_process_writes_as_fast_as_it_can() -> None:
    ring = FrameRing.create(slots=2, slot_bytes=160 * 120 * 3)
    writer = write_elsewhere(ring, 1500)
    numbers: list[int] = []
    while writer.poll() is None or ring.newest_known()[0] > (numbers or [0])[-1]:
        frame = ring.newest(after=(numbers or [0])[-1], timeout_s=0.2)
        if frame is not None:
            assert (frame.image == expected(frame.number)).all()
            assert frame.mono_ms == frame.number * 10
            numbers.append(frame.number)
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == 1500
    assert len(numbers) > 10
    ring.close()


def test_a_writer_that_is_killed_at_any_moment_leaves_no_torn_frame_and_another_goes_on() -> None:
    ring = FrameRing.create(slots=2, slot_bytes=160 * 120 * 3)
    dice, last = np.random.default_rng(5), 0
    for _ in range(3):
        writer = write_elsewhere(ring, 1_000_000)
        assert ring.newest(after=last, timeout_s=20) is not None
        time.sleep(float(dice.uniform(0.001, 0.02)))
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        frame = ring.newest()
        if frame is not None:
            assert (frame.image == expected(frame.number)).all()
        assert ring.newest_known()[0] > last
        last = ring.newest_known()[0]
    ring.close()


def test_half_a_frame_is_not_believed() -> None:
    ring = FrameRing.create(slots=1, slot_bytes=64 * 48 * 3)
    ring.write(picture(1), 0)
    os.pwrite(ring.ring_fd, b"\x09", os.fstat(ring.ring_fd).st_size - 5)
    assert ring.newest() is None
    ring.write(picture(2), 0)
    assert ring.newest() is not None
    ring.close()


def test_something_else_is_no_ring_and_a_ring_cannot_shrink(tmp_path: object) -> None:
    other = os.memfd_create("other")
    os.ftruncate(other, 8192)
    with pytest.raises(ValueError, match="is no ring of frames"):
        FrameRing(other, other)
    os.close(other)
    ring = FrameRing.create(slot_bytes=64 * 48 * 3)
    with pytest.raises(PermissionError):
        os.ftruncate(ring.ring_fd, 100)
    ring.close()
