"""Shifts: presses and contacts of the time in which a team was on duty, from the events to scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Engine
from tests.harness.declared import declare_faces
from tests.harness.ingesting import DAY, MINUTE, NOON, Box, intake, take

from tillsight_hub.hierarchy import read_hierarchy
from tillsight_hub.metrics.catalogue import catalogue
from tillsight_hub.metrics.settings import MetricSettings
from tillsight_hub.periods import Period
from tillsight_hub.scores.scores import Group, scores_of
from tillsight_hub.scores.shifts import read_shift_groups, shift_metrics
from tillsight_hub.scores.teams import shift_standings
from tillsight_hub.tables import EMOTION_COUNTERS
from tillsight_models.events import AttemptEnded, EmotionWindowed, StaffShifted

LATER = NOON + 40 * DAY
OCTOBER = Period("2026-10-01", "2026-10-31")
METRICS = shift_metrics(catalogue(MetricSettings()))


@dataclass(frozen=True)
class Duty:
    """A team from one minute after noon to another, and the minutes of its presses."""

    team: str
    start: float
    end: float | None
    presses: tuple[float, ...] = ()
    rating: int = 4
    day: int = 0


def events_of(box: Box, duties: Sequence[Duty]) -> list[bytes]:
    made = []
    for duty in duties:
        made.append((duty.start, duty, StaffShifted(team=duty.team, state="start")))
        if duty.end is not None:
            made.append((duty.end, duty, StaffShifted(team=duty.team, state="end")))
        for minute in duty.presses:
            made.append((minute, duty, None))
    found = []
    for minute, duty, payload in sorted(made, key=lambda item: (item[1].day, item[0])):
        t = NOON + duty.day * DAY + round(minute * MINUTE)
        found.append(box.press(duty.rating, t=t) if payload is None else box.event(payload, t=t))
    return found


def store(engine: Engine, box: Box, events: Sequence[bytes]) -> None:
    taker = intake(engine, now=LATER)
    for first in range(0, len(events), 200):
        assert not take(taker, (box, list(events[first : first + 200])), received=LATER).refusals


def read(engine: Engine, period: Period = OCTOBER, now: int = LATER) -> dict[str, Group]:
    with engine.connect() as connection:
        places = list(read_hierarchy(connection).touchpoints.values())
        groups = read_shift_groups(connection, places, period, 10, now)
    return {group.key: group for group in groups}


def minutes(start: float, number: int, step: float = 1.0) -> tuple[float, ...]:
    return tuple(start + step * each for each in range(number))


def test_presses_count_for_the_team_on_duty(either_engine: Engine) -> None:
    """From 10:20 to 13:40 and on to 15:00: whole hours, broken hours, and the very first and last moment."""
    box = Box()
    early = Duty("early", -100, 100, (-100, -99, *minutes(-61, 25, 5), 99.9))
    late = Duty("late", 100, 180, (100, *minutes(101, 29, 2)), rating=1)
    alone = [box.press(4, t=NOON + 180 * MINUTE), *(box.press(4, t=NOON + 190 * MINUTE) for _ in range(11))]
    store(either_engine, box, [*events_of(box, [early, late]), *alone])
    found = read(either_engine)
    assert list(found) == ["till-1/early", "till-1/late"]
    assert (found["till-1/early"].counts.ratings, found["till-1/late"].counts.ratings) == (
        (0, 0, 0, 28),
        (30, 0, 0, 0),
    )
    assert (found["till-1/early"].open_minutes, found["till-1/early"].label) == (200, "Till 1: early")
    assert METRICS["csat"].score(found["till-1/late"].counts).status == "ok"
    assert METRICS["csat"].score(found["till-1/early"].counts).status == "low_n"


def test_contacts_are_those_of_the_shift(engine: Engine) -> None:
    box = Box()
    duty = Duty("early", 0, 90, minutes(1, 40))
    contacts = [box.contact(t=NOON + round(minute * MINUTE)) for minute in minutes(0.5, 200, 0.5)]
    store(engine, box, [*events_of(box, [duty]), *contacts])
    counts = read(engine)["till-1/early"].counts
    assert counts.contacts == 179  # from 0.5 to 89.5 minutes
    score = METRICS["response_rate"].score(counts)
    assert (score.value, score.n, score.status) == (pytest.approx(40 / 179), 179, "uncalibrated")


def test_repeats_and_other_labels_are_none_of_a_teams_responses(engine: Engine) -> None:
    box = Box()
    events = events_of(box, [Duty("early", 0, 60, minutes(1, 12))])
    events += [box.press(1, repeat=True, t=NOON + 30 * MINUTE) for _ in range(5)]
    store(engine, box, events)
    counts = read(engine)["till-1/early"].counts
    assert (counts.responses, counts.presses, counts.repeats, sum(counts.raw)) == (12, 17, 5, 12)


@pytest.mark.parametrize(
    ("last", "counted", "flags"),
    [(None, 16, {"shift-unended"}), (15 * 60, 15, set())],
    ids=["nobody told its end", "it ended after 15 hours"],
)
def test_a_shift_without_an_end_lasts_16_hours(
    engine: Engine, last: float | None, counted: int, flags: set[str]
) -> None:
    box = Box()
    hourly = tuple(60 * hour + 30 for hour in range(20))
    store(engine, box, events_of(box, [Duty("early", 0, last, hourly)]))
    group = read(engine)["till-1/early"]
    assert group.counts.presses == counted
    assert group.counts.doubts == flags


def test_a_shift_counts_on_the_day_it_began(engine: Engine) -> None:
    box = Box()
    store(engine, box, events_of(box, [Duty("night", 10 * 60, 14 * 60, minutes(10 * 60 + 1, 40, 5))]))
    first, second = Period("2026-10-06", "2026-10-06"), Period("2026-10-07", "2026-10-07")
    assert read(engine, first)["till-1/night"].counts.presses == 40
    assert read(engine, second) == {}


def test_what_too_few_said_of_a_team_is_withheld_and_its_presses_counted(engine: Engine) -> None:
    box = Box()
    duties = [
        Duty("early", 0, 60, minutes(1, 25)),
        Duty("late", 60, 120, minutes(61, 9), rating=1),
    ]
    store(engine, box, events_of(box, duties))
    early, late = read(engine).values()
    for group in (early, late):  # 25 of 34 told would tell the other nine
        score = METRICS["csat"].score(group.counts)
        assert (score.value, score.status, group.counts.told) == (None, "suppressed", None)
    assert (early.counts.presses, late.counts.presses, sum(late.counts.raw)) == (25, 9, 0)


def test_presses_of_nobodys_time_are_not_told_by_subtraction(engine: Engine) -> None:
    box = Box()
    events = events_of(box, [Duty("early", 0, 60, minutes(1, 25))])
    events += [box.press(1, t=NOON + 90 * MINUTE) for _ in range(3)]
    store(engine, box, events)
    assert read(engine)["till-1/early"].counts.told is None


def test_days_are_told_together_until_each_team_has_enough(either_engine: Engine) -> None:
    box = Box()
    duties = []
    for day in range(6):
        duties += [
            Duty("early", 0, 60, minutes(1, 12), day=day),
            Duty("late", 60, 120, minutes(61, 5), rating=1, day=day),
        ]
    store(either_engine, box, events_of(box, duties))

    def n_of(*days: str) -> dict[str, int]:
        groups = read(either_engine, Period(*days))
        scores = {key: METRICS["csat"].score(group.counts) for key, group in groups.items()}
        return {key: score.n for key, score in scores.items() if score.value is not None}

    assert n_of("2026-10-06", "2026-10-06") == {}
    assert n_of("2026-10-06", "2026-10-07") == {"till-1/early": 24, "till-1/late": 10}
    assert n_of("2026-10-07", "2026-10-08") == {}
    assert n_of("2026-10-01", "2026-10-31") == {"till-1/early": 72, "till-1/late": 30}


def test_nothing_of_faces_and_sellers_is_in_a_shift(engine: Engine) -> None:
    box = Box()
    events = events_of(box, [Duty("early", 0, 60, minutes(1, 12))])
    faces = EmotionWindowed(period_s=600, positive=50, neutral=50, negative=50, unknown=5)
    events += [
        box.event(faces, t=NOON + 20 * MINUTE),
        box.event(AttemptEnded(duration_s=60), t=NOON + 21 * MINUTE),
    ]
    declare_faces(engine, "acme")
    store(engine, box, events)
    counts = read(engine)["till-1/early"].counts
    assert counts.emotions == (0,) * len(EMOTION_COUNTERS)
    assert (counts.attempts, counts.answers) == (0, None)
    told = {metric.id for metric in METRICS}
    assert {"csat", "relative_dissatisfaction", "response_rate"} <= told
    assert not [name for name in told if "emotion" in name or "valence" in name or "attempt" in name]


def standings(engine: Engine, period: Period = OCTOBER) -> Any:
    found = list(scores_of(read(engine, period).values(), METRICS.chosen(["csat"])))
    return found, shift_standings(found, METRICS, 0.95)


def test_teams_whose_order_is_not_known_tie_and_are_pulled_together(engine: Engine) -> None:
    box = Box()
    duties = []
    for team, offset, bad in (("early", 0, 30), ("late", 240, 36)):
        duties.append(Duty(team, offset, offset + 120, minutes(offset + 1, bad, 0.5), rating=1))
        duties.append(Duty(team, offset + 120, offset + 239, minutes(offset + 121, 100 - bad, 0.5)))
    store(engine, box, events_of(box, duties))
    found, standing = standings(engine)
    plain = {group.key: scores[0] for group, scores in found}
    assert {key: score.value for key, score in plain.items()} == {"till-1/early": 0.7, "till-1/late": 0.64}
    early = standing["till-1/early", "csat"]
    late = standing["till-1/late", "csat"]
    assert early.ties == ("till-1/late",)
    assert 0.64 < late.shrunk_value <= early.shrunk_value < 0.7
    # The mean of two teams of 100 is itself known to about sqrt(.67 * .33 / 200) = .033 only.
    assert late.shrunk_upper - late.shrunk_lower > 2 * 1.96 * 0.032
    assert late.shrunk_lower < late.shrunk_value < late.shrunk_upper


def test_teams_that_clearly_differ_keep_their_numbers_and_their_order(engine: Engine) -> None:
    box = Box()
    duties = [
        Duty("early", 0, 120, minutes(1, 200, 0.5), rating=4),
        Duty("late", 240, 360, minutes(241, 200, 0.5), rating=1),
    ]
    store(engine, box, events_of(box, duties))
    _, standing = standings(engine)
    early, late = standing["till-1/early", "csat"], standing["till-1/late", "csat"]
    assert (early.ties, late.ties) == ((), ())
    assert early.shrunk_value > 0.95
    assert late.shrunk_value < 0.05


def test_a_team_of_fewer_than_thirty_is_shown_and_not_compared(engine: Engine) -> None:
    box = Box()
    duties = [Duty("early", 0, 60, minutes(1, 40)), Duty("late", 60, 120, minutes(61, 20))]
    store(engine, box, events_of(box, duties))
    found, standing = standings(engine)
    assert {group.key: scores[0].status for group, scores in found} == {
        "till-1/early": "ok",
        "till-1/late": "low_n",
    }
    assert standing["till-1/late", "csat"].shrunk_value is None
    assert "low_n" in standing["till-1/late", "csat"].reason


def test_without_a_rota_there_are_no_shifts(engine: Engine) -> None:
    box = Box()
    store(engine, box, [box.press(4, t=NOON + minute * MINUTE) for minute in range(30)])
    assert read(engine) == {}
