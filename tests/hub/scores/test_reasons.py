"""Reasons: told in cells of enough people, and never together with a button."""

import random

from sqlalchemy import Engine, text
from tests.harness.ingesting import DAY, NOON, Box, intake, take

from tillsight_hub.hierarchy import read_hierarchy
from tillsight_hub.periods import Period
from tillsight_hub.scores.reasons import Reasons, in_words, read_reasons, read_words
from tillsight_hub.shown.surveys import create
from tillsight_models.events import ReasonGiven

LATER = NOON + 40 * DAY
OCTOBER = Period("2026-10-01", "2026-10-31")
TUESDAY = Period("2026-10-06", "2026-10-06")


def give(engine: Engine, box: Box, days: dict[int, list[str]]) -> None:
    """By days after the Tuesday: what people named; `skipped` and `timeout` are outcomes."""
    events = [
        box.event(_given(reason), t=NOON + after * DAY + 1000 * number)
        for after, reasons in days.items()
        for number, reason in enumerate(reasons)
    ]
    taker = intake(engine, now=LATER)
    for first in range(0, len(events), 200):
        assert not take(taker, (box, events[first : first + 200]), received=LATER).refusals


def _given(reason: str) -> ReasonGiven:
    if reason == "skipped":
        return ReasonGiven(press=1, outcome="skipped")
    return (
        ReasonGiven(press=1, outcome="timeout")
        if reason == "timeout"
        else ReasonGiven(press=1, reason=reason)
    )


def read(
    engine: Engine, period: Period = OCTOBER, *places: str, smallest: int = 10, now: int = LATER
) -> Reasons:
    with engine.connect() as connection:
        known = read_hierarchy(connection).touchpoints
        chosen = [known[place] for place in places or ("till-1",)]
        return read_reasons(connection, chosen, period, smallest=smallest, now=now)


def test_what_enough_people_named_is_told_the_most_frequent_first(either_engine: Engine) -> None:
    give(either_engine, Box(), {0: ["price"] * 4 + ["waiting"] * 8 + ["skipped"] * 3 + ["timeout"]})
    found = read(either_engine)
    assert found == Reasons({"waiting": 8, "price": 4}, withheld=0, skipped=3, timeouts=1)
    assert list(found.named) == ["waiting", "price"]
    assert (found.people, found.asked) == (12, 16)


def test_a_day_with_too_few_waits_for_the_others_of_its_month(engine: Engine) -> None:
    give(engine, Box(), {0: ["waiting"] * 6, 3: ["price"] * 5})
    assert read(engine, TUESDAY) == Reasons({}, withheld=6)
    assert read(engine).named == {"waiting": 6, "price": 5}


def test_a_month_with_too_few_is_never_told(engine: Engine) -> None:
    give(engine, Box(), {0: ["waiting"] * 9})
    assert read(engine) == Reasons({}, withheld=9)
    assert read(engine, smallest=9).people == 9


def test_what_is_left_of_the_running_month_waits(engine: Engine) -> None:
    give(engine, Box(), {0: ["waiting"] * 12, 1: ["price"] * 3})
    running = read(engine, now=NOON + 2 * DAY)
    assert (running.named, running.withheld) == ({"waiting": 12}, 3)
    assert read(engine).named == {"waiting": 12, "price": 3}


def test_touchpoints_are_summed_from_their_own_cells(engine: Engine) -> None:
    give(engine, Box(), {0: ["waiting"] * 12})
    give(engine, Box("box-4", "desk", "b" * 16), {0: ["waiting"] * 9})
    found = read(engine, OCTOBER, "till-1", "desk")
    assert (found.named, found.withheld) == ({"waiting": 12}, 9)


def test_no_difference_of_two_periods_is_about_a_few_people(engine: Engine) -> None:
    dice = random.Random(7)
    give(engine, Box(), {after: ["waiting"] * dice.randrange(0, 14) for after in range(20)})
    last_days = [f"2026-10-{day:02}" for day in range(6, 32)]
    told = sorted({read(engine, Period("2026-10-01", day)).people for day in last_days})
    steps = [after - before for before, after in zip([0, *told], told, strict=False) if after != before]
    assert steps
    assert min(steps) >= 10


def test_reasons_are_found_by_their_index(engine: Engine) -> None:
    query = "SELECT t FROM event WHERE type = 'feedback.reason' AND tp = 'till-1' AND t > 0"
    with engine.connect() as connection:
        plan = str(connection.execute(text(f"EXPLAIN QUERY PLAN {query}")).all())
    assert "ix_event_reason_tp_t" in plan


def test_of_no_place_there_is_nothing(engine: Engine) -> None:
    with engine.connect() as connection:
        assert read_reasons(connection, [], OCTOBER, smallest=10, now=LATER) == Reasons({})


def test_reasons_are_called_what_the_survey_calls_them(engine: Engine) -> None:
    texts = {
        "long-wait": {"en": "Waited too long", "it": "Attesa troppo lunga"},
        "price": {"en": "The price"},
    }
    options = [{"id": id, "text": text} for id, text in texts.items()]
    question = {"id": "why", "kind": "reason", "text": {"en": "Why?"}, "options": options}
    content = {"id": "till", "languages": ["en", "it"], "questions": [question]}
    with engine.begin() as connection:
        create(connection, "acme", content, "ada")
        english, italian = (read_words(connection, {"acme"}, language) for language in ("en", "it"))
        assert read_words(connection, {"other"}, "en") == {}
    assert english == {"long-wait": "Waited too long", "price": "The price"}
    assert italian == {"long-wait": "Attesa troppo lunga", "price": "The price"}


def test_reasons_that_are_called_alike_are_one() -> None:
    found = in_words(Reasons({"a": 5, "too-loud": 4, "b": 3}, withheld=2), {"a": "Price", "b": "Price"})
    assert found == Reasons({"Price": 8, "Too loud": 4}, withheld=2)
    assert list(in_words(Reasons({"a": 5, "x": 4, "b": 3}), {"x": "Most", "a": "One"}).named) == [
        "One",
        "Most",
        "B",
    ]
