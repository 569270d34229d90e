"""What a hub may set of cameras: the same is read at both ends."""

from typing import Any

import pytest

from tillsight_models.errors import BadConfig
from tillsight_models.wanted_cameras import camera_of, drawing_of, read_cameras

ZONE = [[0.3, 0.4], [0.7, 0.4], [0.7, 0.9]]


def problems(values: Any) -> list[str]:
    with pytest.raises(BadConfig) as refused:
        read_cameras(values)
    return list(refused.value.problems)


def test_what_is_said_of_a_camera_itself_counts_more_than_what_is_said_of_every_one() -> None:
    read = read_cameras({"*": {"frame_rate_hz": 3, "off": True}, "till": {"off": False, "zone": ZONE}})
    assert camera_of(read, "till") == {
        "frame_rate_hz": 3.0,
        "off": False,
        "zone": [(0.3, 0.4), (0.7, 0.4), (0.7, 0.9)],
    }
    assert camera_of(read, "door") == {"frame_rate_hz": 3.0, "off": True}
    assert drawing_of(camera_of(read, "door")).zone is None


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"till": {"source": "rtsp://evil"}}, "cameras.till.source: is no setting that a hub may set"),
        ({"till": {"entrance": "door"}}, "cameras.till.entrance: is no setting that a hub may set"),
        ({"*": {"zone": ZONE}}, "cameras.*.zone: is no setting that a hub may set"),
        ({"till": {"frame_rate_hz": 60}}, "cameras.till.frame_rate_hz: 60: should be 1 to 30"),
        ({"till": {"frame_rate_hz": True}}, "cameras.till.frame_rate_hz: True: should be 1 to 30"),
        ({"till": {"off": 1}}, "cameras.till.off: 1: should be true or false"),
        (
            {"till": {"zone": [[0.1, 0.1]]}},
            "cameras.till.zone: [[0.1, 0.1]]: should be corners such as [0.25, 0.5]",
        ),
        ({"till": {"zone": [[0, 0], [1, float("nan")]]}}, "should be corners such as [0.25, 0.5]"),
        ({"till": {"zone": [[0, 0], [1, 9]]}}, "should be corners such as [0.25, 0.5]"),
        ({"till": {"zone": [[0, 0], [1, 1], [1, 0], [0, 0.5]]}}, "crosses itself"),
        ({"till": {"zone": [[0.1, 0.1], [0.1001, 0.1001]]}}, "should cover at least 0.1% of the frame"),
        ({"till": {"zone": ZONE, "staff_zones": [[[0, 0], [1, 1]]]}}, "lies in staff_zones"),
        (
            {"till": {"min_dwell_s": 9}, "*": {"max_dwell_s": 5}},
            "cameras.till.max_dwell_s: 5: should be more than 9",
        ),
        ({"Till!": {}}, "should be a camera's name"),
        ({"till": []}, "cameras.till: []: should be settings by name"),
        ([], "cameras: []: should be settings by name"),
        ({f"till-{number}": {} for number in range(6)}, "cameras: 6: should be 0 to 4"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(values: Any, problem: str) -> None:
    assert problem in "\n".join(problems(values))
    assert len(problems(values)) == 1
