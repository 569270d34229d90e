"""Alarms: what is wrong with the fleet, raised once, sent once, and over when it is over."""

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, func, insert, select, update

from ..access.clock import now_ms
from ..config import HubConfig
from ..database import writing
from ..hierarchy import read_hierarchy
from ..mail.outbox import post
from ..tables import fleet_alarm
from .boxes import Trouble, read_boxes
from .hub_troubles import hub_troubles
from .settings import FleetSettings

log = logging.getLogger(__name__)

LOOK_S = 15.0
HUB = "hub"
"""The subject of what is wrong with the hub itself."""
AT_ONCE = frozenset({"two_boxes", "enrolled_twice", "revoked_tries", "replay"})
"""Conditions that need no patience: they do not come and go."""
NO_ALARM = frozenset({"never", "disconnected", "camera_paused"})
"""Conditions that somebody wanted."""
DAY_MS, HOUR_MS = 86_400_000, 3_600_000
STALE_MS = HOUR_MS
"""What could not be sent for so long is old news."""

Say = Callable[[Trouble], str]
Key = tuple[str, str]
"""Subject and condition."""


class Hook(Protocol):
    """Where alarms are sent."""

    def tell(self, message: Mapping[str, Any]) -> bool:
        """False where it was not taken."""


class Alarms:
    """Looks every 15 s. What does not last is none, and each is sent once however long it goes on."""

    def __init__(
        self,
        engine: Engine,
        config: HubConfig,
        say: Say,
        hook: Hook | None,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._engine = engine
        self._config = config
        self._say = say
        self._hook = hook
        self._clock = clock
        self._since: dict[Key, int] = {}
        """When what goes on now was first seen."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fleet-alarms", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def turn(self) -> None:
        """Look once, and send what waits."""
        now = self._clock()
        current = self._current(now)
        self._since = {key: self._since.get(key, now) for key in current}
        ripe = {key: each for key, each in current.items() if self._is_ripe(key, now)}
        with self._engine.connect() as connection:
            before = _open(connection)
        if before - current.keys() or ripe.keys() - before:
            with writing(self._engine) as connection:
                self._file(connection, current, ripe, now)
        self._send(now)

    def _current(self, now: int) -> dict[Key, Trouble]:
        with self._engine.connect() as connection:
            hierarchy = read_hierarchy(connection)
            boxes = read_boxes(connection, hierarchy, hierarchy.touchpoints, now)
        found = {(box.id, each.key): each for box in boxes for each in box.troubles}
        found |= {(HUB, each.key): each for each in hub_troubles(self._config, now)}
        return {key: each for key, each in found.items() if each.key not in NO_ALARM}

    def _is_ripe(self, key: Key, now: int) -> bool:
        patience_ms = self._config.fleet.patience_minutes * 60_000
        return key[1] in AT_ONCE or now - self._since[key] >= patience_ms

    def _file(
        self, connection: Connection, current: Mapping[Key, Trouble], ripe: Mapping[Key, Trouble], now: int
    ) -> None:
        before = _open(connection)
        for subject, condition in before - current.keys():
            over = (fleet_alarm.c.subject == subject) & (fleet_alarm.c.condition == condition)
            connection.execute(
                update(fleet_alarm).where(over, fleet_alarm.c.cleared.is_(None)).values(cleared=now)
            )
        for key in sorted(ripe.keys() - before):
            self._raise(connection, key, ripe[key], now)

    def _raise(self, connection: Connection, key: Key, trouble: Trouble, now: int) -> None:
        held = _held(connection, key[0], self._config.fleet, now)
        text = self._say(trouble)
        values = {"subject": key[0], "condition": key[1], "severity": trouble.severity, "text": text[:500]}
        sent = now if held is None and self._hook is None else None
        filed = insert(fleet_alarm).values(**values, raised=now, held=held, sent=sent)
        number = connection.execute(filed.returning(fleet_alarm.c.id)).scalar_one()
        log.warning("%s: %s", key[0], text)
        if held is not None:
            return
        for recipient in self._config.fleet.mail_to if self._config.mail.host else ():
            post(
                connection,
                key=f"fleet:{number}:{recipient}",
                recipient=recipient,
                subject=f"Tillsight: {key[0]}: {text}",
                body=f"{key[0]}: {text}\n",
                now=now,
            )

    def _send(self, now: int) -> None:
        if self._hook is None:
            return
        query = select(fleet_alarm).where(fleet_alarm.c.sent.is_(None), fleet_alarm.c.held.is_(None))
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(fleet_alarm.c.id).limit(20)).mappings().all()
        for row in rows:
            if now - row["raised"] > STALE_MS:
                done: dict[str, Any] = {"held": "undelivered"}
            elif self._hook.tell(_message(row)):
                done = {"sent": now}
            else:
                return
            with writing(self._engine) as connection:
                connection.execute(update(fleet_alarm).where(fleet_alarm.c.id == row["id"]).values(done))

    def _run(self) -> None:
        failing = False
        while not self._stopping.wait(LOOK_S):
            try:
                self.turn()
                failing = False
            except Exception:
                if not failing:
                    log.exception("nobody looks for alarms of the fleet, trying again")
                failing = True


def open_by_condition(connection: Connection) -> dict[str, int]:
    """How many alarms of each condition go on now."""
    condition = fleet_alarm.c.condition
    query = select(condition, func.count()).where(fleet_alarm.c.cleared.is_(None))
    return {name: int(n) for name, n in connection.execute(query.group_by(condition).order_by(condition))}


def _open(connection: Connection) -> set[Key]:
    query = select(fleet_alarm.c.subject, fleet_alarm.c.condition).where(fleet_alarm.c.cleared.is_(None))
    return {(subject, condition) for subject, condition in connection.execute(query)}


def _held(connection: Connection, subject: str, settings: FleetSettings, now: int) -> str | None:
    """Why this one is not sent; None where it is."""
    sent = select(func.count()).select_from(fleet_alarm).where(fleet_alarm.c.held.is_(None))
    of_subject = sent.where(fleet_alarm.c.subject == subject, fleet_alarm.c.raised > now - DAY_MS)
    if (connection.scalar(of_subject) or 0) >= settings.budget_per_device:
        return "budget"
    of_all = sent.where(fleet_alarm.c.raised > now - HOUR_MS)
    return "storm" if (connection.scalar(of_all) or 0) >= settings.budget_per_hour else None


def _message(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "fleet_alarm": row["id"],
        "subject": row["subject"],
        "condition": row["condition"],
        "severity": row["severity"],
        "text": row["text"],
        "raised_at": row["raised"],
    }
