"""Share links: an address that shows one place's scores to whoever has it, until it ends or is taken back."""

import json
import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, RowMapping, insert, select, update

from ..access.audit import record
from ..access.clock import now_ms
from ..access.sessions import hash_token
from ..database import writing
from ..hierarchy import Hierarchy
from ..tables import share_link
from .errors import UnknownReport
from .schedules import lies_within

DAY_MS = 86_400_000
LIVES = (7, 30, 90, 365)
"""Days that a link may hold."""
USE_STEP_MS = 3_600_000
"""`last_used` moves in steps."""


@dataclass(frozen=True)
class Link:
    """A link as lists show it; the address itself is not kept."""

    id: int
    place: str
    by_touchpoint: bool
    """Whether the touchpoints of the place are told one by one."""
    created: int
    """ms UTC, like all times here."""
    actor: str
    expires: int
    revoked: int | None
    last_used: int | None

    def holds(self, now: int) -> bool:
        """Whether it still shows anything."""
        return self.revoked is None and now < self.expires


def create_link(connection: Connection, place: str, days: int, actor: str, *, by_touchpoint: bool) -> str:
    """The token of a new link: the only time that anybody sees it. The caller has looked whether the place
    may be seen."""
    token, now = secrets.token_urlsafe(32), now_ms()
    settings = {"by_touchpoint": by_touchpoint}
    made = connection.execute(
        insert(share_link).values(
            token_hash=hash_token(token),
            place=place,
            settings=json.dumps(settings),
            created=now,
            actor=actor[:80],
            expires=now + days * DAY_MS,
        )
    )
    (number,) = made.inserted_primary_key or (0,)
    said = {"id": number, "place": place, "days": days, **settings}
    record(connection, actor, "link shared", json.dumps(said))
    return token


def read_links(connection: Connection, hierarchy: Hierarchy, scope: str | None, now: int) -> list[Link]:
    """Those of places within the scope, the newest first; not those that ended more than a month ago."""
    rows = connection.execute(select(share_link).order_by(share_link.c.id.desc())).mappings()
    found = [_link(row) for row in rows]
    return [
        each
        for each in found
        if lies_within(hierarchy, each.place, scope)
        and min(each.expires, each.revoked or each.expires) > now - 30 * DAY_MS
    ]


def revoke_link(
    connection: Connection, hierarchy: Hierarchy, scope: str | None, number: int, actor: str
) -> None:
    """End it at once; UnknownReport where there is none of this number within the scope."""
    row = connection.execute(select(share_link).where(share_link.c.id == number)).mappings().first()
    if row is None or not lies_within(hierarchy, row["place"], scope):
        raise UnknownReport(f"link {number}: you see none of this number")
    if row["revoked"] is None:
        connection.execute(update(share_link).where(share_link.c.id == number).values(revoked=now_ms()))
        record(connection, actor, "link revoked", json.dumps({"id": number, "place": row["place"]}))


def find_link(engine: Engine, token: str, now: int | None = None) -> Link | None:
    """What a token opens; None where it is unknown, over or taken back."""
    now = now_ms() if now is None else now
    query = select(share_link).where(share_link.c.token_hash == hash_token(token))
    with engine.connect() as connection:
        row = connection.execute(query).mappings().first()
    if row is None or not (link := _link(row)).holds(now):
        return None
    if link.last_used is None or now - link.last_used > USE_STEP_MS:
        with writing(engine) as connection:
            connection.execute(update(share_link).where(share_link.c.id == link.id).values(last_used=now))
    return link


def _link(row: RowMapping) -> Link:
    same = ("id", "place", "created", "actor", "revoked", "last_used")
    return Link(
        by_touchpoint=json.loads(row["settings"])["by_touchpoint"],
        expires=row["expires"] or 0,
        **{name: row[name] for name in same},
    )
