"""Baselines: what is usual, hour by hour, and how much of it is borrowed from the chain."""

from datetime import date, timedelta

import numpy as np
import pytest
from tests.harness.quiet_weeks import MONDAY, ROME, learnt_from, quiet_stream, slots_of

from tillsight_hub.alerts.baseline import Traffic, learn
from tillsight_hub.alerts.streams import NOWHERE, slots_between
from tillsight_hub.calendar import OpeningHours, PlaceCalendar


def test_a_long_history_gives_its_own_shares() -> None:
    slots = slots_of(MONDAY, 42)
    stream = quiet_stream(slots, 1, negative=0.03, positive=0.09)
    baseline = learnt_from(stream, slots)
    monday_noon = 12
    assert baseline.negative[monday_noon] == pytest.approx(0.03, rel=0.15)
    assert baseline.positive[monday_noon] == pytest.approx(0.09, rel=0.1)
    assert baseline.contacts_per_hour[monday_noon] == pytest.approx(80, rel=0.2)
    assert baseline.votes_per_hour(slots_of(MONDAY, 7)) == pytest.approx(80 * 0.12, rel=0.05)
    assert not baseline.is_learning


def test_a_new_touchpoint_is_taken_for_an_ordinary_one() -> None:
    slots = slots_of(MONDAY, 7)
    traffic = {"old": Traffic(), "new": Traffic()}
    for number in range(7):
        day = slots_of(MONDAY + timedelta(days=number), 1)
        traffic["old"] = traffic["old"].plus(quiet_stream(day, number), day, counts_contacts=True)
    traffic["new"] = Traffic().plus(
        quiet_stream(slots, 9, contacts_per_hour=0.5), slots, counts_contacts=True
    )
    found = learn(traffic)
    assert found["new"].negative[12] == pytest.approx(found["old"].negative[12], rel=0.35)
    assert found["new"].is_learning
    assert not found["old"].is_learning


def test_a_weekday_that_was_not_seen_yet_is_like_the_others() -> None:
    slots = slots_of(MONDAY, 3)
    baseline = learnt_from(quiet_stream(slots, 1), slots)
    friday_noon = 4 * 24 + 12
    assert baseline.contacts_per_hour[friday_noon] == pytest.approx(80, rel=0.2)


def test_what_is_known_survives_the_table() -> None:
    slots = slots_of(MONDAY, 2)
    traffic = Traffic().plus(quiet_stream(slots, 1), slots, counts_contacts=True)
    again = Traffic.from_json(traffic.to_json())
    assert again.days == traffic.days
    assert np.allclose(again.contacts, traffic.contacts, atol=0.001)


def test_hours_after_midnight_belong_to_the_day_before() -> None:
    calendar = PlaceCalendar("Europe/Rome", OpeningHours.parse({"sat": ["22:00-02:00"]}))
    saturday = date(2026, 3, 7)
    slots = slots_between(calendar, saturday, saturday + timedelta(days=1))
    assert (slots.cell - 5 * 24).tolist() == [22, 23, 0, 1]
    assert set(slots.day.tolist()) == {saturday.toordinal()}


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_days_of_23_and_25_hours_have_so_many_slots(day: date, hours: int) -> None:
    slots = slots_between(PlaceCalendar("Europe/Rome"), day, day)
    assert len(slots.start) == hours
    assert slots.hours.sum() == hours


def test_what_happens_while_closed_is_nowhere() -> None:
    slots = slots_between(ROME, MONDAY, MONDAY)
    at = np.array([slots.start[0] - 1, slots.start[0], slots.end[-1] - 1, slots.end[-1]])
    assert slots.find(at).tolist() == [NOWHERE, 0, 11, NOWHERE]
