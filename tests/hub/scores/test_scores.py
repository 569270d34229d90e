"""Counts and scores of places and times, read from the rollups."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import update
from tests.harness.chain import Chain, open_chain

from tillsight_hub import tables
from tillsight_hub.database import writing
from tillsight_hub.labels import Label
from tillsight_hub.metrics.catalogue import catalogue
from tillsight_hub.metrics.counts import Counts
from tillsight_hub.metrics.settings import MetricSettings
from tillsight_hub.periods import Period
from tillsight_hub.scores.scores import By, Group, read_counts, scores_of, series
from tillsight_models.events import HealthReported

MONDAY, TUESDAY, SUNDAY = "2026-03-02", "2026-03-03", "2026-03-08"


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    with open_chain(f"sqlite:///{tmp_path / 'hub.db'}") as made:
        yield made


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def any_chain(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Chain]:
    """On each database in turn."""
    on_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'hub.db'}" if on_sqlite else request.getfixturevalue("postgresql_url")
    with open_chain(url) as made:
        yield made


def read(chain: Chain, first: str, last: str, by: By = "touchpoint", *ids: str) -> list[Group]:
    with chain.engine.connect() as connection:
        return read_counts(connection, chain.touchpoints(*ids), first, last, by)


def each(chain: Chain, id: str, first: str, last: str, every: Any) -> list[Group]:
    with chain.engine.connect() as connection:
        return list(series(connection, chain.touchpoints(id)[0], Period.between(first, last), every))


def responses(groups: list[Group]) -> dict[str, int]:
    """Key to accepted presses of the groups that have any, whether their ratings are told or not."""
    return {group.key: group.counts.accepted for group in groups if group.counts.accepted}


def traffic(counts: Counts) -> Counts:
    """What is told at any time: how many came and pressed, whatever they said."""
    nothing = (0,) * counts.scale.ratings
    return replace(
        counts,
        ratings=nothing,
        raw=nothing,
        rated_contacts=nothing,
        withheld=counts.accepted,
        withheld_raw=counts.responses_raw,
        withheld_rated=counts.answered,
        withheld_contacts=0,
        doubts=frozenset(),
    )


def total(groups: list[Group]) -> Counts:
    return sum((group.counts for group in groups[1:]), groups[0].counts)


def a_week(chain: Chain) -> None:
    """Presses around every border there is, at the touchpoint whose evening ends at 02:30."""
    chain.press("counter", "2026-03-02T02:29", 4)  # still Sunday evening
    chain.press("counter", "2026-03-02T02:30", 1)  # Monday, closed
    chain.press("counter", "2026-03-02T02:45", 1, labels=Label.REPEAT)
    chain.press("counter", "2026-03-02T19:00", 3)
    chain.press("counter", "2026-03-03T01:10", 3)
    chain.press("counter", "2026-03-03T02:15", 2)  # still Monday evening
    chain.press("counter", "2026-03-03T02:31", 2)  # Tuesday
    chain.press("counter", "2026-03-04T20:00", 4, tq="bounded")  # the day is known, the hour is not
    chain.press("counter", "2026-03-05T20:00", 4, tq="unsynced")  # not even the day
    chain.serve("counter", "2026-03-02T20:00", 120)
    chain.serve("counter", "2026-03-03T02:20", 7)
    chain.settle()


def test_each_touchpoint_has_its_own_counts(any_chain: Chain) -> None:
    any_chain.press("till-1", f"{MONDAY}T10:00", 4, times=13)
    any_chain.press("till-1", f"{MONDAY}T11:00", 1, labels=Label.REPEAT)
    any_chain.press("till-1", f"{MONDAY}T12:00", 1, labels=Label.UNDONE)
    any_chain.press("till-1", f"{MONDAY}T23:00", 2)
    any_chain.press("till-1", f"{TUESDAY}T10:00", 4, times=10)
    any_chain.press("till-1", f"{MONDAY}T10:00", 5, scale="smiley-5")
    any_chain.serve("till-1", f"{MONDAY}T10:30", 250)
    any_chain.press("till-2", f"{MONDAY}T10:00", 2)
    any_chain.settle()
    groups = read(any_chain, MONDAY, MONDAY)
    assert [group.key for group in groups] == ["counter", "till-2", "desk", "till-1", "stall"]
    counts = {group.key: group.counts for group in groups}
    till = counts["till-1"]
    assert (till.ratings, till.responses_raw) == ((0, 1, 0, 13), 16)
    assert (till.presses, till.repeats, till.undone, till.other_scale, till.closed) == (17, 1, 1, 1, 1)
    assert (till.contacts, till.rated_contacts) == (250, (0, 1, 0, 13))
    assert counts["till-2"].contacts is None
    assert counts["stall"] == Counts.none_yet(counts["stall"].scale, "pos")


def test_scales_are_never_added(any_chain: Chain) -> None:
    any_chain.press("till-1", f"{MONDAY}T10:00", 4)
    any_chain.press("till-2", f"{MONDAY}T10:00", 4)
    any_chain.press("desk", f"{MONDAY}T10:00", 11)
    any_chain.settle()
    by_store = read(any_chain, MONDAY, MONDAY, "store")
    in_market = {group.counts.scale.id: group.counts.accepted for group in by_store if group.key == "market"}
    assert in_market == {"smiley-4": 2, "nps": 1}
    for by in ("org", "day", "weekday", "hour", "week", "month"):
        scales = {
            group.counts.scale.id: group.counts.accepted for group in read(any_chain, MONDAY, MONDAY, by)
        }
        assert set(scales) == {"smiley-4", "nps"}, by


def test_presses_where_nothing_counts_contacts_do_not_enter_numbers_per_contact(chain: Chain) -> None:
    chain.press("till-1", f"{MONDAY}T10:00", 1, times=10)
    chain.serve("till-1", f"{MONDAY}T10:00", 200)
    chain.press("till-2", f"{MONDAY}T10:00", 1, times=90)
    chain.settle()
    for by in ("store", "day"):
        found = [group.counts for group in read(chain, MONDAY, MONDAY, by) if group.counts.accepted]
        assert [(c.responses, c.contacts, sum(c.rated_contacts)) for c in found] == [(100, 200, 10)], by


def test_every_grouping_adds_up_to_the_same_counts(any_chain: Chain) -> None:
    a_week(any_chain)
    for first, last in ((MONDAY, MONDAY), (MONDAY, TUESDAY), (TUESDAY, TUESDAY), ("2026-03-01", SUNDAY)):
        expected = read(any_chain, first, last, "touchpoint", "counter")[0].counts
        for by in ("store", "day", "week", "month", "weekday", "hour"):
            counted = total(read(any_chain, first, last, by, "counter"))
            assert traffic(counted) == traffic(expected), (first, last, by)
        for every in ("hour", "day", "week", "month", "total"):
            counted = total(each(any_chain, "counter", first, last, every))
            assert traffic(counted) == traffic(expected), (first, last, every)
    assert read(any_chain, MONDAY, MONDAY, "touchpoint", "counter")[0].counts.accepted == 4


def test_the_night_belongs_to_the_evening_before_in_hours_too(chain: Chain) -> None:
    a_week(chain)
    assert responses(read(chain, MONDAY, MONDAY, "hour", "counter")) == {"01": 1, "02": 2, "19": 1}
    assert responses(read(chain, TUESDAY, TUESDAY, "hour", "counter")) == {"02": 1}
    assert responses(read(chain, "2026-03-04", "2026-03-04", "hour", "counter")) == {"unknown": 1}


def test_hours_of_the_day_come_all_24_with_their_opening_time(chain: Chain) -> None:
    chain.settle()
    groups = read(chain, MONDAY, TUESDAY, "hour", "counter")
    assert [group.key for group in groups] == [f"{hour:02}" for hour in range(24)]
    minutes = {group.key: group.open_minutes for group in groups if group.open_minutes}
    assert minutes == {**{f"{hour:02}": 120 for hour in (0, 1, 18, 19, 20, 21, 22, 23)}, "02": 60}


def test_hours_of_places_with_different_zones_are_their_own_local_hours(chain: Chain) -> None:
    chain.press("till-1", f"{MONDAY}T10:10", 4)
    chain.press("stall", f"{MONDAY}T10:50", 4)
    chain.settle()
    groups = read(chain, MONDAY, MONDAY, "hour")
    assert responses(groups) == {"10": 2}
    assert {(group.tz, group.open_minutes) for group in groups if group.key == "10"} >= {(None, None)}


def test_weekdays_and_weeks_and_months_are_business_days(chain: Chain) -> None:
    chain.press("counter", "2026-03-01T20:00", 4)  # Sunday
    chain.press("counter", "2026-03-02T01:00", 4)  # still Sunday
    chain.press("counter", "2026-03-09T20:00", 4, times=3)  # Monday of the next week
    chain.settle()
    assert responses(read(chain, "2026-02-23", SUNDAY, "weekday", "counter")) == {"7": 2}
    assert responses(read(chain, "2026-02-23", "2026-03-15", "week", "counter")) == {
        "2026-W09": 2,
        "2026-W11": 3,
    }
    assert responses(read(chain, "2026-02-23", "2026-03-15", "month", "counter")) == {"2026-03": 5}
    keys = [group.key for group in read(chain, MONDAY, SUNDAY, "weekday", "counter")]
    assert keys == list("1234567")


def test_days_without_anything_stored_are_there_and_say_so(chain: Chain) -> None:
    chain.press("till-1", f"{TUESDAY}T10:00", 4)
    chain.settle()
    monday, tuesday = read(chain, MONDAY, TUESDAY, "day", "till-1")
    assert (monday.counts.events, tuesday.counts.events) == (0, 1)
    assert (monday.open_minutes, monday.tz, monday.counts.contacts) == (720, "Europe/Rome", 0)


def test_a_device_that_lives_makes_no_press_a_zero(chain: Chain) -> None:
    chain.put("till-1", chain.at("till-1", f"{MONDAY}T10:00"), HealthReported())
    chain.settle()
    scores = dict(scores_of(read(chain, MONDAY, TUESDAY, "day", "till-1"), catalogue(MetricSettings())))
    assert [found[0].value for found in scores.values()] == [0, None]


def test_the_period_of_a_group_is_that_of_its_business_days(chain: Chain) -> None:
    group = read(chain, MONDAY, MONDAY, "touchpoint", "counter")[0]
    assert (group.start, group.end) == (
        chain.at("counter", "2026-03-02T02:30"),
        chain.at("counter", "2026-03-03T02:30"),
    )
    assert group.open_minutes == 8 * 60 + 30


def test_autumn_hours_are_two_in_a_series_and_one_in_a_profile(chain: Chain) -> None:
    chain.press("till-1", "2026-10-25T01:50", 4)
    first = chain.at("till-1", "2026-10-25T02:10")
    for t in (first, first + 3_600_000):
        chain.put("till-1", t, HealthReported())
    chain.settle()
    hours = each(chain, "till-1", "2026-10-25", "2026-10-25", "hour")
    assert [hour.key for hour in hours] == [
        "2026-10-25T01:00+02:00",
        "2026-10-25T02:00+02:00",
        "2026-10-25T02:00+01:00",
    ]
    profile = read(chain, "2026-10-25", "2026-10-25", "hour", "till-1")
    assert {group.key: group.counts.events for group in profile if group.counts.events} == {"01": 1, "02": 2}


def test_hours_of_a_half_hour_zone_begin_at_its_own_hour(chain: Chain) -> None:
    chain.press("stall", f"{MONDAY}T10:05", 4)
    chain.settle()
    (hour,) = each(chain, "stall", MONDAY, MONDAY, "hour")
    assert (hour.key, hour.start % 3_600_000, hour.open_minutes) == ("2026-03-02T10:00+05:30", 1_800_000, 60)


def test_weeks_of_a_series_end_with_the_period(chain: Chain) -> None:
    chain.press("till-1", f"{TUESDAY}T10:00", 4)
    chain.press("till-1", "2026-03-11T10:00", 4)
    chain.settle()
    weeks = each(chain, "till-1", TUESDAY, "2026-03-11", "week")
    assert [(week.key, week.open_minutes) for week in weeks] == [("2026-W10", 6 * 720), ("2026-W11", 3 * 720)]
    assert weeks[0].start == chain.at("till-1", f"{TUESDAY}T00:00")


def test_lost_events_flag_the_days_between_their_neighbours_and_no_other(any_chain: Chain) -> None:
    any_chain.press("till-1", f"{MONDAY}T10:00", 4)
    any_chain.lose("till-1", "2026-03-05T09:00", 40)
    any_chain.lose("till-1", "2026-03-05T09:00", 40)
    any_chain.press("till-1", "2026-03-04T10:00", 4)
    any_chain.press("till-2", f"{TUESDAY}T10:00", 4)
    any_chain.settle()
    days = read(any_chain, "2026-03-01", "2026-03-06", "day", "till-1")
    assert [group.key for group in days if "incomplete" in group.counts.doubts] == [
        "2026-03-02",
        "2026-03-03",
        "2026-03-04",
    ]
    touchpoints = read(any_chain, TUESDAY, TUESDAY)
    assert {group.key for group in touchpoints if group.counts.doubts} == {"till-1"}
    hours = each(any_chain, "till-1", MONDAY, "2026-03-04", "hour")
    assert [hour.counts.doubts for hour in hours] == [frozenset({"incomplete"})] * 2


def test_events_lost_at_the_end_of_a_stream_may_be_as_late_as_their_report(chain: Chain) -> None:
    chain.press("till-1", f"{MONDAY}T10:00", 4)
    chain.lose("till-1", f"{TUESDAY}T09:00", 1)
    chain.settle()
    days = read(chain, "2026-03-01", "2026-03-06", "day", "till-1")
    assert [group.key for group in days if group.counts.doubts] == [MONDAY, TUESDAY]


def test_presses_without_a_time_are_in_no_day_and_flag_the_day_they_came(any_chain: Chain) -> None:
    received = any_chain.at("till-1", f"{TUESDAY}T10:00")
    any_chain.press("till-1", "1970-01-01T10:00", 4, tq="unsynced", received=received)
    any_chain.settle()
    days = read(any_chain, MONDAY, SUNDAY, "day", "till-1")
    assert not responses(days)
    assert [group.key for group in days if group.counts.doubts == {"undated-events"}] == [TUESDAY]


def test_a_health_report_without_a_time_flags_nothing(chain: Chain) -> None:
    received = chain.at("till-1", f"{TUESDAY}T10:00")
    chain.put("till-1", 0, HealthReported(), tq="unsynced", received=received)
    chain.settle()
    assert not any(group.counts.doubts for group in read(chain, MONDAY, SUNDAY, "day"))


def test_a_league_table_is_one_statement_on_the_day_rollup(any_chain: Chain) -> None:
    any_chain.press("till-1", f"{MONDAY}T10:00", 4)
    any_chain.settle()
    touchpoints = any_chain.touchpoints()
    statements: list[str] = []
    sqlalchemy_event.listen(
        any_chain.engine, "before_cursor_execute", lambda *args: statements.append(args[2])
    )
    with any_chain.engine.connect() as connection:
        read_counts(connection, touchpoints, MONDAY, SUNDAY, "touchpoint")
    assert sum("rollup_day" in text and "sum(" in text.lower() for text in statements) == 1
    assert not any("rollup_hour" in text for text in statements)


def test_a_touchpoint_moved_to_another_scale_is_read_by_its_new_one(chain: Chain) -> None:
    chain.press("till-1", f"{MONDAY}T10:00", 4, times=2)
    chain.press("till-1", f"{TUESDAY}T10:00", 5, scale="smiley-5", times=11)
    with writing(chain.engine) as connection:
        moved = update(tables.touchpoint).where(tables.touchpoint.c.id == "till-1")
        connection.execute(moved.values(scale="smiley-5"))
    chain.settle()
    counts = read(chain, MONDAY, TUESDAY, "touchpoint", "till-1")[0].counts
    assert (counts.ratings, counts.other_scale) == ((0, 0, 0, 0, 11), 2)


def test_no_touchpoints_have_no_groups(chain: Chain) -> None:
    with chain.engine.connect() as connection:
        for by in (*get_args(By), "touchpoint"):
            assert read_counts(connection, [], MONDAY, TUESDAY, by) == []
