"""How far a stream is accounted for."""

import random

import pytest
from sqlalchemy import Engine
from tests.harness.ingesting import Box, changed, intake, take

from tillsight_hub.ingest.watermarks import MAX_MISSING, survey


@pytest.mark.parametrize(
    ("accounted", "upto", "expected"),
    [
        ([], 5, (5, [])),
        ([(6, 9)], 5, (9, [])),
        ([(6, 6), (7, 7), (8, 20)], 5, (20, [])),
        ([(8, 9)], 5, (5, [(6, 7)])),
        ([(6, 6), (8, 9), (12, 12)], 5, (6, [(7, 7), (10, 11)])),
        ([(1, 10), (3, 4), (9, 15), (15, 16)], 5, (16, [])),
        ([(2, 2)], 0, (0, [(1, 1)])),
    ],
)
def test_the_survey_finds_how_far_it_goes_and_what_is_missing(
    accounted: list[tuple[int, int]], upto: int, expected: tuple[int, list[tuple[int, int]]]
) -> None:
    assert survey(accounted, upto) == expected


def test_only_the_first_gaps_are_named() -> None:
    _, missing = survey([(n, n) for n in range(2, 100, 2)], 0)
    assert missing == [(n, n) for n in range(1, 2 * MAX_MISSING, 2)]


def test_a_long_stream_behind_a_hole_is_not_read_to_its_end() -> None:
    asked = 0

    def endless():  # type: ignore[no-untyped-def]
        nonlocal asked
        for asked in range(2, 10_000_000):
            yield asked, asked

    assert survey(endless(), 0) == (0, [(1, 1)])
    assert asked < 10_000


def test_a_watermark_moves_over_more_than_a_page_at_once(either_engine: Engine) -> None:
    box, taker = Box(), intake(either_engine)
    first = box.press()
    rest = [box.press() for _ in range(2500)]
    for start in range(0, 2500, 250):
        (answer,) = take(taker, (box, rest[start : start + 250])).acks
        assert (answer.ack.upto, answer.ack.missing) == (0, [(1, 1)])
    assert take(taker, (box, first)).acks[0].ack.upto == 2501


def test_stored_quarantined_and_lost_events_fill_each_others_gaps(engine: Engine) -> None:
    box, taker = Box(), intake(engine)
    kinds = random.Random(7).choices(["stored", "quarantined", "lost", "lost"], k=60)
    stored, quarantined, lost = [], [], []
    for kind in kinds:
        event = box.press()
        if kind == "stored":
            stored.append(event)
        elif kind == "quarantined":
            quarantined.append(changed(event, tq="sundial"))
        else:
            lost.append((box.seq, box.seq))
    take(taker, (box, stored))
    take(taker, (box, box.dropped(*lost)))
    assert take(taker, (box, quarantined)).acks[0].ack.upto == 61


def test_an_event_that_was_given_up_and_comes_after_all_is_stored(engine: Engine) -> None:
    box, taker = Box(), intake(engine)
    late = box.press()
    assert take(taker, (box, box.dropped((1, 1)))).acks[0].ack.upto == 2
    outcome = take(taker, (box, late))
    assert (outcome.receipt.stored, outcome.acks[0].ack.upto) == (1, 2)
