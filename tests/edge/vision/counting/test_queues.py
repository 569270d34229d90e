"""The queue: a table of people who wait."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from tests.harness.walkers import ALWAYS, ScriptedDetector, Walker, frames, watch

from tillsight_edge.camera_config import CameraSettings
from tillsight_edge.vision.counting.pipeline import Pipeline

CASES = tomllib.loads((Path(__file__).parents[2] / "cases" / "queues.toml").read_text(encoding="utf-8"))[
    "case"
]
CAMERA = CameraSettings(
    source="0", zone=((0.45, 0.7), (0.8, 1.0)), queue_zone=((0.0, 0.7), (0.4, 1.0)), min_dwell_s=3
)
WAITING = Walker([[0, 0.2, 0.85], [60, 0.2, 0.85]])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_queues_of_the_cases(case: dict[str, Any]) -> None:
    queue = watch(CAMERA, [Walker(**person) for person in case["people"]], case["end"]).queue
    assert queue is not None
    assert (queue.period_s, queue.most_people) == (case["end"], case["most"])
    assert queue.mean_people == pytest.approx(case["mean"], abs=0.1)
    assert queue.waits_s == pytest.approx(case["waits"], abs=1)


def test_each_window_begins_where_the_last_one_ended() -> None:
    detector = ScriptedDetector([WAITING])
    pipeline = Pipeline(CAMERA, detector, motion=ALWAYS)
    windows = []
    for frame in frames(60, 5):
        detector.second = frame.mono_ms / 1000
        pipeline.look(frame)
        if frame.mono_ms in (20_000, 40_000, 60_000):
            windows.append(pipeline.queue(frame.mono_ms))
    assert [window and window.period_s for window in windows] == [20, 20, 20]
    assert [window and window.mean_people for window in windows] == pytest.approx([0.96, 1, 1], abs=0.04)


def test_mean_and_longest_wait_of_nobody_are_zero() -> None:
    queue = watch(CAMERA, [WAITING], 10).queue
    assert queue is not None
    assert (queue.mean_wait_s, queue.longest_wait_s) == (0, 0)


def test_the_mean_is_over_time_even_where_frames_are_missing() -> None:
    some = watch(CAMERA, [WAITING], 60, lost=0.4).queue
    assert some is not None
    assert some.mean_people == pytest.approx(1, abs=0.08)


def test_a_camera_without_a_queue_has_none() -> None:
    assert watch(CameraSettings(source="0", zone=((0.4, 0.7), (0.7, 1.0))), [WAITING], 5).queue is None
