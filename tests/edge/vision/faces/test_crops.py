"""Which pictures of faces are good enough, and how they are cut out of a frame."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from tests.harness.drawn_faces import Image, drawn_face, face_box

from tillsight_edge.vision.detections import Detection
from tillsight_edge.vision.faces.crops import QualityFloor, crop_quality, face_crop, face_quality, head_region

FLOOR = QualityFloor()

CASES: list[tuple[str, Callable[[], Image], Detection, tuple[str, ...]]] = [
    ("frontal", drawn_face, face_box(), ()),
    ("just large enough", lambda: drawn_face(28), face_box(24), ()),
    ("small", lambda: drawn_face(26), face_box(23), ("small",)),
    ("detector not sure", drawn_face, face_box(score=0.4), ("unsure",)),
    ("a little out of focus", lambda: cv2.GaussianBlur(drawn_face(), (0, 0), 2), face_box(), ()),
    ("out of focus", lambda: cv2.GaussianBlur(drawn_face(), (0, 0), 4), face_box(), ("blurred",)),
    ("moved", lambda: cv2.blur(drawn_face(), (25, 25)), face_box(), ("blurred",)),
    ("a little turned", lambda: drawn_face(turn=0.08), face_box(), ()),
    ("turned", lambda: drawn_face(turn=0.2), face_box(), ("turned",)),
    ("from the side", drawn_face, Detection(0, 0, 40, 84, 0.9), ("turned",)),
    ("dark", lambda: drawn_face() // 4, face_box(), ("dark", "flat")),
    ("over-exposed", lambda: np.maximum(drawn_face(), 215) + 10, face_box(), ("bright", "flat")),
    ("in fog", lambda: drawn_face() // 16 + 110, face_box(), ("flat",)),
    ("nothing", lambda: np.full((96, 96, 3), 120, np.uint8), face_box(), ("flat", "blurred", "turned")),
    ("black", lambda: np.zeros((96, 96, 3), np.uint8), face_box(), ("dark", "flat", "blurred", "turned")),
]


@pytest.mark.parametrize(("name", "crop", "face", "reasons"), CASES, ids=[case[0] for case in CASES])
def test_a_face_is_usable_or_says_why_not(
    name: str, crop: Callable[[], Image], face: Detection, reasons: tuple[str, ...]
) -> None:
    quality = face_quality(crop(), face, FLOOR)
    assert quality.reasons == reasons
    assert quality.usable == (not reasons)


def test_the_floor_moves_with_its_numbers() -> None:
    strict = QualityFloor(size_px=100, symmetry=0.999)
    assert face_quality(drawn_face(), face_box(), strict).reasons == ("small", "turned")


def test_a_crop_without_a_frame_is_judged_by_its_pixels() -> None:
    assert crop_quality(drawn_face(48), FLOOR).usable
    assert crop_quality(cv2.cvtColor(drawn_face(48), cv2.COLOR_BGR2GRAY), FLOOR).usable
    assert crop_quality(drawn_face(24), FLOOR).reasons == ("small",)


def test_a_crop_is_the_square_around_the_middle_of_the_box() -> None:
    image = np.zeros((100, 200, 3), np.uint8)
    image[30:71, 80:121] = 200
    crop = face_crop(image, Detection(84, 30, 116, 70, 0.9))
    assert crop.shape == (46, 46, 3)
    assert crop[3:43, 3:43].min() == 200
    assert crop[0].max() == 0
    assert crop[:, 0].max() == 0


@pytest.mark.parametrize(
    "box",
    [(-20, -20, 20, 20), (180, 80, 230, 130), (-500, 10, -400, 60), (5, 5, 5, 5), (0, 0, 199, 99)],
)
def test_beyond_the_frame_its_edge_goes_on(box: tuple[float, float, float, float]) -> None:
    image = np.arange(100 * 200 * 3, dtype=np.uint32).astype(np.uint8).reshape(100, 200, 3)
    crop = face_crop(image, Detection(*box, 0.9))
    assert crop.shape[0] == crop.shape[1] >= 1
    assert crop.dtype == np.uint8
    left_of_the_frame = crop[:, 0] if box[0] < 0 else crop[:, -1]
    edge = image[:, 0] if box[0] < 0 else image[:, -1]
    if box[0] == -500:
        assert {tuple(pixel) for pixel in left_of_the_frame} <= {tuple(pixel) for pixel in edge}


def test_a_head_is_looked_for_in_the_upper_part_of_a_person_only() -> None:
    image = np.zeros((480, 640, 3), np.uint8)
    assert head_region((100, 50, 200, 450), image) == (85, 35, 215, 250)
    assert head_region((-40, -30, 60, 200), image) == (0, 0, 75, 85)
    assert head_region((700, 50, 800, 450), image) is None
    assert head_region((100, 470, 200, 472), image) is not None
    assert head_region((100, 500, 200, 600), image) is None
