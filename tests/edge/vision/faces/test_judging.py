"""A person judges customers as they leave, and never learns what the model said of them."""

import os
from collections.abc import Iterator, Mapping

import numpy as np
from tests.harness.drawn_faces import face_box
from tests.harness.scripted_faces import ScriptedEmotion, ScriptedFinder, emotion_row, room

from tillsight_edge.camera_config import CameraSettings
from tillsight_edge.vision.camera.capture_process import CaptureState
from tillsight_edge.vision.counting.pipeline import Pipeline
from tillsight_edge.vision.detections import Detection, Detections, Image
from tillsight_edge.vision.faces.crops import QualityFloor
from tillsight_edge.vision.faces.face_reader import FaceReader
from tillsight_edge.vision.faces.judging import QUIT, Judging, TypedLines, judge
from tillsight_edge.vision.frames import Frame

PERSON = Detection(260, 60, 380, 460, 0.9)
FACE = face_box(60, left=296, top=70)
TILL = CameraSettings(source="0", zone=((0.2, 0.2), (0.8, 1.0)))


class Till:
    """A camera at five frames a second; whoever is served stands there for 6 s, then nobody for 6 s."""

    def __init__(self, frames: int) -> None:
        self.frames = frames
        self.number = 0

    def tend(self) -> CaptureState:
        return CaptureState(False, 0.0, self.number, 1, "", ended=self.number >= self.frames)

    def newest(self, after: int = 0, timeout_s: float = 0.0) -> Frame | None:
        if self.number >= self.frames:
            return None
        self.number += 1
        image = room([FACE]) if self.is_there else room()
        grain = np.random.default_rng(self.number).integers(0, 3, image.shape, np.uint8)
        return Frame(self.number, self.number * 200, image + grain)

    @property
    def is_there(self) -> bool:
        return self.number % 60 < 30

    def detect(self, image: Image) -> Detections:
        """Stands for the detector."""
        return Detections(persons=(PERSON,) if self.is_there else ())


def judged(answers: Mapping[int, str], frames: int = 179, people: int = 100) -> tuple[Judging, list[str]]:
    """Customers of whom the person says this; the n-th question gets the n-th answer."""
    emotion = ScriptedEmotion(emotion_row(happiness=0.9))
    judging = Judging(FaceReader(ScriptedFinder([FACE]), QualityFloor(), 5, emotion))
    till, asked = Till(frames), []
    pipeline = Pipeline(TILL, till, faces=judging)
    waiting: list[str] = []

    def ask(question: str) -> None:
        asked.append(question)
        waiting.extend(answers.get(len(asked), ""))

    def read() -> str | None:
        return waiting.pop(0) if waiting else None

    judge(till, pipeline, judging, people=people, ask=ask, read=read)
    return judging, asked


def test_each_customer_is_asked_about_once_and_counted() -> None:
    judging, asked = judged({1: "+", 2: "0", 3: "-"})
    assert judging.counts == ((1, 0, 0, 0), (1, 0, 0, 0), (1, 0, 0, 0))
    assert [question.partition(",")[0] for question in asked] == [f"customer {n}" for n in (1, 2, 3)]


def test_the_question_says_nothing_of_what_the_model_said() -> None:
    _, asked = judged({1: "+"})
    assert asked
    assert not any(word in " ".join(asked) for word in ("positive", "neutral", "negative", "unknown", "happ"))


def test_skipped_customers_do_not_count() -> None:
    judging, asked = judged({1: "s", 2: "+", 3: "s"})
    assert judging.people == 1
    assert len(asked) == 3


def test_another_word_is_asked_again() -> None:
    judging, asked = judged({1: "x", 2: "-"}, frames=120)
    assert judging.counts[2] == (1, 0, 0, 0)
    assert asked[0].partition(",")[0] == asked[1].partition(",")[0]


def test_it_ends_with_q_and_with_enough_people() -> None:
    judging, _ = judged({1: "+", 2: QUIT, 3: "+"})
    assert judging.people == 1
    judging, _ = judged({1: "+", 2: "+", 3: "+"}, people=2)
    assert judging.people == 2


def test_nobody_is_asked_about_whom_nobody_remembers() -> None:
    judging, _ = judged({}, frames=0)
    judging.left(1, 0, served=True)
    judging.left(2, 80_000, served=True)
    judging.left(3, 81_000, served=False)
    assert judging.question(85_000) == "customer 1, left 85 s ago"
    assert judging.question(95_000) == "customer 1, left 15 s ago"
    assert judging.answer("0")
    assert judging.question(95_000) is None
    assert not judging.answer("0")
    assert judging.counts == ((0, 0, 0, 0), (0, 0, 0, 1), (0, 0, 0, 0))


def typed(*pieces: bytes) -> Iterator[str | None]:
    reading, writing = os.pipe()
    lines = TypedLines(reading)
    try:
        for piece in pieces:
            os.write(writing, piece)
            yield lines.next()
        os.close(writing)
        yield lines.next()
        yield lines.next()
    finally:
        os.close(reading)


def test_lines_are_taken_as_they_come() -> None:
    assert list(typed(b"", b"+\n0", b"\n-\n")) == [None, "+", "0", "-", QUIT]
