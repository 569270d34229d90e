"""Simulated worlds: what each line becomes, and what is said of a line that cannot be read."""

from pathlib import Path
from typing import Any

import pytest
from tests.harness.small_world import CALIBRATION, PLACE, contact, press, status, write_world

from tillsight_hub.analysis.recordings import Happened, Recording, touched
from tillsight_hub.analysis.worlds import read_world
from tillsight_hub.calendar import OpeningHours, PlaceCalendar
from tillsight_hub.errors import BadFile
from tillsight_hub.hierarchy import Touchpoint
from tillsight_models.errors import BadConfig
from tillsight_models.events import (
    ButtonPressed,
    CameraReported,
    ContactEnded,
    CounterAudited,
    EmotionWindowed,
    Payload,
)
from tillsight_models.scales import scale

NINE = 1_773_651_600_000
"""2026-03-16 09:00 UTC, 10:00 in Rome."""


def read(folder: Path, *lines: dict[str, Any], **calibration: Any) -> Recording:
    return read_world(write_world(folder, *lines, **calibration))


def of_type(recording: Recording, type: type[Payload]) -> list[Happened]:
    return sorted(event for event in recording.happened["s00-t0"] if isinstance(event.payload, type))


def test_a_button_is_a_rating_and_a_duplicate_counts_once(tmp_path: Path) -> None:
    recording = read(
        tmp_path, press("a", "09:00:01", 0), press("a", "09:00:01", 0), press("b", "09:01:00", 3)
    )
    ratings = [
        (event.t, event.payload.rating)
        for event in of_type(recording, ButtonPressed)
        if isinstance(event.payload, ButtonPressed)
    ]
    assert ratings == [(NINE + 1000, 1), (NINE + 60_000, 4)]
    assert (recording.events, recording.duplicates) == (3, 1)


def test_parts_of_a_visit_are_one_contact_that_ends_when_the_last_part_does(tmp_path: Path) -> None:
    later = contact("b", "09:00:40", "v1", 20)
    recording = read(tmp_path, later, contact("a", "09:00:00", "v1", 30), contact("c", "09:05:00", "v2", 6))
    contacts = of_type(recording, ContactEnded)
    assert [event.t for event in contacts] == [NINE + 60_000, NINE + 306_000]
    assert [event.payload.dwell_s for event in contacts if isinstance(event.payload, ContactEnded)] == [60, 6]


def test_faces_of_an_hour_are_one_window_of_persons(tmp_path: Path) -> None:
    recording = read(
        tmp_path,
        contact("a", "09:00:00", "v1", 10, "pos"),
        contact("b", "09:00:11", "v1", 10, "pos"),
        contact("c", "09:10:00", "v2", 10, "neg"),
        contact("d", "09:20:00", "v3", 10),
        contact("e", "10:20:00", "v4", 10, "neu"),
    )
    windows = [event.payload for event in of_type(recording, EmotionWindowed)]
    counted = [
        (window.positive, window.neutral, window.negative, window.unknown)
        for window in windows
        if isinstance(window, EmotionWindowed)
    ]
    assert counted == [(1, 0, 1, 1), (0, 1, 0, 0)]
    assert all(
        window.validation == ((80, 15, 5, 0), (10, 80, 10, 0), (5, 35, 60, 0))
        for window in windows
        if isinstance(window, EmotionWindowed)
    )


def test_classes_of_the_validation_may_come_in_another_order(tmp_path: Path) -> None:
    swapped = [[60, 35, 5], [10, 80, 10], [5, 15, 80]]
    recording = read(
        tmp_path,
        contact("a", "09:00:00", "v1", 10, "pos"),
        emotion_classes=["neg", "neu", "pos"],
        emotion_validation=swapped,
    )
    (window,) = (event.payload for event in of_type(recording, EmotionWindowed))
    assert isinstance(window, EmotionWindowed)
    assert window.validation == ((80, 15, 5, 0), (10, 80, 10, 0), (5, 35, 60, 0))


def test_the_counter_is_blind_exactly_while_its_camera_is_down(tmp_path: Path) -> None:
    recording = read(
        tmp_path, status("a", "09:30:00", "down"), status("b", "11:15:00", "up"), press("c", "12:00:00")
    )
    calendar = PlaceCalendar("Europe/Rome", OpeningHours.parse({"mon": ["09:00-21:00"]}))
    place = Touchpoint("s00-t0", "", "s00", "", "all", "", "world", scale("smiley-4"), "camera", calendar)
    blind = touched(place, recording.happened["s00-t0"]).history.blind
    assert blind == ((NINE + 30 * 60_000, NINE + 135 * 60_000),)
    reports = [event.payload for event in of_type(recording, CameraReported)]
    seconds = [(r.period_s, r.working_s) for r in reports if isinstance(r, CameraReported)]
    assert sum(period for period, _ in seconds) == pytest.approx(12 * 3600, abs=1)
    assert sum(working for _, working in seconds) == pytest.approx((12 - 1.75) * 3600, abs=1)


def test_an_audit_is_an_event_and_a_place_without_one_has_none(tmp_path: Path) -> None:
    (audit,) = of_type(read(tmp_path, press("a", "09:00:01")), CounterAudited)
    assert isinstance(audit.payload, CounterAudited)
    assert (audit.payload.observed, audit.payload.matched, audit.payload.counted) == (100, 90, 95)
    assert not of_type(read(tmp_path, press("a", "09:00:01"), touchpoints=[PLACE]), CounterAudited)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ({"type": "press", "id": "x"}, "line 2: Object missing required field `tp`"),
        (press("b", "09:00:00", 4), r"line 2: Expected `int` <= 3 - at `\$.button`"),
        (press("b", "09:00:00", tp="s07-t9"), "line 2: touchpoint 's07-t9' is not in calibration.json"),
        ({"type": "wave", "id": "x"}, "line 2: Invalid value 'wave'"),
    ],
)
def test_a_broken_line_is_named_with_its_number(tmp_path: Path, line: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadFile, match=rf"events\.jsonl: {problem}"):
        read(tmp_path, press("a", "09:00:01"), line)


def test_a_line_that_is_no_json_is_named(tmp_path: Path) -> None:
    write_world(tmp_path, press("a", "09:00:01"))
    with (tmp_path / "events.jsonl").open("a") as file:
        file.write("{half\n")
    with pytest.raises(BadFile, match=r"events\.jsonl: line 2"):
        read_world(tmp_path)


def test_a_calibration_that_misses_something_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"calibration\.json: .*days"):
        read(tmp_path, days="ten")
    with pytest.raises(BadFile, match=r"calibration\.json: emotion_validation: 1 rows, expected 3"):
        read(tmp_path, emotion_validation=[[1, 2, 3]])


def test_a_place_with_hours_or_a_zone_that_do_not_exist_is_bad_configuration(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="Europe/Atlantis"):
        read(tmp_path, touchpoints=[{**CALIBRATION["touchpoints"][0], "tz": "Europe/Atlantis"}])
