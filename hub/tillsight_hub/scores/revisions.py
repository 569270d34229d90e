"""Revisions: how often the numbers of days that were over have changed.

A score's revision is 1, and 1 more for every transaction that changed one of its touchpoints' days after that
day was over: late events, labels given or taken away, corrected clocks, presses taken back, imports.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from ..hierarchy import Touchpoint
from ..periods import Period
from ..tables import rollup_day


@dataclass(frozen=True)
class Revisions:
    """Of touchpoints in a period."""

    by_place: Mapping[str, Mapping[str, int]]
    """By touchpoint and business day; days that were never revised are absent."""

    def of(self, places: Iterable[str], days: Collection[str] | None = None) -> int:
        """The revision of a score of these touchpoints and days; None means all of the period."""
        return 1 + sum(
            revised
            for place in places
            for day, revised in self.by_place.get(place, {}).items()
            if days is None or day in days
        )


def read_revisions(connection: Connection, places: Iterable[Touchpoint], period: Period) -> Revisions:
    """One statement; only revised days are read."""
    query = select(rollup_day.c.tp, rollup_day.c.day, rollup_day.c.revised).where(
        rollup_day.c.tp.in_([place.id for place in places]),
        rollup_day.c.day.between(period.first, period.last),
        rollup_day.c.revised > 0,
    )
    found: dict[str, dict[str, int]] = {}
    for tp, day, revised in connection.execute(query):
        found.setdefault(tp, {})[day] = revised
    return Revisions(found)
