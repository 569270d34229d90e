"""Reading faces: one value a person, from several good pictures, and nothing left of them afterwards."""

import gc
import weakref

import cv2
import numpy as np
import pytest
from tests.harness.drawn_faces import Image, face_box
from tests.harness.reference_data import reference_data
from tests.harness.scripted_faces import (
    ScriptedDemographics,
    ScriptedEmotion,
    ScriptedFinder,
    emotion_row,
    room,
)

from tillsight_edge.vision.detections import Detection
from tillsight_edge.vision.faces.crops import QualityFloor
from tillsight_edge.vision.faces.emotion import NetworkEmotion
from tillsight_edge.vision.faces.face_reader import FaceReader
from tillsight_edge.vision.faces.windows import Reading
from tillsight_edge.vision.networks.detector import FaceFinder
from tillsight_edge.vision.networks.registry import Registry
from tillsight_models.geometry import Box

ANN: Box = (200, 50, 320, 450)
BEN: Box = (330, 60, 450, 460)
ANNS_FACE = face_box(60, left=236, top=60)
BENS_FACE = face_box(60, left=366, top=70)
HAPPY = emotion_row(happiness=0.8)


def reader(
    finder: ScriptedFinder, emotion: ScriptedEmotion | None = None, min_crops: int = 5
) -> tuple[FaceReader, ScriptedEmotion]:
    emotion = emotion or ScriptedEmotion(HAPPY)
    return FaceReader(finder, QualityFloor(), min_crops, emotion), emotion


def test_enough_pictures_make_one_value() -> None:
    one, _ = reader(ScriptedFinder([ANNS_FACE]))
    for number in range(5):
        one.look(room([ANNS_FACE]), number * 500, {7: ANN})
    assert one.left(7) == Reading(sign=1)


def test_too_few_pictures_are_unknown() -> None:
    one, _ = reader(ScriptedFinder([ANNS_FACE]))
    for number in range(4):
        one.look(room([ANNS_FACE]), number * 500, {7: ANN})
    assert one.left(7) == Reading()


def test_somebody_without_a_face_is_unknown() -> None:
    one, emotion = reader(ScriptedFinder())
    for number in range(20):
        one.look(room(), number * 500, {7: ANN})
    assert one.left(7) == one.left(8) == Reading()
    assert emotion.shown == []


def test_a_face_is_looked_at_twice_a_second_and_only_at_the_head() -> None:
    finder = ScriptedFinder([ANNS_FACE])
    one, emotion = reader(finder)
    for frame in range(30):
        one.look(room([ANNS_FACE]), frame * 100, {7: ANN})
    assert len(emotion.shown) == 6
    assert set(finder.regions) == {(182, 32, 338, 250)}


def test_bad_pictures_do_not_count() -> None:
    small = Detection(250, 60, 262, 75, 0.9)
    one, emotion = reader(ScriptedFinder([small]))
    for number in range(10):
        one.look(room([small]), number * 500, {7: ANN})
    assert emotion.shown == []
    assert one.left(7) == Reading()


def test_of_several_pictures_the_sure_ones_say_more() -> None:
    emotion = ScriptedEmotion(emotion_row(happiness=0.95))
    one, _ = reader(ScriptedFinder([ANNS_FACE]), emotion)
    for number in range(6):
        emotion.row = emotion_row(happiness=0.95) if number < 3 else emotion_row(sadness=0.55, happiness=0.2)
        one.look(room([ANNS_FACE]), number * 500, {7: ANN})
    assert one.left(7) == Reading(sign=1)


def test_a_face_that_says_this_and_that_is_unknown() -> None:
    emotion = ScriptedEmotion(HAPPY)
    one, _ = reader(ScriptedFinder([ANNS_FACE]), emotion)
    for number in range(9):
        emotion.row = emotion_row(**{("happiness", "anger", "surprise")[number % 3]: 0.9})
        one.look(room([ANNS_FACE]), number * 500, {7: ANN})
    assert one.left(7) == Reading()


def test_two_who_stand_together_are_read_apart_and_at_once() -> None:
    finder = ScriptedFinder([ANNS_FACE, BENS_FACE])
    one, emotion = reader(finder)
    for number in range(5):
        one.look(room([ANNS_FACE, BENS_FACE]), number * 500, {7: ANN, 8: BEN})
    assert len(emotion.shown) == 10
    assert one.left(7) == one.left(8) == Reading(sign=1)


def test_a_face_belongs_to_the_person_whose_head_is_there() -> None:
    overlapping: Box = (ANN[0] + 50, ANN[1], ANN[2] + 50, ANN[3])
    one, _ = reader(ScriptedFinder([ANNS_FACE]))
    for number in range(5):
        one.look(room([ANNS_FACE]), number * 500, {7: ANN, 8: overlapping})
    assert one.left(7) == Reading(sign=1)
    assert one.left(8) == Reading()


def test_age_and_gender_come_from_the_same_pictures() -> None:
    one = FaceReader(ScriptedFinder([ANNS_FACE]), QualityFloor(), 5, None, ScriptedDemographics(age=2))
    for number in range(5):
        one.look(room([ANNS_FACE]), number * 500, {7: ANN})
    assert one.left(7) == Reading(age_band="30-44", gender="male")


@pytest.mark.parametrize("threshold", [0.5, 0.9])
def test_of_minors_nothing_is_said_but_that_they_are(threshold: float) -> None:
    """Also where the band is likely and not sure."""
    minor = ScriptedDemographics(age=0, male=0.99, threshold=threshold)
    one = FaceReader(ScriptedFinder([ANNS_FACE]), QualityFloor(), 1, None, minor)
    one.look(room([ANNS_FACE]), 0, {7: ANN})
    assert one.left(7) == Reading(age_band="under-18" if threshold < 0.8 else None)


def test_an_unsure_gender_is_unknown() -> None:
    unsure = ScriptedDemographics(male=0.55, threshold=0.6)
    one = FaceReader(ScriptedFinder([ANNS_FACE]), QualityFloor(), 1, None, unsure)
    one.look(room([ANNS_FACE]), 0, {7: ANN})
    assert one.left(7) == Reading(age_band="18-29")


@pytest.mark.parametrize("forgotten", [False, True])
def test_nothing_is_known_of_somebody_twice(forgotten: bool) -> None:
    one, _ = reader(ScriptedFinder([ANNS_FACE]), min_crops=1)
    one.look(room([ANNS_FACE]), 0, {7: ANN})
    if forgotten:
        one.forget()
    else:
        assert one.left(7) == Reading(sign=1)
    assert one.left(7) == Reading()


def test_no_picture_outlives_the_look() -> None:
    """Neither the frame nor a crop is reachable from the reader once it has looked."""

    class Watching(ScriptedEmotion):
        def predict(self, crops: list[np.ndarray]) -> np.ndarray:  # type: ignore[override,type-arg]
            seen.extend(weakref.ref(crop) for crop in crops)
            return np.tile(self.row, (len(crops), 1))

    seen: list[weakref.ref[np.ndarray]] = []  # type: ignore[type-arg]
    one, _ = reader(ScriptedFinder([ANNS_FACE]), Watching(HAPPY))
    image = room([ANNS_FACE])
    seen.append(weakref.ref(image))
    one.look(image, 0, {7: ANN})
    del image
    gc.collect()
    assert len(seen) == 2
    assert [each() for each in seen] == [None, None]


def test_what_is_kept_of_a_person_is_a_handful_of_numbers() -> None:
    one, _ = reader(ScriptedFinder([ANNS_FACE]))
    for number in range(50):
        one.look(room([ANNS_FACE]), number * 500, {7: ANN})
    (tally,) = one._tallies.values()
    assert sum(np.asarray(value).size for value in vars(tally).values()) < 20


def test_a_clock_that_goes_back_does_not_stop_the_reading() -> None:
    one, emotion = reader(ScriptedFinder([ANNS_FACE]))
    for mono_ms in (10_000, 0, 500):
        one.look(room([ANNS_FACE]), mono_ms, {7: ANN})
    assert len(emotion.shown) == 3


def shown(one: FaceReader, crop: Image) -> Reading:
    """What is read of somebody with this face [64, 64, 3], blue first, who moves a little in 2.5 s."""
    face = cv2.resize(crop, (96, 96), interpolation=cv2.INTER_CUBIC)
    for number in range(5):
        left = 240 + 3 * number
        frame = np.full((480, 640, 3), 70, np.uint8)
        frame[170:460, left : left + 156] = (90, 60, 50)
        frame[80:176, left + 30 : left + 126] = face
        one.look(frame, number * 500, {1: (left, 70, left + 156, 460)})
    return one.left(1)


def test_the_shipped_networks_read_faces_in_frames() -> None:
    """Press photographs, pasted onto a body: finder, crop, floor, network and sums together."""
    models = Registry()
    faces = models.find("faces")
    sure = faces.entry.threshold_of("face")
    emotion = NetworkEmotion(models.find("emotion"))
    one = FaceReader(FaceFinder(faces, sure), QualityFloor(score=sure), 5, emotion)
    with np.load(reference_data("data/emotion/lfwlike_64.npz")) as data:
        images, labels = data["images"], data["ferplus8_label"]
    for label, sign in ((1, 1), (0, 0)):
        chosen = images[np.flatnonzero(labels == label)[:20]]
        said = [shown(one, np.ascontiguousarray(image[..., ::-1])).sign for image in chosen]
        assert said.count(sign) >= 14
