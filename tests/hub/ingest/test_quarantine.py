"""What was set aside can be looked at and taken in after all, once."""

from typing import Any

import pytest
from sqlalchemy import Engine
from tests.harness.ingesting import (
    DAY,
    NOON,
    SEED,
    Box,
    changed,
    intake,
    rollups_of,
    table_rows,
    take,
)

from tillsight_hub.consistency import verify
from tillsight_hub.ingest.quarantine import Selection, count_by_reason, listed, replay
from tillsight_hub.seed import Seed, apply_seed


def register(engine: Engine, device: str) -> None:
    devices: list[dict[str, Any]] = [*SEED["device"], {"id": device, "touchpoint": "till-1"}]
    apply_seed(engine, Seed.model_validate({**SEED, "device": devices}))


@pytest.fixture
def stranger(engine: Engine) -> Box:
    """A device that sent three events before anybody registered it, and rubbish."""
    box = Box("box-9", stream="9999999999999999")
    take(engine, (box, [box.press(4), box.press(2), box.undo(2)]), (box, b"rubbish"), received=NOON + 5)
    return box


def test_rows_are_listed_by_reason_and_device(engine: Engine, stranger: Box) -> None:
    mine = Box()
    take(engine, (mine, changed(mine.press(), v=2)))
    assert count_by_reason(engine) == {"bad-json": 1, "future-version": 1, "unknown-device": 3}
    assert len(listed(engine)) == 5
    assert [row.seq for row in listed(engine, Selection(reason="unknown-device"), limit=2)] == [1, 2]
    (row,) = listed(engine, Selection(device="box-1"))
    assert (row.reason, row.detail, row.received) == ("future-version", "v: 2, expected 1", NOON + 3_600_000)
    assert [found.id for found in listed(engine, Selection(ids=(2, row.id)))] == [2, row.id]


def test_nothing_is_taken_while_the_reason_lasts(engine: Engine, stranger: Box) -> None:
    outcome = replay(engine)
    assert (outcome.taken, len(outcome.refused)) == (0, 4)
    assert outcome.refused[0].detail == "device box-9 is not registered"
    assert len(table_rows(engine, "quarantine")) == 4


def test_events_of_a_device_that_was_registered_later_are_taken_once(engine: Engine, stranger: Box) -> None:
    register(engine, "box-9")
    outcome = replay(engine)
    assert (outcome.taken, [refused.reason for refused in outcome.refused]) == (3, ["bad-json"])
    assert [row["received"] for row in table_rows(engine, "event")] == [NOON + 5] * 3
    assert [row["labels"] for row in table_rows(engine, "event")] == [0, 2, 0]
    before = rollups_of(engine)
    assert before["rollup_day"][0]["events"] == 3
    assert count_by_reason(engine) == {"bad-json": 1}
    assert len(listed(engine, Selection(with_replayed=True))) == 4
    assert replay(engine).taken == 0
    assert replay(engine, Selection(with_replayed=True)).taken == 3
    assert rollups_of(engine) == before
    assert verify(engine, "all").examples == []


def test_what_came_again_meanwhile_is_marked_as_taken(engine: Engine, stranger: Box) -> None:
    register(engine, "box-9")
    again = Box("box-9", stream="9999999999999999")
    take(engine, (again, [again.press(4), again.press(2)]))
    assert replay(engine).taken == 3
    assert len(table_rows(engine, "event")) == 3


def test_the_watermark_is_the_same_before_and_after(engine: Engine, stranger: Box) -> None:
    before = table_rows(engine, "stream")
    assert before[0]["upto"] == 3
    register(engine, "box-9")
    replay(engine)
    assert table_rows(engine, "stream") == before


def test_only_the_selected_rows_are_tried(engine: Engine, stranger: Box) -> None:
    register(engine, "box-9")
    assert replay(engine, Selection(ids=(2,))).taken == 1
    assert [row["seq"] for row in table_rows(engine, "event")] == [2]


def test_many_rows_are_taken_in_their_order(engine: Engine) -> None:
    box = Box("box-9")
    take(engine, (box, [box.press() for _ in range(250)]))
    register(engine, "box-9")
    assert replay(engine, intake=intake(engine, now=NOON + DAY)).taken == 250
    assert len(table_rows(engine, "event")) == 250


def test_what_was_kept_in_part_cannot_be_taken(engine: Engine) -> None:
    box = Box()
    take(engine, (box, box.press()[:-1] + b',"x":"' + b"y" * 70_000 + b'"}'))
    (refused,) = replay(engine).refused
    assert (refused.reason, refused.detail) == ("bad-json", "only its beginning was kept")
    (row,) = listed(engine)
    assert (len(row.payload), row.size > 70_000) == (64_000, True)
