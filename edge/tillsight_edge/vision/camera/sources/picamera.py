"""The Raspberry Pi's own camera, by Picamera2, which Raspberry Pi OS brings along."""

from typing import Any

from ...errors import CameraUnavailable
from ...frames import Image, as_bgr, at_most_wide

WIDTH, HEIGHT = 640, 480
FRAME_RATE_HZ = 15.0
"""At least: below it the picture of a moving person smears."""


class PiCamera:
    """See FrameSource."""

    rate_hz = None

    def __init__(self, number: int, frame_rate_hz: float) -> None:
        """`number` counts the cameras of the board from 0."""
        self._number = number
        self._frame_rate_hz = max(FRAME_RATE_HZ, frame_rate_hz)
        self._camera: Any = None
        self._array: Any = None

    def open(self) -> None:
        """See FrameSource."""
        try:
            from picamera2 import Picamera2
        except ImportError as error:
            raise CameraUnavailable(
                "camera picamera: Picamera2 is not installed (Debian package python3-picamera2)"
            ) from error
        try:
            camera = Picamera2(self._number)
            camera.configure(
                camera.create_video_configuration(
                    main={"size": (WIDTH, HEIGHT), "format": "RGB888"},  # which is blue first in memory
                    controls={"FrameRate": self._frame_rate_hz},
                )
            )
            camera.start()
        except (RuntimeError, IndexError, OSError) as error:
            raise CameraUnavailable(f"camera picamera {self._number}: {error}") from error
        self._camera = camera

    def advance(self) -> bool:
        """See FrameSource; the camera gives its newest picture."""
        if self._camera is None:
            raise CameraUnavailable(f"camera picamera {self._number}: is not open")
        try:
            self._array = self._camera.capture_array("main")
        except (RuntimeError, OSError) as error:
            raise CameraUnavailable(f"camera picamera {self._number}: {error}") from error
        return True

    def image(self) -> Image:
        """See FrameSource."""
        array, self._array = self._array, None
        return at_most_wide(as_bgr(array, f"camera picamera {self._number}"))

    def close(self) -> None:
        """See FrameSource."""
        if self._camera is not None:
            self._camera.stop()
            self._camera.close()
            self._camera = None
