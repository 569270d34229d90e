"""Average precision, suppression and decoding as the detectors' cards use them."""

from typing import Any

import numpy as np
import pytest
from tests.harness.training import training_module

pytest.importorskip("cv2")


@pytest.fixture
def metrics() -> Any:
    return training_module("detection_metrics")


def boxes(*rows: tuple[float, ...]) -> Any:
    return np.array(rows, np.float32).reshape(len(rows), -1)


NONE = np.zeros((0, 4), np.float32)
NOTHING = np.zeros((0, 5), np.float32)


def test_everything_found_and_nothing_else_is_an_average_precision_of_one(metrics: Any) -> None:
    image = metrics.Judged(boxes((0, 0, 10, 20, 0.9)), boxes((0, 0, 10, 20)), NONE)
    assert metrics.curve([image]).average_precision == pytest.approx(1)


def test_a_second_box_on_the_same_person_is_an_error(metrics: Any) -> None:
    found = boxes((0, 0, 10, 20, 0.9), (0, 0, 10, 19, 0.8))
    image = metrics.Judged(found, boxes((0, 0, 10, 20), (50, 0, 60, 20)), NONE)
    result = metrics.curve([image])
    assert result.average_precision == pytest.approx(0.5)
    assert result.precision.tolist() == pytest.approx([1, 0.5])


def test_what_is_found_in_an_ignored_box_counts_neither_way(metrics: Any) -> None:
    found = boxes((0, 0, 10, 20, 0.5), (100, 0, 110, 20, 0.9))
    image = metrics.Judged(found, boxes((0, 0, 10, 20)), boxes((90, 0, 120, 30)))
    assert metrics.curve([image]).average_precision == pytest.approx(1)


@pytest.mark.parametrize("right_first", [True, False])
def test_of_findings_with_one_score_none_comes_first(metrics: Any, right_first: bool) -> None:
    rows = [(0, 0, 10, 20, 0.5), (50, 0, 60, 20, 0.5)]
    found = boxes(*(rows if right_first else rows[::-1]))
    image = metrics.Judged(found, boxes((0, 0, 10, 20)), NONE)
    assert metrics.curve([image]).average_precision == pytest.approx(0.5)


def test_nothing_found_has_an_average_precision_of_zero_and_nothing_there_has_none(metrics: Any) -> None:
    assert metrics.curve([metrics.Judged(NOTHING, boxes((0, 0, 10, 20)), NONE)]).average_precision == 0
    assert np.isnan(metrics.curve([metrics.Judged(NOTHING, NONE, NONE)]).average_precision)


def test_best_f1_names_the_score_where_it_is_reached(metrics: Any) -> None:
    found = boxes((0, 0, 10, 20, 0.9), (50, 0, 60, 20, 0.6), (200, 0, 210, 20, 0.2))
    image = metrics.Judged(found, boxes((0, 0, 10, 20), (50, 0, 60, 20)), NONE)
    assert metrics.curve([image]).best_f1() == pytest.approx((1.0, 0.6))


def test_decoding_takes_distances_from_the_middle_of_the_cell(metrics: Any) -> None:
    scores = [
        np.zeros((4, 5, 1), np.float32),
        np.zeros((2, 3, 1), np.float32),
        np.zeros((1, 2, 1), np.float32),
    ]
    sides = [np.ones((*level.shape, 4), np.float32) for level in scores]
    scores[1][1, 2, 0] = 0.7
    sides[1][1, 2, 0] = (3, 4, 5, 6)
    assert metrics.decode(scores, sides, 0).tolist() == [pytest.approx([37, 20, 45, 30, 0.7])]


def test_a_picture_is_scaled_to_fit_and_the_rest_is_grey(metrics: Any) -> None:
    canvas, scale = metrics.letterbox(np.full((100, 400, 3), 7, np.uint8), 320, 256)
    assert scale == pytest.approx(0.8)
    assert (canvas[:80] == 7).all()
    assert (canvas[80:] == metrics.PADDING).all()
