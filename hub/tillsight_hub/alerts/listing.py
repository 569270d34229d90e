"""Listing: alerts as people and programs read them, and what people say of them afterwards."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, func, select, update

from tillsight_models.errors import TillsightError

from ..access.audit import record
from ..hierarchy import Hierarchy, Touchpoint
from ..tables import alert
from .offline import Raised
from .rules import Rule
from .sentences import sentence

Word = Literal["true", "false", "duplicate"]
WORDS: tuple[Word, ...] = ("true", "false", "duplicate")
MOST = 1000

COLUMNS = (
    "touchpoint_id",
    "raised_at_utc",
    "cleared_at_utc",
    "rule",
    "statistic",
    "threshold",
    "arl0_months",
    "votes_neg",
    "votes_pos",
    "contacts",
    "expected_neg",
)
"""Of an exported table of alerts."""


class UnknownAlert(TillsightError, LookupError):
    """No alert of this number that this viewer may see."""


@dataclass(frozen=True)
class Entry:
    """One alert."""

    id: int
    rule_id: int
    rule_version: int
    kind: str
    """Of its rule; `baseline` of the built-in one, `gone` of one that was removed."""
    place: Touchpoint
    since: int
    """ms UTC, like all times here."""
    raised: int
    """When the vote was given that raised it."""
    noticed: int
    """When the hub raised it."""
    cleared: int | None
    sent: int | None
    held: str | None
    storm: int | None
    detail: dict[str, Any]
    qualified: str | None
    qualified_by: str | None

    @property
    def text(self) -> str:
        """For a person."""
        return sentence(self.detail, self.place.calendar, self.since, self.raised)

    def row(self) -> tuple[Any, ...]:
        """By COLUMNS."""
        return row_of(self.place.id, self.noticed, self.cleared, self.kind, self.detail)


@dataclass(frozen=True)
class Precision:
    """What people said of a rule's alerts. Duplicates count neither way."""

    right: int
    judged: int

    @property
    def share(self) -> float | None:
        """Of the judged alerts that were right; None where nobody said anything."""
        return self.right / self.judged if self.judged else None


def read_alerts(
    connection: Connection,
    hierarchy: Hierarchy,
    places: Iterable[Touchpoint],
    rules: Iterable[Rule],
    *,
    start: int = 0,
    end: int = 2**62,
    is_open: bool = False,
    limit: int = MOST,
) -> list[Entry]:
    """Alerts at these touchpoints that the hub raised in the half-open time, the newest first."""
    kinds = {rule.id: rule.kind for rule in rules}
    query = (
        select(alert)
        .where(alert.c.tp.in_([place.id for place in places]))
        .where(alert.c.noticed >= start, alert.c.noticed < end)
        .order_by(alert.c.noticed.desc(), alert.c.id.desc())
        .limit(limit)
    )
    if is_open:
        query = query.where(alert.c.cleared.is_(None))
    rows = connection.execute(query).mappings()
    return [_entry(row, hierarchy, kinds) for row in rows if row["tp"] in hierarchy.touchpoints]


def qualify(
    connection: Connection, places: Iterable[Touchpoint], number: int, word: Word, actor: str
) -> None:
    """Note whether an alert was right; UnknownAlert where it is not at one of these touchpoints."""
    seen = {place.id for place in places}
    tp = connection.scalar(select(alert.c.tp).where(alert.c.id == number))
    if tp is None or tp not in seen:
        raise UnknownAlert(f"alert {number}: you see none of this number")
    values = {"qualified": word, "qualified_by": actor[:80]}
    connection.execute(update(alert).where(alert.c.id == number).values(**values))
    record(connection, actor, "alert qualified", json.dumps({"id": number, "as": word}))


def precisions(connection: Connection) -> dict[int, Precision]:
    """By rule; absent where nobody judged any of its alerts."""
    query = (
        select(alert.c.rule_id, alert.c.qualified, func.count())
        .where(alert.c.qualified.in_(("true", "false")))
        .group_by(alert.c.rule_id, alert.c.qualified)
    )
    found: dict[int, Precision] = {}
    for rule_id, word, number in connection.execute(query):
        known = found.get(rule_id, Precision(0, 0))
        found[rule_id] = Precision(known.right + number * (word == "true"), known.judged + number)
    return found


def csv_of(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """RFC 4180 with a head, piece by piece."""
    for row in (COLUMNS, *rows):
        line = io.StringIO(newline="")
        csv.writer(line, lineterminator="\r\n").writerow(["" if each is None else each for each in row])
        yield line.getvalue()


def raised_row(raised: Raised) -> tuple[Any, ...]:
    """By COLUMNS, of an alert that was found in a file."""
    alarm = raised.alarm
    detail = {
        "statistic": round(alarm.statistic, 3),
        "threshold": round(alarm.threshold, 3),
        "arl0_months": round(alarm.months, 3),
        "votes_neg": alarm.negative,
        "votes_pos": alarm.positive,
        "contacts": alarm.contacts,
        "expected_neg": round(alarm.expected, 3),
    }
    return row_of(alarm.tp, raised.noticed, raised.cleared, "baseline", detail)


def row_of(tp: str, raised: int, cleared: int | None, rule: str, detail: dict[str, Any]) -> tuple[Any, ...]:
    """By COLUMNS."""
    return (tp, iso(raised), iso(cleared), rule, *(detail[name] for name in COLUMNS[4:]))


def iso(t: int | None) -> str | None:
    """2026-03-29T01:00:00.000Z"""
    if t is None:
        return None
    moment = datetime.fromtimestamp(t / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _entry(row: RowMapping, hierarchy: Hierarchy, kinds: dict[int, Any]) -> Entry:
    same = ("since", "raised", "noticed", "cleared", "sent", "held", "storm", "qualified", "qualified_by")
    return Entry(
        id=row["id"],
        rule_id=row["rule_id"],
        rule_version=row["rule_version"],
        kind=kinds.get(row["rule_id"], "gone"),
        place=hierarchy.touchpoints[row["tp"]],
        detail=json.loads(row["detail"]),
        **{name: row[name] for name in same},
    )
