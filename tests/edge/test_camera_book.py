"""The agent's own word on windows: of too few people nothing is stored, whatever it is told."""

from pathlib import Path
from typing import Any

import pytest
from tests.harness.edge_configs import device_config
from tests.harness.outboxes import all_held, new_outbox

from tillsight_edge.camera_book import CameraBook
from tillsight_edge.clock import SystemClock
from tillsight_edge.outbox import Outbox
from tillsight_edge.vision.process.wire import AgesCounted, BadMessage, Message, MoodsCounted, Seen


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return new_outbox(tmp_path)


@pytest.fixture
def book(tmp_path: Path, outbox: Outbox) -> CameraBook:
    sections = {name: {"enabled": True, "min_people": 12} for name in ("emotion", "demographics")}
    config = device_config(tmp_path, cameras={"till": {"source": "scene:1"}}, **sections)
    return CameraBook(config, outbox, SystemClock(), lambda payload, at: None)


def moods(**counts: int) -> MoodsCounted:
    fields: dict[str, Any] = dict.fromkeys(("positive", "neutral", "negative", "unknown"), 0)
    return MoodsCounted(at_ms=1, period_s=900.0, **{**fields, **counts})


def ages(**counts: int) -> AgesCounted:
    names = set(AgesCounted.__struct_fields__) - {"at_ms", "period_s"}
    return AgesCounted(at_ms=1, period_s=900.0, **{**dict.fromkeys(names, 0), **counts})


def stored(book: CameraBook, outbox: Outbox, seen: Seen) -> int:
    book.store(Message(camera="till", session=1, seq=1, seen=seen))
    return len(all_held(outbox))


@pytest.mark.parametrize(
    "seen",
    [
        moods(positive=4, neutral=4, negative=4),
        moods(neutral=12, unknown=5),
        ages(from_18=12, male=6, female=6),
        ages(under_18=1, from_60=12, male=12, gender_unknown=1),
    ],
)
def test_windows_of_enough_people_are_stored(book: CameraBook, outbox: Outbox, seen: Seen) -> None:
    assert stored(book, outbox, seen) == 1


@pytest.mark.parametrize(
    ("seen", "people"),
    [
        (moods(positive=1), 1),
        (moods(neutral=11, unknown=400), 11),
        (ages(from_18=20, male=5, female=6, gender_unknown=9), 11),
        (ages(from_18=3, age_unknown=17, male=10, female=10), 3),
    ],
)
def test_windows_of_fewer_are_refused(book: CameraBook, outbox: Outbox, seen: Seen, people: int) -> None:
    with pytest.raises(BadMessage, match=f"of {people} people: should be of 12 or more"):
        stored(book, outbox, seen)
    assert all_held(outbox) == []
