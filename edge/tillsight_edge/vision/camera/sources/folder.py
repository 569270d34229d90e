"""A folder of pictures, in the order of their names."""

from collections.abc import Iterator
from pathlib import Path

from ...errors import BadFrame, CameraUnavailable
from ...frames import Image, at_most_wide
from ..pictures import SUFFIXES, read_picture


class PictureFolder:
    """See FrameSource; a broken file is one BadFrame, and the next one follows."""

    def __init__(self, folder: Path, rate_hz: float) -> None:
        """The pictures count as taken `rate_hz` a second."""
        self._folder = folder
        self._rate_hz = rate_hz
        self._paths: Iterator[Path] = iter(())
        self._path: Path | None = None

    @property
    def rate_hz(self) -> float | None:
        """See FrameSource."""
        return self._rate_hz

    def open(self) -> None:
        """See FrameSource."""
        try:
            paths = sorted(path for path in self._folder.iterdir() if path.suffix.lower() in SUFFIXES)
        except OSError as error:
            raise CameraUnavailable(f"camera {self._folder}: {error.strerror or error}") from error
        if not paths:
            raise CameraUnavailable(f"camera {self._folder}: has no picture ({', '.join(sorted(SUFFIXES))})")
        self._paths = iter(paths)

    def advance(self) -> bool:
        """See FrameSource."""
        self._path = next(self._paths, None)
        return self._path is not None

    def image(self) -> Image:
        """See FrameSource."""
        if self._path is None:
            raise BadFrame(f"camera {self._folder}: has no more pictures")
        return at_most_wide(read_picture(self._path))

    def close(self) -> None:
        """See FrameSource."""
        self._paths = iter(())
