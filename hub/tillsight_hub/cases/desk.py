"""The desk: what one person does with cases, in one transaction; all of it is in the audit trail.

Each change says in which state it expects the case, so that of two people who do it at once one succeeds.
"""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from ..access.audit import record
from ..hierarchy import Hierarchy
from ..tables import case_note, service_case, user
from .deadlines import deadline
from .errors import BadCase, CaseTaken
from .listing import Case
from .opening import open_by_person, open_for_alert
from .settings import CaseSettings

MAY_WORK = ("admin", "manager")
"""Roles that take, write and close."""
LONGEST_NOTE = 2000
LONGEST_CAUSE = 300
_case = service_case.c


@dataclass(frozen=True)
class Desk:
    """Of whoever acts; the cases were found for them before."""

    connection: Connection
    hierarchy: Hierarchy
    settings: CaseSettings
    actor: str
    now: int
    """ms UTC"""

    def open(self, tp: str, title: str) -> int:
        """A new case; BadCase where the title will not do."""
        place = self.hierarchy.touchpoints[tp]
        number = open_by_person(self.connection, self.settings, place, title, self.now)
        self._record("case.opened", number, touchpoint=tp)
        return number

    def open_for(self, alert: int, tp: str) -> int:
        """The case of an alert that opened none by itself."""
        place = self.hierarchy.touchpoints[tp]
        number = open_for_alert(self.connection, self.settings, place, alert, self.now)
        self._record("case.opened", number, alert=alert)
        return number

    def take(self, case: Case) -> None:
        """It is mine; CaseTaken where it is somebody else's by now, or closed."""
        free = (_case.owner.is_(None) | (_case.owner == self.actor)) & (_case.state != "closed")
        self._change(case, free, {"owner": self.actor[:80], "state": "working"})
        self._record("case.taken", case.id)

    def hand_over(self, case: Case, to: str) -> None:
        """To somebody else; BadCase where they may not work on it, CaseTaken where its owner is another one
        by now."""
        if to not in who_may(self.connection, self.hierarchy, case.place.id):
            raise BadCase("owner", f"user {to!r:.80}: expected somebody who may work on cases there")
        theirs = _case.owner.is_(None) if case.owner is None else _case.owner == case.owner
        self._change(case, theirs & (_case.state != "closed"), {"owner": to, "state": "working"})
        self._record("case.handed-over", case.id, to=to)

    def note(self, case: Case, text: str) -> None:
        """One more line of its story; BadCase where it says nothing or too much."""
        self._write_note(case, _words("note", text, LONGEST_NOTE))
        self._record("case.noted", case.id)

    def close(self, case: Case, cause: str, outcome: str) -> None:
        """With why it happened and what was done; CaseTaken where somebody closed it before."""
        values = {
            "cause": _words("cause", cause, LONGEST_CAUSE),
            "outcome": _words("outcome", outcome, LONGEST_NOTE),
            "state": "closed",
            "closed": self.now,
        }
        self._change(case, _case.state != "closed", values)
        self._record("case.closed", case.id)

    def reopen(self, case: Case) -> None:
        """It was not over: it has a new deadline, and cause and outcome become a note."""
        hours = {"alert": self.settings.hours_alert, "request": self.settings.hours_request}
        until = deadline(case.place.calendar, self.now, hours.get(case.origin, self.settings.hours_reason))
        values: dict[str, Any] = {"closed": None, "cause": None, "outcome": None, "escalated": None}
        values |= {"state": "working" if case.owner else "open", "deadline": until}
        self._change(case, _case.state == "closed", values)
        self._write_note(case, f"{case.cause}\n{case.outcome}".strip())
        self._record("case.reopened", case.id)

    def _change(self, case: Case, expected: Any, values: dict[str, Any]) -> None:
        query = update(service_case).where(_case.id == case.id, expected)
        if self.connection.execute(query.values(values)).rowcount != 1:
            now = self.connection.execute(select(_case.owner, _case.state).where(_case.id == case.id)).one()
            raise CaseTaken(f"case {case.id} is {now.state}, owner {now.owner or 'nobody'}: look at it again")

    def _write_note(self, case: Case, text: str) -> None:
        row = {"case_id": case.id, "at": self.now, "actor": self.actor[:80], "text": text}
        self.connection.execute(insert(case_note).values(row))

    def _record(self, action: str, number: int, **more: Any) -> None:
        record(self.connection, self.actor, action, json.dumps({"case": number, **more}))


def who_may(connection: Connection, hierarchy: Hierarchy, tp: str) -> list[str]:
    """Names of the users who may work on cases of that touchpoint."""
    query = select(user.c.name, user.c.scope).where(user.c.role.in_(MAY_WORK), user.c.disabled.is_(False))
    rows = connection.execute(query.order_by(user.c.name))
    return [row.name for row in rows if hierarchy.contains(row.scope, tp)]


def _words(field: str, text: str, longest: int) -> str:
    words = text.replace("\r\n", "\n").strip()
    if not 1 <= len(words) <= longest or not all(each.isprintable() or each == "\n" for each in words):
        raise BadCase(field, f"{field}: expected 1 to {longest} characters")
    return words
