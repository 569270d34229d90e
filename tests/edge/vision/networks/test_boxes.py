"""Boxes as arrays."""

import numpy as np
import pytest

from tillsight_edge.vision.networks.boxes import NO_BOXES, to_detections, without_doubles
from tillsight_edge.vision.networks.letterbox import Letterbox


def boxes(*rows: tuple[float, ...]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 5)


@pytest.mark.parametrize(("overlap", "left"), [(0.3, [0, 20, 10]), (0.34, [0, 5, 20, 10])])
def test_overlap_is_what_two_boxes_share_of_what_they_cover(overlap: float, left: list[int]) -> None:
    """The second shares a third with the first, the last touches it."""
    found = boxes((0, 0, 10, 10, 0.9), (5, 0, 15, 10, 0.8), (20, 0, 30, 10, 0.7), (10, 0, 20, 10, 0.1))
    assert without_doubles(found, overlap)[:, 0].tolist() == left


def test_the_best_of_doubles_stays() -> None:
    found = boxes((0, 0, 10, 10, 0.5), (1, 0, 11, 10, 0.9), (40, 0, 50, 10, 0.2))
    assert without_doubles(found, 0.5)[:, 4].tolist() == pytest.approx([0.9, 0.2])


def test_a_box_that_overlaps_only_a_dropped_one_stays() -> None:
    chain = boxes((0, 0, 10, 10, 0.9), (4, 0, 14, 10, 0.8), (8, 0, 18, 10, 0.7))
    assert without_doubles(chain, 0.4)[:, 0].tolist() == [0, 8]


def test_no_more_boxes_than_asked_for() -> None:
    many = boxes(*((20 * place, 0, 20 * place + 10, 10, place / 100) for place in range(50)))
    assert without_doubles(many, 0.5, most=7)[:, 4].min() == pytest.approx(0.43)
    assert len(without_doubles(NO_BOXES, 0.5)) == 0


def test_detections_are_in_pixels_of_the_frame_and_inside_it() -> None:
    found = to_detections(boxes((-4, 10, 20, 60, 0.5), (200, 200, 220, 220, 0.4)), 0.5, (100, 80), (7, 3))
    assert [(each.x1, each.y1, each.x2, each.y2) for each in found] == [(7, 23, 47, 83)]


def test_a_picture_is_scaled_to_fit_and_the_rest_is_grey() -> None:
    letterbox = Letterbox(32, 32)
    assert letterbox.place(np.full((40, 80, 3), 200, np.uint8)) == pytest.approx(0.4)
    assert letterbox.canvas[:16].min() == 200
    assert set(letterbox.canvas[16:].ravel().tolist()) == {114}


def test_nothing_of_the_picture_before_stays() -> None:
    letterbox = Letterbox(32, 32, filling=0)
    letterbox.place(np.full((64, 64, 3), 255, np.uint8))
    letterbox.place(np.full((16, 64, 3), 9, np.uint8))
    assert letterbox.canvas[:8].max() == 9
    assert letterbox.canvas[8:].max() == 0


def test_a_sliver_still_has_a_pixel() -> None:
    letterbox = Letterbox(64, 64)
    letterbox.place(np.full((16, 4000, 3), 7, np.uint8))
    assert (letterbox.canvas == 7).sum() == 64 * 3
