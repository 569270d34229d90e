"""Opening: by an alert, by somebody who wants to be answered, by a reason, or by a person; each once."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, func, insert, select

from ..alerts.outbox import Filed
from ..hierarchy import Touchpoint
from ..tables import alert as alert_table
from ..tables import case_note, service_case
from .deadlines import deadline
from .errors import BadCase
from .settings import CaseSettings

Origin = Literal["alert", "request", "reason", "person"]
LONGEST_TITLE = 120
HUB = "tillsight-hub"
"""Who writes a note that nobody wrote."""
ALSO_AT = "also-at:"
"""Begins a note of ours: another touchpoint of the storm."""


@dataclass(frozen=True)
class AlertCases:
    """Opens a case for each alert that is sent, in the transaction that files the alert."""

    settings: CaseSettings

    def __call__(self, connection: Connection, alert: Filed) -> None:
        """Alerts of a storm that has a case are noted there."""
        if not self.settings.from_alerts:
            return
        known = None if alert.storm is None else case_of_storm(connection, alert.storm)
        if known is not None:
            add_note(connection, known, HUB, ALSO_AT + alert.place.id, alert.noticed)
        elif alert.held is None or alert.held == "storm":
            open_for_alert(connection, self.settings, alert.place, alert.id, alert.noticed)


def open_for_alert(
    connection: Connection, settings: CaseSettings, place: Touchpoint, alert: int, now: int
) -> int:
    """The number of its case, which may be there already."""
    known = case_of_alert(connection, alert)
    return known or _open(connection, place, "alert", settings.hours_alert, now, alert_id=alert)


def open_for_request(
    connection: Connection, settings: CaseSettings, place: Touchpoint, request: int, now: int
) -> int:
    """Somebody wants to be answered."""
    return _open(connection, place, "request", settings.hours_request, now, request_id=request)


def open_for_reason(
    connection: Connection, settings: CaseSettings, place: Touchpoint, reason: str, now: int
) -> int | None:
    """None where the last such case of the touchpoint is not closed yet: it is the same matter."""
    query = select(service_case.c.id).where(
        service_case.c.tp == place.id,
        service_case.c.origin == "reason",
        service_case.c.title == reason,
        service_case.c.state != "closed",
    )
    if connection.scalar(query.limit(1)) is not None:
        return None
    return _open(connection, place, "reason", settings.hours_reason, now, title=reason)


def open_by_person(
    connection: Connection, settings: CaseSettings, place: Touchpoint, title: str, now: int
) -> int:
    """BadCase where the title is empty or too long."""
    words = " ".join(title.split())
    if not 1 <= len(words) <= LONGEST_TITLE or not words.isprintable():
        raise BadCase("title", f"title: expected 1 to {LONGEST_TITLE} characters")
    return _open(connection, place, "person", settings.hours_reason, now, title=words)


def case_of_alert(connection: Connection, alert: int) -> int | None:
    """The case that an alert opened."""
    return connection.scalar(select(service_case.c.id).where(service_case.c.alert_id == alert))


def case_of_storm(connection: Connection, head: int) -> int | None:
    """The case of a storm, whichever of its alerts opened it; `head` is the first of them."""
    return _cases_of_storms(connection, [head]).get(head)


def cases_of(connection: Connection, alerts: Iterable[int]) -> dict[int, int]:
    """By alert: the case that it opened, or that its storm has."""
    query = select(alert_table.c.id, alert_table.c.storm).where(alert_table.c.id.in_(list(alerts)))
    head = {row.id: row.storm or row.id for row in connection.execute(query)}
    known = _cases_of_storms(connection, set(head.values()))
    return {alert: known[first] for alert, first in head.items() if first in known}


def add_note(connection: Connection, case: int, actor: str, text: str, now: int) -> None:
    """One more line of its story."""
    connection.execute(insert(case_note).values(case_id=case, at=now, actor=actor[:80], text=text))


def _open(
    connection: Connection, place: Touchpoint, origin: Origin, hours: float, now: int, **more: Any
) -> int:
    row = {
        "tp": place.id,
        "opened": now,
        "origin": origin,
        "title": "",
        "state": "open",
        "deadline": deadline(place.calendar, now, hours),
    }
    query = insert(service_case).values(row | more).returning(service_case.c.id)
    return int(connection.execute(query).scalar_one())


def _cases_of_storms(connection: Connection, heads: Collection[int]) -> dict[int, int]:
    """By the first alert: the oldest case of one of the storm's alerts."""
    first = func.coalesce(alert_table.c.storm, alert_table.c.id)
    query = (
        select(first, service_case.c.id)
        .join(alert_table, alert_table.c.id == service_case.c.alert_id)
        .where(alert_table.c.id.in_(heads) | alert_table.c.storm.in_(heads))
        .order_by(service_case.c.id.desc())
    )
    return {row[0]: row[1] for row in connection.execute(query)}
