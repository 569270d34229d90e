"""Results: what people answered to a survey, in shares that tell nothing about a handful of them.

A question that metrics are made of is told from the metrics' own cells, so that no two numbers differ by a
few people. Every other one has cells of its own: at least so many people of one touchpoint on days of one
calendar month.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection

from tillsight_models.events import SurveyEnded
from tillsight_models.surveys import Question

from ..metrics.questions import Questions
from ..metrics.registry import DEFAULT_LEVEL, Estimate
from ..metrics.responses import share
from ..metrics.topics import topics_of
from ..scores.surveys import gathered, read_cells
from .answers import Asking, Person, by_place, is_in, people_of, rows_of, told_days

OUTCOMES = ("complete", "partial", "timeout", "abandoned")
"""The farthest first."""


@dataclass(frozen=True)
class Share:
    """One answer, or one row and point of a table."""

    answer: str
    """Id of the option, or the point."""
    people: int
    estimate: Estimate


@dataclass(frozen=True)
class Told:
    """What may be told of a question, or of a row of it."""

    question: Question
    row: str | None
    people: int
    """Whose answers are in the shares."""
    withheld: int
    """Whose answers are not, because too few answered on their days."""
    shares: tuple[Share, ...]
    mean: float | None = None
    together: tuple[str, ...] = ()
    """Other surveys that ask the same: their answers are in it."""


def read_funnel(connection: Connection, asking: Asking, survey: str) -> dict[str, int]:
    """How far people came, by outcome: how many is no secret. Who went on elsewhere counts once."""
    farthest: dict[tuple[str, str], int] = {}
    for place, t, data, _, _ in rows_of(connection, asking.places, asking.period, SurveyEnded.TYPE):
        ended = msgspec.json.decode(data, type=SurveyEnded)
        if ended.survey == survey and is_in(asking.period, place.calendar.business_day(t)):
            key, came = (place.id, ended.visit), OUTCOMES.index(ended.outcome)
            farthest[key] = min(came, farthest.get(key, came))
    ends = Counter(farthest.values())
    return {outcome: ends[number] for number, outcome in enumerate(OUTCOMES)}


def read_results(
    connection: Connection, asking: Asking, survey: str, questions: Sequence[Question], asked: Questions
) -> list[Told]:
    """Of each question with choices or points, in the order of the survey."""
    told = _of_metrics(connection, asking, survey, questions, asked)
    people = people_of(connection, asking, survey)
    for question in questions:
        if question.kind in ("reason", "text") or any(each.question.id == question.id for each in told):
            continue
        rows = [each.id for each in question.options] if question.kind == "matrix" else [None]
        told += [_of_question(people, asking, question, row) for row in rows]
    order = [each.id for each in questions]
    return sorted(told, key=lambda each: order.index(each.question.id))


def _of_metrics(
    connection: Connection, asking: Asking, survey: str, questions: Sequence[Question], asked: Questions
) -> list[Told]:
    by_id = {each.id: each for each in questions}
    mine = [each for each in asked if each.survey == survey and each.question in by_id]
    if not mine:
        return []
    cells = read_cells(
        connection, asking.places, asking.period, asked, smallest=asking.smallest, now=asking.now
    )
    groups = gathered(cells, lambda _, day: "all" if is_in(asking.period, day) else None)
    told = []
    for each in mine:
        topic = topics_of(each.asks)[0]
        persons = [
            person for found in groups.values() for person in found.about(topic) if each.asks in person
        ]
        given = Counter(str(person[each.asks]) for person in persons)
        withheld = sum(found.withheld.get(topic, 0) for found in groups.values())
        others = {one.survey for one in asked if one.asks == each.asks and one.survey != survey}
        low, high = each.points
        points = [str(point) for point in range(low, high + 1)]
        question = by_id[each.question]
        told.append(
            _told_of(question, each.row, given, points, withheld, tuple(sorted(others)), len(persons))
        )
    return told


def _of_question(people: Sequence[Person], asking: Asking, question: Question, row: str | None) -> Told:
    given: Counter[str] = Counter()
    persons = withheld = 0
    found = by_place(people, question.id, lambda value: bool(_chosen(question, row, value)))
    for place, by_day in found:
        inside = {day for day in by_day if is_in(asking.period, day)}
        for days in told_days(place, by_day, asking):
            inside -= set(days)
            for value, _, _ in (each for day in days for each in by_day[day]):
                persons += 1
                given.update(_chosen(question, row, value))
        withheld += sum(len(by_day[day]) for day in inside)
    return _told_of(question, row, given, _answers(question), withheld, (), persons)


def _told_of(  # noqa: PLR0917
    question: Question,
    row: str | None,
    given: Counter[str],
    answers: Sequence[str],
    withheld: int,
    together: tuple[str, ...],
    people: int,
) -> Told:
    shares = tuple(Share(each, given[each], share(given[each], people, DEFAULT_LEVEL)) for each in answers)
    mean = None
    if people and question.kind in ("rating", "nps", "matrix"):
        mean = sum(int(each.answer) * each.people for each in shares) / people
    return Told(question, row, people, withheld, shares if people else (), mean, together)


def _answers(question: Question) -> list[str]:
    if question.kind in ("single", "multiple"):
        return [each.id for each in question.options]
    low, high = question.scale
    return [str(point) for point in range(low, high + 1)]


def _chosen(question: Question, row: str | None, value: Any) -> list[str]:
    """The answers in a value that the question knows; what older versions asked otherwise is left out."""
    if row is not None:
        value = value.get(row) if isinstance(value, dict) else None
    values = value if isinstance(value, list) else [value]
    known = set(_answers(question))
    return [str(each) for each in values if not isinstance(each, bool | dict) and str(each) in known]
