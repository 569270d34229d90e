"""A person at the till judges customers as they leave; what the model made of each is counted beside it.

The person never sees what the model said. Judgement and reading meet here, in memory, and only counts remain.
"""

import os
import select
import sys
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO, Protocol

from tillsight_models.events import ValenceCounts
from tillsight_models.geometry import Box

from ...camera_config import CameraSettings
from ...config import DeviceConfig
from ..camera.capture_process import CaptureOrder, CaptureProcess, CaptureState
from ..camera.ring import FrameRing
from ..counting.pipeline import Pipeline
from ..detections import Image
from ..frames import Frame
from ..networks.detector import OnnxDetector
from ..networks.emotion_models import open_emotion_model
from ..networks.registry import Registry
from .emotion import EmotionModel, Sign
from .face_reader import FaceReader
from .moods import open_reader, today
from .validation import table

WORDS: dict[str, Sign] = {"+": 1, "0": 0, "-": -1}
SKIP, QUIT = "s", "q"
FORGOTTEN_MS = 90_000
"""Nobody remembers for longer how a customer looked: who left before that is not asked about any more."""
LOOK_S = 0.2


class Camera(Protocol):
    """What gives frames; `capture_process.CaptureProcess` is one."""

    def tend(self) -> CaptureState:
        """Keep it running, and tell how it is."""

    def newest(self, after: int = 0, timeout_s: float = 0.0) -> Frame | None:
        """The newest frame with a higher number than `after`."""


@dataclass(frozen=True)
class _Left:
    """A customer about whom the person is still to be asked."""

    mono_ms: int
    said: Sign | None
    """By the model."""


class Judging:
    """Looks at faces as the device does, and keeps each reading until the same customer was judged."""

    def __init__(self, reader: FaceReader) -> None:
        self._reader = reader
        self._waiting: deque[_Left] = deque()
        self.asked = 0
        """Grows with each customer who is done with; tells one question from the next."""
        self._truth: list[int] = []
        self._said: list[Sign | None] = []

    def look(self, image: Image, mono_ms: int, standing: Mapping[int, Box]) -> None:
        """See pipeline.FaceHook."""
        self._reader.look(image, mono_ms, standing)

    def left(self, track: int, mono_ms: int, *, served: bool) -> None:
        """See pipeline.FaceHook."""
        reading = self._reader.left(track)
        if served:
            self._waiting.append(_Left(mono_ms, reading.sign))

    @property
    def people(self) -> int:
        """How many were judged."""
        return len(self._truth)

    @property
    def counts(self) -> ValenceCounts:
        """People by judgement and by what the model said."""
        return table(self._truth, self._said)

    def question(self, now_ms: int) -> str | None:
        """What to ask now: about the customer who left first of those who were not judged."""
        while self._waiting and now_ms - self._waiting[0].mono_ms > FORGOTTEN_MS:
            self._waiting.popleft()
            self.asked += 1
        if not self._waiting:
            return None
        ago_s = max(0, now_ms - self._waiting[0].mono_ms) // 1000
        return f"customer {self.people + 1}, left {ago_s} s ago"

    def answer(self, word: str) -> bool:
        """Take +, 0, - or s (skip) for the customer of the question; False where that cannot be."""
        if not self._waiting or word not in {*WORDS, SKIP}:
            return False
        left = self._waiting.popleft()
        self.asked += 1
        if word != SKIP:
            self._truth.append(WORDS[word])
            self._said.append(left.said)
        return True


def judge(
    camera: Camera,
    pipeline: Pipeline,
    judging: Judging,
    *,
    people: int,
    ask: Callable[[str], None],
    read: Callable[[], str | None],
) -> None:
    """Until so many people were judged, `read` gives q, or the source ends.

    `ask` shows a question; `read` gives the next line that was typed, None while there is none.
    """
    number, now_ms, asked, problem = 0, 0, -1, ""
    while judging.people < people:
        state = camera.tend()
        frame = camera.newest(number, LOOK_S)
        if frame is not None:
            number, now_ms = frame.number, frame.mono_ms
            pipeline.look(frame)
        elif state.ended:
            return
        if state.detail not in ("", problem):
            problem = state.detail
            ask(problem)
        word = read()
        if word == QUIT:
            return
        if word is not None and not judging.answer(word):
            asked = -1  # ask again
        question = judging.question(now_ms)
        if question is not None and judging.asked != asked:
            asked = judging.asked
            ask(question)


def judging_problem(config: DeviceConfig) -> str | None:
    """Why nobody's face may be looked at for this; None where it may."""
    if not config.emotion.enabled:
        return "emotion.enabled: False: should be true where customers are judged"
    off = config.faces_off_on(today())
    return f"{off}: faces are not looked at" if off else None


def judged_at(
    config: DeviceConfig, settings: CameraSettings, people: int, typed: IO[str]
) -> tuple[EmotionModel, ValenceCounts]:
    """Judge at a camera until so many are judged; the model, and the counts."""
    registry = Registry(config.vision.models_folder)
    model = open_emotion_model(registry.find(config.emotion.model, "emotion"))
    judging = Judging(open_reader(config, model))
    persons = registry.find(config.vision.persons_model, "persons")
    sure = persons.entry.threshold_of("person")
    pipeline = Pipeline(settings, OnnxDetector(persons), faces=judging, sure=sure)
    order = CaptureOrder(settings.source, settings.frame_rate_hz, settings.username, settings.password_file)
    camera = CaptureProcess(order, FrameRing.create(), down_after_s=settings.down_after_s)
    try:
        judge(camera, pipeline, judging, people=people, ask=_show, read=TypedLines(typed.fileno()).next)
    except KeyboardInterrupt:
        _show("")  # what was judged until now counts
    finally:
        camera.close()
    return model, judging.counts


class TypedLines:
    """What is typed, without waiting for it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._typed = b""
        self._ended = False

    def next(self) -> str | None:
        """The next line, None while there is none; at the end of the input, `QUIT`."""
        if not self._ended and select.select([self._descriptor], [], [], 0)[0]:
            more = os.read(self._descriptor, 4096)
            self._typed += more
            self._ended = not more
        line, end, rest = self._typed.partition(b"\n")
        if end:
            self._typed = rest
            return line.decode(errors="replace").strip()
        return QUIT if self._ended else None


def _show(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
