"""What if the rules were others: the scores of a period under them, computed from the stored events.

The period is counted again in a database in memory, and relabelled and counted there by the code that does it
live. The hub's own database is only read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from .. import rollups
from ..hierarchy import Touchpoint
from ..metrics.questions import Questions
from ..periods import Period
from ..rollups import Tallies
from ..scores.recount import recounted
from ..scores.scores import Group, read_counts
from .bursts import Burst, find_bursts
from .history import read_history
from .relabelling import changes_between, relabel
from .rules import CleaningSettings


@dataclass(frozen=True)
class Comparison:
    """A touchpoint's counts as they are stored, and as they would be."""

    before: Group
    after: Group
    relabelled: int
    """Presses whose labels would be others."""
    bursts: Sequence[Burst]
    """What mashing and staff would find."""


def what_if(
    connection: Connection,
    places: Sequence[Touchpoint],
    period: Period,
    rules: CleaningSettings,
    *,
    smallest_cell: int,
    questions: Questions = (),
) -> list[Comparison]:
    """By touchpoint; TooManyEvents where the period has more than can be counted while somebody waits."""

    def counted(of: Connection) -> list[Group]:
        days = period.first, period.last
        return read_counts(of, places, *days, smallest_cell=smallest_cell, questions=questions)

    with recounted(connection, places, period) as fresh:
        before = counted(fresh)
        relabelled = {place.id: _relabel(connection, fresh, place, period, rules) for place in places}
        after = counted(fresh)
    bursts = {place.id: _bursts(connection, place, period, rules) for place in places}
    return [
        Comparison(was, would_be, relabelled[was.key], bursts[was.key])
        for was, would_be in zip(before, after, strict=True)
    ]


def _relabel(
    connection: Connection, fresh: Connection, place: Touchpoint, period: Period, rules: CleaningSettings
) -> int:
    """Give the copies of the presses their other labels; what is around the period is read where it is."""
    start, end = period.bounds(place.calendar)
    changes = changes_between(connection, place, start, end - 1, rules)
    within = [change for change in changes if start <= change.t < end]
    tallies = Tallies()
    relabel(fresh, place, within, tallies)
    rollups.add(fresh, tallies)
    return len(within)


def _bursts(
    connection: Connection, place: Touchpoint, period: Period, rules: CleaningSettings
) -> list[Burst]:
    return find_bursts(read_history(connection, place, *period.bounds(place.calendar)), rules)
