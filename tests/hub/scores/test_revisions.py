"""Revisions: what changes a day after it was over, and nothing else, makes its scores another edition."""

from sqlalchemy import Engine, update
from tests.harness.ingesting import DAY, HOUR, MINUTE, NOON, SEED, Box, intake, take

from tillsight_hub import rollups, tables
from tillsight_hub.cleaning.rules import CleaningSettings
from tillsight_hub.consistency import verify
from tillsight_hub.database import writing
from tillsight_hub.hierarchy import read_hierarchy
from tillsight_hub.ingest.clocks import bound_unsynced
from tillsight_hub.metrics.catalogue import catalogue
from tillsight_hub.metrics.settings import MetricSettings
from tillsight_hub.periods import Period
from tillsight_hub.rollups import SETTLES_MS
from tillsight_hub.scores.explain import explain, recompute
from tillsight_hub.scores.revisions import read_revisions
from tillsight_hub.seed import Seed, apply_seed

METRICS = catalogue(MetricSettings())
TODAY = "2026-10-06"
CSAT = f"csat.till-1.smiley-4.{TODAY}.{TODAY}.total.0-95"
MIDNIGHT = NOON + 12 * HOUR
"""The end of the business day, in Rome."""
OVER = MIDNIGHT + SETTLES_MS


def revision(engine: Engine, tp: str = "till-1", first: str = TODAY, last: str = TODAY) -> int:
    with engine.connect() as connection:
        place = read_hierarchy(connection).touchpoints[tp]
        return read_revisions(connection, [place], Period(first, last)).of([tp])


def test_events_of_the_running_day_are_its_first_edition(either_engine: Engine) -> None:
    box = Box()
    for minute in range(3):
        take(intake(either_engine, NOON + minute * MINUTE), (box, box.press()))
    assert revision(either_engine) == 1


def test_every_transaction_that_changes_a_day_that_was_over_is_an_edition(either_engine: Engine) -> None:
    box = Box()
    take(intake(either_engine, NOON), (box, box.press()))
    take(intake(either_engine, OVER - 1), (box, box.press()))
    assert revision(either_engine) == 1
    take(intake(either_engine, OVER), (box, [box.press(), box.press(), box.contact()]))
    assert revision(either_engine) == 2
    take(intake(either_engine, OVER + 30 * DAY), (box, box.press()))
    assert revision(either_engine) == 3
    assert revision(either_engine, first="2026-10-01", last="2026-10-31") == 3
    assert revision(either_engine, first="2026-10-07", last="2026-10-31") == 1
    assert revision(either_engine, "till-2") == 1


def test_a_day_that_nobody_heard_of_in_time_begins_with_its_second_edition(engine: Engine) -> None:
    box = Box()
    take(intake(engine, OVER), (box, box.press()))
    assert revision(engine) == 2


def test_a_duplicate_changes_nothing(engine: Engine) -> None:
    box = Box()
    press = box.press()
    take(intake(engine, NOON), (box, press))
    take(intake(engine, OVER), (box, press))
    assert revision(engine) == 1


def test_a_press_taken_back_late_is_an_edition(either_engine: Engine) -> None:
    box = Box()
    take(intake(either_engine, NOON), (box, box.press()))
    take(intake(either_engine, OVER), (box, box.undo(1, t=OVER)))
    assert revision(either_engine) == 2


def test_a_corrected_clock_revises_the_day_that_the_events_move_to(either_engine: Engine) -> None:
    box = Box()
    take(intake(either_engine, NOON), (box, box.press(t=0, tq="unsynced", mono=1000)))
    assert revision(either_engine) == 1
    take(intake(either_engine, OVER), (box, box.anchor(61_000, NOON + MINUTE)), received=NOON + MINUTE)
    assert revision(either_engine) == 2
    assert revision(either_engine, first="2026-10-07", last="2026-10-07") == 1


def test_a_day_whose_events_all_move_away_keeps_its_editions(either_engine: Engine) -> None:
    box = Box()
    take(intake(either_engine, NOON), (box, box.press(t=0, tq="unsynced", mono=1_000_000)))
    take(intake(either_engine, NOON), (box, box.anchor(1_100_000, NOON + MINUTE)))
    earlier = box.anchor(900_000, NOON - DAY)
    take(intake(either_engine, OVER + DAY), (box, earlier))
    assert revision(either_engine) == 2
    assert revision(either_engine, first="2026-10-05", last="2026-10-05") == 2
    assert verify(either_engine, "all").mismatches == 0


def test_events_bounded_in_the_night_are_an_edition(engine: Engine) -> None:
    box = Box()
    take(intake(engine, NOON), (box, box.press()))
    unsynced = box.press(t=0, tq="unsynced")
    take(intake(engine, NOON), (box, unsynced), received=NOON + HOUR)
    box.boot = "boot-2"
    take(intake(engine, NOON), (box, box.press(t=NOON + HOUR)))
    assert revision(engine) == 1
    assert bound_unsynced(engine) == 1
    assert revision(engine) == 2


def test_counting_anew_what_is_right_is_no_edition(either_engine: Engine) -> None:
    box = Box()
    take(intake(either_engine, NOON), (box, [box.press(), box.contact()]))
    take(intake(either_engine, OVER), (box, box.press()))
    rollups.rebuild(either_engine)
    with writing(either_engine) as connection:
        rollups.recompute(connection, [], [("till-1", TODAY)])
    assert revision(either_engine) == 2


def test_counting_anew_what_was_wrong_is_an_edition(either_engine: Engine) -> None:
    box = Box()
    take(intake(either_engine, NOON), (box, [box.press(), box.contact()]))
    with writing(either_engine) as connection:
        connection.execute(update(tables.rollup_day).values(rating_4=7))
    rollups.rebuild(either_engine)
    assert revision(either_engine) == 2
    with writing(either_engine) as connection:
        connection.execute(update(tables.rollup_day).values(rating_4=7))
        rollups.recompute(connection, [], [("till-1", TODAY)])
    assert revision(either_engine) == 3


def test_other_opening_hours_revise_the_days_that_they_change(engine: Engine) -> None:
    box = Box()
    take(intake(engine, NOON), (box, box.press()))
    evening = NOON + 7 * DAY + 9 * HOUR
    take(intake(engine, evening), (box, box.press(t=evening)))
    hours = {day: ["09:00-23:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    seed = {**SEED, "store": [{**SEED["store"][0], "opening_hours": hours}, SEED["store"][1]]}
    apply_seed(engine, Seed.model_validate(seed))
    assert revision(engine) == 1
    assert revision(engine, first="2026-10-13", last="2026-10-13") == 2


def test_the_check_of_the_night_does_not_mind_editions(either_engine: Engine) -> None:
    box = Box()
    take(intake(either_engine, OVER), (box, [box.press(), box.contact()]))
    assert verify(either_engine, "all").mismatches == 0


def test_late_events_give_the_next_revision_and_the_new_value(either_engine: Engine) -> None:
    box = Box()

    def csat() -> tuple[int, float | None, int]:
        with either_engine.connect() as connection:
            hierarchy = read_hierarchy(connection)
            told = explain(connection, hierarchy, "rome", CSAT, metrics=METRICS, rules=CleaningSettings())
            again = recompute(connection, hierarchy, told, METRICS)
        assert again.agrees
        return told.revision, told.score.value, told.score.n

    take(intake(either_engine, NOON + HOUR), (box, [box.press(4) for _ in range(30)]))
    assert csat() == (1, 1.0, 30)
    late = [box.press(1) for _ in range(20)]
    take(intake(either_engine, OVER + HOUR), (box, late))
    assert csat() == (2, 0.6, 50)
    take(intake(either_engine, OVER + 2 * HOUR), (box, late))
    rollups.rebuild(either_engine)
    assert csat() == (2, 0.6, 50)
