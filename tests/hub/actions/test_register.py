"""The register of actions: what it takes, whom it concerns, and what it says of before and after."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from tests.harness.ingesting import DAY, NOON, Box, intake, table_rows, take

from tillsight_hub.actions.effect import MOST_DAYS, read_effect, spans_of
from tillsight_hub.actions.register import (
    Action,
    BadAction,
    Draft,
    UnknownAction,
    add_action,
    change_action,
    find_action,
    read_actions,
    remove_action,
)
from tillsight_hub.database import writing
from tillsight_hub.hierarchy import Hierarchy
from tillsight_hub.metrics.catalogue import catalogue
from tillsight_hub.metrics.settings import MetricSettings

DRAFT = Draft(place="rome", kind="action", title="A second till", first_day="2026-10-05", metric="csat")
TODAY = "2026-12-01"
days = st.dates(date(2026, 1, 1), date(2026, 12, 31)).map(date.isoformat)


def action_of(**values: Any) -> Action:
    return Action(**{**vars(DRAFT), **values})


def added(engine: Engine, draft: Draft = DRAFT) -> int:
    with writing(engine) as connection:
        return add_action(connection, draft, "mona", NOON)


def test_what_is_entered_is_read_changed_and_removed(either_engine: Engine, hierarchy: Hierarchy) -> None:
    full = replace(
        DRAFT,
        last_day="2026-10-30",
        detail="Also at noon.\nEvery day.",
        roles={"responsible": "Ugo", "informed": "everybody"},
        goal="above 80 %",
        quick_win=True,
        case_id=7,
    )
    number = added(either_engine, full)
    places = hierarchy.within("rome")
    with either_engine.connect() as connection:
        found = find_action(connection, hierarchy, places, number)
    assert {name: getattr(found, name) for name in vars(full)} == vars(full)
    with writing(either_engine) as connection:
        change_action(connection, number, replace(full, title="A third till"), "ada")
    with either_engine.connect() as connection:
        assert [each.title for each in read_actions(connection, hierarchy, places)] == ["A third till"]
    with writing(either_engine) as connection:
        remove_action(connection, found, "ada")
    assert not table_rows(either_engine, "action")
    told = [row["action"] for row in table_rows(either_engine, "audit")]
    assert told == ["action.added", "action.changed", "action.removed"]


def test_what_concerns_a_place_is_above_and_below_it(engine: Engine, hierarchy: Hierarchy) -> None:
    for place in ("acme", "rome", "till-1", "pune"):
        added(engine, replace(DRAFT, place=place, title=place))
    with engine.connect() as connection:
        tills = read_actions(connection, hierarchy, hierarchy.within("till-1"))
        stores = read_actions(connection, hierarchy, hierarchy.within("rome"))
        other = {
            each.title: each.id for each in read_actions(connection, hierarchy, hierarchy.within("pune"))
        }
        with pytest.raises(UnknownAction):
            find_action(connection, hierarchy, hierarchy.within("rome"), other["pune"])
    assert {each.title for each in tills} == {"acme", "rome", "till-1"}
    assert {each.title for each in stores} == {"acme", "rome", "till-1"}
    assert set(other) == {"acme", "pune"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 121}, "title"),
        ({"title": "a\0"}, "title"),
        ({"detail": "x" * 2001}, "detail"),
        ({"roles": {"boss": "x"}}, "roles"),
        ({"roles": {"responsible": "x" * 121}}, "roles"),
        ({"kind": "party"}, "kind"),
        ({"first_day": "yesterday"}, "first_day"),
        ({"first_day": "20261005"}, "first_day"),
        ({"first_day": "0001-01-01"}, "first_day"),
        ({"last_day": "2026-10-04"}, "last_day"),
        ({"goal": "a\nb"}, "goal"),
    ],
)
def test_what_will_not_do_is_named(engine: Engine, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(BadAction) as refused:
        added(engine, replace(DRAFT, **wrong))
    assert field in refused.value.problems
    assert not table_rows(engine, "action")


# --- Before and after ----------------------------------------------------------------------------------


@given(days, st.integers(0, 400) | st.none(), days)
def test_as_many_days_of_each_weekday_are_before_as_after(first: str, length: int | None, today: str) -> None:
    last = None if length is None else (date.fromisoformat(first) + timedelta(days=length)).isoformat()
    spans = spans_of(action_of(first_day=first, last_day=last), [], today)
    if spans is None:
        return
    before, after = list(spans.before.days()), list(spans.after.days())
    assert len(before) == len(after) <= MOST_DAYS
    assert before[-1] < first <= after[0]
    assert after[-1] < today
    assert sorted(map(weekday, before)) == sorted(map(weekday, after))


@given(days, st.integers(0, 20) | st.none(), days, st.integers(0, 9))
def test_days_of_incidents_are_left_out_on_both_sides(
    first: str, length: int | None, begins: str, lasts: int
) -> None:
    last = None if length is None else (date.fromisoformat(first) + timedelta(days=length)).isoformat()
    ends = (date.fromisoformat(begins) + timedelta(days=lasts)).isoformat()
    incident = action_of(kind="incident", first_day=begins, last_day=ends)
    spans = spans_of(action_of(first_day=first, last_day=last), [incident], "2027-06-01")
    assert spans is not None
    kept = [[day for day in span.days() if day not in spans.left_out] for span in (spans.before, spans.after)]
    assert not [day for side in kept for day in side if begins <= day <= ends]
    assert sorted(map(weekday, kept[0])) == sorted(map(weekday, kept[1]))


def weekday(day: str) -> int:
    return date.fromisoformat(day).weekday()


@pytest.mark.parametrize("first", ["2026-11-25", "2026-12-01", "2027-01-01"])
def test_before_a_week_has_gone_by_nothing_can_be_told(first: str) -> None:
    assert spans_of(action_of(first_day=first), [], TODAY) is None


def press_days(engine: Engine, good_before: int, good_after: int) -> None:
    """Two weeks before and after 5 October with 40 answers a day, so many of them good."""
    box, events = Box(), []
    for day in range(-14, 14):
        good = good_before if day < 0 else good_after
        for number in range(40):
            rating = 4 if number < good else 1
            events.append(box.press(rating, t=NOON - DAY + day * DAY + number * 60_000))
    for start in range(0, len(events), 200):
        take(intake(engine, now=NOON + 30 * DAY), (box, events[start : start + 200]))


def effect_on(engine: Engine, hierarchy: Hierarchy, **incident: Any) -> Any:
    incidents = [action_of(kind="incident", **incident)] if incident else []
    spans = spans_of(action_of(place="till-1", last_day="2026-10-18"), incidents, TODAY)
    assert spans is not None
    with engine.connect() as connection:
        places = hierarchy.within("till-1")
        found = read_effect(connection, places, spans, catalogue(MetricSettings()), "csat")
    return found.changes["smiley-4"]


def test_a_real_change_gets_an_arrow_and_chance_gets_none(engine: Engine, hierarchy: Hierarchy) -> None:
    press_days(engine, 24, 34)
    change = effect_on(engine, hierarchy)
    assert (change.arrow, change.is_better) == ("up", True)
    assert change.value == pytest.approx(10 / 40)
    assert change.lower < change.value < change.upper
    quiet = effect_on(engine, hierarchy, first_day="2026-10-05", last_day="2026-10-05")
    assert quiet.value == pytest.approx(10 / 40)
    assert quiet.after.n == change.after.n - 40
    assert quiet.before.n == change.before.n - 40


def test_no_change_is_said_to_be_none(engine: Engine, hierarchy: Hierarchy) -> None:
    press_days(engine, 30, 30)
    assert effect_on(engine, hierarchy).arrow is None


def test_without_answers_no_change_can_be_told(engine: Engine, hierarchy: Hierarchy) -> None:
    assert effect_on(engine, hierarchy).value is None
