"""Reasons that people gave after a press, in cells that are told wholly or not at all.

A cell is what at least so many people of one touchpoint named, on days of one calendar month; whom the reason
came with which button is told nowhere.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
from sqlalchemy import Connection, select

from tillsight_models.events import ReasonGiven

from ..cells.release import cells_of
from ..hierarchy import Touchpoint
from ..periods import Period, bucket_days
from ..shown.surveys import asked_ever, read_surveys
from ..tables import IS_REASON, event


@dataclass(frozen=True)
class Reasons:
    """What was named, and how many were asked."""

    named: Mapping[str, int]
    """People by reason, the most frequent first."""
    withheld: int = 0
    """People of the period whose reason is in no cell that lies in it."""
    skipped: int = 0
    timeouts: int = 0
    """Nobody answered in time."""

    @property
    def people(self) -> int:
        """Whose reasons are told."""
        return sum(self.named.values())

    @property
    def asked(self) -> int:
        return self.people + self.withheld + self.skipped + self.timeouts


NOBODY_ASKED = Reasons({})


def read_reasons(
    connection: Connection, places: Sequence[Touchpoint], period: Period, *, smallest: int, now: int
) -> Reasons:
    """Of these touchpoints and business days; `now` (ms UTC) says which month is not over."""
    if not places:
        return NOBODY_ASKED
    named, outcomes = _read(connection, places, period)
    told: Counter[str] = Counter()
    withheld = 0
    for place in places:
        days = named.get(place.id, {})
        running = place.calendar.business_day(now)[:7]
        sizes = {day: sum(counted.values()) for day, counted in days.items()}
        left = {day for day in days if period.first <= day <= period.last}
        for cell in cells_of(sizes, smallest, running):
            if left.issuperset(cell):
                told.update(_together(days[day] for day in cell))
                left -= set(cell)
        withheld += sum(sizes[day] for day in left)
    return Reasons(dict(told.most_common()), withheld, outcomes["skipped"], outcomes["timeout"])


def read_words(connection: Connection, orgs: Collection[str], language: str) -> dict[str, str]:
    """What reasons are called, by id, as the surveys of these orgs write it for shoppers; another language
    of theirs where they do not speak this one."""
    options = [
        option
        for kept in read_surveys(connection, orgs)
        for question in asked_ever(kept).questions
        if question.kind == "reason"
        for option in question.options
    ]
    return {each.id: _said(each.text, language) for each in reversed(options)}


def in_words(reasons: Reasons, words: Mapping[str, str]) -> Reasons:
    """The same by what they are called; those that are called alike are one."""
    named: Counter[str] = Counter()
    for reason, number in reasons.named.items():
        named[words.get(reason) or plain(reason)] += number
    return replace(reasons, named=dict(named.most_common()))


def plain(id: str) -> str:
    """What an id says by itself."""
    return id.replace("-", " ").replace("_", " ").capitalize()


def _said(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")


def _read(
    connection: Connection, places: Sequence[Touchpoint], period: Period
) -> tuple[dict[str, dict[str, Counter[str]]], Counter[str]]:
    """By touchpoint and business day of the whole months, people by reason; and how the others of the period
    ended the question."""
    months = Period(bucket_days(period.first, "month").first, bucket_days(period.last, "month").last)
    by_id = {place.id: place for place in places}
    bounds = [months.bounds(place.calendar) for place in places]
    query = (
        select(event.c.tp, event.c.t, event.c.data)
        .where(IS_REASON, event.c.tp.in_(list(by_id)), event.c.tq != "unsynced")
        .where(event.c.t >= min(start for start, _ in bounds), event.c.t < max(end for _, end in bounds))
        .execution_options(yield_per=1000)
    )
    decode = msgspec.json.Decoder(ReasonGiven).decode
    named: dict[str, dict[str, Counter[str]]] = {}
    outcomes: Counter[str] = Counter()
    for tp, t, data in connection.execute(query):
        given, day = decode(data), by_id[tp].calendar.business_day(t)
        if given.outcome == "answered" and given.reason and months.first <= day <= months.last:
            named.setdefault(tp, {}).setdefault(day, Counter())[given.reason] += 1
        elif given.outcome != "answered" and period.first <= day <= period.last:
            outcomes[given.outcome] += 1
    return named, outcomes


def _together(parts: Iterable[Counter[str]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for part in parts:
        found.update(part)
    return found
