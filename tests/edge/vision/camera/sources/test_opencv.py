"""Video files and streams, through the real driver."""

from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.harness.rtsp_camera import RtspCamera

from tillsight_edge.vision.camera.sources import next_image
from tillsight_edge.vision.camera.sources.opencv import device, stream, video
from tillsight_edge.vision.errors import BadFrame, CameraUnavailable


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


def test_damaged_videos_are_frames_or_one_error(tmp_path: Path) -> None:
    path, dice = film(tmp_path / "film.avi"), np.random.default_rng(2)
    whole = path.read_bytes()
    for _ in range(30):
        broken = bytearray(whole)
        for place in dice.integers(0, len(broken), 40):
            broken[place] = int(dice.integers(256))
        path.write_bytes(bytes(broken[: int(dice.integers(100, len(broken)))]))
        source = video(path)
        try:
            source.open()
            for _ in range(30):
                if not source.advance():
                    break
                with suppress(BadFrame):
                    assert source.image().dtype == np.uint8
        except CameraUnavailable as error:
            assert "\n" not in str(error)
        source.close()


class ModestCamera:
    """A driver whose camera has one size and one format, and loses its cable after two frames."""

    def __init__(self, path: str, backend: int, needs: list[int]) -> None:
        assert not needs
        self.asked: list[int] = []
        self.frames = 0

    def isOpened(self) -> bool:
        return True

    def set(self, setting: int, value: float) -> bool:
        self.asked.append(setting)
        return False

    def grab(self) -> bool:
        self.frames += 1
        return self.frames <= 2

    def retrieve(self) -> tuple[bool, np.ndarray | None]:
        return (True, np.zeros((288, 352), np.uint8)) if self.frames == 1 else (False, None)

    def release(self) -> None:
        pass


def test_a_camera_that_refuses_what_is_wished_works_as_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cv2, "VideoCapture", ModestCamera)
    path = tmp_path / "video0"
    path.touch()
    camera = device(path, 5)
    camera.open()
    image = next_image(camera)
    assert image is not None
    assert image.shape == (288, 352, 3)
    assert camera.advance()
    with pytest.raises(BadFrame, match="cannot be decoded"):
        camera.image()
    with pytest.raises(CameraUnavailable, match="gives no frame"):
        camera.advance()
    camera.close()
