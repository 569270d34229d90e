"""From frames to messages: what is counted while the camera sees, and what is told when it does not."""

from collections.abc import Sequence

import numpy as np
from tests.harness.walkers import ALWAYS, HEIGHT, WIDTH, ScriptedDetector, Walker

from tillsight_edge.camera_config import CameraSettings
from tillsight_edge.vision.counting.pipeline import Pipeline
from tillsight_edge.vision.frames import Frame
from tillsight_edge.vision.process.watcher import Watcher
from tillsight_edge.vision.process.wire import (
    CameraSeen,
    ContactSeen,
    Message,
    PresenceSeen,
    QueueSeen,
    Seen,
    VisitorsCounted,
    decode,
    encode,
)
from tillsight_models.events import CameraState

CAMERA = CameraSettings(
    source="scene:1",
    zone=((0.3, 0.3), (0.7, 1.0)),
    queue_zone=((0.75, 0.3), (1.0, 1.0)),
    entrance_line=((0.1, 0.5), (0.1, 1.0)),
    entrance="north",
)
CUSTOMER = Walker(way=((1, 0.5, 0.9), (8, 0.5, 0.9), (9, 0.5, 0.9)))
STEP_MS = 200


class ScriptedEyes:
    """Says the state that is set."""

    state: CameraState = "ok"

    def look(self, frame: Frame) -> CameraState:
        return self.state


class Scene:
    """A watcher, and time that passes in frames or without them."""

    def __init__(self, walkers: Sequence[Walker] = (), window_s: float = 10) -> None:
        self.detector = ScriptedDetector(walkers)
        self.eyes = ScriptedEyes()
        pipeline = Pipeline(CAMERA, self.detector, motion=ALWAYS)
        self.watcher = Watcher(CAMERA, pipeline, self.eyes, window_s=window_s, now_ms=0)
        self.now_ms = 0
        self.told: list[Seen] = []

    def pass_time(self, seconds: float, *, frames: bool = True) -> None:
        for _ in range(round(1000 * seconds / STEP_MS)):
            self.now_ms += STEP_MS
            if frames:
                self.detector.second = self.now_ms / 1000
                image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
                self.told += self.watcher.frame(Frame(self.now_ms, self.now_ms, image), self.now_ms)
            else:
                self.told += self.watcher.no_frame(self.now_ms)
            self.told += self.watcher.windows(self.now_ms)

    def of(self, kind: type) -> list[Seen]:
        return [seen for seen in self.told if isinstance(seen, kind)]

    @property
    def states(self) -> list[str]:
        return [seen.state for seen in self.told if isinstance(seen, CameraSeen)]


def test_a_customer_becomes_a_contact_and_is_seen_standing_there() -> None:
    scene = Scene([CUSTOMER])
    scene.pass_time(6)
    assert scene.watcher.now == PresenceSeen(present=1, serving=1, state="ok")
    scene.pass_time(6)
    assert scene.watcher.now == PresenceSeen(present=0, serving=0, state="ok")
    (contact,) = scene.of(ContactSeen)
    assert isinstance(contact, ContactSeen)
    assert 6 <= contact.dwell_s <= 9
    assert contact.people == 1


def test_each_window_tells_coverage_visitors_and_queue() -> None:
    visitor = Walker(way=((2, 0.35, 0.8), (6, -0.05, 0.8)))
    waiting = Walker(way=((1, 0.9, 0.9), (14, 0.9, 0.9)))
    scene = Scene([visitor, waiting])
    scene.pass_time(20.2)
    visitors = [seen for seen in scene.told if isinstance(seen, VisitorsCounted)]
    assert [seen.entered + seen.left for seen in visitors] == [1, 0]
    queues = [seen for seen in scene.told if isinstance(seen, QueueSeen)]
    assert [seen.most_people for seen in queues] == [1, 1]
    assert 0.5 < queues[0].mean_people < 1
    reports = [seen for seen in scene.told if isinstance(seen, CameraSeen)]
    assert [report.state for report in reports] == ["ok", "ok", "ok"]
    assert sum(report.working_ms for report in reports) == 20_000 - STEP_MS
    assert sum(report.period_ms for report in reports) == 20_000


def test_nothing_is_said_of_visitors_and_queue_while_there_is_nothing_to_see() -> None:
    scene = Scene()
    scene.pass_time(40, frames=False)
    assert scene.states == ["down", "down", "down", "down", "down"]
    assert not scene.of(VisitorsCounted)
    assert not scene.of(QueueSeen)
    assert scene.watcher.now.state == "down"


def test_who_is_there_when_the_camera_goes_dark_leaves_then_and_nobody_is_looked_at_in_the_dark() -> None:
    scene = Scene([CUSTOMER])
    scene.pass_time(6)
    scene.eyes.state = "dark"
    looked = len(scene.detector.images)
    scene.pass_time(2)
    (contact,) = scene.of(ContactSeen)
    assert isinstance(contact, ContactSeen)
    assert contact.leave_ms <= 6_200
    assert scene.states == ["ok", "dark"]
    assert len(scene.detector.images) == looked
    assert scene.watcher.now == PresenceSeen(present=0, serving=0, state="dark")


def test_a_customer_who_is_there_when_no_frame_comes_any_more_is_counted() -> None:
    scene = Scene([CUSTOMER])
    scene.pass_time(6)
    scene.pass_time(6, frames=False)
    assert len(scene.of(ContactSeen)) == 1
    assert scene.states == ["ok", "ok", "down"]


def test_who_is_there_when_the_camera_is_paused_leaves_and_nothing_is_said_until_it_sees_again() -> None:
    scene = Scene([CUSTOMER])
    scene.pass_time(6)
    scene.told += scene.watcher.pause(scene.now_ms)
    scene.told += scene.watcher.pause(scene.now_ms)
    assert len(scene.of(ContactSeen)) == 1
    assert scene.watcher.now == PresenceSeen(present=0, serving=0, state="paused")
    scene.now_ms += 30_000
    windows = scene.watcher.windows(scene.now_ms)
    assert [type(seen) for seen in windows] == [CameraSeen]
    scene.told += windows
    scene.watcher.go_on(scene.now_ms)
    scene.pass_time(1)
    assert scene.states == ["ok", "paused", "paused", "ok"]


def test_the_end_tells_all_that_was_counted() -> None:
    scene = Scene([CUSTOMER])
    scene.pass_time(6)
    last = scene.watcher.finish(scene.now_ms)
    assert [type(seen) for seen in last] == [QueueSeen, ContactSeen, VisitorsCounted, CameraSeen]
    report = last[-1]
    assert isinstance(report, CameraSeen)
    assert report.at_ms == 6_000


def test_whatever_is_told_can_be_said() -> None:
    scene = Scene([CUSTOMER, Walker(way=((2, 0.9, 0.9), (14, 0.9, 0.9)))])
    scene.pass_time(30)
    scene.told += scene.watcher.finish(scene.now_ms)
    for seen in scene.told:
        message = Message(camera="till", session=1, seq=1, seen=seen)
        assert decode(encode(message)) == message
