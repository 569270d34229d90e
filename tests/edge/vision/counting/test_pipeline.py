"""The way of a frame: staff are black before anything looks, the gate saves looks, faces are let go."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from tests.harness.walkers import ALWAYS, HEIGHT, WIDTH, ScriptedDetector, Walker, frames, watch

from tillsight_edge.camera_config import CameraSettings
from tillsight_edge.vision.counting.contacts import Contact, Presence
from tillsight_edge.vision.counting.pipeline import Pipeline, blacken
from tillsight_edge.vision.detections import Detections
from tillsight_edge.vision.frames import Frame, Image
from tillsight_models.geometry import Box, Zone

ZONE = ((0.4, 0.7), (0.7, 1.0))
STAFF = ((0.0, 0.1), (0.35, 0.2), (0.3, 1.0), (0.0, 1.0))
SERVED = Walker([[0, 0.0, 0.9], [2, 0.55, 0.85], [12, 0.55, 0.85], [14, 1.0, 0.9]])


def camera(**changes: Any) -> CameraSettings:
    return CameraSettings(**{"source": "0", "zone": ZONE, **changes})


def noise(seed: int, number: int = 1, mono_ms: int = 0) -> Frame:
    """A frame in which every pixel could be somebody."""
    rng = np.random.default_rng(seed)
    return Frame(number, mono_ms, rng.integers(1, 256, (HEIGHT, WIDTH, 3), np.uint8))


def in_staff_zone() -> np.ndarray[Any, np.dtype[np.bool_]]:
    zone = Zone.of(STAFF, WIDTH, HEIGHT)
    return np.array([[zone.contains((x, y)) for x in range(WIDTH)] for y in range(HEIGHT)])


def test_no_pixel_of_the_staff_zone_reaches_the_detector() -> None:
    detector = ScriptedDetector([])
    Pipeline(camera(staff_zones=(STAFF,)), detector).look(noise(1))
    (seen,) = detector.images
    inside = in_staff_zone()
    assert inside.sum() > 10_000
    assert (seen[inside] == 0).all()
    assert (seen[~inside] > 0).mean() > 0.95


def test_no_pixel_of_the_staff_zone_reaches_the_faces() -> None:
    faces = Faces()
    pipeline = Pipeline(
        camera(staff_zones=(STAFF,)), detector := ScriptedDetector([SERVED]), motion=ALWAYS, faces=faces
    )
    for second in range(8):
        for step in range(5):
            at_ms = second * 1000 + step * 200
            detector.second = at_ms / 1000
            pipeline.look(noise(second, mono_ms=at_ms))
    assert faces.images
    assert all((image[in_staff_zone()] == 0).all() for image in faces.images)


def test_what_moves_in_the_staff_zone_does_not_open_the_gate() -> None:
    detector = ScriptedDetector([])
    pipeline = Pipeline(camera(staff_zones=(STAFF,)), detector)
    for number in range(20):
        frame = noise(1, number + 1, 200 * number)
        frame.image[60:160, 10:80] = 255 - 12 * number
        pipeline.look(frame)
    assert (pipeline.frames, pipeline.looked) == (20, 1)


def test_what_moves_elsewhere_opens_it() -> None:
    detector = ScriptedDetector([])
    pipeline = Pipeline(camera(staff_zones=(STAFF,)), detector)
    for number in range(20):
        frame = noise(1, number + 1, 200 * number)
        frame.image[60:160, 200:270] = 255 - 12 * number
        pipeline.look(frame)
    assert pipeline.looked > 15


def test_a_frame_that_must_not_be_written_is_copied() -> None:
    frame = noise(1)
    frame.image.flags.writeable = False
    before = frame.image.copy()
    Pipeline(camera(staff_zones=(STAFF,)), detector := ScriptedDetector([])).look(frame)
    assert (frame.image == before).all()
    assert (detector.images[0][in_staff_zone()] == 0).all()


def test_a_zone_beyond_the_frame_blackens_what_is_in_it() -> None:
    image = noise(1).image
    blacken(image, [Zone.of(((-0.5, 0.5), (1.5, 1.5)), WIDTH, HEIGHT)])
    assert (image[HEIGHT // 2 :] == 0).all()
    assert (image[: HEIGHT // 2 - 1] > 0).all()


class Faces:
    """Writes down whom it was shown, and who left."""

    def __init__(self) -> None:
        self.images: list[Image] = []
        self.shown: list[tuple[int, set[int]]] = []
        self.gone: list[tuple[int, bool]] = []

    def look(self, image: Image, mono_ms: int, standing: Mapping[int, Box]) -> None:
        self.images.append(image.copy())
        self.shown.append((mono_ms, set(standing)))

    def left(self, track: int, mono_ms: int, *, served: bool) -> None:
        self.gone.append((track, served))


def test_faces_of_people_who_stand_in_the_zone_are_offered_until_they_leave() -> None:
    faces = Faces()
    beside = Walker([[1, 0.0, 0.9], [3, 0.2, 0.85], [14, 0.2, 0.85], [15, 0.0, 0.9]])
    (contact,) = watch(camera(), [SERVED, beside], 20, faces=faces).of(Contact)
    assert {number for _, shown in faces.shown for number in shown} == {contact.track}
    assert 2000 <= faces.shown[0][0] <= 3000
    assert 11_500 <= faces.shown[-1][0] <= 12_800
    assert faces.gone == [(contact.track, True)]


def test_of_somebody_who_was_not_served_the_faces_are_let_go_too() -> None:
    faces = Faces()
    passing = Walker([[0, 0.0, 0.9], [2, 0.55, 0.85], [4, 0.55, 0.85], [5.5, 1.0, 0.9]])
    assert watch(camera(), [passing], 10, faces=faces).of(Contact) == []
    assert faces.gone == [(1, False)]


def test_at_the_end_everybody_leaves() -> None:
    faces = Faces()
    watched = watch(camera(), [SERVED], 8, faces=faces)
    assert len(watched.of(Contact)) == 1
    assert faces.gone == [(1, True)]
    assert watched.of(Presence)[-1].present == 0


def test_frames_of_another_size_begin_anew() -> None:
    detector = ScriptedDetector([SERVED])
    pipeline = Pipeline(camera(), detector, motion=ALWAYS)
    results = []
    for frame in frames(8, 5):
        detector.second = frame.mono_ms / 1000
        results += pipeline.look(frame)
    small = Frame(100, 8200, np.zeros((90, 160, 3), np.uint8))
    results += pipeline.look(small)
    (contact,) = [result for result in results if isinstance(result, Contact)]
    assert contact.leave_ms == 8200


def test_the_view_is_what_people_can_be_shown() -> None:
    detector = ScriptedDetector([SERVED])
    pipeline = Pipeline(camera(), detector, motion=ALWAYS)
    told = {}
    for frame in frames(8, 5):
        detector.second = frame.mono_ms / 1000
        pipeline.look(frame)
        told[frame.mono_ms] = (
            len(pipeline.view.tracks),
            len(pipeline.view.standing),
            len(pipeline.view.served),
        )
    assert told[1000] == (1, 0, 0)
    assert told[4000] == (1, 1, 0)
    assert told[8000] == (1, 1, 1)


@pytest.mark.parametrize("leave_gap_s", [1.0, 4.0])
def test_who_is_out_of_sight_for_the_gap_has_not_left(leave_gap_s: float) -> None:
    hidden = Walker(SERVED.way, unseen=[[6, 9]])
    assert len(watch(camera(leave_gap_s=leave_gap_s), [hidden], 20).of(Contact)) == (
        2 if leave_gap_s < 3 else 1
    )


def test_a_detector_that_finds_nothing_makes_no_results() -> None:
    class Blind:
        def detect(self, image: Image) -> Detections:
            return Detections()

    pipeline = Pipeline(camera(), Blind())
    assert [pipeline.look(noise(n, n, 200 * n)) for n in range(1, 9)] == [[]] * 8
    assert pipeline.finish(2000) == []
