"""What a page is about, read from its address: names of periods, days, weekdays, hours."""

import pytest
from starlette.datastructures import QueryParams
from tests.harness.drawings import voice

from tillsight_hub.hierarchy import Hierarchy
from tillsight_hub.pages.choosing import Choice, Preset, choose, days_of, place_options
from tillsight_hub.periods import Period

TODAY = "2026-11-22"  # a Sunday


def chosen(query: str, language: str = "en") -> Choice:
    return choose(QueryParams(query), voice(language), TODAY)


@pytest.mark.parametrize(
    ("preset", "first", "last"),
    [
        ("today", "2026-11-22", "2026-11-22"),
        ("yesterday", "2026-11-21", "2026-11-21"),
        ("last-7-days", "2026-11-16", "2026-11-22"),
        ("last-28-days", "2026-10-26", "2026-11-22"),
        ("last-365-days", "2025-11-23", "2026-11-22"),
        ("this-week", "2026-11-16", "2026-11-22"),
        ("last-week", "2026-11-09", "2026-11-15"),
        ("this-month", "2026-11-01", "2026-11-22"),
        ("last-month", "2026-10-01", "2026-10-31"),
    ],
)
def test_names_mean_days(preset: Preset, first: str, last: str) -> None:
    assert days_of(preset, TODAY) == Period(first, last)
    assert chosen(f"period={preset}").preset == preset


def test_nothing_asked_is_the_last_four_weeks() -> None:
    choice = chosen("")
    assert (choice.preset, choice.weekdays, choice.hours, choice.status) == (
        "last-28-days",
        frozenset(),
        frozenset(),
        200,
    )
    assert choice.query() == ""


def test_days_rule_over_a_name_that_means_others() -> None:
    assert chosen("first=2026-03-01&last=2026-03-31").period == Period("2026-03-01", "2026-03-31")
    both = chosen("period=today&first=2026-03-01&last=2026-03-31")
    assert (both.preset, both.period.first) == (None, "2026-03-01")
    same = chosen("period=last-28-days&first=2026-10-26&last=2026-11-22")
    assert same.preset == "last-28-days"


def test_one_day_is_enough() -> None:
    assert chosen("first=2026-11-01").period == Period("2026-11-01", TODAY)
    assert chosen("last=2026-03-28").period == Period("2026-03-01", "2026-03-28")


def test_a_night_goes_past_midnight() -> None:
    assert chosen("from_hour=22&until_hour=2").hours == {22, 23, 0, 1}
    assert chosen("from_hour=9").hours == frozenset(range(9, 24))
    assert chosen("from_hour=0&until_hour=24").hours == frozenset()


def test_all_weekdays_are_no_narrowing() -> None:
    assert chosen("weekday=1&weekday=2").weekdays == {1, 2}
    assert not chosen("&".join(f"weekday={day}" for day in range(1, 8))).is_narrowed


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("period=lately", "period", "“lately”: expected one of today"),
        ("first=31.3.2026", "first", "“31.3.2026”: expected a day from 2000-01-01 to 2027-11-23"),
        ("first=0001-01-01", "first", "expected a day from 2000-01-01"),
        ("first=2026-03-31&last=2026-03-01", "last", "2026-03-01 comes before 2026-03-31"),
        ("weekday=8", "weekday", "“8”: expected a number from 1"),
        ("weekday=%C2%B2", "weekday", "expected a number"),
        ("from_hour=24", "from_hour", "“24”: expected a full hour from 0 to 23"),
        ("until_hour=noon", "until_hour", "“noon”: expected a full hour from 1 to 24"),
        ("from_hour=9&until_hour=9", "until_hour", "From 9 until 9"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_kept(query: str, field: str, said: str) -> None:
    choice = chosen(query)
    assert said in (choice.problems or {})[field]
    assert choice.status == 422
    assert (choice.typed or {})[field] == QueryParams(query)[field]
    assert choice.period == days_of("last-28-days", TODAY)
    assert said not in (chosen(query, "it").problems or {})[field]


def test_a_link_means_the_same_choice() -> None:
    asked = (
        "first=2026-03-01&last=2026-03-31&weekday=6&weekday=7&from_hour=9&until_hour=12&metric=csat&lang=it"
    )
    choice = chosen(asked)
    again = chosen(choice.query())
    assert again == choice
    assert "lang" not in choice.query()
    assert choice.link("/compare", weekday=None, metric="nps").endswith(
        "first=2026-03-01&last=2026-03-31&from_hour=9&until_hour=12&metric=nps"
    )
    assert chosen(choice.query(period="today")).preset == "today"


@pytest.mark.parametrize(
    ("query", "every"),
    [("period=last-28-days", "day"), ("period=last-90-days", "week"), ("first=2024-01-01", "month")],
)
def test_long_periods_are_cut_into_longer_parts(query: str, every: str) -> None:
    assert chosen(query).every == every


def test_it_is_said_in_the_language() -> None:
    choice = chosen("period=last-week&weekday=1&from_hour=9&until_hour=12", "it")
    assert choice.words == "Settimana scorsa · lun · 9:00–12:00"
    assert chosen("first=2026-10-01&last=2026-10-31").words == "1 Oct – 31 Oct 2026"


def test_places_are_a_tree_of_what_lies_wholly_in_the_scope(hierarchy: Hierarchy) -> None:
    everything = place_options(hierarchy, None)
    assert [option.depth for option in everything][:4] == [0, 1, 2, 3]
    store = next(iter(hierarchy.stores))
    narrowed = place_options(hierarchy, store)
    assert {option.depth for option in narrowed} <= {1, 2, 3}
    assert store in {option.id for option in narrowed}
    assert not {option.id for option in narrowed} - {option.id for option in everything}
