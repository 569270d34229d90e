"""The Raspberry Pi's camera, with a small machine in place of its library."""

import sys
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
import pytest

from tillsight_edge.vision.camera.sources import next_image
from tillsight_edge.vision.camera.sources.picamera import PiCamera
from tillsight_edge.vision.errors import CameraUnavailable


class FakePicamera2:
    """As much of Picamera2 as we use; it has one camera."""

    taken: ClassVar[dict[int, "FakePicamera2"]] = {}

    def __init__(self, number: int) -> None:
        if number > 0:
            raise IndexError("list index out of range")
        self.taken[number] = self
        self.settings: dict[str, Any] = {}
        self.works = False

    def create_video_configuration(self, **settings: Any) -> dict[str, Any]:
        return settings

    def configure(self, settings: dict[str, Any]) -> None:
        self.settings = settings

    def start(self) -> None:
        self.works = True

    def capture_array(self, name: str) -> np.ndarray:
        if not self.works:
            raise RuntimeError("Camera frontend has timed out!")
        width, height = self.settings[name]["size"]
        return np.full((height, width, 3), 9, np.uint8)

    def stop(self) -> None:
        self.works = False

    def close(self) -> None:
        self.taken.clear()


@pytest.fixture(autouse=True)
def library(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("picamera2")
    module.Picamera2 = FakePicamera2  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "picamera2", module)


def test_frames_come_and_the_camera_is_given_back() -> None:
    camera = PiCamera(0, 5)
    camera.open()
    image = next_image(camera)
    assert image is not None
    assert image.shape == (480, 640, 3)
    assert FakePicamera2.taken[0].settings["controls"] == {"FrameRate": 15}
    camera.close()
    assert not FakePicamera2.taken
    camera.close()


def test_a_board_without_the_camera_and_a_loose_cable_are_named() -> None:
    with pytest.raises(CameraUnavailable, match="camera picamera 1: list index"):
        PiCamera(1, 5).open()
    camera = PiCamera(0, 5)
    camera.open()
    FakePicamera2.taken[0].works = False
    with pytest.raises(CameraUnavailable, match="camera picamera 0: Camera frontend has timed out"):
        camera.advance()


def test_without_the_library_its_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(CameraUnavailable, match="python3-picamera2"):
        PiCamera(0, 5).open()
