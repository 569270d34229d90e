"""The cleaner on a database: whatever arrives when, labels and counts end as the rules say."""

import threading
from collections.abc import Callable

import numpy as np
import pytest
from sqlalchemy import Engine
from tests.harness.cleaning import half_a_day
from tests.harness.ingesting import DAY, HOUR, NOON, SEED, Box, rollups_of, table_rows, take

from tillsight_hub import rollups
from tillsight_hub.cleaning import relabelling
from tillsight_hub.cleaning.cleaner import Cleaner
from tillsight_hub.cleaning.history import read_with_keys
from tillsight_hub.cleaning.labelling import clean
from tillsight_hub.cleaning.rules import CleaningSettings
from tillsight_hub.consistency import verify
from tillsight_hub.database import writing
from tillsight_hub.hierarchy import read_hierarchy
from tillsight_hub.labels import Label
from tillsight_hub.rollups import rebuild
from tillsight_hub.seed import Seed, apply_seed
from tillsight_models.events import CameraReported

RULES = CleaningSettings()
RAW = ("events", "presses", "raw_1", "raw_2", "raw_3", "raw_4", "repeats", "undone")


def test_stored_labels_are_those_of_the_rules_and_the_counts_follow(either_engine: Engine) -> None:
    box = Box()
    take(either_engine, (box, half_a_day(box, 1)))
    raw = _raw_totals(either_engine)
    cleaner = Cleaner(either_engine, RULES)
    cleaner.clean_all()
    _assert_clean(either_engine)
    assert _raw_totals(either_engine) == raw
    counted = _total(either_engine)
    assert counted["set_aside"] > 0 < counted["label_session"]
    assert counted["label_mashing"] > 0 < counted["label_staff"]
    before = rollups_of(either_engine)
    cleaner.clean_all()
    rebuild(either_engine)
    assert rollups_of(either_engine) == before


def test_events_may_arrive_in_any_order_with_the_cleaner_at_work(engine: Engine) -> None:
    box = Box()
    events = half_a_day(box, 2)
    dice = np.random.default_rng(7)
    cleaner = Cleaner(engine, RULES)
    order = list(dice.permutation(len(events)))
    while order:
        portion, order = order[:40], order[40:]
        take(engine, (box, [events[index] for index in portion]))
        for _ in range(int(dice.integers(0, 3))):
            cleaner.clean()
    cleaner.clean_all()
    _assert_clean(engine)


def test_an_undo_makes_the_press_before_it_the_answer(either_engine: Engine) -> None:
    box = Box()
    cleaner = Cleaner(either_engine, RULES)
    take(either_engine, (box, [box.contact(t=NOON + 60_000, dwell_s=60)]))
    take(either_engine, (box, [box.press(1, t=NOON + 30_000), box.press(1, t=NOON + 31_000)]))
    cleaner.clean_all()
    assert _labels(either_engine) == [Label.SESSION | Label.SET_ASIDE, Label.NONE]
    take(either_engine, (box, box.undo(3)))
    cleaner.clean_all()
    assert _labels(either_engine) == [Label.NONE, Label.UNDONE]
    _assert_clean(either_engine)


def test_a_press_that_moves_in_time_is_cleaned_in_both_places(either_engine: Engine) -> None:
    box = Box()
    cleaner = Cleaner(either_engine, RULES)
    events = [box.press(1, t=1000, tq="unsynced", mono=50_000)]
    events += [box.press(2, t=NOON), box.press(2, t=NOON + 10_000), box.press(2, t=NOON + 20_000)]
    take(either_engine, (box, events))
    cleaner.clean_all()
    assert _labels(either_engine)[0] == Label.NONE
    take(either_engine, (box, box.anchor(60_000, NOON + 19_000)))
    cleaner.clean_all()
    assert [bool(each & Label.SESSION) for each in _labels(either_engine)] == [True, False, False, False]
    take(either_engine, (box, box.anchor(55_000, NOON + HOUR)))
    cleaner.clean_all()
    assert not any(each & Label.SESSION for each in _labels(either_engine))
    _assert_clean(either_engine)


def test_a_press_whose_time_is_lost_again_keeps_no_label_of_cleaning(engine: Engine) -> None:
    box = Box()
    take(engine, (box, [box.press(1, t=1000, tq="unsynced", mono=50_000), box.anchor(60_000, NOON)]))
    Cleaner(engine, RULES).clean_all()
    assert _labels(engine) == [Label.ORPHAN]
    take(engine, (box, box.anchor(40_000, NOON + 20 * HOUR)))
    Cleaner(engine, RULES).clean_all()
    assert _labels(engine) == [Label.NONE]
    _assert_clean(engine)


@pytest.mark.parametrize("step", ["propose", "write", "rollups"])
def test_a_cleaner_that_is_killed_at_any_step_loses_and_doubles_nothing(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    box = Box()
    take(engine, (box, half_a_day(box, 3)))
    targets: dict[str, tuple[object, str]] = {
        "propose": (relabelling, "clean"),
        "write": (relabelling, "_tick_off"),
        "rollups": (relabelling.rollups, "add"),
    }
    target, name = targets[step]
    calls = iter(range(100))
    original: Callable[..., object] = getattr(target, name)

    def dies(*arguments: object) -> object:
        if next(calls) == 1:
            raise KeyboardInterrupt
        return original(*arguments)

    monkeypatch.setattr(target, name, dies)
    with pytest.raises(KeyboardInterrupt):
        for _ in range(5):
            Cleaner(engine, RULES).clean_all()
            take(engine, (box, box.press(1, t=NOON + 5 * HOUR)))
    assert verify(engine, "all").mismatches == 0
    Cleaner(engine, RULES).clean_all()
    _assert_clean(engine)


def test_what_arrives_between_reading_and_writing_is_looked_at_again(either_engine: Engine) -> None:
    box = Box()
    take(either_engine, (box, [box.press(1, t=NOON), box.press(1, t=NOON + 1000)]))
    hierarchy, proposals = _proposed(either_engine)
    take(either_engine, (box, [box.press(1, t=NOON + 2000), box.undo(1)]))
    with writing(either_engine) as connection:
        relabelling.write(connection, hierarchy, proposals)
    assert verify(either_engine, "all").mismatches == 0
    assert [row["stage"] for row in table_rows(either_engine, "uncleaned")] == ["taken"]
    Cleaner(either_engine, RULES).clean_all()
    assert [bool(each & Label.SESSION) for each in _labels(either_engine)] == [False, True, False]
    _assert_clean(either_engine)


def test_nothing_is_written_by_another_hierarchy_than_it_was_read_by(engine: Engine) -> None:
    box = Box()
    take(engine, (box, [box.press(1, t=NOON), box.press(1, t=NOON + 1000)]))
    hierarchy, proposals = _proposed(engine)
    apply_seed(engine, Seed.model_validate(_with_source("queue")))
    with writing(engine) as connection:
        assert not relabelling.write(connection, hierarchy, proposals)
    Cleaner(engine, RULES).clean_all()
    _assert_clean(engine)


def test_changed_rules_give_all_labels_anew(either_engine: Engine) -> None:
    box = Box()
    events = [box.press(1, t=NOON - day * DAY + n * 4000) for day in range(5) for n in range(2)]
    take(either_engine, (box, events))
    Cleaner(either_engine, RULES).clean_all()
    assert not any(each & Label.SESSION for each in _labels(either_engine))
    told: list[frozenset[str]] = []
    Cleaner(either_engine, RULES.changed({"session.gap_s": "5"}), told.append).clean_all()
    assert [bool(each & Label.SESSION) for each in _labels(either_engine)] == [True, False] * 5
    assert frozenset({"till-1"}) in told
    assert verify(either_engine, "all").mismatches == 0
    Cleaner(either_engine, RULES).clean_all()
    _assert_clean(either_engine)


def test_another_contact_source_gives_all_labels_of_the_touchpoint_anew(engine: Engine) -> None:
    box = Box()
    take(engine, (box, box.press(4, t=NOON)))
    Cleaner(engine, RULES).clean_all()
    assert _labels(engine) == [Label.ORPHAN]
    apply_seed(engine, Seed.model_validate(_with_source("pos")))
    Cleaner(engine, RULES).clean_all()
    assert _labels(engine) == [Label.NONE]


def test_a_report_of_a_blind_camera_uncovers_the_presses_until_the_next_report(either_engine: Engine) -> None:
    box = Box("box-4", "desk")
    cleaner = Cleaner(either_engine, RULES)
    take(either_engine, (box, [box.press(4, t=NOON + n * HOUR) for n in range(3)]))
    take(either_engine, (box, _report(box, NOON + HOUR // 2, "dark", 60, 60)))
    cleaner.clean_all()
    uncovered = Label.UNCOVERED
    assert [bool(each & uncovered) for each in _labels(either_engine)] == [False, True, True]
    assert _total(either_engine)["uncovered_4"] == 2
    take(either_engine, (box, _report(box, NOON + HOUR + HOUR // 2, "ok", 60, 60)))
    cleaner.clean_all()
    assert [bool(each & uncovered) for each in _labels(either_engine)] == [False, True, False]
    _assert_clean(either_engine, "desk")


def test_a_long_way_back_is_gone_day_by_day(engine: Engine) -> None:
    box = Box()
    events = [box.press(1, t=NOON - day * DAY + n * 1000) for day in range(40) for n in range(2)]
    take(engine, (box, events))
    cleaner = Cleaner(engine, RULES)
    passes = sum(1 for _ in iter(cleaner.clean, False))
    assert passes > 30
    assert [bool(each & Label.SESSION) for each in _labels(engine)] == [True, False] * 40


@pytest.mark.postgresql
def test_writers_and_cleaners_never_wait_in_a_ring(postgresql_engine: Engine) -> None:
    boxes = [Box("box-1", "till-1", "a" * 16), Box("box-4", "desk", "d" * 16)]
    failures: list[BaseException] = []

    def write(box: Box) -> None:
        for n in range(40):
            press = box.press(1, t=NOON + n * 20_000)
            again = box.press(1, t=NOON + n * 20_000 + 1000)
            take(postgresql_engine, (box, [press, again, *([box.undo(box.seq)] if n % 5 == 0 else [])]))

    def keep_clean() -> None:
        cleaner = Cleaner(postgresql_engine, RULES)
        for _ in range(60):
            cleaner.clean()

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    work: list[Callable[[], None]] = [
        lambda: write(boxes[0]),
        lambda: write(boxes[1]),
        keep_clean,
        keep_clean,
    ]
    threads = [threading.Thread(target=run, args=(each,)) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    Cleaner(postgresql_engine, RULES).clean_all()
    _assert_clean(postgresql_engine)
    _assert_clean(postgresql_engine, "desk")


def test_the_thread_cleans_what_arrives_and_tells_who_watches(engine: Engine) -> None:
    box = Box()
    told = threading.Event()
    cleaner = Cleaner(engine, RULES, lambda changed: told.set() if changed else None, pause_s=0.01)
    cleaner.start()
    take(engine, (box, [box.press(1, t=NOON), box.press(1, t=NOON + 1000)]))
    assert told.wait(60)
    cleaner.stop()
    assert Label.SESSION in _labels(engine)[0]


def test_the_thread_survives_a_database_that_fails(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tillsight_hub.cleaning.cleaner.RETRY_S", 0.01)
    original = relabelling.read_todos
    failures = iter(range(3))
    told = threading.Event()

    def fails(connection: object) -> object:
        if next(failures, None) is not None:
            raise OSError("gone")
        return original(connection)

    monkeypatch.setattr("tillsight_hub.cleaning.cleaner.read_todos", fails)
    cleaner = Cleaner(engine, RULES, lambda changed: told.set() if changed else None, pause_s=0.01)
    box = Box()
    take(engine, (box, [box.press(1, t=NOON), box.press(1, t=NOON + 1000)]))
    cleaner.start()
    assert told.wait(60)
    cleaner.stop()


def _report(box: Box, t: int, state: str, period_s: float, working_s: float) -> bytes:
    report = CameraReported(camera="cam", state=state, period_s=period_s, working_s=working_s)
    return box.event(report, t=t)


def _proposed(engine: Engine) -> tuple[relabelling.Hierarchy, list[relabelling.Proposal]]:
    """What a cleaner has read, just before it writes."""
    Cleaner(engine, RULES).clean()
    with engine.connect() as connection:
        hierarchy = read_hierarchy(connection)
        todos = relabelling.read_todos(connection)
        assert todos
        return hierarchy, [relabelling.propose(connection, hierarchy, todo, RULES) for todo in todos]


def _assert_clean(engine: Engine, tp: str = "till-1") -> None:
    """Nothing is left to do, every dated press has the labels of its whole history, and all counts agree."""
    with engine.connect() as connection:
        place = read_hierarchy(connection).touchpoints[tp]
        reading = read_with_keys(connection, place, NOON - 100 * DAY, NOON + 100 * DAY)
    assert np.array_equal(reading.history.labels, clean(reading.history, RULES))
    assert table_rows(engine, "uncleaned") == []
    assert verify(engine, "all").mismatches == 0


def _labels(engine: Engine) -> list[Label]:
    """Of all presses, in the order of their numbers."""
    rows = table_rows(engine, "event", "type", "labels")
    return [Label(row["labels"]) for row in rows if row["type"] == "button.press"]


def _total(engine: Engine) -> dict[str, int]:
    rows = rollups_of(engine)["rollup_day"]
    return {name: sum(row[name] for row in rows) for name in rollups.COUNTERS}


def _raw_totals(engine: Engine) -> dict[str, int]:
    total = _total(engine)
    return {name: total[name] for name in RAW}


def _with_source(source: str) -> dict[str, object]:
    """The hierarchy with another contact source at till-1."""
    touchpoints = [
        {**each, "contact_source": source} if each["id"] == "till-1" else each for each in SEED["touchpoint"]
    ]
    return {**SEED, "touchpoint": touchpoints}
