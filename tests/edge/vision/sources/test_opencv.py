"""Video files and streams, through the real driver."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.harness.rtsp_camera import RtspCamera

from tillsight_edge.vision.errors import CameraUnavailable
from tillsight_edge.vision.sources import next_image
from tillsight_edge.vision.sources.opencv import stream, video


def film(path: Path, frames: int = 12, size: tuple[int, int] = (160, 96)) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, size)
    for number in range(frames):
        writer.write(np.full((size[1], size[0], 3), 10 * number, np.uint8))
    writer.release()
    return path


def test_a_video_is_read_to_its_end_at_the_rate_it_states(tmp_path: Path) -> None:
    source = video(film(tmp_path / "film.avi"))
    source.open()
    assert source.rate_hz == pytest.approx(10)
    levels = []
    while (image := next_image(source)) is not None:
        assert image.shape == (96, 160, 3)
        levels.append(int(image[40, 40, 0]))
    assert levels == pytest.approx([10 * number for number in range(12)], abs=4)
    source.close()


def test_a_large_video_is_scaled_down(tmp_path: Path) -> None:
    source = video(film(tmp_path / "film.avi", frames=1, size=(1920, 1080)))
    source.open()
    image = next_image(source)
    assert image is not None
    assert image.shape == (720, 1280, 3)
    source.close()


@pytest.mark.parametrize("content", [b"", b"no film", None])
def test_what_is_no_video_is_named(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CameraUnavailable, match=r"^camera .*film\.mp4: (cannot be opened|is not there)$"):
        video(path).open()


def test_a_video_that_ends_in_the_middle_of_a_frame_is_read_so_far(tmp_path: Path) -> None:
    path = film(tmp_path / "film.avi", size=(640, 480))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    source, frames = video(path), 0
    source.open()
    while source.advance():
        frames += 1
    assert 0 < frames < 12
    source.close()


def test_a_stream_is_played_over_tcp() -> None:
    with RtspCamera() as camera:
        source = stream(camera.url)
        source.open()
        images = [next_image(source) for _ in range(4)]
        source.close()
    assert source.rate_hz is None
    assert all(image is not None and image.shape == (240, 320, 3) for image in images)
    assert max(float(np.ptp(image.mean(axis=0))) for image in images if image is not None) > 80


def test_a_stream_that_nobody_serves_is_named() -> None:
    with pytest.raises(CameraUnavailable, match=r"^camera rtsp://127\.0\.0\.1:1/x: cannot be opened$"):
        stream("rtsp://127.0.0.1:1/x").open()
