"""The watcher on a database: what it files, when, and that nothing is filed twice or lost."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from tests.harness.ingesting import table_rows
from tests.harness.quiet_weeks import MONDAY, quiet_stream, slots_of, store_stream

from tillsight_hub.alerts import watcher as watching
from tillsight_hub.alerts.knowing import read_knowledge
from tillsight_hub.alerts.rules import add_rule, change_rule, find_rule, read_rules
from tillsight_hub.alerts.settings import AlertSettings
from tillsight_hub.alerts.stating import stated
from tillsight_hub.alerts.streams import SETTLE_MS
from tillsight_hub.alerts.watcher import Watcher
from tillsight_hub.database import writing
from tillsight_hub.hierarchy import read_hierarchy

HOUR = 3_600_000
MINUTE = 60_000
TODAY = MONDAY + timedelta(days=8)
OPENS = int(slots_of(TODAY, 1).start[0])
CLOSES = int(slots_of(TODAY, 1).end[-1])


@dataclass
class Clock:
    now: int = OPENS

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


MakeWatcher = Callable[[Engine], Watcher]


@pytest.fixture
def make(clock: Clock) -> MakeWatcher:
    return lambda engine: Watcher(engine, AlertSettings(), clock=clock)


def learnt(engine: Engine, make: MakeWatcher) -> Watcher:
    """Eight ordinary days are behind it, and it is morning."""
    store_stream(engine, "till-1", quiet_stream(slots_of(MONDAY, 8), 1))
    watcher = make(engine)
    assert watcher.learn() > 0
    return watcher


def plant_today(engine: Engine, *, wrong: bool, late_ms: int = 250) -> None:
    spans = [(OPENS + 3 * HOUR, OPENS + 5 * HOUR)] if wrong else []
    stream = quiet_stream(slots_of(TODAY, 1), 2, wrong=spans)
    store_stream(engine, "till-1", stream, seq=1_000_000, late_ms=late_ms)


def through_the_day(watcher: Watcher, clock: Clock, step_ms: int = 20 * MINUTE) -> int:
    raised = 0
    for now in range(OPENS, CLOSES + HOUR, step_ms):
        clock.now = now
        raised += watcher.watch()
    return raised


def test_something_wrong_is_filed_once_and_cleared(
    either_engine: Engine, make: MakeWatcher, clock: Clock
) -> None:
    watcher = learnt(either_engine, make)
    plant_today(either_engine, wrong=True)
    assert through_the_day(watcher, clock, 15 * MINUTE) == 1
    (row,) = table_rows(either_engine, "alert")
    assert row["tp"] == "till-1"
    assert OPENS + 3 * HOUR < row["raised"] < OPENS + 4 * HOUR
    assert SETTLE_MS <= row["noticed"] - row["raised"] <= SETTLE_MS + 15 * MINUTE
    assert row["cleared"] > row["raised"]
    assert row["sent"] == row["noticed"]


def test_a_gauge_that_moves_is_told_at_once_and_one_that_rests_is_not(
    engine: Engine, make: MakeWatcher, clock: Clock
) -> None:
    learnt(engine, make)
    plant_today(engine, wrong=True)
    told: list[frozenset[str]] = []
    watcher = Watcher(engine, AlertSettings(), told.append, clock=clock)
    clock.now = OPENS
    watcher.watch()
    clock.now = OPENS + 3 * HOUR + 20 * MINUTE
    assert watcher.watch() == 0, "evidence and no alert yet"
    assert told[-1] == {"till-1"}
    seen = len(told)
    assert watcher.watch() == 0
    assert not any(told[seen:])


def test_a_restart_at_any_moment_neither_loses_nor_repeats_an_alert(
    engine: Engine, make: MakeWatcher, clock: Clock
) -> None:
    learnt(engine, make)
    plant_today(engine, wrong=True)
    for now in range(OPENS + 2 * HOUR, CLOSES, 17 * MINUTE):
        clock.now = now
        make(engine).watch()
    assert len(table_rows(engine, "alert")) == 1


def test_a_crash_between_charts_and_alerts_changes_nothing(
    engine: Engine, make: MakeWatcher, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher = learnt(engine, make)
    plant_today(engine, wrong=True)
    real = watching.file_news
    crashes = []

    def crash_once(*arguments: object, **more: object) -> None:
        real(*arguments, **more)  # type: ignore[arg-type]
        if arguments[2] and not crashes:
            crashes.append(1)
            raise RuntimeError("power cut")

    monkeypatch.setattr(watching, "file_news", crash_once)
    for now in range(OPENS + 2 * HOUR, CLOSES, 20 * MINUTE):
        clock.now = now
        try:
            watcher.watch()
        except RuntimeError:
            watcher = make(engine)
            watcher.watch()
    assert crashes
    assert len(table_rows(engine, "alert")) == 1


def test_what_arrives_late_never_alarms(engine: Engine, make: MakeWatcher, clock: Clock) -> None:
    watcher = learnt(engine, make)
    clock.now = OPENS + SETTLE_MS + MINUTE
    watcher.watch()
    plant_today(engine, wrong=True, late_ms=SETTLE_MS + 1000)
    assert through_the_day(watcher, clock) == 0
    assert not table_rows(engine, "alert")


def test_an_ordinary_day_files_nothing(engine: Engine, make: MakeWatcher, clock: Clock) -> None:
    watcher = learnt(engine, make)
    plant_today(engine, wrong=False)
    assert through_the_day(watcher, clock) == 0


def test_two_days_are_too_few_to_raise_anything(engine: Engine, make: MakeWatcher, clock: Clock) -> None:
    store_stream(engine, "till-1", quiet_stream(slots_of(TODAY - timedelta(days=2), 2), 1))
    watcher = make(engine)
    watcher.learn()
    plant_today(engine, wrong=True)
    assert through_the_day(watcher, clock, HOUR) == 0


def test_nothing_is_raised_before_anything_is_known(engine: Engine, make: MakeWatcher, clock: Clock) -> None:
    plant_today(engine, wrong=True)
    assert through_the_day(make(engine), clock) == 0


def test_a_rule_of_the_place_may_switch_alerts_off_or_count(
    engine: Engine, make: MakeWatcher, clock: Clock
) -> None:
    watcher = learnt(engine, make)
    with writing(engine) as connection:
        hierarchy = read_hierarchy(connection)
        usual = add_rule(connection, hierarchy, "rome", "baseline", {"months": 6}, actor="ada")
        change_rule(connection, hierarchy, find_rule(connection, usual), {}, enabled=False, actor="ada")
        values = {"window_minutes": 30, "negative": 7}
        count = add_rule(connection, hierarchy, "till-1", "count", values, actor="ada")
    plant_today(engine, wrong=True)
    assert through_the_day(watcher, clock) > 0
    rows = table_rows(engine, "alert")
    assert {row["rule_id"] for row in rows} == {count}
    assert '"votes_neg": 7' in rows[0]["detail"]


def test_the_built_in_rule_states_its_rate(engine: Engine, make: MakeWatcher) -> None:
    """One touchpoint of three has history: it has all of the false alarms that are allowed to itself."""
    learnt(engine, make)
    with engine.connect() as connection:
        rules, knowledge = read_rules(connection, AlertSettings()), read_knowledge(connection)
        places = list(read_hierarchy(connection).touchpoints.values())
    said = stated(rules[0], rules, places, knowledge)
    assert said.per_month == pytest.approx(0.5, rel=0.02)
    assert said.error is not None
    assert 0 < said.error < 0.1
    assert (said.hot, said.daily) == (1, 0)


def test_learning_goes_on_where_it_was(engine: Engine, make: MakeWatcher, clock: Clock) -> None:
    watcher = learnt(engine, make)
    assert watcher.learn() == 0
    plant_today(engine, wrong=False)
    clock.now += 24 * HOUR
    assert watcher.learn() > 0
    rows = {row["tp"]: row for row in table_rows(engine, "alert_baseline")}
    assert rows["till-1"]["day"] == (TODAY + timedelta(days=1)).isoformat()
    assert '"days": 9' in rows["till-1"]["baseline"]
