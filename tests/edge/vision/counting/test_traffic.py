"""Visitors: a table of people at an entrance."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from tests.harness.walkers import Walker, watch

from tillsight_edge.camera_config import CameraSettings
from tillsight_edge.vision.counting.traffic import Visitor

CASES = tomllib.loads((Path(__file__).parents[2] / "cases" / "traffic.toml").read_text(encoding="utf-8"))[
    "case"
]


def visitors(case: dict[str, Any], frames_a_second: float = 5) -> list[list[float | bool]]:
    camera = CameraSettings(
        source="0", entrance="door", entrance_line=case.get("line"), entrance_zone=case.get("zone")
    )
    walkers = [Walker(**person, height=0.4) for person in case["people"]]
    end_s = max(walker.way[-1][0] for walker in walkers) + 4
    watched = watch(camera, walkers, end_s, frames_a_second=frames_a_second)
    return [[visitor.mono_ms / 1000, visitor.entered] for visitor in watched.of(Visitor)]


@pytest.mark.parametrize("frames_a_second", [3, 5, 10])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_visitors_of_the_cases(case: dict[str, Any], frames_a_second: float) -> None:
    found = visitors(case, frames_a_second)
    assert [entered for _, entered in found] == [entered for _, entered in case["visitors"]]
    assert [second for second, _ in found] == pytest.approx([second for second, _ in case["visitors"]], abs=1)


@pytest.mark.parametrize("case", [case for case in CASES if "line" in case], ids=lambda case: case["name"])
def test_the_other_way_round_the_line_counts_the_opposite(case: dict[str, Any]) -> None:
    turned = {**case, "line": case["line"][::-1]}
    assert visitors(turned) == [[second, not entered] for second, entered in visitors(case)]


def test_a_camera_without_an_entrance_counts_no_visitors() -> None:
    camera = CameraSettings(source="0", zone=((0.4, 0.7), (0.7, 1.0)))
    assert watch(camera, [Walker([[0, 0.5, 0.3], [3, 0.5, 0.9]])], 5).of(Visitor) == []
