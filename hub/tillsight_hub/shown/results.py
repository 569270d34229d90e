"""Results: what people answered to a survey, in shares that tell nothing about a handful of them.

A question that metrics are made of is told from the metrics' own cells, so that no two numbers differ by a
few people. Every other one has cells of its own: at least so many people of one touchpoint on days of one
calendar month.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Connection, select, update

from tillsight_models.events import QuestionAnswered, SurveyEnded
from tillsight_models.surveys import Question

from ..access.audit import record
from ..hierarchy import Touchpoint
from ..metrics.questions import Questions
from ..metrics.registry import DEFAULT_LEVEL, Estimate
from ..metrics.responses import share
from ..metrics.topics import topics_of
from ..periods import Period, bucket_days
from ..release import cells_of
from ..surveys import VISIT_MS, gathered, read_cells
from ..tables import IS_RARE, event

OUTCOMES = ("complete", "partial", "timeout", "abandoned")
_Given = tuple[Any, str, str]
"""A value, what names its event, and the language."""
ERASED = ""
"""What stands in the place of a comment that was deleted: it still counts as one."""


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


@dataclass(frozen=True)
class Comment:
    """One person's words."""

    id: str
    text: str
    language: str


@dataclass(frozen=True)
class CommentCell:
    """Comments of one touchpoint on some days, in no order."""

    place: Touchpoint
    question: str
    first: str
    last: str
    comments: tuple[Comment, ...]


@dataclass
class _Person:
    """One visit while it is read."""

    place: Touchpoint
    t: int
    given: dict[str, _Given] = field(default_factory=dict)
    """By question: the latest value, what names its event, and the language."""


@dataclass(frozen=True)
class Asking:
    """Where and when results are asked for."""

    places: Sequence[Touchpoint]
    period: Period
    smallest: int
    now: int
    """ms UTC: says which month is not over."""


def read_funnel(connection: Connection, asking: Asking, survey: str) -> dict[str, int]:
    """How the survey ended, by outcome: how many came so far is no secret."""
    ends: Counter[str] = Counter()
    for place, t, data in _events(connection, asking.places, asking.period, SurveyEnded.TYPE):
        ended = msgspec.json.decode(data, type=SurveyEnded)
        if (
            ended.survey == survey
            and asking.period.first <= place.calendar.business_day(t) <= asking.period.last
        ):
            ends[ended.outcome] += 1
    return {outcome: ends[outcome] for outcome in OUTCOMES}


def read_results(
    connection: Connection, asking: Asking, survey: str, questions: Sequence[Question], asked: Questions
) -> list[Told]:
    """Of each question with choices or points, in the order of the survey."""
    told = _of_metrics(connection, asking, survey, questions, asked)
    people = _people(connection, asking, survey)
    for question in questions:
        if question.kind in ("reason", "text") or any(each.question.id == question.id for each in told):
            continue
        rows = [each.id for each in question.options] if question.kind == "matrix" else [None]
        told += [_of_question(people, asking, question, row) for row in rows]
    order = [each.id for each in questions]
    return sorted(told, key=lambda each: order.index(each.question.id))


def read_comments(
    connection: Connection, asking: Asking, survey: str, questions: Iterable[Question]
) -> tuple[list[CommentCell], int]:
    """What people wrote, in cells, and how many wrote what is not told."""
    people = _people(connection, asking, survey)
    cells: list[CommentCell] = []
    withheld = 0
    for question in questions:
        if question.kind != "text":
            continue
        for place, by_day in _by_place(people, question.id, lambda value: isinstance(value, str)):
            inside = {day for day in by_day if asking.period.first <= day <= asking.period.last}
            for days in _told(place, by_day, asking):
                inside -= set(days)
                cells.append(
                    _comments(place, question.id, [each for day in days for each in by_day[day]], days)
                )
            withheld += sum(len(by_day[day]) for day in inside)
    return sorted(cells, key=lambda cell: (cell.last, cell.place.name), reverse=True), withheld


def erase_comment(connection: Connection, asking: Asking, survey: str, id: str, actor: str) -> bool:
    """Delete a comment's words; False where there is no such comment at these places in this period."""
    months = _months(asking.period)
    for _, _, data, stream, seq in _rows(connection, asking.places, months, QuestionAnswered.TYPE):
        if _name(stream, seq) != id:
            continue
        values = json.loads(data)
        if values["survey"] != survey or not isinstance(values.get("value"), str):
            return False
        values["value"] = ERASED
        one = (event.c.stream == stream) & (event.c.seq == seq)
        connection.execute(update(event).where(one).values(data=json.dumps(values, ensure_ascii=False)))
        record(connection, actor, "comment.erase", f"{survey} {stream}-{seq}")
        return True
    return False


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
    groups = gathered(cells, lambda _, day: "all" if _is_in(asking.period, day) else None)
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


def _of_question(people: Sequence[_Person], asking: Asking, question: Question, row: str | None) -> Told:
    given: Counter[str] = Counter()
    persons = withheld = 0
    found = _by_place(people, question.id, lambda value: bool(_chosen(question, row, value)))
    for place, by_day in found:
        inside = {day for day in by_day if _is_in(asking.period, day)}
        for days in _told(place, by_day, asking):
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


def _by_place(
    people: Iterable[_Person], question: str, counts: Callable[[Any], bool]
) -> list[tuple[Touchpoint, dict[str, list[_Given]]]]:
    """Of each touchpoint by business day: what people answered, as far as it counts."""
    places: dict[str, Touchpoint] = {}
    found: dict[str, dict[str, list[_Given]]] = {}
    for person in people:
        given = person.given.get(question)
        if given is not None and counts(given[0]):
            day = person.place.calendar.business_day(person.t)
            places[person.place.id] = person.place
            found.setdefault(person.place.id, {}).setdefault(day, []).append(given)
    return [(places[id], by_day) for id, by_day in found.items()]


def _told(
    place: Touchpoint, by_day: Mapping[str, Sequence[Any]], asking: Asking
) -> Iterator[tuple[str, ...]]:
    """The cells that lie in the period with all of their days."""
    sizes = {day: len(found) for day, found in by_day.items()}
    running = place.calendar.business_day(asking.now)[:7]
    for days in cells_of(sizes, asking.smallest, running_month=running):
        if all(_is_in(asking.period, day) for day in days):
            yield days


def _comments(place: Touchpoint, question: str, given: Iterable[_Given], days: Sequence[str]) -> CommentCell:
    """Sorted by what says nothing about the order in which they were written."""
    comments = sorted((Comment(name, text, language) for text, name, language in given), key=lambda c: c.id)
    kept = tuple(each for each in comments if each.text != ERASED)
    return CommentCell(place, question, days[0], days[-1], kept)


def _people(connection: Connection, asking: Asking, survey: str) -> list[_Person]:
    """Everybody who answered something, in all of the months that the period touches."""
    people: list[_Person] = []
    latest: dict[tuple[str, str, str], _Person] = {}
    months = _months(asking.period)
    for place, t, data, stream, seq in _rows(connection, asking.places, months, QuestionAnswered.TYPE):
        answered = msgspec.json.decode(data, type=QuestionAnswered)
        if answered.survey != survey:
            continue
        key = place.id, stream, answered.visit
        person = latest.get(key)
        if person is None or abs(t - person.t) > VISIT_MS:
            person = latest[key] = _Person(place, t)
            people.append(person)
        person.t = min(person.t, t)
        if answered.value is not None:
            person.given[answered.question] = answered.value, _name(stream, seq), answered.language
    return [each for each in people if _is_in(months, each.place.calendar.business_day(each.t))]


def _events(
    connection: Connection, places: Sequence[Touchpoint], period: Period, kind: str
) -> Iterator[tuple[Touchpoint, int, str]]:
    return ((place, t, data) for place, t, data, _, _ in _rows(connection, places, period, kind))


def _rows(
    connection: Connection, places: Sequence[Touchpoint], period: Period, kind: str
) -> Iterator[tuple[Touchpoint, int, str, str, int]]:
    by_id = {place.id: place for place in places}
    if not by_id:
        return
    bounds = [period.bounds(place.calendar) for place in places]
    start, end = min(start for start, _ in bounds) - VISIT_MS, max(end for _, end in bounds) + VISIT_MS
    query = (
        select(event.c.tp, event.c.t, event.c.data, event.c.stream, event.c.seq)
        .where(IS_RARE, event.c.type == kind, event.c.tp.in_(list(by_id)))
        .where(event.c.t.between(start, end), event.c.tq != "unsynced")
        .order_by(event.c.stream, event.c.seq)
        .execution_options(yield_per=1000)
    )
    for tp, t, data, stream, seq in connection.execute(query):
        yield by_id[tp], t, data, stream, seq


def _months(period: Period) -> Period:
    return Period(bucket_days(period.first, "month").first, bucket_days(period.last, "month").last)


def _is_in(period: Period, day: str) -> bool:
    return period.first <= day <= period.last


def _name(stream: str, seq: int) -> str:
    """Names an event without telling when it was among others."""
    return hashlib.sha256(f"{stream}:{seq}".encode()).hexdigest()[:16]
