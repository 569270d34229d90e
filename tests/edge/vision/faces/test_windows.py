"""Windows: never fewer people than asked for, never a person twice, and the sums are right."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tillsight_edge.vision.faces.windows import (
    AGE_FIELDS,
    LONGEST_S,
    AgeWindows,
    FaceWindows,
    MoodWindows,
    PeopleWindows,
    Reading,
    Window,
    WindowRule,
)
from tillsight_edge.vision.process.wire import AgesCounted, Message, MoodsCounted, decode, encode

RULE = WindowRule(window_s=300, min_people=10)

visits = st.lists(
    st.tuples(st.integers(0, 400_000), st.sampled_from([1, 0, -1, None]), st.sampled_from(["male", None])),
    max_size=200,
)
"""Milliseconds since the one before, and two things read of a person."""


@given(visits, st.integers(1, 30), st.integers(1, 1200), st.integers(0, 10**12))
@settings(max_examples=200, deadline=None)
def test_every_window_is_large_and_long_enough_and_nobody_is_in_two(
    steps: list[tuple[int, int | None, str | None]], min_people: int, window_s: int, start_ms: int
) -> None:
    windows = PeopleWindows(WindowRule(window_s, min_people), 2)
    at_ms, waiting, last_ms = start_ms, [], start_ms
    windows.tick(start_ms)
    for step_ms, *values in steps:
        at_ms += step_ms
        waiting.append(values)
        window = windows.add(values, at_ms)
        if window is None:
            continue
        assert window.at_ms == at_ms
        assert window_s <= window.period_s <= LONGEST_S
        assert at_ms - window.period_s * 1000 >= last_ms  # no moment is in two windows
        people = sum(window.counts[0].values())
        counted = waiting[-people:]  # who was dropped came before
        assert people == sum(window.counts[1].values()) <= len(waiting)
        for place, counts in enumerate(window.counts):
            assert people - counts[None] >= min_people
            for value, count in counts.items():
                assert count == sum(each[place] == value for each in counted)
        waiting, last_ms = [], at_ms


def filled(windows: PeopleWindows, people: int, from_s: int = 0, each_s: int = 30) -> list[Window]:
    """So many people with a known value, one after the other."""
    found = [windows.add([1], 1000 * (from_s + number * each_s)) for number in range(people)]
    return [window for window in found if window]


def test_a_window_waits_for_people() -> None:
    windows = PeopleWindows(RULE, 1)
    assert not filled(windows, 9, each_s=60)
    assert windows.tick(3_000_000) is None
    last = windows.add([0], 3_100_000)
    assert last is not None
    assert last.period_s == 3100
    assert last.counts[0] == {1: 9, 0: 1}


def test_a_window_waits_for_time() -> None:
    windows = PeopleWindows(RULE, 1)
    assert not filled(windows, 25, each_s=10)
    assert windows.tick(299_000) is None
    full = windows.tick(300_000)
    assert full is not None
    assert full.counts[0] == {1: 25}
    assert windows.tick(900_000) is None


def test_people_of_whom_nothing_is_known_do_not_fill_a_window() -> None:
    windows = PeopleWindows(RULE, 1)
    for number in range(50):
        assert windows.add([None], number * 60_000) is None
    for number in range(9):
        assert windows.add([1], 3_000_000 + number) is None
    full = windows.add([-1], 3_100_000)
    assert full is not None
    assert full.counts[0] == {None: 50, 1: 9, -1: 1}


def test_each_of_two_things_must_be_known_of_enough_people() -> None:
    windows = PeopleWindows(RULE, 2)
    for number in range(20):
        assert windows.add(["18-29", "male" if number < 9 else None], number * 60_000) is None
    assert windows.add([None, "female"], 1_200_000) is not None


def test_what_looks_the_same_of_all_is_sent_as_anything_else() -> None:
    """Holding it back would tell exactly that."""
    same, mixed = PeopleWindows(RULE, 1), PeopleWindows(RULE, 1)
    for number in range(10):
        one, other = same.add([1], number * 40_000), mixed.add([number % 3 - 1], number * 40_000)
        assert (one is None) == (other is None)
    assert one is not None


def test_an_empty_window_does_not_grow_old() -> None:
    windows = PeopleWindows(RULE, 1)
    windows.tick(0)
    night_ms = 40_000_000
    windows.tick(night_ms)
    window = filled(windows, 10, from_s=night_ms // 1000)[0]
    assert window.period_s == 300 + 9 * 30


def test_a_window_of_two_days_is_dropped() -> None:
    windows = PeopleWindows(RULE, 1)
    assert not filled(windows, 9)
    next_morning = 50_000_000
    assert windows.add([1], next_morning) is None
    assert not filled(windows, 8, from_s=next_morning // 1000 + 60)
    full = windows.add([1], next_morning + 600_000)
    assert full is not None
    assert full.counts[0] == {1: 10}


def test_a_day_can_be_a_window() -> None:
    windows = PeopleWindows(WindowRule(window_s=86_400, min_people=10), 1)
    full = filled(windows, 12, each_s=8_000)
    assert [window.period_s for window in full] == [88_000]


def test_moods_become_the_message_that_the_agent_takes() -> None:
    validation = ((40, 5, 1, 6), (4, 70, 6, 11), (1, 8, 32, 9))
    windows = MoodWindows(RULE, validation)
    signs = [1, 1, 1, 0, 0, 0, 0, 0, -1, -1]
    for sign in (None, None, *signs[:-1]):
        assert windows.add(Reading(sign), 1_000) is None  # type: ignore[arg-type]
    assert windows.tick(200_000) is None
    assert windows.add(Reading(-1), 301_000) == MoodsCounted(
        at_ms=301_000, period_s=300, positive=3, neutral=5, negative=2, unknown=2, validation=validation
    )


def test_ages_and_genders_are_two_columns_of_sums() -> None:
    windows = AgeWindows(RULE)
    bands = [*AGE_FIELDS, *AGE_FIELDS, None]
    for number, band in enumerate(bands):
        windows.add(Reading(age_band=band, gender="female" if number % 3 else "male"), 1_000)
    message = windows.tick(400_000)
    assert message == AgesCounted(
        at_ms=400_000,
        period_s=399,
        under_18=2,
        from_18=2,
        from_30=2,
        from_45=2,
        from_60=2,
        age_unknown=1,
        male=4,
        female=7,
        gender_unknown=0,
    )


def test_the_largest_message_fits_into_a_packet() -> None:
    most = 999_999
    seen = MoodsCounted(
        at_ms=1_789_999_999_999,
        period_s=43_199.999,
        **dict.fromkeys(("positive", "neutral", "negative", "unknown"), most),
        validation=((most,) * 4,) * 3,  # type: ignore[arg-type]
    )
    message = Message(camera="c" * 40, session=2**53 - 1, seq=2**53 - 1, seen=seen)
    assert decode(encode(message)) == message


@pytest.mark.parametrize("enabled", [0, 1, 2])
def test_messages_are_taken_once(enabled: int) -> None:
    windows = FaceWindows([MoodWindows(RULE), AgeWindows(RULE)][:enabled])
    for number in range(12):
        windows.add(Reading(1, "18-29", "male"), number * 1_000)
    assert windows.take(20_000) == []
    kinds = [type(message) for message in windows.take(311_000)]
    assert kinds == [MoodsCounted, AgesCounted][:enabled]
    assert windows.take(400_000) == []
