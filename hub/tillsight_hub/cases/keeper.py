"""The keeper: a thread that opens cases for reasons, and tells up the hierarchy what missed its deadline.

What it goes on from is in the tables, in the transaction of what it does: nothing is told or opened twice.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, select, text, update

from tillsight_models.events import ReasonGiven

from ..access.audit import record
from ..access.clock import now_ms
from ..alerts.rules import path_of
from ..courier import Courier
from ..database import writing
from ..hierarchy import read_hierarchy
from ..mail.outbox import post
from ..tables import event, service_case, setting
from .listing import Case, read_cases
from .opening import HUB, open_for_reason
from .settings import CaseSettings

LOOK_S = 5.0
SETTLE_MS = 10_000
"""What arrived so long ago has been committed."""
LONGEST_GAP_MS = 3_600_000
"""After a longer absence, reasons are taken up from so long ago."""
UPTO = "case_reasons_upto"
"""In the table `setting`: ms UTC of arrival up to which reasons were looked at."""
_PUT = text(
    "INSERT INTO setting (key, value) VALUES (:key, :value) "
    "ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)


Write = Callable[[Case, str], tuple[str, str]]
"""Subject and text about a case that missed its deadline, in a language."""


class CaseKeeper:
    """Looks after what nobody looks after."""

    def __init__(
        self,
        engine: Engine,
        settings: CaseSettings,
        write: Write,
        on_change: Callable[[frozenset[str]], None] = lambda _: None,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._write = write
        self._on_change = on_change
        self._clock = clock
        self._courier = Courier("cases", self.look, LOOK_S)

    def start(self) -> None:
        self._courier.start()

    def stop(self) -> None:
        """Return once the look that is under way has ended."""
        self._courier.stop()

    def look(self) -> bool:
        """One look at everything; True: nothing keeps it from the next one."""
        self.open_for_reasons()
        self.escalate()
        return True

    def escalate(self) -> int:
        """Mark what missed its deadline, once, and write to whoever is next up; the number of cases."""
        now = self._clock()
        late = (
            (service_case.c.state != "closed")
            & service_case.c.escalated.is_(None)
            & (service_case.c.deadline < now)
        )
        with self._engine.connect() as connection:
            if connection.scalar(select(service_case.c.id).where(late).limit(1)) is None:
                return 0
        with writing(self._engine) as connection:
            marked = update(service_case).where(late).values(escalated=now).returning(service_case.c.id)
            ids = set(connection.scalars(marked))
            hierarchy = read_hierarchy(connection)
            places = hierarchy.within(None)
            found = read_cases(connection, hierarchy, places, shown="escalated", now=now, limit=10_000)
            for case in found:
                if case.id in ids:
                    self._tell(connection, case, hierarchy.stores[case.place.store_id].language)
        self._on_change(frozenset(case.place.id for case in found if case.id in ids))
        return len(ids)

    def open_for_reasons(self) -> int:
        """A case for each reason that was given and is one of ours; at how many touchpoints."""
        settings = self._settings
        if not settings.reasons:
            return 0
        until = self._clock() - SETTLE_MS
        with self._engine.connect() as connection:
            begin = max(self._upto(connection), until - LONGEST_GAP_MS)
            if not self._heard(connection, begin, until):
                return 0
        with writing(self._engine) as connection:
            begin = max(self._upto(connection), until - LONGEST_GAP_MS)
            hierarchy, opened = read_hierarchy(connection), set[str]()
            for tp, reason, t in self._heard(connection, begin, until):
                place = hierarchy.touchpoints.get(tp)
                if place is None or reason not in settings.reasons:
                    continue
                if open_for_reason(connection, settings, place, reason, t) is not None:
                    opened.add(tp)
            connection.execute(_PUT, {"key": UPTO, "value": str(until)})
        self._on_change(frozenset(opened))
        return len(opened)

    def _tell(self, connection: Connection, case: Case, language: str) -> None:
        recipients = next(_recipients(self._settings, case), ())
        subject, body = self._write(case, language)
        for recipient in recipients:
            key = f"case:{case.id}:{case.deadline}:{recipient}"
            post(connection, key=key, recipient=recipient, subject=subject, body=body, now=self._clock())
        detail = {"case": case.id, "told": len(recipients)}
        record(connection, HUB, "case.escalated", json.dumps(detail))

    @staticmethod
    def _upto(connection: Connection) -> int:
        return int(connection.scalar(select(setting.c.value).where(setting.c.key == UPTO)) or 0)

    @staticmethod
    def _heard(connection: Connection, begin: int, until: int) -> list[tuple[str, str, int]]:
        """Touchpoint, reason and when it arrived."""
        query = (
            select(event.c.tp, event.c.data, event.c.received)
            .where(event.c.received > begin, event.c.received <= until, event.c.type == ReasonGiven.TYPE)
            .order_by(event.c.received)
        )
        rows: list[Any] = list(connection.execute(query))
        return [(tp, msgspec.json.decode(data, type=ReasonGiven).reason, t) for tp, data, t in rows]


def _recipients(settings: CaseSettings, case: Case) -> Iterator[tuple[str, ...]]:
    """From the touchpoint upwards: who hears of it there."""
    for place in path_of(case.place):
        if addresses := settings.escalate_to.get(place):
            yield addresses
