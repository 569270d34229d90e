"""Cameras on USB, in the network, and video files, by OpenCV."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit

import cv2
import numpy as np

from ...errors import BadFrame, CameraUnavailable
from ...frames import Image, as_bgr, at_most_wide
from . import Credentials

WIDTH, HEIGHT = 640, 480
"""Asked from a camera; it gives what it has nearest to it."""
OPEN_TIMEOUT_MS, READ_TIMEOUT_MS = 8_000, 5_000
"""Of a stream. Drivers do not always keep to them: whoever started the process kills it then."""


def device(path: Path, frame_rate_hz: float) -> "OpenCvSource":
    """A camera of the machine; frames that nobody fetched in time are dropped by its driver."""
    wishes = [
        (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")),
        (cv2.CAP_PROP_FRAME_WIDTH, WIDTH),
        (cv2.CAP_PROP_FRAME_HEIGHT, HEIGHT),
        (cv2.CAP_PROP_FPS, max(15, round(frame_rate_hz))),
        (cv2.CAP_PROP_BUFFERSIZE, 1),
    ]
    return OpenCvSource(str(path), str(path), cv2.CAP_V4L2, wishes=wishes, file=path)


def stream(url: str, credentials: Credentials | None = None) -> "OpenCvSource":
    """A camera in the network, over TCP; the password is in no message."""
    timeouts = [
        (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_TIMEOUT_MS),
        (cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_TIMEOUT_MS),
    ]
    address = url if credentials is None else _with_credentials(url, credentials)
    return OpenCvSource(url, address, cv2.CAP_FFMPEG, needs=timeouts)


def video(path: Path) -> "OpenCvSource":
    """A file; its rate is as it says of itself."""
    return OpenCvSource(str(path), str(path), cv2.CAP_FFMPEG, file=path, live=False)


class OpenCvSource:
    """See FrameSource."""

    def __init__(
        self,
        name: str,
        address: str,
        backend: int,
        *,
        needs: Sequence[tuple[int, int]] = (),
        wishes: Sequence[tuple[int, int]] = (),
        file: Path | None = None,
        live: bool = True,
    ) -> None:
        """`file` has to be there before the driver is asked. OpenCV's properties: it opens nothing that does
        not know one of `needs`; `wishes` a camera may refuse.
        """
        self._name = name
        self._address = address
        self._backend = backend
        self._needs = [value for pair in needs for value in pair]
        self._wishes = wishes
        self._file = file
        self._live = live
        self._capture: cv2.VideoCapture | None = None

    @property
    def rate_hz(self) -> float | None:
        """See FrameSource."""
        if self._live or self._capture is None:
            return None
        rate = float(self._capture.get(cv2.CAP_PROP_FPS))
        return rate if 0.1 <= rate <= 1000 else 25.0

    def open(self) -> None:
        """See FrameSource."""
        if self._file is not None and not self._file.exists():
            raise CameraUnavailable(f"camera {self._name}: is not there")
        try:
            capture = cv2.VideoCapture(self._address, self._backend, self._needs)
        except cv2.error as error:
            raise CameraUnavailable(f"camera {self._name}: cannot be opened: {error.err}") from error
        if not capture.isOpened():
            capture.release()
            raise CameraUnavailable(f"camera {self._name}: cannot be opened")
        for setting, value in self._wishes:
            capture.set(setting, value)
        self._capture = capture

    def advance(self) -> bool:
        """See FrameSource."""
        try:
            if self._opened.grab():
                return True
        except cv2.error as error:
            raise CameraUnavailable(f"camera {self._name}: {error.err}") from error
        if self._live:
            raise CameraUnavailable(f"camera {self._name}: gives no frame")
        return False

    def image(self) -> Image:
        """See FrameSource."""
        try:
            taken, array = self._opened.retrieve()
        except cv2.error as error:
            raise BadFrame(f"camera {self._name}: {error.err}") from error
        if not taken or array is None:
            raise BadFrame(f"camera {self._name}: gave a frame that cannot be decoded")
        return at_most_wide(as_bgr(np.asarray(array), f"camera {self._name}"))

    def close(self) -> None:
        """See FrameSource."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    @property
    def _opened(self) -> cv2.VideoCapture:
        if self._capture is None:
            raise CameraUnavailable(f"camera {self._name}: is not open")
        return self._capture


def _with_credentials(url: str, credentials: Credentials) -> str:
    parts = urlsplit(url)
    who = f"{quote(credentials.username, safe='')}:{quote(credentials.password, safe='')}"
    return parts._replace(netloc=f"{who}@{parts.netloc.rpartition('@')[2]}").geturl()
