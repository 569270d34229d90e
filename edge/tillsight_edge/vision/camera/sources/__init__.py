"""Where frames come from: one adapter a file, each a `FrameSource`, the only place that knows its driver."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ...errors import BadSource
from ...frames import Image

MEANT = "0 or /dev/video0, rtsp://..., picamera, scene:SEED, a video file, or a folder of pictures"


class FrameSource(Protocol):
    """A camera, or something that stands for one. Any call may block for as long as the driver likes."""

    @property
    def rate_hz(self) -> float | None:
        """Frames a second of its own time, once open; None for a camera, which has only ours."""

    def open(self) -> None:
        """Begin; CameraUnavailable where that cannot be."""

    def advance(self) -> bool:
        """Go on to the next picture, as cheaply as possible; False at the end.

        CameraUnavailable where there will be no more, though a camera has no end.
        """

    def image(self) -> Image:
        """The picture to which `advance` went, once; BadFrame where it cannot be used and the next may be."""

    def close(self) -> None:
        """Give the device back; harmless where it is not open."""


@dataclass(frozen=True)
class Credentials:
    """Who looks at a camera in the network."""

    username: str
    password: str


def open_source(
    source: str, frame_rate_hz: float = 5.0, credentials: Credentials | None = None
) -> FrameSource:
    """The source that a string means, not open yet; BadSource where it means none."""
    if source.startswith("rtsp://"):
        from .opencv import stream

        return stream(source, credentials)
    if re.fullmatch(r"picamera(:\d)?", source):
        from .picamera import PiCamera

        return PiCamera(int(source.partition(":")[2] or 0), frame_rate_hz)
    if source.startswith("scene:"):
        return _scene(source, frame_rate_hz)
    return _local(source, frame_rate_hz)


def _scene(source: str, frame_rate_hz: float) -> FrameSource:
    from .rendered import RenderedStore

    fits = re.fullmatch(r"scene:(\d{1,9})(?::(\d{1,4}(?:\.\d+)?))?", source)
    if not fits:
        raise BadSource(f"source {source!r}: should be scene:SEED or scene:SEED:SECONDS_BETWEEN_CUSTOMERS")
    return RenderedStore(int(fits[1]), frame_rate_hz, float(fits[2]) if fits[2] else None)


def _local(source: str, frame_rate_hz: float) -> FrameSource:
    from . import opencv

    if re.fullmatch(r"\d{1,3}", source):
        return opencv.device(Path(f"/dev/video{int(source)}"), frame_rate_hz)
    path = Path(source)
    if path.is_relative_to("/dev"):
        return opencv.device(path, frame_rate_hz)
    if source and path.is_dir():
        from .folder import PictureFolder

        return PictureFolder(path, frame_rate_hz)
    if path.is_file():
        return opencv.video(path)
    raise BadSource(f"source {source!r}: should be {MEANT}")


def next_image(source: FrameSource) -> Image | None:
    """The next picture of an open source, or None at its end."""
    return source.image() if source.advance() else None
