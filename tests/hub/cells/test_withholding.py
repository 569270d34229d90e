"""No question, and no combination of answers, tells what fewer people than the smallest cell said."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.harness.chain import Chain, open_chain
from tests.harness.told_atoms import Atoms, Hour, cells_that_show, fewest_singled_out

from tillsight_hub.calendar import PlaceCalendar
from tillsight_hub.hierarchy import Touchpoint
from tillsight_hub.metrics.counts import Counts
from tillsight_hub.periods import Every, Period
from tillsight_hub.scores.scores import By, read_counts, series
from tillsight_hub.scores.week_cells import read_week_cells
from tillsight_models.events import StaffShifted

SMALLEST = 10
TILLS = ("till-1", "till-2", "counter", "stall")
DAYS = ("2026-03-02", "2026-03-03", "2026-03-09", "2026-03-30", "2026-03-31", "2026-04-01", "2026-04-06")
EDGES = ("2026-03-01", *DAYS, "2026-04-30")
PLACES = (*TILLS, "market", "north", "acme")
WALLS = {"till-1": ("10", "11"), "till-2": ("10", "11"), "counter": ("20", "02", "26"), "stall": ("10", "17")}
NOW = {"in April": "2026-04-07T12:00", "in May": "2026-05-02T12:00"}


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with open_chain(f"sqlite:///{tmp_path_factory.mktemp('told') / 'hub.db'}") as made:
        yield made


@st.composite
def hours(draw: st.DrawFn) -> list[Hour]:
    """Mostly a few presses, sometimes many; some while the counter was blind, some at an unknown hour."""
    few_or_many = st.one_of(st.integers(0, 6), st.integers(7, 25))
    found = []
    for till in TILLS:
        for day in draw(st.sets(st.sampled_from(DAYS), max_size=5)):
            for wall in (*WALLS[till], ""):
                blind = draw(st.sampled_from((0, 0, 0, 2, 12))) if till not in ("till-2", "stall") else 0
                pressed = draw(few_or_many) if wall else draw(st.sampled_from((0, 0, 0, 3)))
                found.append(Hour(till, day, wall and _wall(day, wall), pressed, blind, 7))
    return found


def _wall(day: str, hour: str) -> str:
    """The counter's evening ends at 02:30: hour 26 is its last, and the same as hour 02 of the day after."""
    start = datetime.fromisoformat(day) + timedelta(hours=int(hour))
    return start.isoformat(timespec="minutes")


faces = st.dictionaries(
    st.tuples(st.just("till-1"), st.sampled_from(DAYS)), st.one_of(st.integers(1, 9), st.integers(10, 30))
)
questions = st.tuples(
    st.sampled_from(PLACES), st.sampled_from(EDGES), st.sampled_from(EDGES), st.sampled_from(get_args(By))
)
ladders = st.tuples(
    st.sampled_from(TILLS), st.sampled_from(EDGES), st.sampled_from(EDGES), st.sampled_from(get_args(Every))
)
weeks = st.tuples(
    st.sampled_from(PLACES),
    st.sampled_from(EDGES),
    st.sampled_from(EDGES),
    st.sets(st.integers(1, 7)),
    st.sets(st.sampled_from((2, 10, 11, 17, 20))),
)


class Answers:
    """Everything that was told."""

    def __init__(self, chain: Chain, atoms: Atoms, now: int) -> None:
        self.chain, self.atoms, self.now = chain, atoms, now
        self.ratings: list[frozenset[int]] = []
        self.faces: list[frozenset[int]] = []

    def ask(self, place: str, one_day: str, other_day: str, by: By) -> None:
        first, last = sorted((one_day, other_day))
        places = _within(self.chain, place)
        with self.chain.engine.connect() as connection:
            for group in read_counts(
                connection, places, first, last, by, smallest_cell=SMALLEST, now=self.now
            ):
                self._take(group.counts)

    def climb(self, till: str, one_day: str, other_day: str, every: Every) -> None:
        period = Period(*sorted((one_day, other_day)))
        [place] = self.chain.touchpoints(till)
        with self.chain.engine.connect() as connection:
            for group in series(connection, place, period, every, smallest_cell=SMALLEST, now=self.now):
                self._take(group.counts)

    def ask_week(self, place: str, one_day: str, other_day: str, weekdays: set[int], hours: set[int]) -> None:
        period = Period(*sorted((one_day, other_day)))
        with self.chain.engine.connect() as connection:
            for week in read_week_cells(connection, _within(self.chain, place), period, SMALLEST, self.now):
                for counts in (*week.cells.values(), week.sum(weekdays, hours)):
                    self._take(counts)
                for by in ("hour", "weekday"):
                    for counts in week.profile(by).values():
                        self._take(counts)

    def _take(self, counts: Counts) -> None:
        self.ratings += self.atoms.ratings_in(counts)
        self.faces.append(self.atoms.faces_in(counts))
        assert counts.withheld >= 0
        assert counts.withheld_rated >= 0
        assert counts.rated_among is None or 0 <= counts.rated_among <= (counts.contacts or 0)
        assert sum(counts.raw) == counts.responses


def _within(chain: Chain, place: str) -> list[Touchpoint]:
    """Of one scale, as the atoms are."""
    return [
        each
        for each in chain.touchpoints(*TILLS)
        if place in (each.id, each.store_id, each.region_id, each.org_id)
    ]


def _calendar(chain: Chain) -> dict[str, PlaceCalendar]:
    return {place.id: place.calendar for place in chain.touchpoints(*TILLS)}


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(
    hours(),
    faces,
    st.lists(questions, min_size=8, max_size=16),
    st.lists(ladders, min_size=4, max_size=8),
    st.lists(weeks, min_size=4, max_size=8),
    st.sampled_from(list(NOW)),
)
def test_no_combination_of_answers_tells_what_a_few_people_said(
    chain: Chain,
    hours: list[Hour],
    faces: dict[tuple[str, str], int],
    questions: list[tuple[str, str, str, By]],
    ladders: list[tuple[str, str, str, Every]],
    weeks: list[tuple[str, str, str, set[int], set[int]]],
    when: str,
) -> None:
    atoms = Atoms(hours, faces)
    calendars = _calendar(chain)
    atoms.store(chain, calendars.__getitem__)
    told = Answers(chain, atoms, chain.at("till-1", NOW[when]))
    for question in questions:
        told.ask(*question)
    for ladder in ladders:
        told.climb(*ladder)
    for week in weeks:
        told.ask_week(*week)
    for sums, people_of in ((told.ratings, atoms.people), (told.faces, atoms.faces)):
        fewest = fewest_singled_out(sums, people_of, SMALLEST)
        assert fewest >= SMALLEST, f"{fewest} people can be singled out"


def hour(day: str, hour: str, covered: int, uncovered: int = 0, till: str = "till-1") -> Hour:
    return Hour(till, day, _wall(day, hour), covered, uncovered, 7)


def told_by(chain: Chain, hours: list[Hour], *questions: tuple[str, str, str, By]) -> list[int]:
    """How many people each cell tells of that the answers show."""
    atoms = Atoms(hours, {})
    atoms.store(chain, _calendar(chain).__getitem__)
    told = Answers(chain, atoms, chain.at("till-1", NOW["in May"]))
    for question in questions:
        told.ask(*question)
    return [sum(atoms.people[atom] for atom in cell) for cell in cells_that_show(told.ratings).values()]


def test_a_whole_month_is_told_though_one_of_its_days_is_not(chain: Chain) -> None:
    march = [hour("2026-03-02", "10", 3), hour("2026-03-03", "10", 12), hour("2026-03-09", "10", 20)]
    days = ("till-1", "2026-03-01", "2026-03-31", "day")
    month = ("till-1", "2026-03-01", "2026-03-31", "month")
    assert told_by(chain, march, days) == [20]
    assert told_by(chain, march, month) == [35]
    assert sorted(told_by(chain, march, days, month)) == [15, 20]


def test_a_few_seen_by_the_counter_do_not_join_a_day_that_it_did_not_see(chain: Chain) -> None:
    march = [hour("2026-03-02", "10", 3), hour("2026-03-03", "10", 4, uncovered=12)]
    assert told_by(chain, march, ("till-1", "2026-03-01", "2026-03-31", "org")) == [16]


def test_an_hour_that_two_business_days_share_is_told_of_neither(chain: Chain) -> None:
    evenings = [
        hour("2026-03-02", "20", 30, till="counter"),
        hour("2026-03-02", "26", 15, till="counter"),
        hour("2026-03-03", "02", 3, till="counter"),
        hour("2026-03-03", "20", 30, till="counter"),
    ]
    assert told_by(chain, evenings, ("counter", "2026-03-02", "2026-03-03", "hour")) == [30]


def test_a_part_of_an_hour_is_not_told(tmp_path: Path) -> None:
    with open_chain(f"sqlite:///{tmp_path / 'hub.db'}") as chain:
        chain.press("counter", "2026-03-02T20:10", 4, times=30)
        chain.press("counter", "2026-03-03T02:10", 4, times=30)
        chain.settle()
        with chain.engine.connect() as connection:
            groups = read_counts(connection, chain.touchpoints("counter"), "2026-03-02", "2026-03-02", "hour")
        assert {group.key: group.counts.told for group in groups if group.counts.accepted} == {
            "02": None,
            "20": (0, 0, 0, 30),
        }


def test_hours_tell_nothing_where_a_rota_cuts_the_days(tmp_path: Path) -> None:
    with open_chain(f"sqlite:///{tmp_path / 'hub.db'}") as chain:
        chain.press("till-1", "2026-03-02T10:10", 4, times=30)
        chain.press("till-1", "2026-03-09T10:10", 4, times=30)
        shift = StaffShifted(team="early", state="start")
        chain.put("till-1", chain.at("till-1", "2026-03-02T09:00"), shift)
        chain.settle()
        with chain.engine.connect() as connection:
            for by, told in (("hour", 0), ("day", 60)):
                groups = read_counts(connection, chain.touchpoints("till-1"), "2026-03-01", "2026-03-31", by)
                assert sum(group.counts.responses for group in groups) == told, by
