"""Frames are taken evenly, and never more than wanted."""

import numpy as np
import pytest

from tillsight_edge.vision.camera.pacing import FrameRate


def taken(camera_hz: float, wanted_hz: float, seconds: float = 20, jitter_s: float = 0.0) -> list[float]:
    dice, rate = np.random.default_rng(1), FrameRate(wanted_hz)
    moments = np.arange(0, seconds, 1 / camera_hz) + dice.uniform(0, jitter_s, int(seconds * camera_hz))
    return [float(at) for at in moments if rate.take(float(at))]


@pytest.mark.parametrize(
    ("camera_hz", "wanted_hz", "expected"),
    [(30, 5, 100), (25, 5, 100), (15, 5, 100), (5, 5, 100), (12, 5, 100), (3, 5, 60), (10, 10, 200)],
)
def test_as_many_frames_as_wanted_or_as_there_are(camera_hz: float, wanted_hz: float, expected: int) -> None:
    assert abs(len(taken(camera_hz, wanted_hz)) - expected) <= 1


def test_a_camera_that_is_not_quite_even_loses_nothing() -> None:
    assert len(taken(5, 5, jitter_s=0.04)) == 100


def test_frames_are_apart() -> None:
    assert np.diff(taken(30, 5)).min() > 0.16


def test_after_a_pause_there_is_no_burst() -> None:
    rate = FrameRate(5)
    assert rate.take(0)
    assert rate.take(60)
    assert not any(rate.take(60 + step / 100) for step in range(1, 5))
