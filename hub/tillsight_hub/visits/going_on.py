"""Going on: a phone comes with a code, answers, and ends the visit; each in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Connection, Engine, RowMapping, insert, select, update

from tillsight_models.continuation import GOOD_FOR_MIN, Continuation, Reason, device_of
from tillsight_models.surveys import Question

from ..database import writing
from ..hierarchy import Hierarchy
from ..tables import contact_request, visit_link
from .asking import content_of
from .content import Content, Given, Visit, decode, encode, with_answer
from .keys import key_of, read_secret

LASTS_MS = GOOD_FOR_MIN * 60_000
"""So long after the phone's first look it takes answers; then what there is, is kept as it is."""
DAY_MS = 86_400_000
REMEMBERED_MIN = 24 * 60
"""A code that was used opens the thanks for so long."""


@dataclass(frozen=True)
class Wish:
    """What somebody wrote who wants to be answered."""

    name: str
    address: str
    message: str
    language: str
    consent: str
    """The words that they agreed to."""
    keep_days: int


FollowUp = Callable[[Connection, str, int, int], None]
"""Gets the touchpoint of a contact request, its number and the time, in the same transaction."""


class Doors:
    """Opens the visits of codes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @cached_property
    def secret(self) -> bytes:
        """The hub's, read when the first phone comes."""
        return read_secret(self._engine)

    def read(self, hierarchy: Hierarchy, code: str, now: int) -> tuple[Continuation | None, Reason | None]:
        """What a code says, or why it says nothing."""
        device = hierarchy.devices.get(device_of(code) or "")
        known = device is not None and not device.is_import
        key = key_of(self.secret, device.id) if known and device else None
        found, why = Continuation.read(code, key, now)
        if why == "expired":
            found = self._used_before(Continuation.read(code, key, now, REMEMBERED_MIN).continuation)
        return found, None if found else why

    def open(self, hierarchy: Hierarchy, continuation: Continuation, now: int) -> Visit:
        """The visit, as it is or, the first time, begun now."""
        with self._engine.connect() as connection:
            found = read_visit(connection, continuation.visit)
        if found is not None:
            return found
        with writing(self._engine) as connection:
            found = read_visit(connection, continuation.visit, hold=True)
            return found or _begin(connection, hierarchy, continuation, now)

    def _used_before(self, found: Continuation | None) -> Continuation | None:
        if found is None:
            return None
        with self._engine.connect() as connection:
            return found if read_visit(connection, found.visit) else None


def read_visit(connection: Connection, visit: str, *, hold: bool = False) -> Visit | None:
    """None where no phone came yet; `hold` keeps others from it until the transaction ends."""
    query = select(visit_link).where(visit_link.c.visit == visit)
    row = connection.execute(query.with_for_update() if hold else query).mappings().first()
    return None if row is None else visit_of(row)


def visit_of(row: RowMapping) -> Visit:
    """From its row."""
    return Visit(
        id=row["visit"],
        tp=row["tp"],
        dev=row["dev"],
        opened=row["opened"],
        ended=row["ended"],
        content=decode(row["content"]),
    )


def answer(engine: Engine, visit: str, question: Question, given: Given) -> Content | None:
    """Keep an answer, instead of any other to this question; None where the visit takes no more.

    The same answer again changes nothing.
    """
    with writing(engine) as connection:
        found = read_visit(connection, visit, hold=True)
        if found is None or found.content is None or not takes_more(found, given.t):
            return None
        changed = with_answer(found.content, question, given)
        if changed is not found.content:
            mine = visit_link.c.visit == visit
            connection.execute(update(visit_link).where(mine).values(content=encode(changed)))
        return changed


def takes_more(visit: Visit, now: int) -> bool:
    """Whether answers are still taken."""
    return visit.is_open and now < visit.opened + LASTS_MS


def end(
    engine: Engine,
    visit: str,
    now: int,
    wish: Wish | None = None,
    follow_up: FollowUp = lambda *_: None,
) -> int | None:
    """End the visit, once; the number of the contact request, None where nobody wants to be answered.

    A visit that ended is as it was: whoever sends twice gets the same number.
    """
    with writing(engine) as connection:
        found = read_visit(connection, visit, hold=True)
        if found is None:
            return None
        if found.ended is not None:
            return request_number(connection, visit)
        connection.execute(update(visit_link).where(visit_link.c.visit == visit).values(ended=now))
        if wish is None:
            return None
        number = _leave(connection, found, wish, now)
        follow_up(connection, found.tp, number, now)
        return number


def request_number(connection: Connection, visit: str) -> int | None:
    """The contact request that was left with a visit."""
    query = select(contact_request.c.id).where(contact_request.c.visit == visit)
    return connection.scalar(query.where(contact_request.c.erased.is_(None)))


def _begin(connection: Connection, hierarchy: Hierarchy, continuation: Continuation, now: int) -> Visit:
    tp = hierarchy.devices[continuation.device].touchpoint_id
    content = content_of(connection, continuation, tp)
    visit = Visit(continuation.visit, tp, continuation.device, now, None, content)
    row = {"visit": visit.id, "tp": tp, "dev": visit.dev, "opened": now, "content": encode(content)}
    connection.execute(insert(visit_link).values(row))
    return visit


def _leave(connection: Connection, visit: Visit, wish: Wish, now: int) -> int:
    row = {
        "visit": visit.id,
        "tp": visit.tp,
        "at": now,
        "name": wish.name,
        "address": wish.address,
        "message": wish.message,
        "language": wish.language,
        "consent": wish.consent,
        "erase_after": now + wish.keep_days * DAY_MS,
    }
    query = insert(contact_request).values(row).returning(contact_request.c.id)
    return int(connection.execute(query).scalar_one())
