"""Whose word counts for which time: the periods of a camera add up, whoever speaks."""

import random

from tests.harness.eyes import camera_seen, contact

from tillsight_edge.coverage import Position
from tillsight_edge.vision.process.wire import Message, Seen

START = Position("boot-1", 1_000)


def message(seen: Seen, seq: int = 1, session: int = 7) -> Message:
    return Message(camera="till", session=session, seq=seq, seen=seen)


def test_a_report_that_follows_the_last_one_counts_as_it_is() -> None:
    report = START.report("till", camera_seen(3_000, 2_000, 1_500))
    assert (report.period_s, report.working_s, report.state) == (2.0, 1.5, "ok")
    assert (report.frames, report.looked, report.detail) == (5, 4, "")


def test_a_gap_before_a_report_is_time_in_which_nothing_worked() -> None:
    report = START.report("till", camera_seen(6_000, 2_000))
    assert (report.period_s, report.working_s) == (5.0, 2.0)


def test_time_that_the_agent_has_told_of_already_stays_as_it_was_told() -> None:
    told = START.covered(2_500)
    assert told.silence("till", 2_500).period_s == 0
    report = told.report("till", camera_seen(3_000, 2_000))
    assert (report.period_s, report.working_s) == (0.5, 0.5)
    late = told.report("till", camera_seen(2_000, 1_000))
    assert (late.period_s, late.working_s) == (0.0, 0.0)


def test_what_was_given_up_is_said() -> None:
    seen = camera_seen(3_000, 2_000)
    lost = type(seen)(**{name: getattr(seen, name) for name in seen.__struct_fields__} | {"lost": 12})
    assert START.report("till", lost).detail == "12 messages given up while the agent was away"


def test_a_message_is_known_once_it_is_stored_and_no_other_is() -> None:
    first, second = message(contact(1), 1), message(contact(2), 2)
    after = START.stored(second)
    assert after.knows(first)
    assert after.knows(second)
    assert not after.knows(message(contact(3), 3))
    assert not after.knows(message(contact(1), 1, session=8))
    assert not START.knows(first)
    assert after.until_ms == START.until_ms


def test_the_place_is_remembered_within_a_boot_and_time_begins_anew_with_the_next() -> None:
    after = START.stored(message(camera_seen(5_000, 4_000), 9))
    mark = after.as_mark()
    assert Position.from_mark(mark, "boot-1", 99_000) == after
    rebooted = Position.from_mark(mark, "boot-2", 300)
    assert (rebooted.until_ms, rebooted.session, rebooted.seq) == (300, 7, 9)
    assert Position.from_mark(None, "boot-1", 1_000) == START


def test_periods_add_up_to_the_time_however_watcher_and_agent_take_turns() -> None:
    dice = random.Random(5)
    for _ in range(200):
        place, now, total, working, since = START, 1_000, 0.0, 0.0, 1_000
        for seq in range(1, 30):
            now += dice.randrange(1, 4_000)
            if dice.random() < 0.4:
                report = place.silence("till", now)
                place = place.covered(now)
            else:
                at = now - dice.randrange(0, 500)
                seen = camera_seen(at, max(0, at - since), dice.randrange(0, max(1, at - since)))
                since = max(since, at)
                report = place.report("till", seen)
                place = place.stored(message(seen, seq))
            total += report.period_s
            working += report.working_s
            assert 0 <= report.working_s <= report.period_s
        assert round(total * 1000) == place.until_ms - 1_000
        assert working <= total
