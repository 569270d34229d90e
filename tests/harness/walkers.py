"""People who walk about as a table says, the boxes that a detector would give, and what is counted."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np

from tillsight_edge.camera_config import CameraSettings
from tillsight_edge.vision.counting.contacts import Contact, Presence
from tillsight_edge.vision.counting.motion import MotionRules
from tillsight_edge.vision.counting.pipeline import Pipeline, Result
from tillsight_edge.vision.counting.queues import QueueWindow
from tillsight_edge.vision.counting.traffic import Visitor
from tillsight_edge.vision.detections import Detection, Detections, Image
from tillsight_edge.vision.frames import Frame

WIDTH, HEIGHT = 320, 180
ALWAYS = MotionRules(watching_s=0, empty_s=0)
"""A gate that lets every frame through: scripted frames are all alike."""

News = TypeVar("News", Contact, Presence, Visitor)


@dataclass(frozen=True)
class Walker:
    """One person, in seconds and shares of the frame."""

    way: Sequence[Sequence[float]]
    """[second, x, y] of the feet; in between they walk straight, slowly at first and at the end. Before and
    after nobody is there."""
    height: float = 0.6
    """Of the body, in frame heights."""
    unseen: Sequence[Sequence[float]] = ()
    """[from, until] in which the detector finds nothing."""
    legless: Sequence[Sequence[float]] = ()
    """[from, until] in which it finds the upper half only."""
    unsure: Sequence[Sequence[float]] = ()
    """[from, until] in which its score is low."""
    score: float = 0.9

    def detection(self, second: float) -> Detection | None:
        """The box at a moment, cut off at the frame's edges."""
        if not self.way[0][0] <= second <= self.way[-1][0] or _during(self.unseen, second):
            return None
        x, y = self._at(second)
        half = 0.18 * self.height * HEIGHT
        top = (y - self.height) * HEIGHT
        foot = (y - (self.height / 2 if _during(self.legless, second) else 0)) * HEIGHT
        x1, x2 = max(0.0, x * WIDTH - half), min(float(WIDTH), x * WIDTH + half)
        y1, y2 = max(0.0, top), min(float(HEIGHT), foot)
        if x2 - x1 < 2 or y2 - y1 < 2:
            return None
        return Detection(x1, y1, x2, y2, 0.32 if _during(self.unsure, second) else self.score)

    def _at(self, second: float) -> tuple[float, float]:
        start, end = next(leg for leg in pairwise(self.way) if leg[0][0] <= second <= leg[1][0])
        done = (second - start[0]) / (end[0] - start[0])
        share = done * done * (3 - 2 * done)
        return start[1] + share * (end[1] - start[1]), start[2] + share * (end[2] - start[2])


@dataclass
class ScriptedDetector:
    """Finds the walkers that are there at `second`; remembers each image that it was given."""

    walkers: Sequence[Walker]
    second: float = 0.0
    jitter: float = 0.0
    """Of boxes, in their heights."""
    rng: random.Random = field(default_factory=lambda: random.Random(1))
    images: list[Image] = field(default_factory=list)

    def detect(self, image: Image) -> Detections:
        """See Detector."""
        self.images.append(image.copy())
        found = [box for walker in self.walkers if (box := walker.detection(self.second)) is not None]
        return Detections(tuple(sorted(map(self._moved, found), key=lambda box: -box.score)))

    def _moved(self, box: Detection) -> Detection:
        sides = (box.x1, box.y1, box.x2, box.y2)
        x1, y1, x2, y2 = (side + self.rng.gauss(0, self.jitter) * box.height for side in sides)
        return Detection(x1, y1, x2, y2, box.score)


@dataclass
class Watched:
    """All that a pipeline said of a scene."""

    results: list[Result]
    queue: QueueWindow | None
    pipeline: Pipeline

    def of(self, kind: type[News]) -> list[News]:
        """What it said of one kind."""
        return [result for result in self.results if isinstance(result, kind)]

    @property
    def contacts(self) -> list[list[float]]:
        """[enter, leave] in seconds."""
        return [[contact.enter_ms / 1000, contact.leave_ms / 1000] for contact in self.of(Contact)]


def watch(
    camera: CameraSettings,
    walkers: Sequence[Walker],
    end_s: float,
    *,
    frames_a_second: float = 5.0,
    lost: float = 0.0,
    jitter: float = 0.0,
    seed: int = 1,
    **options: Any,
) -> Watched:
    """Run a scene through the pipeline; a share of `lost` frames never arrives."""
    rng = random.Random(seed)
    detector = ScriptedDetector(walkers, jitter=jitter, rng=rng)
    pipeline = Pipeline(camera, detector, motion=ALWAYS, **options)
    results: list[Result] = []
    for frame in frames(end_s, frames_a_second):
        if rng.random() >= lost:
            detector.second = frame.mono_ms / 1000
            results += pipeline.look(frame)
    queue = pipeline.queue(round(end_s * 1000))
    return Watched(results + pipeline.finish(round(end_s * 1000)), queue, pipeline)


def frames(end_s: float, frames_a_second: float) -> Iterator[Frame]:
    """Empty frames at a steady rate."""
    for number in range(int(end_s * frames_a_second) + 1):
        yield Frame(
            number + 1, round(1000 * number / frames_a_second), np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        )


def _during(spans: Sequence[Sequence[float]], second: float) -> bool:
    return any(begin <= second < end for begin, end in spans)
