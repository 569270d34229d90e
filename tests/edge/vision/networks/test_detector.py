"""Detectors, ours and those of others, on networks whose answers are known."""

from pathlib import Path

import numpy as np
import pytest
from tests.harness.networks import (
    any_size_boxes_network,
    boxes_model,
    boxes_network,
    yolox_network,
    yunet_network,
)

from tillsight_edge.vision.detections import Detection
from tillsight_edge.vision.errors import BadModel
from tillsight_edge.vision.networks.detector import FaceFinder, OnnxDetector

GREY = np.full((480, 640, 3), 114, np.uint8)


def corners(found: tuple[Detection, ...]) -> list[tuple[float, ...]]:
    return [(each.x1, each.y1, each.x2, each.y2) for each in found]


def test_boxes_come_back_in_pixels_of_the_frame(tmp_path: Path) -> None:
    spots = {(16, 4, 5, 0): 0.8, (8, 2, 2, 1): 0.6}
    found = OnnxDetector(boxes_model(tmp_path, boxes_network(spots=spots))).detect(GREY)
    # the canvas is half as wide: cell 5 of 16 pixels has its middle at 88, and 32 pixels to each side
    assert corners(found.persons) == [(112, 80, 240, 208)]
    assert corners(found.faces) == [(8, 8, 72, 72)]
    assert found.persons[0].score == pytest.approx(0.8)


def test_weak_boxes_are_not_told(tmp_path: Path) -> None:
    model = boxes_model(tmp_path, boxes_network(spots={(8, 9, 9, 0): 0.2, (32, 1, 1, 0): 0.14}))
    assert len(OnnxDetector(model).detect(GREY).persons) == 1
    assert len(OnnxDetector(model, least=0.3).detect(GREY).persons) == 0
    assert len(OnnxDetector(model, least=0.05).detect(GREY).persons) == 2


def test_neighbouring_cells_give_one_person(tmp_path: Path) -> None:
    spots = {(32, 2, 2, 0): 0.7, (32, 2, 3, 0): 0.9, (32, 6, 8, 0): 0.5}
    found = OnnxDetector(boxes_model(tmp_path, boxes_network(spots=spots))).detect(GREY)
    assert [round(each.score, 3) for each in found.persons] == [0.9, 0.5]


def test_frames_of_any_size_and_shape_will_do(tmp_path: Path) -> None:
    detector = OnnxDetector(boxes_model(tmp_path, boxes_network(spots={(32, 0, 0, 0): 0.9})))
    for height, width in ((16, 16), (16, 2000), (2000, 16), (1080, 1920), (256, 320)):
        (person,) = detector.detect(np.zeros((height, width, 3), np.uint8)).persons
        assert 0 <= person.x1 < person.x2 <= width
        assert 0 <= person.y1 < person.y2 <= height


def test_faces_are_looked_for_in_regions(tmp_path: Path) -> None:
    model = boxes_model(
        tmp_path, any_size_boxes_network(), task="faces", input=[1, 0, 0, 3], classes=["face"]
    )
    frame = np.zeros((480, 640, 3), np.uint8)
    frame[100:140, 200:240] = 255
    finder = FaceFinder(model, least=0.5)
    first, second, outside = finder.find(frame, [(160, 80, 320, 240), (400, 0, 500, 100), (640, 0, 700, 10)])
    assert (second, outside) == ((), ())
    assert first[0].score == pytest.approx(255 / 300, abs=0.01)
    assert all(
        200 <= (face.x1 + face.x2) / 2 <= 240 and 100 <= (face.y1 + face.y2) / 2 <= 140 for face in first
    )
    whole = finder.find_all(frame)
    assert all(192 <= (face.x1 + face.x2) / 2 <= 248 for face in whole)
    assert whole


def test_yunet_is_read(tmp_path: Path) -> None:
    model = boxes_model(
        tmp_path,
        yunet_network(128, 96, (16, 2, 3)),
        task="faces",
        decoder="yunet",
        input=[1, 3, 96, 128],
        classes=["face"],
    )
    (face,) = FaceFinder(model).find_all(np.zeros((192, 256, 3), np.uint8))
    assert (face.x1, face.y1, face.x2, face.y2) == pytest.approx((80, 48, 144, 112), abs=1e-3)
    assert face.score == pytest.approx(0.81)


def test_yolox_is_read(tmp_path: Path) -> None:
    # 64 cells of stride 8, then 16 of stride 16: the sixth of those is in row 1, column 1
    model = boxes_model(
        tmp_path, yolox_network(64, (64 + 5, 0.7)), decoder="yolox", input=[1, 3, 64, 64], classes=["person"]
    )
    found = OnnxDetector(model).detect(np.zeros((128, 128, 3), np.uint8))
    assert corners(found.persons) == [pytest.approx((0, 0, 112, 112), abs=1e-3)]
    assert found.faces == ()


def test_a_format_for_emotion_finds_no_boxes(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match=r"^model made: decoder 'hsemotion' finds no boxes$"):
        OnnxDetector(boxes_model(tmp_path, boxes_network(), decoder="hsemotion"))
