"""The hours of a day: what is open, what is a gap, what is still to come, and how the chart draws it."""

from dataclasses import replace

from tillsight_hub.calendar import OpeningHours, PlaceCalendar
from tillsight_hub.metrics.counts import Counts
from tillsight_hub.pages.hours import Hour, hours_of, slots_of, spark_of
from tillsight_models.scales import scale

SMILEYS = scale("smiley-4")
NONE_YET = Counts.none_yet(SMILEYS, "presence")
ROME = PlaceCalendar(
    "Europe/Rome", OpeningHours.parse({"tue": ["09:00-12:00", "15:00-18:30"], "fri": ["18:00-02:30"]})
)
TUESDAY, WEDNESDAY, FRIDAY = "2026-10-06", "2026-10-07", "2026-10-09"
NEVER = 2**52


def heard(contacts: int = 0, ratings: tuple[int, ...] = (0, 0, 0, 0)) -> Counts:
    return replace(NONE_YET, events=1, contacts=contacts, ratings=ratings, presses=sum(ratings))


def day(date: str, counted: dict[str, Counts], now: int = NEVER) -> list[Hour]:
    slots = slots_of(ROME, date)
    by_start = {slot.start: counted[slot.label] for slot in slots if slot.label in counted}
    return hours_of(slots, by_start, NONE_YET, now)


def test_a_day_runs_from_opening_to_closing() -> None:
    assert [hour.label for hour in day(TUESDAY, {})] == [f"{n:02}" for n in range(9, 19)]
    assert [hour.open_minutes for hour in day(TUESDAY, {})] == [60, 60, 60, 0, 0, 0, 60, 60, 60, 30]


def test_a_night_belongs_to_the_day_on_which_it_began() -> None:
    hours = day(FRIDAY, {})
    assert [hour.label for hour in hours] == ["18", "19", "20", "21", "22", "23", "00", "01", "02"]
    assert hours[-1].open_minutes == 30


def test_a_closed_day_has_no_hours_until_somebody_presses() -> None:
    assert day(WEDNESDAY, {}) == []
    assert [hour.label for hour in day(WEDNESDAY, {"07": heard(ratings=(1, 0, 0, 0))})] == ["07"]


def test_an_open_hour_without_a_sign_of_life_is_a_gap_and_not_zero() -> None:
    noon = slots_of(ROME, TUESDAY)[12].start * 1000
    states = {hour.label: hour.state for hour in day(TUESDAY, {"09": heard(), "10": heard(3)}, now=noon + 1)}
    assert states["09"] == states["10"] == "heard"
    assert states["11"] == "gap"
    assert states["12"] == states["13"] == "closed" or states["13"] == "ahead"
    assert states["15"] == "ahead"


def test_an_hour_in_which_the_camera_could_not_see_is_no_zero() -> None:
    row = {"events": 12, "camera_ms": 3_600_000, "camera_working_ms": 0}
    hours = day(TUESDAY, {"10": Counts.from_rollup(row, SMILEYS, "camera")})
    assert next(hour.state for hour in hours if hour.label == "10") == "blind"


def test_the_repeated_hour_of_autumn_is_two() -> None:
    always = PlaceCalendar("Europe/Rome")
    assert [slot.label for slot in slots_of(always, "2026-10-25")].count("02") == 2
    assert len(slots_of(always, "2026-10-25")) == 25
    assert len(slots_of(always, "2026-03-29")) == 23


def test_silent_people_are_never_fewer_than_none() -> None:
    hours = day(TUESDAY, {"09": heard(1, (0, 0, 1, 2)), "10": heard(5, (1, 0, 0, 0))})
    assert [hour.silent for hour in hours[:2]] == [0, 4]


def test_the_small_chart_has_a_column_for_each_hour_with_something_in_it() -> None:
    hours = day(TUESDAY, {"09": heard(10, (1, 0, 0, 4)), "10": heard()})
    spark = spark_of(hours)
    assert (spark.width, spark.top) == (100, 10)
    assert spark.served == "M1 30v-30.0h8V30z"
    assert spark.said == "M1 30v-15.0h8V30z"
    assert spark.unhappy == "M1 30v-3.0h8V30z"
    assert spark.gaps.count("M") == 5
