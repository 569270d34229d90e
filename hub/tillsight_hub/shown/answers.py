"""Answers of a survey, read from their events: who said what on which business day, and which days are told
together."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from tillsight_models.events import QuestionAnswered

from ..cells.release import cells_of
from ..hierarchy import Touchpoint
from ..periods import Period, bucket_days
from ..scores.surveys import VISIT_MS
from ..tables import IS_RARE, event

Given = tuple[Any, str, str]
"""A value, what names its event, and the language."""


@dataclass(frozen=True)
class Asking:
    """Where and when results are asked for."""

    places: Sequence[Touchpoint]
    period: Period
    smallest: int
    now: int
    """ms UTC: says which month is not over."""


@dataclass
class Person:
    """One visit while it is read."""

    place: Touchpoint
    t: int
    given: dict[str, Given] = field(default_factory=dict)
    """By question: the latest value, what names its event, and the language."""


def people_of(connection: Connection, asking: Asking, survey: str) -> list[Person]:
    """Everybody who answered something, in all of the months that the period touches."""
    people: list[Person] = []
    latest: dict[tuple[str, str, str], Person] = {}
    months = months_of(asking.period)
    for place, t, data, stream, seq in rows_of(connection, asking.places, months, QuestionAnswered.TYPE):
        answered = msgspec.json.decode(data, type=QuestionAnswered)
        if answered.survey != survey:
            continue
        key = place.id, stream, answered.visit
        person = latest.get(key)
        if person is None or abs(t - person.t) > VISIT_MS:
            person = latest[key] = Person(place, t)
            people.append(person)
        person.t = min(person.t, t)
        if answered.value is not None:
            person.given[answered.question] = answered.value, name_of(stream, seq), answered.language
    return [each for each in people if is_in(months, each.place.calendar.business_day(each.t))]


def by_place(
    people: Iterable[Person], question: str, counts: Callable[[Any], bool]
) -> list[tuple[Touchpoint, dict[str, list[Given]]]]:
    """Of each touchpoint by business day: what people answered, as far as it counts."""
    places: dict[str, Touchpoint] = {}
    found: dict[str, dict[str, list[Given]]] = {}
    for person in people:
        given = person.given.get(question)
        if given is not None and counts(given[0]):
            day = person.place.calendar.business_day(person.t)
            places[person.place.id] = person.place
            found.setdefault(person.place.id, {}).setdefault(day, []).append(given)
    return [(places[id], by_day) for id, by_day in found.items()]


def told_days(
    place: Touchpoint, by_day: Mapping[str, Sequence[Any]], asking: Asking
) -> Iterator[tuple[str, ...]]:
    """The cells that lie in the period with all of their days."""
    sizes = {day: len(found) for day, found in by_day.items()}
    running = place.calendar.business_day(asking.now)[:7]
    for days in cells_of(sizes, asking.smallest, running_month=running):
        if all(is_in(asking.period, day) for day in days):
            yield days


def rows_of(
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


def months_of(period: Period) -> Period:
    return Period(bucket_days(period.first, "month").first, bucket_days(period.last, "month").last)


def is_in(period: Period, day: str) -> bool:
    return period.first <= day <= period.last


def name_of(stream: str, seq: int) -> str:
    """Names an event without telling when it was among others."""
    return hashlib.sha256(f"{stream}:{seq}".encode()).hexdigest()[:16]
