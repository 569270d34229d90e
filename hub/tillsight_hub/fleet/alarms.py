"""Alarms: what is wrong with the fleet, raised once, sent once, and over when it is over."""

import json
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol

from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from ..access.clock import now_ms
from ..config import HubConfig
from ..database import writing
from ..hierarchy import read_hierarchy
from ..mail.outbox import post
from ..tables import fleet_alarm
from .alarm_book import HUB, NEEDS_SOMEBODY, NOT_KEPT
from .boxes import Trouble, read_boxes
from .hub_troubles import broker_troubles, hub_troubles
from .settings import FleetSettings
from .sightings import Lookout, note_sighting

log = logging.getLogger(__name__)

LOOK_S = 15.0
AT_ONCE = NEEDS_SOMEBODY | {"flapping", "restarts", "revocation_list", "backup"}
"""Conditions that need no patience: they do not come and go, or have lasted already."""
NO_ALARM = frozenset({"never", "disconnected", "camera_paused"})
"""Conditions that somebody wanted."""
DAY_MS, HOUR_MS = 86_400_000, 3_600_000
STALE_MS = HOUR_MS
"""What could not be sent for so long is old news."""

Say = Callable[[Trouble, Literal["trouble", "do"]], str]
"""What is wrong, or what to do about it, in words."""
Key = tuple[str, str]
"""Subject and condition."""


class Hook(Protocol):
    """Where alarms are sent."""

    def tell(self, message: Mapping[str, Any]) -> bool:
        """False where it was not taken."""


class Alarms:
    """Looks every 15 s. What does not last is none, and each is sent once however long it goes on."""

    def __init__(  # noqa: PLR0917
        self,
        engine: Engine,
        config: HubConfig,
        say: Say,
        hook: Hook | None,
        lookouts: Sequence[Lookout] = (),
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._engine = engine
        self._config = config
        self._say = say
        self._hook = hook
        self._lookouts = lookouts
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
        self._note_sightings(now)
        current = self._current(now)
        self._since = {key: self._since.get(key, now) for key in current}
        ripe = {key: each for key, each in current.items() if self._is_ripe(key, now)}
        with self._engine.connect() as connection:
            before = _open(connection)
        if _over(before, current) or ripe.keys() - before.keys() or _worse(before, current):
            with writing(self._engine) as connection:
                self._file(connection, current, ripe, now)
        self._send(now)

    def _note_sightings(self, now: int) -> None:
        seen = [each for lookout in self._lookouts for each in lookout.seen()]
        if not seen:
            return
        with writing(self._engine) as connection:
            for each in seen:
                note_sighting(connection, each.device, each.kind, now, each.detail, times=each.times)

    def _current(self, now: int) -> dict[Key, Trouble]:
        with self._engine.connect() as connection:
            hierarchy = read_hierarchy(connection)
            boxes = read_boxes(connection, hierarchy, hierarchy.touchpoints, now)
            of_broker = list(broker_troubles(connection, now))
        found = {(box.id, each.key): each for box in boxes for each in box.troubles}
        found |= {(HUB, each.key): each for each in (*of_broker, *hub_troubles(self._config, now))}
        return {key: each for key, each in found.items() if each.key not in NO_ALARM}

    def _is_ripe(self, key: Key, now: int) -> bool:
        patience_ms = self._config.fleet.patience_minutes * 60_000
        return key[1] in AT_ONCE or now - self._since[key] >= patience_ms

    def _file(
        self, connection: Connection, current: Mapping[Key, Trouble], ripe: Mapping[Key, Trouble], now: int
    ) -> None:
        before = _open(connection)
        for key in _over(before, current):
            connection.execute(_that(key).values(cleared=now))
        for key in _worse(before, current):
            connection.execute(_that(key).values(_told(current[key], self._say)))
        for key in sorted(ripe.keys() - before.keys()):
            self._raise(connection, key, ripe[key], now)

    def _raise(self, connection: Connection, key: Key, trouble: Trouble, now: int) -> None:
        held = _held(connection, key[0], self._config.fleet, now)
        values = {"subject": key[0], "condition": key[1], **_told(trouble, self._say)}
        sent = now if held is None and self._hook is None else None
        filed = insert(fleet_alarm).values(**values, raised=now, held=held, sent=sent)
        try:
            with connection.begin_nested():
                number = connection.execute(filed.returning(fleet_alarm.c.id)).scalar_one()
        except IntegrityError:  # another hub of this database was quicker
            return
        log.warning("%s: %s", key[0], values["text"])
        if held is None:
            self._mail(connection, number, key[0], trouble, now)

    def _mail(self, connection: Connection, number: int, subject: str, trouble: Trouble, now: int) -> None:
        text = f"{subject}: {self._say(trouble, 'trouble')}"
        lines = [text, self._say(trouble, "do")]
        if address := self._config.reports.address:
            lines.append(f"{address.rstrip('/')}/devices")
        for recipient in self._config.fleet.mail_to if self._config.mail.host else ():
            post(
                connection,
                key=f"fleet:{number}:{recipient}",
                recipient=recipient,
                subject=f"Tillsight: {text}",
                body="\n\n".join(lines) + "\n",
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


def _open(connection: Connection) -> dict[Key, tuple[int, bool]]:
    """What goes on: how bad it was said to be, and whether somebody answered for it."""
    columns = fleet_alarm.c
    query = select(columns.subject, columns.condition, columns.severity, columns.acknowledged)
    rows = connection.execute(query.where(columns.cleared.is_(None)))
    return {(row.subject, row.condition): (row.severity, row.acknowledged is not None) for row in rows}


def _over(before: Mapping[Key, tuple[int, bool]], current: Mapping[Key, Trouble]) -> list[Key]:
    """What is gone, and needs nobody any more."""
    return [
        key
        for key, (_, is_acknowledged) in before.items()
        if key not in current and (is_acknowledged or key[1] not in NEEDS_SOMEBODY)
    ]


def _worse(before: Mapping[Key, tuple[int, bool]], current: Mapping[Key, Trouble]) -> list[Key]:
    """What is red now, and was not when it was raised."""
    return [
        key for key, (severity, _) in before.items() if key in current and current[key].severity > severity
    ]


def _that(key: Key) -> Any:
    """The alarm of this kind that goes on."""
    columns = fleet_alarm.c
    mine = (columns.subject == key[0]) & (columns.condition == key[1])
    return update(fleet_alarm).where(mine, columns.cleared.is_(None))


def _told(trouble: Trouble, say: Say) -> dict[str, Any]:
    kept = {name: value for name, value in trouble.values.items() if name not in NOT_KEPT}
    text = say(trouble, "trouble")[:500]
    return {"severity": trouble.severity, "text": text, "detail": json.dumps(kept, ensure_ascii=False)}


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
