"""Erasing: what a person left is made empty, by their own link or when its time is over."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, Engine, delete, select, update

from tillsight_models.continuation import phone_stream
from tillsight_models.errors import BadConfig
from tillsight_models.surveys import read_survey

from ..access.audit import record
from ..access.clock import now_ms
from ..database import writing
from ..tables import case_note, contact_request, event, service_case, survey, visit_link
from .asking import OPEN_QUESTION
from .content import decode, encode, without_words

KEEP_VISITS_MS = 7 * 86_400_000
"""That a phone came is remembered so long, without any answer."""
EMPTY = {"name": "", "address": "", "message": ""}


def erase(engine: Engine, number: int, now: int, actor: str = "shopper") -> bool:
    """Erase one contact request, what was written in words on the same phone, and notes in its case; False
    where nothing was left to erase."""
    with writing(engine) as connection:
        query = select(contact_request).where(contact_request.c.id == number).with_for_update()
        row = connection.execute(query).mappings().first()
        if row is None or row["erased"] is not None:
            return False
        _empty(connection, [number], now)
        _forget_notes(connection, number)
        if row["visit"] is not None:
            forget_words(connection, row["visit"])
        record(connection, actor, "contact.erased", json.dumps({"request": number}))
        return True


def erase_old(engine: Engine, now: int | None = None) -> int:
    """Every night: what was kept long enough; the number of contact requests that were made empty."""
    at = now_ms() if now is None else now
    due = contact_request.c.erased.is_(None) & (contact_request.c.erase_after <= at)
    with writing(engine) as connection:
        numbers = list(connection.scalars(select(contact_request.c.id).where(due)))
        if numbers:
            _empty(connection, numbers, at)
            detail = json.dumps({"requests": len(numbers)})
            record(connection, "tillsight-hub", "contact.erased", detail)
        old = visit_link.c.content.is_(None) & (visit_link.c.opened < at - KEEP_VISITS_MS)
        connection.execute(delete(visit_link).where(old))
    return len(numbers)


def forget_words(connection: Connection, visit: str) -> None:
    """Make texts that were written on the phone empty, in its events too: they are in no number."""
    link = visit_link.c.visit == visit
    content = decode(connection.scalar(select(visit_link.c.content).where(link)))
    if content is not None:
        connection.execute(update(visit_link).where(link).values(content=encode(without_words(content))))
    mine = (event.c.stream == phone_stream(visit)) & (event.c.type == "survey.answer")
    rows = connection.execute(select(event.c.stream, event.c.seq, event.c.data).where(mine)).all()
    for row, data in worded(connection, rows):
        one = (event.c.stream == row.stream) & (event.c.seq == row.seq)
        emptied = json.dumps({**data, "value": None}, ensure_ascii=False)
        connection.execute(update(event).where(one).values(data=emptied))


def was_erased(connection: Connection, visit: str) -> bool:
    """Whether who answered has taken back what they left."""
    mine = (contact_request.c.visit == visit) & contact_request.c.erased.is_not(None)
    return connection.scalar(select(contact_request.c.id).where(mine).limit(1)) is not None


def worded(connection: Connection, rows: Iterable[Any]) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Of these answers the ones in words of a person, with their content."""
    for row in rows:
        data = json.loads(row.data)
        if isinstance(data.get("value"), str) and _is_text(connection, data):
            yield row, data


def _is_text(connection: Connection, data: dict[str, Any]) -> bool:
    """Whether an answer is words of the person, and no option's id; words where nobody can tell."""
    if data["survey"] == OPEN_QUESTION:
        return True
    query = select(survey.c.content).where(survey.c.id == data["survey"])
    content = connection.scalar(query.where(survey.c.version == data["survey_version"]))
    try:
        return read_survey(json.loads(content or "{}")).question(data["question"]).kind == "text"
    except (BadConfig, ValueError, KeyError):
        return True


def _forget_notes(connection: Connection, number: int) -> None:
    """What staff wrote about who asked: it may have their name in it."""
    mine = select(service_case.c.id).where(service_case.c.request_id == number)
    connection.execute(update(case_note).where(case_note.c.case_id.in_(mine)).values(text=""))


def _empty(connection: Connection, numbers: list[int], now: int) -> None:
    mine = contact_request.c.id.in_(numbers)
    connection.execute(update(contact_request).where(mine).values(**EMPTY, erased=now))
