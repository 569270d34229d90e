"""Local time of a place, against reference vectors and as properties."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillsight_hub.calendar import UNKNOWN_HOURS, WEEKDAYS, OpeningHours, PlaceCalendar
from tillsight_hub.errors import BadHours, BadZone

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "public"

ZONES = (
    "Europe/Rome",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",  # summer time is half an hour
    "Asia/Kathmandu",  # +05:45
    "Pacific/Chatham",  # +12:45 with summer time
    "America/Havana",  # changes at midnight
    "Africa/Casablanca",
    "UTC",
)
SECONDS = st.integers(1_262_304_000, 1_893_456_000)  # 2010 to 2030
NIGHT = {day: ["09:00-13:00", "18:00-02:00"] for day in WEEKDAYS}


def _cases(family: str) -> list[Any]:
    path = VECTORS / f"{family}.json"
    if not path.exists():
        skip = pytest.mark.skip(reason="the metric vectors are not beside this checkout (../shared/vectors)")
        return [pytest.param(None, marks=skip, id="none")]
    return [pytest.param(case, id=case["id"]) for case in json.loads(path.read_text())["cases"]]


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def _utc(t_ms: int) -> str:
    return datetime.fromtimestamp(t_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _daily(case: Any) -> PlaceCalendar:
    span = f"{case['input']['open']}-{case['input']['close']}"
    return PlaceCalendar(case["input"]["tz"], OpeningHours.parse({day: [span] for day in WEEKDAYS}))


@pytest.mark.parametrize("case", _cases("calendar_bucket"))
def test_instants_fall_into_local_buckets(case: Any) -> None:
    calendar = PlaceCalendar(case["input"]["tz"])
    for instant, row in zip(case["input"]["utc"], case["expected"]["rows"], strict=True):
        t = _ms(instant)
        local = calendar.local(t)
        week = local.isocalendar()
        offset = local.utcoffset()
        assert offset is not None
        assert row == {
            "local": local.strftime("%Y-%m-%dT%H:%M:%S"),
            "offset_min": offset.total_seconds() / 60,
            "date": calendar.business_day(t),
            "hour": local.hour,
            "weekday": local.isoweekday(),
            "iso_week": f"{week.year}-W{week.week:02}",
            "month": local.strftime("%Y-%m"),
        }
        assert calendar.local(calendar.hour_start(t) * 1000).hour == row["hour"]


@pytest.mark.parametrize("case", _cases("calendar_day"))
def test_a_local_day_has_23_to_25_hours(case: Any) -> None:
    start, end = PlaceCalendar(case["input"]["tz"]).day_bounds(case["input"]["date"])
    got = {"start": _utc(start), "end": _utc(end), "hours": (end - start) / 3_600_000}
    assert got == case["expected"]


@pytest.mark.parametrize("case", _cases("business_day"))
def test_an_event_after_midnight_belongs_to_the_evening_before(case: Any) -> None:
    calendar = _daily(case)
    for instant, expected in zip(case["input"]["utc"], case["expected"]["business_date"], strict=True):
        t = _ms(instant)
        assert calendar.is_open(t) == (expected is not None)
        assert calendar.business_day(t) == (expected or calendar.local(t).date().isoformat())


@pytest.mark.parametrize("case", _cases("opening_hours"))
def test_opening_intervals_have_real_minutes(case: Any) -> None:
    calendar = _daily(case)
    ((start, end),) = calendar.open_intervals(case["input"]["date"])
    minutes = calendar.open_minutes(case["input"]["date"])
    assert {"open": _utc(start), "close": _utc(end), "minutes": minutes} == case["expected"]


@pytest.mark.parametrize("case", _cases("hour_profile"))
def test_open_minutes_by_local_hour(case: Any) -> None:
    calendar = _daily(case)
    first = date.fromisoformat(case["input"]["start"])
    days = [(first + timedelta(days=n)).isoformat() for n in range(case["input"]["days"])]
    minutes = [sum(hours) for hours in zip(*map(calendar.open_minutes_by_hour, days), strict=True)]
    assert minutes == case["expected"]["open_minutes"]
    presses = [0] * 24
    for instant in case["input"]["events"]:
        presses[calendar.local(_ms(instant)).hour] += 1
    per_hour = [
        count / (open_ / 60) if open_ else None for count, open_ in zip(presses, minutes, strict=True)
    ]
    assert per_hour == pytest.approx(case["expected"]["per_hour"])


@given(st.sampled_from(ZONES), SECONDS)
def test_local_hours_tile_time_and_keep_one_hour_and_offset_each(tz: str, t: int) -> None:
    calendar = PlaceCalendar(tz)
    start = calendar.hour_start(t * 1000)
    assert start <= t < start + 3600
    assert calendar.hour_start(start * 1000) == start
    first, here = calendar.local(start * 1000), calendar.local(t * 1000)
    assert (first.date(), first.hour, first.utcoffset()) == (here.date(), here.hour, here.utcoffset())
    before = calendar.local(start * 1000 - 1)
    assert (before.hour, before.utcoffset()) != (here.hour, here.utcoffset())


@given(st.sampled_from(ZONES), st.dates(date(2010, 1, 1), date(2030, 1, 1)))
def test_local_days_follow_each_other_without_gap(tz: str, day: date) -> None:
    calendar = PlaceCalendar(tz)
    start, end = calendar.day_bounds(day.isoformat())
    assert calendar.day_bounds((day + timedelta(days=1)).isoformat())[0] == end
    assert calendar.local(start).date() == calendar.local(end - 1).date() == day
    assert calendar.local(start - 1).date() < day


@given(st.sampled_from(ZONES), st.dates(date(2010, 1, 1), date(2030, 1, 1)), SECONDS)
def test_business_days_agree_with_opening_intervals(tz: str, day: date, t: int) -> None:
    calendar = PlaceCalendar(tz, OpeningHours.parse(NIGHT))
    for start, end in calendar.open_intervals(day.isoformat()):
        for inside in (start, (start + end) // 2, end - 1):
            assert calendar.is_open(inside)
            assert calendar.business_day(inside) == day.isoformat()
    assert calendar.open_minutes(day.isoformat()) == sum(calendar.open_minutes_by_hour(day.isoformat()))
    if not calendar.is_open(t * 1000):
        assert calendar.business_day(t * 1000) == calendar.local(t * 1000).date().isoformat()


@given(st.sampled_from(ZONES), SECONDS)
def test_a_place_with_unknown_hours_is_open_on_its_calendar_day(tz: str, t: int) -> None:
    calendar = PlaceCalendar(tz, UNKNOWN_HOURS)
    day = calendar.business_day(t * 1000)
    start, end = calendar.day_bounds(day)
    assert calendar.is_open(t * 1000)
    assert start <= t * 1000 < end
    assert calendar.open_minutes(day) == (end - start) // 60_000


@given(st.sampled_from(ZONES), SECONDS)
def test_kept_answers_are_the_same_as_fresh_ones(tz: str, t: int) -> None:
    used = PlaceCalendar(tz, OpeningHours.parse(NIGHT))
    for late in (t, t + 59, t + 60, t):
        fresh = PlaceCalendar(tz, OpeningHours.parse(NIGHT))
        assert used.hour_start(late * 1000) == fresh.hour_start(late * 1000)
        assert used.business_day(late * 1000) == fresh.business_day(late * 1000)


def test_the_two_hours_of_an_autumn_night_differ() -> None:
    rome = PlaceCalendar("Europe/Rome")
    first, second = _ms("2026-10-25T00:30:00Z"), _ms("2026-10-25T01:30:00Z")
    assert rome.local(first).hour == rome.local(second).hour == 2
    assert rome.hour_start(second) - rome.hour_start(first) == 3600


def test_lord_howe_shifts_by_half_an_hour() -> None:
    island = PlaceCalendar("Australia/Lord_Howe")
    assert _utc(island.hour_start(_ms("2026-04-04T14:59:59Z")) * 1000) == "2026-04-04T14:00:00Z"
    assert _utc(island.hour_start(_ms("2026-04-04T15:10:00Z")) * 1000) == "2026-04-04T15:00:00Z"
    assert _utc(island.hour_start(_ms("2026-10-03T15:40:00Z")) * 1000) == "2026-10-03T15:30:00Z"


def test_hours_begin_at_a_quarter_in_kathmandu() -> None:
    kathmandu = PlaceCalendar("Asia/Kathmandu")
    assert _utc(kathmandu.hour_start(_ms("2026-06-01T10:20:00Z")) * 1000) == "2026-06-01T10:15:00Z"


def test_sunday_night_belongs_to_sunday() -> None:
    calendar = PlaceCalendar("Europe/Rome", OpeningHours.parse({"sun": ["20:00-03:00"]}))
    monday_morning = _ms("2026-06-01T00:30:00Z")
    assert calendar.local(monday_morning).isoweekday() == 1
    assert calendar.business_day(monday_morning) == "2026-05-31"
    assert calendar.business_day(_ms("2026-06-01T01:00:00Z")) == "2026-06-01"
    assert not calendar.is_open(_ms("2026-06-01T01:00:00Z"))


def test_milliseconds_survive() -> None:
    assert PlaceCalendar("UTC").local(1_700_000_000_123).microsecond == 123_000


def test_a_closed_day_is_not_an_unknown_one() -> None:
    hours = OpeningHours.parse({"mon": []})
    assert PlaceCalendar("UTC", hours).open_minutes("2026-06-01") == 0
    assert OpeningHours.from_json(hours.to_json()) == hours
    assert OpeningHours.from_json("{}") == UNKNOWN_HOURS


@given(st.dictionaries(st.sampled_from(WEEKDAYS), st.just(["18:00-02:00", "09:00-13:00"])))
def test_hours_come_back_from_the_table_as_they_were(hours: dict[str, list[str]]) -> None:
    parsed = OpeningHours.parse(hours)
    assert OpeningHours.from_json(parsed.to_json()) == parsed


@pytest.mark.parametrize(
    ("hours", "problems"),
    [
        ({"monday": ["09:00-21:00"]}, ["monday: expected one of mon, tue, wed, thu, fri, sat, sun"]),
        ({"mon": ["9-21"], "tue": ["09:00-25:00"]}, ["mon: '9-21': ", "tue: '09:00-25:00': "]),
        ({"mon": ["09:00-14:00", "13:00-18:00"]}, ["mon: 09:00-14:00 overlaps mon: 13:00-18:00"]),
        (
            {"sun": ["18:00-10:00"], "mon": ["09:00-21:00"]},
            ["sun: 18:00-10:00 overlaps mon: 09:00-21:00"],
        ),
    ],
)
def test_every_problem_of_hours_is_one_line(hours: dict[str, list[str]], problems: list[str]) -> None:
    with pytest.raises(BadHours) as raised:
        OpeningHours.parse(hours)
    assert len(raised.value.problems) == len(problems)
    for got, expected in zip(raised.value.problems, problems, strict=True):
        assert got.startswith(expected)


SPECIAL = {
    "mon": ["09:00-13:00", "15:00-21:00"],
    "fri": ["18:00-02:00"],
    "2026-12-25": [],
    "2026-12-31": ["18:00-04:00"],
    "2026-03-29": ["00:00-06:00"],
    "2026-10-25": ["00:00-06:00"],
}
"""2026-12-25 is a Friday, 2026-12-28 a Monday."""


@pytest.mark.parametrize(
    ("moment", "day", "is_open"),
    [
        ("2026-12-18T22:30:00+01:00", "2026-12-18", True),
        ("2026-12-25T22:30:00+01:00", "2026-12-25", False),
        ("2026-12-26T01:30:00+01:00", "2026-12-26", False),
        ("2026-12-31T23:59:00+01:00", "2026-12-31", True),
        ("2027-01-01T03:30:00+01:00", "2026-12-31", True),
        ("2027-01-01T04:00:00+01:00", "2027-01-01", False),
        ("2026-12-28T10:00:00+01:00", "2026-12-28", True),
        ("2026-10-25T02:30:00+02:00", "2026-10-25", True),
        ("2026-10-25T02:30:00+01:00", "2026-10-25", True),
    ],
)
def test_special_days_rule_over_the_week(moment: str, day: str, is_open: bool) -> None:
    calendar = PlaceCalendar("Europe/Rome", OpeningHours.parse(SPECIAL))
    t = int(datetime.fromisoformat(moment).timestamp() * 1000)
    assert (calendar.business_day(t), calendar.is_open(t)) == (day, is_open)


@pytest.mark.parametrize(
    ("day", "minutes"),
    [
        ("2026-12-18", 480),
        ("2026-12-25", 0),
        ("2026-12-31", 600),
        ("2026-03-29", 300),
        ("2026-10-25", 420),
        ("2026-12-28", 600),
    ],
)
def test_special_days_have_minutes_of_their_own_when_the_clock_changes_too(day: str, minutes: int) -> None:
    calendar = PlaceCalendar("Europe/Rome", OpeningHours.parse(SPECIAL))
    assert calendar.open_minutes(day) == minutes
    assert sum(calendar.open_minutes_by_hour(day)) == minutes


def test_special_days_come_back_and_those_to_come_can_be_left_out() -> None:
    hours = OpeningHours.parse(SPECIAL)
    assert OpeningHours.from_json(hours.to_json()) == hours
    assert [day for day, _ in hours.until("2026-12-25").days] == ["2026-03-29", "2026-10-25", "2026-12-25"]
    own = OpeningHours.parse({"mon": ["10:00-11:00"], "2026-12-25": ["10:00-12:00"]}).within(hours)
    assert own.on(date(2026, 12, 25)) == ((600, 720),)
    assert own.on(date(2026, 12, 31)) == ((1080, 1680),)
    assert own.on(date(2026, 12, 28)) == ((600, 660),)


def test_where_the_week_is_not_known_a_holiday_is_closed_all_the_same() -> None:
    calendar = PlaceCalendar("Europe/Rome", OpeningHours.parse({"2026-12-25": []}))
    assert calendar.hours.is_known
    assert calendar.open_minutes("2026-12-24") == 24 * 60
    assert calendar.open_minutes("2026-12-25") == 0


@pytest.mark.parametrize(
    ("hours", "problem"),
    [
        ({"2026-12-24": ["09:00-13:00", "12:00-15:00"]}, "2026-12-24: 2026-12-24 09:00-13:00 overlaps"),
        (
            {"thu": ["18:00-04:00"], "2026-12-25": ["03:00-05:00"]},
            "2026-12-25: 2026-12-24 18:00-04:00 overlaps",
        ),
        (
            {"sat": ["01:00-05:00"], "2026-12-25": ["20:00-02:00"]},
            "2026-12-25: 2026-12-25 20:00-02:00 overlaps",
        ),
        ({"2026-02-30": []}, "2026-02-30: expected one of mon"),
    ],
)
def test_special_days_that_cannot_be_are_refused(hours: dict[str, list[str]], problem: str) -> None:
    with pytest.raises(BadHours) as raised:
        OpeningHours.parse(hours)
    assert [line[: len(problem)] for line in raised.value.problems] == [problem]


@pytest.mark.parametrize("tz", ["Europe/Atlantis", "", "../etc/passwd", "Europe"])
def test_a_zone_that_does_not_exist_is_named(tz: str) -> None:
    with pytest.raises(BadZone, match="expected an IANA time zone"):
        PlaceCalendar(tz)
