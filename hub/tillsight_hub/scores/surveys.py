"""Answers of questionnaires, read from their events in cells that are told wholly or not at all.

A cell is what at least so many people of one touchpoint answered to one topic, on days of one calendar month.
Every number is made of whole cells, so that no two of them differ by a few people.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
from sqlalchemy import Connection, select

from tillsight_models.events import QuestionAnswered

from ..cells.release import Cell as Days
from ..cells.release import cells_of
from ..hierarchy import Touchpoint
from ..metrics.answers import Answers
from ..metrics.questions import Questions, QuestionSettings
from ..metrics.topics import by_topic, is_whole, topics_of
from ..periods import Period, bucket_days
from ..tables import IS_RARE, event

VISIT_MS = 6 * 3_600_000
"""A visit counts on the day of its first answer; none takes longer than this: its id then means another."""

KeyOf = Callable[[Touchpoint, str], str | None]
"""The group of a touchpoint's business day; None for none."""


@dataclass(frozen=True)
class Cell:
    """The answers to one topic at a touchpoint on some of its days."""

    place: Touchpoint
    answers: Answers
    people: Mapping[str, int]
    """By business day."""


@dataclass
class _Visit:
    """One person's answers while they are read."""

    place: Touchpoint
    t: int
    """ms UTC of the first answer."""
    given: dict[str, int] = field(default_factory=dict)
    """By what was asked: the answer."""
    versions: dict[str, int] = field(default_factory=dict)
    """By what was asked: the questionnaire's, where it was not the first."""
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def day(self) -> str:
        return self.place.calendar.business_day(self.t)

    def take(self, payload: QuestionAnswered, questions: Iterable[QuestionSettings]) -> None:
        """Keep the answer; the latest version of a questionnaire rules, and in it the latest answer."""
        for question in questions:
            if payload.survey_version < question.since_version or not question.is_given(payload.value):
                continue
            answer, asked = question.answer(payload.value), question.asks
            if answer is None:
                self.refused.update(topics_of(asked))
            elif payload.survey_version >= self.versions.get(asked, 1):
                self.given[asked] = answer
                if payload.survey_version > 1:
                    self.versions[asked] = payload.survey_version


def read_cells(
    connection: Connection,
    places: Sequence[Touchpoint],
    period: Period,
    questions: Questions,
    *,
    smallest: int,
    now: int | None = None,
) -> list[Cell]:
    """The cells that have a day in the period, and what is withheld or refused there.

    `smallest` is how many people a cell has at least; `now` (ms UTC) says which month is not over.
    """
    if not questions or not places:
        return []
    months = Period(bucket_days(period.first, "month").first, bucket_days(period.last, "month").last)
    asking = frozenset(question.asks for question in questions)
    people: dict[tuple[str, str], dict[str, list[Mapping[str, int]]]] = {}
    cells = []
    for visit in _visits(connection, places, months, questions):
        day = visit.day
        if not months.first <= day <= months.last:
            continue
        for topic, answers in by_topic(visit.given, asking).items():
            people.setdefault((visit.place.id, topic), {}).setdefault(day, []).append(answers)
        if visit.refused:
            cells.append(Cell(visit.place, Answers(refused=dict(visit.refused)), {day: 0}))
    by_id = {place.id: place for place in places}
    now = now or time.time_ns() // 1_000_000
    for (tp, topic), by_day in sorted(people.items(), key=lambda item: item[0]):
        whole = {day: sum(is_whole(topic, each, asking) for each in by_day[day]) for day in by_day}
        running = by_id[tp].calendar.business_day(now)[:7]
        told = cells_of(whole, smallest, running_month=running)
        cells += _cells(by_id[tp], topic, by_day, told)
    return [cell for cell in cells if any(period.first <= day <= period.last for day in cell.people)]


def answers_of(
    connection: Connection, places: Sequence[Touchpoint], period: Period, questions: Questions, smallest: int
) -> Answers:
    """All answers of these touchpoints and days together."""
    cells = read_cells(connection, places, period, questions, smallest=smallest)
    groups = gathered(cells, lambda _, day: "all" if period.first <= day <= period.last else None)
    return Answers.of(groups.values())


def gathered(cells: Iterable[Cell], key_of: KeyOf) -> dict[tuple[str, str], Answers]:
    """By group and scale: the cells that lie in it with all of their days, the others as withheld."""
    parts: dict[tuple[str, str], list[Answers]] = {}
    for cell in cells:
        keys = {day: key_of(cell.place, day) for day in cell.people}
        whole = len(set(keys.values())) == 1
        for key, answers in _parts(cell, keys, whole):
            parts.setdefault((key, cell.place.scale.id), []).append(answers)
    return {key: Answers.of(found) for key, found in parts.items()}


def _parts(cell: Cell, keys: Mapping[str, str | None], whole: bool) -> Iterator[tuple[str, Answers]]:
    if whole:
        key = next(iter(keys.values()))
        return iter([(key, cell.answers)] if key is not None else [])
    (topic,) = cell.answers.people
    return (
        (key, Answers(withheld={topic: cell.people[day]})) for day, key in keys.items() if key is not None
    )


def _cells(
    place: Touchpoint, topic: str, by_day: Mapping[str, Sequence[Mapping[str, int]]], told: Sequence[Days]
) -> Iterator[Cell]:
    """Of one touchpoint and topic: the days that are told together, and those that are not told at all."""
    for days in told:
        given = tuple(person for day in days for person in by_day[day])
        yield Cell(place, Answers({topic: given}), {day: len(by_day[day]) for day in days})
    for day in sorted(by_day.keys() - {day for days in told for day in days}):
        people = len(by_day[day])
        yield Cell(place, Answers(withheld={topic: people}), {day: people})


def _visits(
    connection: Connection, places: Sequence[Touchpoint], period: Period, questions: Questions
) -> list[_Visit]:
    by_id = {place.id: place for place in places}
    asking: dict[tuple[str, str], list[QuestionSettings]] = {}
    for question in questions:
        asking.setdefault((question.survey, question.question), []).append(question)
    bounds = [period.bounds(place.calendar) for place in places]
    start, end = min(start for start, _ in bounds) - VISIT_MS, max(end for _, end in bounds) + VISIT_MS
    query = (
        select(event.c.tp, event.c.stream, event.c.t, event.c.data)
        .where(IS_RARE, event.c.type == QuestionAnswered.TYPE, event.c.tp.in_(list(by_id)))
        .where(event.c.t.between(start, end), event.c.tq != "unsynced")
        .order_by(event.c.stream, event.c.seq)
        .execution_options(yield_per=1000)
    )
    visits: list[_Visit] = []
    latest: dict[tuple[str, str, str], _Visit] = {}
    for tp, stream, t, data in connection.execute(query):
        answered = msgspec.json.decode(data, type=QuestionAnswered)
        key = tp, stream, answered.visit
        visit = latest.get(key)
        if visit is None or abs(t - visit.t) > VISIT_MS:
            visit = latest[key] = _Visit(by_id[tp], t)
            visits.append(visit)
        visit.t = min(visit.t, t)
        visit.take(answered, asking.get((answered.survey, answered.question), ()))
    return visits
