"""Tiles of the live board: the day so far of a touchpoint or a store, and how near its alarm is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import add
from typing import Any, Literal

from sqlalchemy import Connection

from ..alerts.chain import Knowledge
from ..alerts.knowing import knowledge_version, read_knowledge
from ..alerts.listing import Entry, read_alerts
from ..alerts.rules import read_rules
from ..alerts.settings import AlertSettings
from ..calendar import PlaceCalendar
from ..hierarchy import Hierarchy, Touchpoint
from ..metrics.counts import Counts
from ..metrics.registry import Catalogue, Score
from ..scores.score_ids import explain_page
from .alerts import Gauge, read_gauges
from .board import MEASURES, SHOWN, WORST_LINK, Devices, Measure, Row, read_rows

By = Literal["touchpoint", "store"]
Alarm = Literal["open", "near", "rising", "usual", "none"]
"""`none`: no chart of its own tells."""
NEAR, RISING = 0.8, 0.5
"""Shares of the way to the threshold, as the gauges of `/alerts` colour them."""


@dataclass(frozen=True)
class Sight:
    """A touchpoint's day with its chart and what is open there."""

    row: Row
    gauge: Gauge | None
    """None where alerts are switched off."""
    alerts: Sequence[Entry]
    """Open ones, the newest first."""


@dataclass(frozen=True)
class Tile:
    """What one tile shows."""

    key: str
    """Part of the live view: letters that an attribute and JSON can hold as they are."""
    link: str
    name: str
    where: str
    scale: str
    """Of the buttons, where several tiles have the name; else empty."""
    calendar: PlaceCalendar
    counts: Counts
    scores: Mapping[str, Score]
    """By metric id."""
    place: str
    """Id of what the scores are of."""
    day: str | None
    """None while its touchpoints are on two business days: no score id has both."""
    last_press: int | None
    """ms UTC, of today."""
    devices: Devices
    is_open: bool
    is_counting: bool
    """Whether anything counts who is served."""
    gauge: Gauge | None
    """Of a store, that of its touchpoint which is nearest to its alarm."""
    alerts: Sequence[Entry]

    @property
    def alarm(self) -> Alarm:
        """How near it is, in a word."""
        if self.alerts:
            return "open"
        if self.gauge is None or not self.gauge.threshold:
            return "none"
        return "near" if self.gauge.fill >= NEAR else "rising" if self.gauge.fill >= RISING else "usual"

    def score(self, measure: Measure) -> Score | None:
        """What the board shows: of those served, or of those who pressed where nothing counts."""
        return self.scores[MEASURES[measure]] if self.is_counting else self.scores.get("csat")

    def explain(self, score: Score) -> str:
        """Address of the page about one of its scores; empty where it has no id."""
        return explain_page(score, self.place, self.counts.scale.id, self.day) if self.day else ""


@dataclass
class Known:
    """What was learnt of every touchpoint, read again only when that changed: a night's work."""

    _version: tuple[Any, ...] = ()
    _knowledge: Knowledge = field(default_factory=lambda: Knowledge({}, {}))

    def now(self, connection: Connection) -> Knowledge:
        """As it is."""
        version = knowledge_version(connection)
        if version != self._version:
            self._version, self._knowledge = version, read_knowledge(connection)
        return self._knowledge


def read_sights(
    connection: Connection,
    hierarchy: Hierarchy,
    places: Sequence[Touchpoint],
    *,
    metrics: Catalogue,
    settings: AlertSettings,
    known: Known,
    now: int,
) -> list[Sight]:
    """One for each touchpoint, in their order."""
    rows = read_rows(connection, places, metrics, now, by_hour=False)
    rules = read_rules(connection, settings)
    gauges: dict[str, Gauge] = {}
    if settings.enabled:
        stores = read_gauges(connection, places, rules, known.now(connection))
        gauges = {gauge.place.id: gauge for _, members in stores for gauge in members}
    alerts: dict[str, list[Entry]] = {}
    for entry in read_alerts(connection, hierarchy, places, rules, is_open=True):
        if entry.detail["chart"] != "daily":
            alerts.setdefault(entry.place.id, []).append(entry)
    return [Sight(row, gauges.get(row.touchpoint.id), alerts.get(row.touchpoint.id, [])) for row in rows]


def tiles_of(sights: Iterable[Sight], by: By, metrics: Catalogue) -> list[Tile]:
    """A tile for each touchpoint; or for each store and scale in it, since two scales do not add up."""
    if by == "touchpoint":
        return [_of_touchpoint(sight) for sight in sights]
    shown = metrics.chosen(SHOWN)
    groups: dict[tuple[str, str], list[Sight]] = {}
    for sight in sights:
        place = sight.row.touchpoint
        groups.setdefault((place.store_id, place.scale.id), []).append(sight)
    stores = [store for store, _ in groups]
    return [
        replace(_of_store(members, shown), scale=scale if stores.count(store) > 1 else "")
        for (store, scale), members in groups.items()
    ]


def _of_touchpoint(sight: Sight) -> Tile:
    row = sight.row
    place = row.touchpoint
    return Tile(
        key=f"tile.{place.id}",
        link=f"/touchpoints/{place.id}",
        name=place.name,
        where=place.store_name,
        scale="",
        calendar=place.calendar,
        counts=row.counts,
        scores=row.scores,
        place=place.id,
        day=row.day,
        last_press=row.last_press,
        devices=row.devices,
        is_open=row.is_open,
        is_counting=place.contact_source is not None,
        gauge=sight.gauge,
        alerts=sight.alerts,
    )


def _of_store(members: Sequence[Sight], shown: Catalogue) -> Tile:
    first = members[0].row.touchpoint
    counts = reduce(add, (sight.row.counts for sight in members))
    days = {sight.row.day for sight in members}
    gauges = [sight.gauge for sight in members if sight.gauge is not None]
    return replace(
        _of_touchpoint(members[0]),
        key=f"tile.{first.store_id}.{first.scale.id}",
        link=f"/wall?place={first.store_id}",
        name=first.store_name,
        where=first.region_name,
        counts=counts,
        scores={score.metric: score for score in shown.scores(counts)},
        place=first.store_id,
        day=days.pop() if len(days) == 1 else None,
        last_press=max((sight.row.last_press or 0 for sight in members), default=0) or None,
        devices=_devices(members),
        is_open=any(sight.row.is_open for sight in members),
        is_counting=bool(counts.contact_sources),
        gauge=max(gauges, key=lambda gauge: gauge.fill, default=None),
        alerts=[entry for sight in members for entry in sight.alerts],
    )


def _devices(members: Sequence[Sight]) -> Devices:
    """The state of the worst box; touchpoints without one do not count where others have one."""
    links = [sight.row.devices for sight in members if sight.row.devices.link != "none"]
    if not links:
        return members[0].row.devices
    worst = min((each.link for each in links), key=WORST_LINK.index)
    return Devices(worst, max(each.last_seen or 0 for each in links) or None)
