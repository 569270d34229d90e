"""Files of our own events: single events are treated as ingest treats them."""

from pathlib import Path

import pytest
from tests.harness.ingesting import DAY, NOON, Box
from tests.harness.small_chain import SEED_TOML

from tillsight_hub.analysis.recordings import Recording
from tillsight_hub.analysis.wire_files import read_wire_files
from tillsight_hub.errors import BadFile
from tillsight_hub.labels import Label
from tillsight_models.errors import BadConfig


def read(folder: Path, *events: bytes, seed: str = SEED_TOML) -> Recording:
    (folder / "seed.toml").write_text(seed, encoding="utf-8")
    (folder / "events.jsonl").write_bytes(b"\n".join(events) + b"\n")
    return read_wire_files(folder)


def test_an_event_counts_once_however_often_it_came(tmp_path: Path) -> None:
    event = Box().press(1)
    recording = read(tmp_path, event, event)
    assert len(recording.happened["till-1"]) == 1
    assert (recording.events, recording.duplicates) == (2, 1)


def test_repeats_and_undone_presses_keep_the_devices_labels(tmp_path: Path) -> None:
    box = Box()
    first, again, undo = box.press(1), box.press(1, repeat=True), box.undo(1)
    labels = [event.labels for event in sorted(read(tmp_path, undo, first, again).happened["till-1"])]
    assert labels == [Label.UNDONE, Label.REPEAT, Label.NONE]


def test_a_boot_without_the_time_gets_it_from_its_anchor(tmp_path: Path) -> None:
    box = Box()
    lost = box.press(1, t=5000, tq="unsynced", mono=5000)
    found = read(tmp_path, lost, box.anchor(mono=60_000, wall=NOON)).happened["till-1"]
    assert [(event.t, event.tq) for event in found] == [(NOON - 55_000, "ntp"), (NOON, "ntp")]


def test_a_press_without_an_anchor_stays_undated(tmp_path: Path) -> None:
    box = Box()
    found = read(tmp_path, box.press(1, t=5000, tq="unsynced")).happened["till-1"]
    assert [(event.t, event.tq) for event in found] == [(5000, "unsynced")]


def test_events_arrive_in_the_order_of_the_file(tmp_path: Path) -> None:
    box = Box()
    now, late = box.press(1, t=NOON), box.press(2, t=NOON - DAY)
    arrived = {event.t: event.arrived for event in read(tmp_path, now, late).happened["till-1"]}
    assert arrived == {NOON: NOON, NOON - DAY: NOON}


def test_a_line_that_is_no_event_is_named_with_its_number(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"events\.jsonl: line 2: "):
        read(tmp_path, Box().press(1), b'{"v": 1}')


def test_a_touchpoint_that_the_hierarchy_does_not_know_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"line 1: touchpoint 'till-9' is not in seed\.toml"):
        read(tmp_path, Box(tp="till-9").press(1))


def test_a_hierarchy_with_problems_is_bad_configuration(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="store 'paris' is not in the file"):
        read(tmp_path, Box().press(1), seed=SEED_TOML.replace('store = "rome"', 'store = "paris"', 1))
