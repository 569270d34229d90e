"""What a source string means."""

from pathlib import Path

import pytest

from tillsight_edge.vision.camera.sources import Credentials, open_source
from tillsight_edge.vision.camera.sources.folder import PictureFolder
from tillsight_edge.vision.camera.sources.opencv import OpenCvSource
from tillsight_edge.vision.camera.sources.picamera import PiCamera
from tillsight_edge.vision.camera.sources.rendered import RenderedStore
from tillsight_edge.vision.errors import BadSource, CameraUnavailable


def test_each_kind_of_source_has_its_adapter(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.touch()
    kinds = {
        "0": OpenCvSource,
        "/dev/video12": OpenCvSource,
        "/dev/v4l/by-id/usb-camera": OpenCvSource,
        "rtsp://10.0.0.5/stream": OpenCvSource,
        "picamera": PiCamera,
        "picamera:1": PiCamera,
        "scene:7": RenderedStore,
        "scene:7:12.5": RenderedStore,
        str(film): OpenCvSource,
        str(tmp_path): PictureFolder,
    }
    assert {source: type(open_source(source)) for source in kinds} == kinds


@pytest.mark.parametrize(
    "source",
    [
        "",
        "webcam",
        "scene:",
        "scene:x",
        "scene:1:",
        "scene:1:2:3",
        "http://10.0.0.5/",
        "picamera:x",
        "/nowhere/x.mp4",
    ],
)
def test_what_means_nothing_is_named(source: str) -> None:
    with pytest.raises(BadSource, match=r"source .*: should be") as problem:
        open_source(source)
    assert repr(source) in str(problem.value)


def test_a_camera_that_is_not_there_is_named() -> None:
    with pytest.raises(CameraUnavailable, match=r"^camera /dev/video987: is not there$"):
        open_source("987").open()


def test_a_password_reaches_the_camera_and_no_message() -> None:
    source = open_source("rtsp://10.0.0.5:8554/a?b=c", credentials=Credentials("till", "p@ss/w:rd"))
    assert isinstance(source, OpenCvSource)
    assert source._address == "rtsp://till:p%40ss%2Fw%3Ard@10.0.0.5:8554/a?b=c"
    with pytest.raises(CameraUnavailable) as problem:
        source.advance()
    assert "p%40ss" not in str(problem.value)
