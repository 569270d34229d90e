"""Knowing: baselines and rates in the database, learnt anew every night from what happened since."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, delete, func, insert, select

from tillsight_models.problems import Problem

from ..cleaning.history import read_history
from ..database import writing
from ..hierarchy import Touchpoint, read_hierarchy
from ..periods import Period
from ..tables import alert, alert_baseline, event
from .baseline import Baseline, Traffic
from .chain import Knowledge, Learnt, is_due, study
from .false_alarms import LEVELS, Rates
from .simple import SimpleSettings, false_alarms_of, lint, lint_on
from .streams import Stream, slots_between, week_of

log = logging.getLogger(__name__)

FIRST_LOOK_DAYS = 56
"""A touchpoint that nothing is known of is learnt from so many days."""
LINTED = 20
"""At most so many touchpoints are asked whether a rule makes sense."""


@dataclass(frozen=True)
class Known:
    """A row: what is known of a touchpoint."""

    day: str
    """Business date before which all is learnt."""
    traffic: Traffic
    learnt: Learnt
    learnt_days: int


def learn_all(engine: Engine, now: int) -> int:
    """Learn from all business days that are over; the number of touchpoints that got a new day.

    One transaction per touchpoint and one for the charts, so that nothing waits for long.
    """
    with engine.connect() as connection:
        places = list(read_hierarchy(connection).touchpoints.values())
        rows = _rows(connection)
    traffic = {tp: Traffic.from_json(row["traffic"]) for tp, (_, row) in rows.items() if "traffic" in row}
    days = {tp: day for tp, (day, _) in rows.items()}
    fresh = 0
    for place in places:
        today, known = place.calendar.business_day(now), traffic.get(place.id)
        with engine.connect() as connection:
            # History may be taken in after the first look.
            is_new = known is None or not known.days
            begin = _first_day(connection, place, today) if is_new else days[place.id]
            if begin < today:
                traffic[place.id] = _lived(connection, place, known, begin, today)
                days[place.id] = today
                fresh += 1
        traffic.setdefault(place.id, Traffic())
        days.setdefault(place.id, today)
    if fresh:
        _write(engine, places, traffic, days, rows)
    return fresh


def read_knowledge(connection: Connection) -> Knowledge:
    """What was learnt last."""
    touchpoints: dict[str, Learnt] = {}
    stores: dict[str, Rates] = {}
    for id, (_, row) in _rows(connection).items():
        if "baseline" in row:
            touchpoints[id] = Learnt(_baseline(row["baseline"]), _rates(row["rates"]))
        elif "traffic" not in row and (found := _rates(row["rates"])) is not None:
            stores[id] = found
    return Knowledge(touchpoints, stores)


def knowledge_version(connection: Connection) -> tuple[Any, ...]:
    """Changes when something was learnt."""
    row = connection.execute(
        select(func.count(), func.max(alert_baseline.c.day), func.min(alert_baseline.c.day))
    ).one()
    return tuple(row)


def objections(
    connection: Connection, places: Sequence[Touchpoint], settings: SimpleSettings
) -> Problem | None:
    """Why a simple rule makes no sense there; None where it may."""
    if problem := lint(settings):
        return problem
    knowledge = read_knowledge(connection)
    known = [place for place in places if place.id in knowledge.touchpoints][:LINTED]
    found = []
    for place in known:
        baseline = knowledge.touchpoints[place.id].baseline
        if not baseline.days:
            return None
        found.append(lint_on(settings, baseline, _week(place)))
    return found[0] if found and all(found) else None


def false_alarms_at(
    knowledge: Knowledge, places: Sequence[Touchpoint], settings: SimpleSettings
) -> float | None:
    """In 30 days and per touchpoint, of a simple rule; None where nothing is known."""
    known = [place for place in places if place.id in knowledge.touchpoints]
    step = max(1, len(known) // LINTED)
    rates = [
        false_alarms_of(settings, knowledge.touchpoints[place.id].baseline, _week(place))
        for place in known[::step]
        if knowledge.touchpoints[place.id].baseline.days
    ]
    return float(np.mean(rates)) if rates else None


def _week(place: Touchpoint) -> Any:
    return week_of(place.calendar, date(2026, 3, 16))


def _first_day(connection: Connection, place: Touchpoint, today: str) -> str:
    earliest = (date.fromisoformat(today) - timedelta(days=FIRST_LOOK_DAYS)).isoformat()
    start, _ = Period(earliest, earliest).bounds(place.calendar)
    first = connection.scalar(select(func.min(event.c.t)).where(event.c.tp == place.id, event.c.t >= start))
    return place.calendar.business_day(first) if first is not None else today


def _lived(
    connection: Connection, place: Touchpoint, traffic: Traffic | None, begin: str, today: str
) -> Traffic:
    """With the business days from `begin` on that are over; days of alerts without their times."""
    known = traffic or Traffic()
    day, end = date.fromisoformat(begin), date.fromisoformat(today)
    while day < end:
        start, stop = Period(day.isoformat(), day.isoformat()).bounds(place.calendar)
        slots = slots_between(place.calendar, day, day)
        stream = Stream.of(read_history(connection, place, start, stop), slots)
        stream = stream.of_day(day.toordinal()).without(_wrong(connection, place, start, stop))
        known = known.plus(stream, slots, counts_contacts=place.contact_source is not None)
        day += timedelta(days=1)
    return known


def _wrong(connection: Connection, place: Touchpoint, start: int, stop: int) -> list[tuple[int, int]]:
    query = select(alert.c.since, alert.c.cleared).where(
        alert.c.tp == place.id, alert.c.raised >= start, alert.c.raised < stop
    )
    query = query.where(func.coalesce(alert.c.qualified, "") != "false")
    return [(since, stop if cleared is None else cleared) for since, cleared in connection.execute(query)]


def _write(
    engine: Engine,
    places: Sequence[Touchpoint],
    traffic: Mapping[str, Traffic],
    days: Mapping[str, str],
    rows: Mapping[str, tuple[str, dict[str, Any]]],
) -> None:
    known = {place.id: place for place in places}
    due = any(
        is_due(traffic[tp].days, rows[tp][1].get("learnt_days", 0) if tp in rows else 0) for tp in known
    )
    values: dict[str, dict[str, Any]] = {}
    if due:
        knowledge = study(places, traffic, date.fromisoformat(max(days[tp] for tp in known)))
        for tp, learnt in knowledge.touchpoints.items():
            rates = None if learnt.rates is None else _rates_json(learnt.rates)
            values[tp] = {"baseline": _baseline_json(learnt.baseline), "rates": rates}
            values[tp]["learnt_days"] = traffic[tp].days
        for store, rates_of_store in knowledge.stores.items():
            values[store] = {"rates": _rates_json(rates_of_store)}
    else:
        values = {tp: {k: v for k, v in rows[tp][1].items() if k != "traffic"} for tp in known if tp in rows}
    for tp in known:
        values.setdefault(tp, {})["traffic"] = traffic[tp].to_json()
    latest = max(days[tp] for tp in known)
    with writing(engine) as connection:
        connection.execute(delete(alert_baseline).where(alert_baseline.c.tp.in_(list(values))))
        connection.execute(
            insert(alert_baseline),
            [{"tp": id, "day": days.get(id, latest), "baseline": json.dumps(v)} for id, v in values.items()],
        )
    log.info("alerts: %d touchpoints learnt up to %s%s", len(known), latest, ", charts anew" if due else "")


def _rows(connection: Connection) -> dict[str, tuple[str, dict[str, Any]]]:
    query = select(alert_baseline.c.tp, alert_baseline.c.day, alert_baseline.c.baseline)
    return {tp: (day, json.loads(text)) for tp, day, text in connection.execute(query)}


def _baseline_json(baseline: Baseline) -> dict[str, Any]:
    arrays = ("negative", "positive", "contacts_per_hour")
    values = {name: [float(f"{x:.6g}") for x in getattr(baseline, name).tolist()] for name in arrays}
    plain = ("answers", "days", "share", "response", "counts_contacts")
    return values | {name: getattr(baseline, name) for name in plain}


def _baseline(found: Mapping[str, Any]) -> Baseline:
    return Baseline(
        negative=np.array(found["negative"], float),
        positive=np.array(found["positive"], float),
        contacts_per_hour=np.array(found["contacts_per_hour"], float),
        answers=found["answers"],
        days=found["days"],
        share=tuple(found["share"]),
        response=tuple(found["response"]),
        counts_contacts=found["counts_contacts"],
    )


def _rates_json(rates: Rates) -> dict[str, list[float]]:
    both = {"per_month": rates.per_month, "errors": rates.errors}
    return {name: [float(f"{x:.5g}") for x in values.tolist()] for name, values in both.items()}


def _rates(found: Mapping[str, Any] | None) -> Rates | None:
    if found is None or len(found["per_month"]) != len(LEVELS):
        return None
    return Rates(np.array(found["per_month"], float), np.array(found["errors"], float))
