"""Retention: what is made empty or deleted once it was kept long enough. What was counted stays.

Contact requests, visits, mail and logins have their own nights: `rules` lists all of them.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)

from ..access.audit import record
from ..access.clock import now_ms
from ..cases.settings import CaseSettings
from ..database import writing
from ..fleet.alarm_book import forget_alarms
from ..mail.outbox import KEPT_MS
from ..tables import audit, case_note, event, quarantine, service_case, setting
from ..visits.erasing import KEEP_VISITS_MS, worded
from .raw_events import delete_raw, due_raw, last_gone
from .settings import RetentionSettings

DAY_MS = 86_400_000
AT_ONCE = 500
"""Events in one transaction: shops go on handing in presses meanwhile."""
_RUN = "retention.run"
_UPTO = "retention_texts_upto"
"""In the table `setting`, ms UTC."""


@dataclass(frozen=True)
class Forgotten:
    """How many of each."""

    texts: int = 0
    messages: int = 0
    deeds: int = 0
    alarms: int = 0
    notes: int = 0
    events: int = 0


@dataclass(frozen=True)
class Rule:
    """How long something is kept; texts of the pages are `compliance.kept_<name>`."""

    name: str
    days: int | None
    """None: for as long as the hub exists."""
    setting: str | None = None


def rules(retention: RetentionSettings, cases: CaseSettings) -> tuple[Rule, ...]:
    """All that is kept, and how long."""
    return (
        Rule("totals", None),
        Rule("events", retention.events_days, "retention.events_days"),
        Rule("texts", retention.texts_days, "retention.texts_days"),
        Rule("notes", retention.notes_days, "retention.notes_days"),
        Rule("contacts", cases.keep_contacts_days, "cases.keep_contacts_days"),
        Rule("visits", KEEP_VISITS_MS // DAY_MS),
        Rule("quarantine", retention.quarantine_days, "retention.quarantine_days"),
        Rule("mail", KEPT_MS // DAY_MS),
        Rule("alarms", retention.alarms_days, "retention.alarms_days"),
        Rule("audit", retention.audit_days, "retention.audit_days"),
    )


def forget(engine: Engine, settings: RetentionSettings, now: int | None = None) -> Forgotten:
    """Tonight's work; in the audit trail where anything went."""
    at = now_ms() if now is None else now
    texts = _empty_texts(engine, at - settings.texts_days * DAY_MS)
    events = delete_raw(engine, last_gone(at, settings.events_days))
    with writing(engine) as connection:
        messages = _empty_messages(connection, at - settings.quarantine_days * DAY_MS)
        old = audit.c.at < at - settings.audit_days * DAY_MS
        deeds = connection.execute(delete(audit).where(old)).rowcount
        alarms = forget_alarms(connection, at - settings.alarms_days * DAY_MS, at)
        old_notes = _old_notes(at - settings.notes_days * DAY_MS)
        notes = connection.execute(update(case_note).where(old_notes).values(text="")).rowcount
        done = Forgotten(texts, messages, deeds, alarms, notes, events)
        if done != Forgotten():
            record(connection, "tillsight-hub", _RUN, json.dumps(asdict(done)))
    return done


def due(engine: Engine, settings: RetentionSettings, now: int | None = None) -> dict[str, int]:
    """How many of each would go tonight; of texts at most so many, since some may be no words of a person."""
    at = now_ms() if now is None else now
    texts = _answers(0, at - settings.texts_days * DAY_MS, ("", -1)).limit(None).order_by(None)
    old = at - settings.audit_days * DAY_MS
    counted = {
        "texts": select(func.count()).select_from(texts.subquery()),
        "messages": _count(quarantine, _full_messages(at - settings.quarantine_days * DAY_MS)),
        "deeds": _count(audit, audit.c.at < old),
        "notes": _count(case_note, _old_notes(at - settings.notes_days * DAY_MS)),
    }
    with engine.connect() as connection:
        found = {name: connection.scalar(query) or 0 for name, query in counted.items()}
        return {**found, "events": due_raw(connection, last_gone(at, settings.events_days))}


def _count(table: Table, where: ColumnElement[bool]) -> Select[int]:
    return select(func.count()).select_from(table).where(where)


def last_run(connection: Connection) -> tuple[int, dict[str, int]] | None:
    """When something went last, and how much of what."""
    query = select(audit.c.at, audit.c.detail).where(audit.c.action == _RUN)
    row = connection.execute(query.order_by(audit.c.at.desc()).limit(1)).first()
    return None if row is None else (row.at, json.loads(row.detail))


def kept_texts(connection: Connection) -> int:
    """Answers in words that are still there; for a page."""
    query = select(func.count()).select_from(event).where(event.c.type == "survey.answer", _HAS_WORDS)
    return connection.scalar(query) or 0


_HAS_WORDS = event.c.data.like('%"value":"%') | event.c.data.like('%"value": "%')


def _empty_texts(engine: Engine, before: int) -> int:
    """Answers in words that came since the night before, counted from so long ago."""
    with engine.connect() as connection:
        since = int(connection.scalar(select(setting.c.value).where(setting.c.key == _UPTO)) or 0)
    count, after = 0, ("", -1)
    while True:
        with writing(engine) as connection:
            rows = connection.execute(_answers(since, before, after)).all()
            count += sum(_emptied(connection, row, data) for row, data in worded(connection, rows))
            if len(rows) < AT_ONCE:
                _note(connection, max(since, before))
                return count
            after = rows[-1].stream, rows[-1].seq


def _answers(since: int, before: int, after: tuple[str, int]) -> Any:
    """A page of the answers that were kept long enough, in the order of their numbers."""
    stream, seq = after
    is_later = (event.c.stream > stream) | ((event.c.stream == stream) & (event.c.seq > seq))
    query = select(event.c.stream, event.c.seq, event.c.data).where(event.c.type == "survey.answer")
    query = query.where(event.c.received >= since, event.c.received < before, _HAS_WORDS, is_later)
    return query.order_by(event.c.stream, event.c.seq).limit(AT_ONCE)


def _note(connection: Connection, upto: int) -> None:
    """No need to look at these again."""
    row = {"key": _UPTO, "value": str(upto)}
    if not connection.execute(update(setting).where(setting.c.key == _UPTO).values(row)).rowcount:
        connection.execute(insert(setting).values(row))


def _emptied(connection: Connection, row: Any, data: dict[str, Any]) -> int:
    one = (event.c.stream == row.stream) & (event.c.seq == row.seq)
    emptied = json.dumps({**data, "value": None}, ensure_ascii=False)
    return connection.execute(update(event).where(one).values(data=emptied)).rowcount


def _empty_messages(connection: Connection, before: int) -> int:
    """What a message said; its reason and its number stay, because watermarks rest on them."""
    full = _full_messages(before)
    return connection.execute(update(quarantine).where(full).values(payload=b"")).rowcount


def _full_messages(before: int) -> ColumnElement[bool]:
    return (quarantine.c.received < before) & (func.length(quarantine.c.payload) > 0)


def _old_notes(before: int) -> ColumnElement[bool]:
    closed = select(service_case.c.id).where(service_case.c.closed < before)
    return case_note.c.case_id.in_(closed) & (case_note.c.text != "")
