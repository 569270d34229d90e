"""What is told of answers: shares of whole cells, how far people came, and their words in no order."""

import pytest
from sqlalchemy import Engine, select
from tests.harness.ingesting import DAY, NOON, Box, take

from tillsight_hub import tables
from tillsight_hub.database import writing
from tillsight_hub.hierarchy import Hierarchy
from tillsight_hub.metrics.questions import QuestionSettings
from tillsight_hub.periods import Period
from tillsight_hub.shown.answers import Asking
from tillsight_hub.shown.comments import erase_comment, read_comments
from tillsight_hub.shown.results import read_funnel, read_results
from tillsight_models.events import QuestionAnswered, SurveyEnded
from tillsight_models.surveys import Option, Question

NPS = Question(id="likely", kind="nps", text={"en": "Likely?"})
DOOR = Question(
    id="door",
    kind="multiple",
    text={"en": "Door?"},
    options=[Option(id=each, text={"en": each}) for each in ("left", "right")],
)
WORDS = Question(id="words", kind="text", text={"en": "Words?"})
ASKED = (QuestionSettings(survey="exit", question="likely", asks="nps"),)
OCTOBER = Period("2026-10-01", "2026-10-31")


def answer(
    engine: Engine, people: int, *, day: int = 0, box: Box | None = None, survey: str = "exit", start: int = 0
) -> None:
    """So many people answer everything on a day."""
    box = box or Box(stream=f"{survey}{day}{start}".replace("-", "").ljust(16, "a"))
    events = []
    for person in range(start, start + people):
        visit = f"{person:020x}"

        def told(question: str, value: object, visit: str = visit) -> bytes:
            payload = QuestionAnswered(
                survey=survey,
                survey_version=1,
                visit=visit,
                question=question,
                value=value,
                language="en",  # type: ignore[arg-type]
            )
            return box.event(payload, t=NOON + day * DAY + box.seq * 1000)

        events += [
            told("likely", 9 if person % 2 else 3),
            told("door", ["left"] if person % 2 else ["left", "right"]),
            told("words", f"words of {person}"),
        ]
        end = SurveyEnded(survey=survey, survey_version=1, visit=visit, outcome="complete")
        events.append(box.event(end, t=NOON + day * DAY + box.seq * 1000))
    take(engine, (box, events), received=NOON + 40 * DAY)


@pytest.fixture
def asking(hierarchy: Hierarchy) -> Asking:
    return Asking(hierarchy.within("rome"), OCTOBER, 10, NOON + 60 * DAY)


def test_shares_are_of_the_people_who_answered(engine: Engine, asking: Asking) -> None:
    answer(engine, 12)
    with engine.connect() as connection:
        likely, door = read_results(connection, asking, "exit", [NPS, DOOR, WORDS], ASKED)
        funnel = read_funnel(connection, asking, "exit")
    assert (likely.people, likely.mean) == (12, 6.0)
    assert {each.answer: each.people for each in likely.shares if each.people} == {"3": 6, "9": 6}
    assert [(each.answer, each.people) for each in door.shares] == [("left", 12), ("right", 6)]
    right = door.shares[1].estimate
    assert right.value == pytest.approx(0.5)
    assert right.interval is not None
    assert right.interval.lower < 0.5 < right.interval.upper
    assert funnel == {"complete": 12, "partial": 0, "timeout": 0, "abandoned": 0}


def test_what_nine_people_said_is_not_told(engine: Engine, asking: Asking) -> None:
    answer(engine, 9)
    with engine.connect() as connection:
        for told in read_results(connection, asking, "exit", [NPS, DOOR], ASKED):
            assert (told.people, told.withheld, told.shares) == (0, 9, ())
        cells, hidden = read_comments(connection, asking, "exit", [WORDS])
        assert read_funnel(connection, asking, "exit")["complete"] == 9
    assert (cells, hidden) == ([], 9)


def test_a_period_that_cuts_a_cell_does_not_tell_a_part_of_it(
    engine: Engine, hierarchy: Hierarchy, asking: Asking
) -> None:
    answer(engine, 6)
    answer(engine, 6, day=1, start=100)
    first_day = Asking(hierarchy.within("rome"), Period("2026-10-06", "2026-10-06"), 10, asking.now)
    with engine.connect() as connection:
        for told in read_results(connection, first_day, "exit", [NPS, DOOR], ASKED):
            assert (told.people, told.withheld) == (0, 6)
        assert read_comments(connection, first_day, "exit", [WORDS]) == ([], 6)
        for told in read_results(connection, asking, "exit", [NPS, DOOR], ASKED):
            assert told.people == 12


def test_two_surveys_that_ask_the_same_are_told_together(engine: Engine, asking: Asking) -> None:
    answer(engine, 10)
    answer(engine, 2, survey="other")
    both = (*ASKED, QuestionSettings(survey="other", question="likely", asks="nps"))
    with engine.connect() as connection:
        [told] = read_results(connection, asking, "exit", [NPS], both)
    assert (told.people, told.together) == (12, ("other",)), "the difference would be about two people"


def test_comments_have_no_hour_no_order_and_can_be_deleted(engine: Engine, asking: Asking) -> None:
    answer(engine, 11)
    with engine.connect() as connection:
        [cell], hidden = read_comments(connection, asking, "exit", [WORDS])
    assert (len(cell.comments), hidden, cell.first, cell.last) == (11, 0, "2026-10-06", "2026-10-06")
    assert [each.text for each in cell.comments] != [f"words of {person}" for person in range(11)]
    gone = cell.comments[0]
    with writing(engine) as connection:
        assert erase_comment(connection, asking, "exit", gone.id, "mona")
        assert not erase_comment(connection, asking, "other", cell.comments[1].id, "mona")
        assert not erase_comment(connection, asking, "exit", "0" * 16, "mona")
    with engine.connect() as connection:
        [cell], _ = read_comments(connection, asking, "exit", [WORDS])
        stored = " ".join(connection.scalars(select(tables.event.c.data)))
        audit = connection.execute(select(tables.audit.c.action, tables.audit.c.detail)).all()
    assert gone.text not in {each.text for each in cell.comments}
    assert len(cell.comments) == 10, "who wrote it still counts as one"
    assert f'"{gone.text}"' not in stored
    assert [row.action for row in audit] == ["comment.erase"]
    assert gone.text not in audit[0].detail


def test_who_goes_on_on_a_phone_is_one_person_who_came_farther(engine: Engine, asking: Asking) -> None:
    for stream, outcome in (("a" * 16, "timeout"), ("b" * 16, "complete")):
        box = Box(stream=stream)
        end = SurveyEnded(survey="exit", survey_version=1, visit="c" * 20, outcome=outcome)  # type: ignore[arg-type]
        take(engine, (box, [box.event(end)]))
    with engine.connect() as connection:
        assert read_funnel(connection, asking, "exit") == {
            "complete": 1,
            "partial": 0,
            "timeout": 0,
            "abandoned": 0,
        }
