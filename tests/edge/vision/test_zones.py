"""Zones in the making: what they become in the configuration, and how they would count."""

import tomllib
from typing import Any

import numpy as np
import pytest
from tests.harness.still_camera import HEIGHT, PERSON, WIDTH, SaidDetector, picture

from tillsight_edge.camera_config import CameraSettings
from tillsight_edge.vision.frames import Frame
from tillsight_edge.vision.zones import Draft, Seen, Trial

ZONE = [[0.3, 0.5], [0.7, 0.5], [0.7, 1.0], [0.3, 1.0]]
NOTHING: dict[str, Any] = {
    "zone": None,
    "staff_zones": [],
    "queue_zone": None,
    "entrance": None,
    "entrance_line": None,
    "entrance_zone": None,
    "min_dwell_s": 3.0,
    "max_dwell_s": 1800.0,
    "leave_gap_s": 1.0,
    "count_groups": False,
}


def drawn(**more: Any) -> dict[str, Any]:
    return {**NOTHING, **more}


def test_only_what_differs_from_the_defaults_is_written() -> None:
    draft = Draft("till", CameraSettings(source="0"))
    assert draft.draw(drawn(zone=ZONE, min_dwell_s=4)) == []
    assert tomllib.loads(draft.toml) == {"cameras": {"till": {"zone": ZONE, "min_dwell_s": 4.0}}}


def test_what_the_file_says_already_stays_written_and_what_was_removed_goes() -> None:
    polygon = tuple((x, y) for x, y in ZONE)
    before = CameraSettings(source="0", zone=polygon, queue_zone=polygon, min_dwell_s=3.0)
    draft = Draft("till", before)
    assert draft.drawn["zone"] == ZONE
    draft.draw(drawn(zone=ZONE))
    assert draft.changes["min_dwell_s"] == 3.0
    assert draft.changes["queue_zone"] is None
    assert "queue_zone" not in draft.toml


def test_a_new_camera_is_written_with_its_source() -> None:
    draft = Draft("till", CameraSettings(source="scene:7"), is_new=True)
    draft.draw(drawn(zone=ZONE))
    assert draft.toml.startswith('[cameras.till]\nsource = "scene:7"\nzone = ')


def test_shares_are_rounded_to_a_thousandth() -> None:
    draft = Draft("till", CameraSettings(source="0"))
    draft.draw(drawn(zone=[[0.12345, 0.2], [0.9, 0.2], [0.9, 0.98765]]))
    assert draft.camera.zone == ((0.123, 0.2), (0.9, 0.2), (0.9, 0.988))


def test_problems_have_the_full_name_of_the_setting() -> None:
    draft = Draft("till", CameraSettings(source="0"))
    (nothing,) = draft.draw(drawn())
    assert nothing.startswith("cameras.till.zone: None: there is no zone")
    (pointless,) = draft.draw(drawn(entrance_line=[[0.5, 0.5], [0.5, 0.5]]))
    assert pointless.startswith("cameras.till.entrance_line: ")


@pytest.mark.parametrize(
    ("wrong", "setting"),
    [
        ({"zone": [[0.1, 0.2]]}, "zone"),
        ({"zone": [[9, 9], [0, 0], [1, 1]]}, "zone.0.0"),
        ({"zone": "everywhere"}, "zone"),
        ({"zone": ZONE, "min_dwell_s": -1}, "min_dwell_s"),
        ({"zone": ZONE, "entrance": "North Door", "entrance_line": [[0, 0], [1, 1]]}, "entrance"),
        ({"zone": ZONE, "source": "/etc/passwd"}, "source"),
    ],
)
def test_what_cannot_be_meant_is_told_and_the_last_good_one_stays(
    wrong: dict[str, Any], setting: str
) -> None:
    draft = Draft("till", CameraSettings(source="0"))
    draft.draw(drawn(zone=ZONE))
    problems = draft.draw(drawn(**wrong))
    assert any(problem.startswith(f"cameras.till.{setting}: ") for problem in problems)
    assert (draft.drawn["zone"], draft.camera.source) == (ZONE, "0")


def looks(trial: Trial, camera: CameraSettings, seconds: float, start: int = 0) -> list[Seen]:
    """The last of so many seconds of frames."""
    people: list[Seen] = []
    for number in range(start, start + round(seconds * 5)):
        _, people = trial.look(Frame(number + 1, number * 200, picture()), camera)
    return people


def camera(**more: Any) -> CameraSettings:
    return CameraSettings.model_validate({"source": "0", "zone": ZONE, "min_dwell_s": 3.0, **more})


def test_somebody_in_the_zone_is_inside_then_stands_then_is_served_and_counted_when_gone() -> None:
    detector = SaidDetector(PERSON)
    trial = Trial(detector, 0.4)
    (person,) = looks(trial, camera(), 0.6)
    assert person.state == "inside"
    assert person.foot == (0.5, 0.75)
    assert person.box == (0.4375, 0.25, 0.5625, 0.75)
    assert [each.state for each in looks(trial, camera(), 1.4, 3)] == ["stands"]
    assert [each.state for each in looks(trial, camera(), 3, 10)] == ["served"]
    detector.boxes.clear()
    trial.look(Frame(100, 6_000, np.ascontiguousarray(255 - picture())), camera())
    for number in range(26):
        trial.look(Frame(101 + number, 6_200 + 200 * number, picture()), camera())
    assert trial.served == 1


def test_somebody_outside_is_nothing_special() -> None:
    trial = Trial(SaidDetector(PERSON), 0.4)
    assert [each.state for each in looks(trial, camera(zone=[[0, 0], [0.2, 0.2]]), 5)] == [""]


def test_other_settings_begin_the_trial_anew() -> None:
    trial = Trial(SaidDetector(PERSON), 0.4)
    looks(trial, camera(), 5)
    trial.served = 3
    assert [each.state for each in looks(trial, camera(min_dwell_s=5.0), 0.6, 30)] == ["inside"]
    assert trial.served == 0


def test_the_detector_gets_staff_zones_black_and_the_picture_keeps_its_own() -> None:
    detector = SaidDetector()
    frame = Frame(1, 0, picture())
    masked, _ = Trial(detector, 0.4).look(frame, camera(staff_zones=[[[0.5, 0], [1, 1]]]))
    assert detector.image is not None
    assert not detector.image[:, WIDTH // 2 + 1 :].any()
    assert np.array_equal(masked, detector.image)
    assert detector.image[:, : WIDTH // 2 - 1].all()
    assert np.array_equal(frame.image, picture())
    assert frame.image.shape == (HEIGHT, WIDTH, 3)


def test_without_a_detector_nobody_is_seen() -> None:
    assert looks(Trial(None, 0.4), camera(), 2) == []
