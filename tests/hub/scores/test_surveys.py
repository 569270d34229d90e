"""Answers of questionnaires: from the events to scores, whole cells only."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy import event as sqlalchemy_event
from tests.harness.asking import EVERYTHING, answered, asking, by_topic
from tests.harness.ingesting import DAY, HOUR, MINUTE, NOON, Box, intake, take

from tillsight_hub.hierarchy import read_hierarchy
from tillsight_hub.metrics.catalogue import catalogue
from tillsight_hub.metrics.counts import Counts
from tillsight_hub.metrics.questions import QuestionSettings
from tillsight_hub.metrics.registry import Score
from tillsight_hub.metrics.settings import MetricSettings
from tillsight_hub.periods import Period
from tillsight_hub.scores.scores import By, Group, read_counts, series
from tillsight_models.configuration import read_settings
from tillsight_models.scales import SCALES

LATER = NOON + 40 * DAY
"""When October is over."""
OCTOBER = ("2026-10-01", "2026-10-31")
TUESDAY = ("2026-10-06", "2026-10-06")


def store(engine: Engine, box: Box, events: Sequence[bytes]) -> None:
    taker = intake(engine, now=LATER)
    for first in range(0, len(events), 200):
        assert not take(taker, (box, list(events[first : first + 200])), received=LATER).refusals


def read(
    engine: Engine,
    days: tuple[str, str] = OCTOBER,
    by: By = "touchpoint",
    settings: MetricSettings | None = None,
    now: int = LATER,
    places: tuple[str, ...] = ("till-1",),
) -> list[Group]:
    questions = (settings or asking()).questions
    with engine.connect() as connection:
        known = read_hierarchy(connection).touchpoints
        chosen = [known[place] for place in places]
        return read_counts(connection, chosen, *days, by, now=now, questions=questions)


def score(group: Group, metric: str, settings: MetricSettings | None = None) -> Score:
    return catalogue(settings or asking())[metric].score(group.counts)


def people_say(box: Box, question: str, values: Sequence[Any], *, t: int = NOON) -> list[bytes]:
    """One person after the other, all at about the same time."""
    first = box.seq
    return [
        box.event(answered(question, value, visit=f"v-{first + number}"), t=t)
        for number, value in enumerate(values)
    ]


def test_answers_of_a_dozen_people_become_a_score(either_engine: Engine) -> None:
    box = Box()
    store(either_engine, box, people_say(box, "ces2", [7] * 6 + [5] * 3 + [1] * 3))
    (group,) = read(either_engine, TUESDAY)
    found = score(group, "ces2_easy")
    assert (found.value, found.n, found.status, found.flags) == (0.75, 12, "low_n", ())
    assert score(group, "ces2").value == 5.0
    assert score(group, "survey_nps").status == "no_data"


def test_answers_belong_to_the_person_of_their_visit(either_engine: Engine) -> None:
    box = Box()
    events = []
    for number in range(12):
        for question, value in (("expected", 8), ("actual", 7), ("csi-overall", 9)):
            events.append(box.event(answered(question, value, visit=f"v-{number}")))
    other = Box("box-2", "till-2", "bbbbbbbbbbbbbbbb")
    same_visits = [other.event(answered("actual", 1, visit=f"v-{number}")) for number in range(12)]
    store(either_engine, box, events)
    store(either_engine, other, same_visits)
    (group,) = read(either_engine)
    assert (score(group, "experience_gap").value, score(group, "experience_gap").n) == (-1.0, 12)
    assert score(group, "csi").n == 0  # nobody was asked the other two


def test_the_latest_version_of_a_questionnaire_rules_and_in_it_the_latest_answer(engine: Engine) -> None:
    box = Box()
    events = []
    for number in range(12):
        visit = f"v-{number}"
        events += [
            box.event(answered("ces2", value, visit, version)) for value, version in ((2, 3), (6, 3), (1, 2))
        ]
    store(engine, box, events)
    (group,) = read(engine)
    assert score(group, "ces2").value == 6.0
    old = asking(questions=[{**question, "since_version": 4} for question in EVERYTHING])
    assert score(read(engine, settings=old)[0], "ces2", old).status == "no_data"


@pytest.mark.parametrize(("tq", "n"), [("ntp", 12), ("rtc", 12), ("bounded", 12), ("unsynced", 0)], ids=str)
def test_an_answer_counts_where_its_day_is_known(engine: Engine, tq: str, n: int) -> None:
    box = Box()
    events = [
        box.event(answered("ces2", 5, visit=f"v-{number}"), t=NOON, tq=tq, mono=number)
        for number in range(12)
    ]
    store(engine, box, events)
    assert score(read(engine, TUESDAY)[0], "ces2").n == n


def test_a_visit_over_midnight_counts_on_the_day_it_began(engine: Engine) -> None:
    box = Box()
    before_midnight = NOON + 12 * HOUR - MINUTE
    events = []
    for number in range(12):
        visit = f"v-{number}"
        events.append(box.event(answered("expected", 5, visit), t=before_midnight))
        events.append(box.event(answered("actual", 6, visit), t=before_midnight + 2 * MINUTE))
    store(engine, box, events)
    monday, tuesday = read(engine, ("2026-10-06", "2026-10-07"), "day")
    assert score(monday, "experience_gap").n == 12
    assert score(tuesday, "experience_gap").n == 0


def test_the_id_of_a_visit_may_come_again_on_another_day(engine: Engine) -> None:
    box = Box()
    events = [
        box.event(answered("ces2", 4, f"v-{number}"), t=NOON + day * DAY)
        for day in range(3)
        for number in range(5)
    ]
    store(engine, box, events)
    assert score(read(engine)[0], "ces2").n == 15


def test_answers_off_their_scale_are_left_out_and_said(either_engine: Engine) -> None:
    box = Box()
    odd = [0, 8, -1, 2.5, "5", ["5"], {"a": 5}, None, 10**15]
    store(either_engine, box, people_say(box, "ces2", [4] * 15 + [5.0] * 5 + odd))
    found = score(read(either_engine)[0], "ces2")
    assert (found.n, found.value, found.flags) == (20, 4.25, ("answers-refused",))
    assert score(read(either_engine)[0], "ces1").flags == ()


def test_a_row_of_a_table_is_a_question_of_its_own(engine: Engine) -> None:
    rows = [
        {"survey": "exit", "question": "table", "row": row, "asks": asks}
        for row, asks in (("hoped", "expected"), ("got", "actual"))
    ]
    settings = read_settings({"questions": rows}, MetricSettings)
    box = Box()
    events = people_say(box, "table", [{"hoped": 3, "got": 5}] * 12 + [{"hoped": 3}] * 3 + [5])
    store(engine, box, events)
    found = score(read(engine, settings=settings)[0], "experience_gap", settings)
    assert (found.n, found.value, found.flags) == (12, 2.0, ("all-alike", "answers-refused"))


def test_days_with_few_answers_are_told_together_or_not_at_all(engine: Engine) -> None:
    box = Box()
    events = []
    for day, people in ((0, 4), (1, 5), (2, 3), (3, 12), (4, 2)):
        events += people_say(box, "ces2", [4] * people, t=NOON + day * DAY)
    store(engine, box, events)
    n_of_days = [score(group, "ces2").n for group in read(engine, ("2026-10-06", "2026-10-10"), "day")]
    assert n_of_days == [4, 5, 3, 12, 2]
    shown = [score(group, "ces2").value for group in read(engine, ("2026-10-06", "2026-10-10"), "day")]
    assert shown == [None, None, None, 4.0, None]
    assert score(read(engine)[0], "ces2").n == 26
    assert score(read(engine, ("2026-10-06", "2026-10-08"))[0], "ces2").status == "suppressed"
    running = score(read(engine, now=NOON + 5 * DAY)[0], "ces2")
    assert (running.n, running.flags) == (24, ("small-cells",))


def test_no_two_questions_differ_by_fewer_people_than_a_cell(engine: Engine) -> None:
    box = Box()
    events = []
    for day, people in enumerate((3, 11, 2, 9, 1, 14, 7, 5, 30, 4)):
        events += people_say(box, "ces2", [4] * people, t=NOON + day * DAY)
    store(engine, box, events)
    told: dict[tuple[int, int], int] = {}
    for first in range(6, 16):
        for last in range(first, 16):
            found = score(read(engine, (f"2026-10-{first:02}", f"2026-10-{last:02}"))[0], "ces2")
            if found.value is not None:
                told[first, last] = found.n
    more = [
        told[whole] - told[part]
        for whole in told
        for part in told
        if whole[0] <= part[0] and part[1] <= whole[1]
    ]
    assert len(told) > 20
    assert min(size for size in more if size) >= 10


def test_every_grouping_tells_the_same_people_but_by_hour_of_day_none(either_engine: Engine) -> None:
    box = Box()
    events = []
    for day in range(3):
        events += people_say(box, "ces2", [4] * 12, t=NOON + day * DAY)
    store(either_engine, box, events)
    groupings: tuple[By, ...] = ("touchpoint", "store", "region", "org", "day", "week", "month", "weekday")
    for by in groupings:
        groups = read(either_engine, by=by)
        assert sum(score(group, "ces2").n for group in groups) == 36, by
    assert {score(group, "ces2").status for group in read(either_engine, by="hour")} == {"no_data"}
    with either_engine.connect() as connection:
        place = read_hierarchy(connection).touchpoints["till-1"]
        for every in ("day", "week", "month", "total"):
            found = series(
                connection, place, Period(*OCTOBER), every, now=LATER, questions=asking().questions
            )
            assert sum(score(group, "ces2").n for group in found) == 36, every


def test_answers_are_read_only_for_metrics_that_need_them(engine: Engine) -> None:
    metrics = catalogue(asking())
    assert metrics.questions
    assert metrics.chosen(["ces2", "csat"]).questions
    assert not metrics.chosen(["csat", "closing_rate"]).questions
    assert all(group.counts.answers is None for group in read(engine, settings=MetricSettings()))


def test_a_metric_that_no_question_asks_for_is_in_the_catalogue_and_in_no_result() -> None:
    asked = read_settings({"questions": EVERYTHING[:1]}, MetricSettings)
    metrics = catalogue(asked)
    counts = replace(read_empty(), answers=None)
    shown = {each.metric for each in metrics.scores(counts)}
    assert "survey_nps" in shown
    assert not shown & {"womi", "csi", "ces1", "servqual", "servqual_empathy", "experience_gap"}
    assert "womi" in {metric.id for metric in metrics}


def read_empty() -> Counts:
    return Counts.none_yet(SCALES["smiley-4"])


def test_rare_events_are_found_by_their_index(engine: Engine) -> None:
    """Without the words of the partial index SQLite walks through every event of the touchpoint."""
    seen: list[str] = []

    def keep(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "FROM event" in statement and "stream, event.t" in statement:
            seen.append(
                "\n".join(map(str, cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)))
            )

    sqlalchemy_event.listen(engine, "after_cursor_execute", keep)
    read(engine)
    assert seen and all("ix_event_type_tp_t" in plan for plan in seen), seen


ANYTHING = st.one_of(
    st.none(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.lists(st.text(max_size=3), max_size=2),
    st.dictionaries(st.sampled_from(["a", "b"]), st.integers(), max_size=2),
)


@given(ANYTHING, st.sampled_from(EVERYTHING), st.sampled_from([None, "a"]))
def test_whatever_is_answered_is_on_the_scale_or_left_out(
    value: Any, question: dict[str, Any], row: str | None
) -> None:
    settings = QuestionSettings.model_validate({**question, "row": row})
    found = settings.answer(value)
    lowest, highest = settings.points
    assert found is None or lowest <= found <= highest
    if row is None and isinstance(value, int) and lowest <= value <= highest:
        assert found == value


@given(st.lists(st.tuples(ANYTHING, st.sampled_from(["ces2", "nps", "expected", "actual"])), max_size=30))
def test_no_answers_break_a_score_or_leave_it_outside_its_interval(given_: list[tuple[Any, str]]) -> None:
    by_asked = {question.asks: question for question in asking().questions}
    visits = [
        {asked: answer for value, asked in given_ if (answer := by_asked[asked].answer(value)) is not None}
        for _ in range(12)
    ]
    for each in catalogue(asking()).scores(replace(read_empty(), answers=by_topic(visits))):
        if each.value is not None and each.lower is not None and each.upper is not None:
            assert each.lower - 1e-9 <= each.value <= each.upper + 1e-9, each
