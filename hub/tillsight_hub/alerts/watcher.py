"""The watcher: a thread that judges what has settled, and files what the rules find.

All that it goes on from is in the database, and is written in the transaction that files the alerts: killed
at any time, it neither loses nor repeats one.
"""

import json
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, delete, insert, select

from tillsight_models.events import ButtonPressed

from ..access.clock import now_ms
from ..cleaning.history import History, Times, read_history
from ..database import writing
from ..hierarchy import Hierarchy, Touchpoint, read_hierarchy
from ..rollups import TO_THE_HOUR
from ..tables import alert_state, event, uncleaned
from .chain import Knowledge, by_store, charts_of
from .charts import QUIET_MS, Alarm, Cleared, StoreCharts, StoreState, end_day
from .daily import judge_days
from .knowing import false_alarms_at, knowledge_version, learn_all, read_knowledge
from .outbox import Channel, FollowUp, News, clear, clear_old, file_news, nothing_follows
from .rules import BUILT_IN, Rule, months_at, path_of, read_rules, rule_at, simple_rules
from .settings import AlertSettings
from .simple import holds_at_end
from .streams import SETTLE_MS, Stream, days_of, punctual, slots_between

log = logging.getLogger(__name__)

PAUSE_S = 2.0
RETRY_S = 10.0
LONGEST_GAP_MS = 3_600_000
"""At the first start, and after a longer absence, the watcher takes up from so long ago."""
LEARN_MS = 600_000
"""It is looked so often for business days that are over, and for history that was taken in."""
LEARN_SOON_MS = 30_000
"""The same while nothing is known yet: history may be on its way."""
DAY_MS = 86_400_000
NEVER = np.int64(2**62)
WATCHED = (ButtonPressed.TYPE, "contact.end", "pos.sales")


@dataclass(frozen=True)
class _Heard:
    """As `streams.Heard`: only what came late is told apart."""

    history: History
    press_arrived: Times
    contact_arrived: Times


@dataclass
class _Standing:
    """How far a store is: a row of `alert_state`."""

    upto: int
    state: StoreState
    simple: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By `rule/touchpoint`: answers of the last window, and until when the rule is quiet there."""

    def to_json(self) -> str:
        return json.dumps({"charts": self.state.to_json(), "simple": self.simple})


@dataclass(frozen=True)
class _Pass:
    """What one pass goes by."""

    hierarchy: Hierarchy
    rules: Sequence[Rule]
    knowledge: Knowledge
    frontier: int
    """ms UTC up to which all has settled."""


class Watcher:
    """Advances the charts of every store over what has settled."""

    def __init__(
        self,
        engine: Engine,
        settings: AlertSettings,
        on_change: Callable[[frozenset[str]], None] = lambda _: None,
        on_news: Callable[[], None] = lambda: None,
        *,
        has_channel: bool = False,
        follow_up: FollowUp = nothing_follows,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._on_change = on_change
        self._on_news = on_news
        self._channel = Channel(settings, has_channel, follow_up)
        self._clock = clock
        self._knowledge: Knowledge | None = None
        self._version: tuple[Any, ...] = ()
        self._upto: dict[str, int] = {}
        """By store: how far it is; where it has no row yet, when it was first seen."""
        self._looked: int | None = None
        """ms UTC up to which the last pass looked for presses."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tillsight-alerts", daemon=True)

    def start(self) -> None:
        if self._settings.enabled:
            self._thread.start()

    def stop(self) -> None:
        """Return once the pass that runs now has ended."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def learn(self) -> int:
        """Learn from the business days that are over; done every night."""
        if not self._settings.enabled:
            return 0
        judge_days(self._engine, self._channel, self._clock)
        self._on_news()
        return learn_all(self._engine, self._clock())

    def watch(self) -> int:
        """One pass over all stores; the number of alerts that were raised."""
        frontier = self._clock() - SETTLE_MS
        with self._engine.connect() as connection:
            hierarchy = read_hierarchy(connection)
            rules = read_rules(connection, self._settings)
            knowledge = self._known(connection)
            stores = by_store(list(hierarchy.touchpoints.values()))
            busy = self._busy(connection, stores, frontier)
        raised, now = 0, _Pass(hierarchy, rules, knowledge, frontier)
        for store in busy:
            raised += self._watch_store(now, stores[store])
        charted = [rule.id for rule in rules if rule.kind == "baseline"]
        clear_old(self._engine, charted, frontier - QUIET_MS, QUIET_MS)
        self._looked = frontier
        return raised

    @property
    def _knows(self) -> bool:
        """Whether anything was learnt of any touchpoint."""
        known = self._knowledge.touchpoints.values() if self._knowledge else ()
        return any(learnt.baseline.days for learnt in known)

    def _is_cleaned(self) -> bool:
        """Whether all past days have their labels: from a history that is being taken in, one would learn
        half of it."""
        waiting = select(uncleaned.c.tp).where(uncleaned.c.first < self._clock() - DAY_MS).limit(1)
        with self._engine.connect() as connection:
            return connection.scalar(waiting) is None

    def _known(self, connection: Connection) -> Knowledge:
        version = knowledge_version(connection)
        if self._knowledge is None or version != self._version:
            self._knowledge, self._version = read_knowledge(connection), version
        return self._knowledge

    def _busy(self, connection: Connection, stores: dict[str, list[Touchpoint]], frontier: int) -> list[str]:
        """Stores in which a press settled since the last pass, or that have an open alert."""
        query = select(alert_state).where(alert_state.c.rule_id == BUILT_IN)
        rows = {row.tp: row for row in connection.execute(query)}
        for store in stores.keys() - self._upto.keys():
            before = rows[store].upto if store in rows else 0
            self._upto[store] = max(before, frontier - LONGEST_GAP_MS)
        begin = self._looked or min(self._upto.values(), default=frontier)
        pressed = (
            select(event.c.tp)
            .distinct()
            .where(event.c.t >= begin, event.c.t < frontier, event.c.type == ButtonPressed.TYPE)
            .where(event.c.tp.in_([place.id for members in stores.values() for place in members]))
        )
        tps = set(connection.scalars(pressed))
        busy = {store for store, members in stores.items() if tps & {place.id for place in members}}
        busy |= {store for store in stores if store in rows and _has_open(json.loads(rows[store].state))}
        return sorted(busy)

    def _watch_store(self, now: _Pass, members: Sequence[Touchpoint]) -> int:
        store, frontier = members[0].store_id, now.frontier
        with self._engine.connect() as connection:
            standing = _read_standing(connection, store, self._upto[store])
            before = standing.upto
            begin = max(before, self._upto[store])
            if frontier <= begin:
                return 0
            streams = {place.id: _settled(connection, place, begin, frontier) for place in members}
        charts = charts_of(members, now.knowledge, lambda id: _months(now.rules, members, id))[store]
        gauges = _evidence(standing.state)
        told = _advance(charts, standing.state, streams, members[0], frontier)
        news = [*_news(now, charts, told), *_simple_news(now, members, standing, streams)]
        over = [each for each in told if isinstance(each, Cleared)]
        standing.upto = frontier
        with writing(self._engine) as connection:
            if _read_standing(connection, store, before).upto != before:
                return 0  # another hub on this database was here first
            filed_at = self._clock()
            file_news(connection, now.hierarchy, news, self._channel, filed_at)
            for each in over:
                clear(connection, each.tp, each.raised, each.t or frontier)
            _write_standing(connection, store, standing)
        self._upto[store] = frontier
        moved = {tp for tp, value in _evidence(standing.state).items() if value != gauges.get(tp)}
        if news or over:
            moved |= {place.id for place in members}
        self._on_change(frozenset(moved))
        if news:
            self._on_news()
        return len(news)

    def _run(self) -> None:
        delay, failing = 0.0, False
        learnt_at = 0
        while not self._stopping.wait(delay):
            try:
                if self._clock() - learnt_at >= (LEARN_MS if self._knows else LEARN_SOON_MS):
                    if self._is_cleaned():
                        self.learn()
                    learnt_at = self._clock()
                self.watch()
            except Exception:
                if not failing:
                    log.exception("alerts cannot be watched for, trying again")
                delay, failing = RETRY_S, True
            else:
                if failing:
                    log.info("alerts are watched for again")
                delay, failing = PAUSE_S, False


def detail_of(alarm: Alarm, charts: StoreCharts) -> dict[str, Any]:
    """What the table keeps of an alarm."""
    return {
        "chart": alarm.chart,
        "statistic": round(alarm.statistic, 3),
        "threshold": round(alarm.threshold, 3),
        "arl0_months": round(charts.months_at(alarm.tp), 3),
        "votes_neg": alarm.negative,
        "votes_pos": alarm.positive,
        "contacts": alarm.contacts,
        "expected_neg": round(alarm.expected, 3),
    }


def _news(now: _Pass, charts: StoreCharts, told: Iterable[Alarm | Cleared]) -> Iterator[News]:
    for each in told:
        if isinstance(each, Alarm):
            place = now.hierarchy.touchpoints[each.tp]
            rule = rule_at(now.rules, path_of(place))
            yield News(rule.id, rule.version, place, each.since, each.t, detail_of(each, charts))


def _simple_news(
    now: _Pass, members: Sequence[Touchpoint], standing: _Standing, streams: dict[str, Stream]
) -> Iterator[News]:
    for place in members:
        for rule in simple_rules(now.rules, place):
            key = f"{rule.id}/{place.id}"
            memory = standing.simple.setdefault(key, {"t": [], "negative": [], "quiet_until": 0})
            for detail, t, since in _fired(rule, streams[place.id], memory):
                per_month = false_alarms_at(now.knowledge, [place], rule.settings)  # type: ignore[arg-type]
                detail["arl0_months"] = round(1 / per_month, 4) if per_month else None
                yield News(rule.id, rule.version, place, since, t, detail)


def _months(rules: Sequence[Rule], members: Sequence[Touchpoint], id: str) -> float | None:
    path = path_of(next((place for place in members if place.id == id), members[0]))
    return months_at(rules, path[path.index(id) :])


def _advance(
    charts: StoreCharts, state: StoreState, streams: dict[str, Stream], place: Touchpoint, frontier: int
) -> list[Alarm | Cleared]:
    """Day after day; a day that is over ends what is open."""
    days = {int(day) for each in streams.values() for day in (*each.vote_day, *each.contact_day)}
    told: list[Alarm | Cleared] = []
    for day in sorted(days):
        told += charts.advance(state, day, {tp: each.of_day(day) for tp, each in streams.items()})
    today = _business_day(place, frontier)
    if state.day and state.day < today:
        told += end_day(state, today)
    return told


def _fired(rule: Rule, stream: Stream, memory: dict[str, Any]) -> list[tuple[dict[str, Any], int, int]]:
    """Detail, time and begin of the window of each alarm of a simple rule; keeps the window in memory."""
    settings = rule.settings
    old = len(memory["t"])
    t = np.r_[np.array(memory["t"], np.int64), stream.vote_t]
    negative = np.r_[np.array(memory["negative"], np.bool_), stream.negative]
    window = round(settings.window_minutes * 60_000)  # type: ignore[union-attr]
    found = []
    for index in range(old, len(t)):
        if t[index] < memory["quiet_until"]:
            continue
        begin = int(np.searchsorted(t, t[index] - window, side="right"))
        part = negative[begin : index + 1]
        if holds_at_end(settings, part):  # type: ignore[arg-type]
            bad = int(part.sum())
            memory["quiet_until"] = int(t[index]) + QUIET_MS
            detail = {"chart": rule.kind, "statistic": bad / len(part), "threshold": None}
            detail |= {"votes_neg": bad, "votes_pos": len(part) - bad, "contacts": 0, "expected_neg": 0.0}
            found.append((detail, int(t[index]), int(t[begin])))
    keep = t >= (t[-1] - window if len(t) else 0)
    memory["t"], memory["negative"] = t[keep].tolist(), negative[keep].tolist()
    return found


def _settled(connection: Connection, place: Touchpoint, begin: int, end: int) -> Stream:
    history = read_history(connection, place, begin, end)
    first, last = days_of(place.calendar, begin, end)
    slots = slots_between(place.calendar, first, last)
    return punctual(_heard(connection, history, begin, end), slots)


def _heard(connection: Connection, history: History, begin: int, end: int) -> _Heard:
    """What came later than it settles is marked as never heard of."""
    query = select(event.c.type, event.c.t).where(
        event.c.tp == history.place.id,
        event.c.t >= begin,
        event.c.t < end,
        event.c.type.in_(WATCHED),
        event.c.tq.in_(TO_THE_HOUR),
        event.c.received > event.c.t + SETTLE_MS,
    )
    late: dict[bool, list[int]] = {True: [], False: []}
    for type, t in connection.execute(query):
        late[type == ButtonPressed.TYPE].append(t)
    return _Heard(
        history,
        np.where(np.isin(history.press_t, late[True]), NEVER, history.press_t),
        np.where(np.isin(history.contact_end, late[False]), NEVER, history.contact_end),
    )


def _read_standing(connection: Connection, store: str, upto: int) -> _Standing:
    query = select(alert_state).where(alert_state.c.rule_id == BUILT_IN, alert_state.c.tp == store)
    row = connection.execute(query).first()
    if row is None:
        return _Standing(upto, StoreState())
    found = json.loads(row.state)
    return _Standing(row.upto, StoreState.from_json(found["charts"]), found["simple"])


def _write_standing(connection: Connection, store: str, standing: _Standing) -> None:
    own = (alert_state.c.rule_id == BUILT_IN) & (alert_state.c.tp == store)
    connection.execute(delete(alert_state).where(own))
    values = {"rule_id": BUILT_IN, "tp": store, "upto": standing.upto, "state": standing.to_json()}
    connection.execute(insert(alert_state).values(**values))


def _evidence(state: StoreState) -> dict[str, float]:
    """By touchpoint what its gauge shows, as far as one sees a difference."""
    runs = state.touchpoints.items()
    return {tp: round(run.evidence if run.open_since else run.value, 2) for tp, run in runs}


def _has_open(state: dict[str, Any]) -> bool:
    return any(run["open_since"] for run in state["charts"]["touchpoints"].values())


def _business_day(place: Touchpoint, t: int) -> int:
    return date.fromisoformat(place.calendar.business_day(t)).toordinal()
