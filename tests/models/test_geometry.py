"""Zones and lines, and what is wrong with those that a site has drawn."""

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillsight_edge.camera_config import CameraSettings
from tillsight_models.geometry import Line, Zone, crosses_itself, lint

CASES = tomllib.loads(
    (Path(__file__).parents[1] / "edge" / "cases" / "geometry.toml").read_text(encoding="utf-8")
)["case"]
SQUARE = Zone.of(((0.2, 0.2), (0.6, 0.6)))
L_SHAPE = Zone(((0, 0), (4, 0), (4, 1), (1, 1), (1, 4), (0, 4)))
shares = st.floats(0, 1)


def test_two_points_are_opposite_corners_of_a_rectangle() -> None:
    assert Zone.of(((0.1, 0.2), (0.3, 0.6)), 100, 50).corners == ((10, 10), (30, 10), (30, 30), (10, 30))


@pytest.mark.parametrize(
    ("point", "inside"),
    [
        ((0.5, 0.5), True),
        ((3.5, 0.5), True),
        ((0.5, 3.5), True),
        ((2, 2), False),
        ((-1, 0.5), False),
        ((5, 5), False),
    ],
)
def test_a_zone_may_have_any_shape(point: tuple[float, float], inside: bool) -> None:
    assert L_SHAPE.contains(point) is inside
    assert (L_SHAPE.distance_to(point) < 0) is inside


def test_areas_and_shares_of_boxes() -> None:
    assert L_SHAPE.area == 7
    assert L_SHAPE.part_in((0, 0, 2, 2)) == 3
    assert L_SHAPE.share_of((0, 0, 2, 2)) == 0.75
    assert L_SHAPE.share_of((2, 2, 4, 4)) == 0
    assert L_SHAPE.share_of((3, 3, 3, 3)) == 0


@given(shares, shares, shares, shares)
def test_the_share_of_a_box_is_that_of_its_points(x1: float, y1: float, x2: float, y2: float) -> None:
    box = (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
    steps = [(i + 0.5) / 30 for i in range(30)]
    points = [(box[0] + (box[2] - box[0]) * x, box[1] + (box[3] - box[1]) * y) for x in steps for y in steps]
    inside = sum(SQUARE.contains(point) for point in points) / len(points)
    if box[2] - box[0] > 0.01 and box[3] - box[1] > 0.01:
        assert SQUARE.share_of(box) == pytest.approx(inside, abs=0.08)


def test_the_right_of_a_line_is_at_the_right_hand_of_who_walks_along_it() -> None:
    line = Line((0, 0), (10, 0))
    assert line.right_of((5, 3)) == 3
    assert line.right_of((5, -3)) == -3
    assert line.crossed_by((5, -1), (5, 1))
    assert not line.crossed_by((11, -1), (11, 1))
    assert not line.crossed_by((5, 1), (5, 2))


def test_a_polygon_that_crosses_itself() -> None:
    assert crosses_itself(Zone(((0, 0), (1, 1), (1, 0), (0, 1))))
    assert not crosses_itself(SQUARE)
    assert not crosses_itself(L_SHAPE)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["drawn"]))
def test_what_cannot_work_is_said_in_one_line(case: dict[str, Any]) -> None:
    problems = lint(CameraSettings(source="0", **case["drawn"]), "till")
    assert problems == ([case["problem"]] if case["problem"] else [])


def test_the_check_of_a_configuration_needs_none_of_the_parts_that_see() -> None:
    code = """
import sys, tillsight_models.geometry
print({"cv2", "numpy", "onnxruntime"} & sys.modules.keys())
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "set()\n"
