"""The newest picture of a camera, in memory and nowhere else, for a person who draws on it."""

import threading
import time
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import cv2

from .camera.capture_process import CaptureState
from .errors import CameraUnavailable
from .frames import Frame, Image
from .zones import Draft, Seen, Trial

JPEG_QUALITY = 80
WAIT_S = 0.25
WATCHED_S = 5.0
"""Nobody has asked for a picture for so long: nothing is looked at."""


class Camera(Protocol):
    """What gives frames; `capture_process.CaptureProcess` is one."""

    def tend(self) -> CaptureState:
        """Keep it running, and tell how it is."""

    def newest(self, after: int = 0, timeout_s: float = 0.0) -> Frame | None:
        """The newest frame with a higher number than `after`."""


@dataclass(frozen=True)
class _Shot:
    """One frame and what was made of it."""

    number: int
    image: Image
    masked: Image
    """With black staff zones."""
    people: list[Seen]


class LiveView:
    """Looks at a camera in a thread of its own while somebody watches. Other calls come from any thread."""

    def __init__(self, camera: Camera, draft: Draft, trial: Trial) -> None:
        self._camera = camera
        self._draft = draft
        self._trial = trial
        self._shot: _Shot | None = None
        self._asked_s = float("-inf")
        self._problem = "the camera starts"
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_looking, name="live view", daemon=True)

    def start(self) -> None:
        """Look from now on."""
        self._asked_s = time.monotonic()
        self._thread.start()

    def stop(self) -> None:
        """Look no more, and forget the picture."""
        self._stopping.set()
        self._thread.join()
        self._shot = None

    def picture(self, *, masked: bool) -> tuple[bytes, dict[str, Any]]:
        """The newest picture as JPEG, made now, and what the page draws over it."""
        self._asked_s = time.monotonic()
        shot = self._shot
        if not self._thread.is_alive():
            raise CameraUnavailable("the view has failed: the terminal of the command says why")
        if shot is None or self._problem:
            raise CameraUnavailable(self._problem or "the camera starts")
        image = shot.masked if masked else shot.image
        _, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        trial = self._trial
        return jpeg.tobytes(), {
            "number": shot.number,
            "people": [asdict(person) for person in shot.people],
            "served": trial.served,
            "entered": trial.entered,
            "left": trial.left,
            "queue": trial.queue,
        }

    def _keep_looking(self) -> None:
        cv2.setNumThreads(1)
        number = 0
        while not self._stopping.is_set():
            state = self._camera.tend()
            frame = self._camera.newest(number, WAIT_S)
            if frame is not None:
                number = frame.number
                if time.monotonic() - self._asked_s < WATCHED_S:
                    self._look(frame)
                self._problem = ""
            elif state.down or state.detail:
                self._problem = state.detail or f"no frame for {state.age_s:.0f} s"

    def _look(self, frame: Frame) -> None:
        masked, people = self._trial.look(frame, self._draft.camera)
        self._shot = _Shot(frame.number, frame.image, masked, people)
