"""Evidence: what the hub knows about the places and days of a number beside its counts."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, func, select

from tillsight_models.events import CounterAudited

from ..cleaning.rules import DEVICE_RULES, RULES, CleaningSettings
from ..hierarchy import Touchpoint
from ..metrics.counts import Counts
from ..periods import Period
from ..rollups import TO_THE_HOUR
from ..tables import IS_RARE, LABEL_COUNTERS, UNDATED_DAY, device, event, rollup_day, stream
from .calibrations import earliest_valid


@dataclass(frozen=True)
class RulePresses:
    """What one rule did to presses."""

    rule: str
    version: int
    mode: str
    """`set-aside`: not counted; `label`: labelled, and counted; `off`; `device`: the device says so."""
    meaning: str
    presses: int
    """One press may be found by several rules."""


@dataclass(frozen=True)
class AuditMade:
    """Somebody counted beside a counter."""

    touchpoint: str
    t: int
    """ms UTC"""
    source: str
    observed: int
    """People whom the person saw being served."""
    matched: int
    """Those of them whom the counter counted too: recall is matched of observed."""
    counted: int
    """What the counter said: precision is matched of counted."""


def rule_presses(counts: Counts, rules: CleaningSettings) -> list[RulePresses]:
    """Every rule, those that found nothing too."""
    by_device = {"repeat": counts.repeats, "undone": counts.undone}
    cleaned = dict(zip(LABEL_COUNTERS, counts.labelled, strict=True))
    return [
        *(
            RulePresses(rule.id, rule.version, "device", rule.sentence, by_device[rule.id])
            for rule in DEVICE_RULES
        ),
        *(
            RulePresses(rule.id, rule.version, rules.of(rule.id).mode, rule.sentence, cleaned[rule.id])
            for rule in RULES
        ),
    ]


def audits_made(connection: Connection, places: Sequence[Touchpoint], period: Period) -> list[AuditMade]:
    """The audits of these counters that are valid for the period, the newest first."""
    sources = {place.id: place.contact_source for place in places}
    query = (
        select(event.c.tp, event.c.t, event.c.data)
        .where(IS_RARE, event.c.type == CounterAudited.TYPE, event.c.tp.in_(list(sources)))
        .where(event.c.t >= earliest_valid(period), event.c.tq.in_(TO_THE_HOUR))
        .order_by(event.c.t.desc())
    )
    found = (
        (tp, t, msgspec.json.decode(data, type=CounterAudited)) for tp, t, data in connection.execute(query)
    )
    return [
        AuditMade(tp, t, audit.source, audit.observed, audit.matched, audit.counted)
        for tp, t, audit in found
        if audit.source == sources[tp]
    ]


def undated_events(connection: Connection, places: Sequence[Touchpoint]) -> int:
    """Events of these touchpoints that are in no day, because their time is not known."""
    query = select(func.sum(rollup_day.c.events)).where(
        rollup_day.c.day == UNDATED_DAY, rollup_day.c.tp.in_([place.id for place in places])
    )
    return int(connection.scalar(query) or 0)


def latest_arrival(connection: Connection, places: Sequence[Touchpoint]) -> int | None:
    """ms UTC at which something last came from a device that stands at one of these touchpoints."""
    query = (
        select(func.max(stream.c.last_seen))
        .join(device, device.c.id == stream.c.device_id)
        .where(device.c.touchpoint_id.in_([place.id for place in places]), stream.c.last_seen > 0)
    )
    latest: int | None = connection.scalar(query)
    return latest
