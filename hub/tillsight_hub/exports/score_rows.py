"""Rows of scores: period by period, because touchpoints are compared within one; memory holds one period."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from ..hierarchy import Hierarchy, Touchpoint, read_hierarchy
from ..metrics.registry import Catalogue, Metric, Score
from ..periods import Every, Period, bucket_days, bucket_of
from ..scores.ranking import Standing, ranked
from ..scores.score_ids import Edition, editions, series_editions
from ..scores.scores import Group, read_counts, series
from ..tables import device, quarantine
from .columns import PlacePeriod

NOT_COMPARED = Standing("not compared")
QUARTER_MS = 900_000
"""Business days and hours begin with a quarter of an hour, in every zone."""

Found = tuple[PlacePeriod, Score, Standing]


@dataclass(frozen=True)
class ScoreRows:
    """What was asked for, and how to find it."""

    connection: Connection
    places: Sequence[Touchpoint]
    period: Period
    every: Every
    level: float
    every_metric: Catalogue
    """Some columns are made of other metrics than the row's."""
    metrics: Catalogue
    """Those that have rows."""
    ranks: bool

    def rows(self) -> Iterator[Found]:
        """By period, metric and touchpoint; hours by touchpoint, hour and metric, and not compared."""
        if self.every == "hour":
            for place in self.places:
                yield from self._hours(place)
        else:
            for label, within in self._periods():
                yield from self._compared(self._cuts(label, within))

    # --- Periods ---------------------------------------------------------------------------------------

    def _periods(self) -> Iterator[tuple[str, Period]]:
        """Label and days of each, cut at the export's ends."""
        if self.every == "total" or self.every == "hour":  # noqa: PLR1714
            yield f"{self.period.first}/{self.period.last}", self.period
            return
        last = ""
        for day in self.period.days():
            label = bucket_of(day, self.every)
            if label != last:
                yield label, bucket_days(day, self.every).within(self.period)
            last = label

    def _cuts(self, label: str, within: Period) -> list[PlacePeriod]:
        """The touchpoints of which something is stored in these days; in a total all of them."""
        groups = read_counts(
            self.connection,
            self.places,
            within.first,
            within.last,
            smallest_cell=self.metrics.smallest_cell,
            questions=self.metrics.questions,
        )
        by_id = {place.id: place for place in self.places}
        edition = editions(self.connection, self._hierarchy, self.places, asked=None, period=within)
        return [
            self._cut(by_id[group.key], group, label, edition(group))
            for group in groups
            if group.counts.events or self.every == "total"
        ]

    def _cut(self, place: Touchpoint, group: Group, label: str, edition: Edition) -> PlacePeriod:
        names = ("response_rate", "silent_share", "contacts")
        rate, silent, contacts = (self.every_metric[name].score(group.counts, self.level) for name in names)
        refused = self._refused.between(place.id, group.start, group.end)
        return PlacePeriod(place, group, label, edition, rate, silent, contacts, refused)

    def _hours(self, place: Touchpoint) -> Iterator[Found]:
        edition = series_editions(self.connection, place, self.period, self.every)
        for group in series(
            self.connection,
            place,
            self.period,
            self.every,
            smallest_cell=self.metrics.smallest_cell,
            questions=self.metrics.questions,
        ):
            cut = self._cut(place, group, group.key, edition(group))
            for metric in self.metrics:
                if metric.applies(place.scale):
                    yield cut, metric.score(group.counts, self.level), NOT_COMPARED

    # --- Comparing -------------------------------------------------------------------------------------

    def _compared(self, cuts: Sequence[PlacePeriod]) -> Iterator[Found]:
        for metric in self.metrics:
            scores = {
                cut.place.id: metric.score(cut.group.counts, self.level)
                for cut in cuts
                if metric.applies(cut.place.scale)
            }
            standings = self._standings(cuts, scores, metric) if self.ranks else {}
            for cut in cuts:
                if cut.place.id in scores:
                    yield cut, scores[cut.place.id], standings.get(cut.place.id, NOT_COMPARED)

    def _standings(
        self, cuts: Sequence[PlacePeriod], scores: Mapping[str, Score], metric: Metric
    ) -> dict[str, Standing]:
        """Scores of two scales do not compare."""
        by_scale: dict[str, dict[str, Score]] = {}
        for cut in cuts:
            if cut.place.id in scores:
                by_scale.setdefault(cut.place.scale.id, {})[cut.place.id] = scores[cut.place.id]
        found: dict[str, Standing] = {}
        for alike in by_scale.values():
            found |= ranked(alike, metric, self.level)
        return found

    @cached_property
    def _hierarchy(self) -> Hierarchy:
        return read_hierarchy(self.connection)

    @cached_property
    def _refused(self) -> "_Refused":
        return _Refused.of(self.connection, self.places, self.period)


class _Series(NamedTuple):
    times: list[int]
    """ms UTC, ascending."""
    totals: list[int]
    """How many until each, itself included."""


@dataclass(frozen=True)
class _Refused:
    """What lies in quarantine, by touchpoint of the device and quarter of an hour in which it came."""

    by_place: Mapping[str, _Series]

    @classmethod
    def of(cls, connection: Connection, places: Sequence[Touchpoint], period: Period) -> "_Refused":
        bounds = [period.bounds(place.calendar) for place in places]
        start, end = min(begin for begin, _ in bounds), max(end for _, end in bounds)
        quarter = (quarantine.c.received // QUARTER_MS).label("quarter")
        query = (
            select(device.c.touchpoint_id, quarter, func.count())
            .join(device, device.c.id == quarantine.c.dev)
            .where(quarantine.c.received.between(start, end - 1), quarantine.c.replayed.is_(None))
            .group_by(device.c.touchpoint_id, quarter)
            .order_by(device.c.touchpoint_id, quarter)
        )
        found: dict[str, list[tuple[int, int]]] = {}
        for place, number, refused in connection.execute(query):
            found.setdefault(place, []).append((number * QUARTER_MS, refused))
        return cls(
            {
                place: _Series([t for t, _ in rows], list(accumulate(number for _, number in rows)))
                for place, rows in found.items()
            }
        )

    def between(self, place: str, start: int, end: int) -> int:
        """How many, half-open, ms UTC."""
        if place not in self.by_place:
            return 0
        times, totals = self.by_place[place]
        until, before = bisect_left(times, end), bisect_left(times, start)
        return (totals[until - 1] if until else 0) - (totals[before - 1] if before else 0)
