"""What makes numbers doubtful, one finding each: what is wrong, and through its words what to do about it."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from sqlalchemy import Connection, func, select

from tillsight_models.events import CounterAudited

from ..hierarchy import Touchpoint
from ..imports.origin import EXACT_BOOT, HOURLY_BOOT
from ..rollups import TO_THE_HOUR
from ..tables import IS_RARE, consistency_run, event, quarantine
from ..tables import touchpoint as touchpoint_table
from .boxes import Box, Severity
from .coverage import WELL_HEARD, Strip

DAY_MS = 86_400_000
AUDIT_DAYS = 182
"""Every half year a person counts beside each counter."""
AUDIT_WARNS_DAYS = 30
COUNTERS = ("camera", "presence")
"""Contact sources that can miss people, so that somebody has to count beside them."""
CHECK_OLD_MS = 36 * 3_600_000
"""The consistency check runs every night."""
NEWEST = 2000
"""Events whose delay is looked at."""


@dataclass(frozen=True)
class Finding:
    """`key` has its words: what is wrong, and what to do; `path` is where to look."""

    key: str
    severity: Severity
    values: Mapping[str, int | str]
    path: str = ""


@dataclass(frozen=True)
class AuditState:
    """When somebody last counted beside a touchpoint's counter."""

    place: Touchpoint
    last: int | None
    """ms UTC; None never"""
    due: str
    """ISO date; empty where it never was."""
    severity: int
    """0 in time, 1 due within 30 days or never done, 2 overdue."""


@dataclass(frozen=True)
class SetAside:
    """Messages in quarantine for one reason."""

    reason: str
    messages: int
    newest: int
    """ms UTC"""
    device: str
    """Of the newest; may be empty."""


@dataclass(frozen=True)
class Check:
    """The last comparison of rollups and events."""

    finished: int
    """ms UTC"""
    events: int
    mismatches: int
    example: str


@dataclass(frozen=True)
class Delay:
    """From the event to the hub, seconds, of the newest events whose time is known."""

    median_s: float
    most_s: float
    """95 % are quicker."""
    events: int


def read_audits(connection: Connection, places: Sequence[Touchpoint], now: int) -> list[AuditState]:
    """Of the touchpoints whose counter can miss people; the most overdue first."""
    query = select(event.c.tp, func.max(event.c.t).label("newest")).where(
        IS_RARE, event.c.type == CounterAudited.TYPE
    )
    newest = {row.tp: row.newest for row in connection.execute(query.group_by(event.c.tp))}
    counted = (place for place in places if place.contact_source in COUNTERS)
    states = [_audit(place, newest.get(place.id), now) for place in counted]
    return sorted(states, key=lambda state: (-state.severity, state.due, state.place.store_name))


def read_set_aside(connection: Connection, devices: Collection[str] | None) -> list[SetAside]:
    """What waits in quarantine, by reason, most first; of these devices, None of all and of unknown ones."""
    column = quarantine.c
    query = select(column.reason, func.count(), func.max(column.id)).where(column.replayed.is_(None))
    if devices is not None:
        query = query.where(column.dev.in_(devices))
    found = []
    for reason, messages, newest in connection.execute(query.group_by(column.reason)):
        row = connection.execute(select(column.received, column.dev).where(column.id == newest)).one()
        found.append(SetAside(reason, messages, row.received, row.dev or ""))
    return sorted(found, key=lambda each: (-each.messages, each.reason))


def read_check(connection: Connection) -> Check | None:
    """None before the first night."""
    row = connection.execute(
        select(consistency_run).order_by(consistency_run.c.id.desc()).limit(1)
    ).one_or_none()
    if row is None:
        return None
    examples = json.loads(row.detail)
    example = "{where}, {what}: {counter} {found}/{expected}".format(**examples[0]) if examples else ""
    return Check(row.finished, row.events, row.mismatches, example)


def read_delay(connection: Connection, places: Collection[str]) -> Delay | None:
    """None where none of the newest events is of these touchpoints."""
    query = (
        select(event.c.tp, event.c.received - event.c.t)
        .where(event.c.tq.in_(TO_THE_HOUR), event.c.boot.not_in([EXACT_BOOT, HOURLY_BOOT]))
        .order_by(event.c.received.desc())
        .limit(NEWEST)
    )
    delays = sorted(max(0, delay) for tp, delay in connection.execute(query) if tp in places)
    if not delays:
        return None
    return Delay(median(delays) / 1000, delays[int(0.95 * (len(delays) - 1))] / 1000, len(delays))


@dataclass(frozen=True)
class Known:
    """All that was read."""

    strips: Sequence[Strip]
    boxes: Sequence[Box]
    audits: Sequence[AuditState]
    set_aside: Sequence[SetAside]
    check: Check | None
    reviews: Sequence[Finding] = ()


def findings(known: Known, now: int) -> list[Finding]:
    """The serious ones first; of many touchpoints with one problem a single finding."""
    found = [
        *_checks(known.check, now),
        *_of_boxes(known.boxes),
        *_of_strips(known.strips),
        *_of_quarantine(known.set_aside),
        *_of_audits(known.audits),
        *known.reviews,
    ]
    return sorted(found, key=lambda finding: -finding.severity)


def read_reviews(connection: Connection, places: Sequence[Touchpoint], today: str) -> list[Finding]:
    """Touchpoints that somebody wanted to look at again by now."""
    names = {place.id: place for place in places}
    column = touchpoint_table.c
    query = select(column.id, column.review_due).where(
        column.review_due < today, (column.closed.is_(None)) | (column.closed >= today)
    )
    due = [id for id, _ in connection.execute(query.order_by(column.review_due)) if id in names]
    return [_of_many("review", 1, [names[id] for id in due], "/chain")] if due else []


def _checks(check: Check | None, now: int) -> Iterator[Finding]:
    if check is None:
        yield Finding("unchecked", 1, {})
    elif check.mismatches:
        yield Finding("mismatch", 2, {"n": check.mismatches, "example": check.example})
    elif now - check.finished > CHECK_OLD_MS:
        yield Finding("check_old", 1, {"hours": (now - check.finished) // 3_600_000})


def _of_boxes(boxes: Sequence[Box]) -> Iterator[Finding]:
    bad = [box for box in boxes if box.severity == 2]
    if bad:
        yield Finding("boxes", 2, {"n": len(bad), "which": _names([box.name for box in bad])}, "/devices")
    unset = [box for box in boxes if any(trouble.key.startswith("clock") for trouble in box.troubles)]
    if unset:
        yield Finding("clocks", 1, {"n": len(unset), "which": _names([b.name for b in unset])}, "/devices")
    lost = sum(box.delivery.lost for box in boxes)
    if lost:
        which = _names([box.name for box in boxes if box.delivery.lost])
        yield Finding("lost", 2, {"n": lost, "which": which}, "/devices")


def _of_strips(strips: Sequence[Strip]) -> Iterator[Finding]:
    dead = [strip.place for strip in strips if strip.days and strip.heard == 0]
    if dead:
        yield _of_many("unheard", 2, dead)
    poor = [strip.place for strip in strips if strip.heard and strip.heard < WELL_HEARD]
    if poor:
        yield _of_many("poorly_heard", 1, poor)
    blind = [strip.place for strip in strips if strip.blind > 1 - WELL_HEARD]
    if blind:
        yield _of_many("blind", 1, blind)
    undated = [strip.place for strip in strips if strip.undated]
    if undated:
        finding = _of_many("undated", 1, undated)
        events = sum(strip.undated for strip in strips)
        yield Finding(finding.key, 1, {**finding.values, "events": events})


def _of_quarantine(set_aside: Sequence[SetAside]) -> Iterator[Finding]:
    messages = sum(each.messages for each in set_aside)
    if messages:
        reasons = ", ".join(each.reason for each in set_aside[:3])
        yield Finding("quarantine", 2, {"n": messages, "which": reasons}, "#quarantine")


def _of_audits(audits: Sequence[AuditState]) -> Iterator[Finding]:
    over = [state.place for state in audits if state.severity == 2]
    never = [state.place for state in audits if state.last is None]
    if over:
        yield _of_many("audit_over", 1, over, "#audits")
    if never:
        yield _of_many("audit_never", 1, never, "#audits")


def _of_many(key: str, severity: Severity, places: Sequence[Touchpoint], path: str = "#coverage") -> Finding:
    names = [f"{place.store_name}: {place.name}" for place in places]
    return Finding(key, severity, {"n": len(places), "which": _names(names)}, path)


def _names(names: Sequence[str]) -> str:
    more = f" +{len(names) - 3}" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _audit(place: Touchpoint, last: int | None, now: int) -> AuditState:
    if last is None:
        return AuditState(place, None, "", 1)
    due = date.fromisoformat(place.calendar.business_day(last)) + timedelta(days=AUDIT_DAYS)
    left = (due - date.fromisoformat(place.calendar.business_day(now))).days
    severity = 2 if left < 0 else 1 if left <= AUDIT_WARNS_DAYS else 0
    return AuditState(place, last, due.isoformat(), severity)
