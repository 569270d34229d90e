"""The sender: a courier that ends visits nobody goes on with, and stores the answers of those that ended.

What it has to do is in the tables: killed at any time, it neither loses nor repeats an answer.
"""

import threading
from collections.abc import Callable

from sqlalchemy import Engine, select, update

from tillsight_models.events import encode_message
from tillsight_models.topics import DeviceTopics

from ..access.clock import now_ms
from ..courier import Courier
from ..database import writing
from ..hierarchy import read_hierarchy
from ..ingest.messages import Incoming, Receipt
from ..tables import visit_link
from .content import Visit, events_of
from .erasing import forget_words, was_erased
from .going_on import LASTS_MS, visit_of

COMMIT_S = 30.0
PATIENCE_S = 0.5
"""Between two looks whether the hub stops while a commit is waited for."""
MOST = 200
"""Visits in one look."""

Submit = Callable[[Incoming], None]


class PhoneSender:
    """Puts what was answered on phones through the writer that all events go through."""

    def __init__(self, engine: Engine, submit: Submit, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._submit = submit
        self._clock = clock
        self._stopping = threading.Event()
        self._courier = Courier("phone-sender", self._carry)

    def start(self) -> None:
        self._courier.start()

    def stop(self) -> None:
        """Return once the message that is under way was answered."""
        self._stopping.set()
        self._courier.stop()

    def send_waiting(self) -> int:
        """One look; the number of visits whose answers are stored now."""
        self._end_old()
        query = (
            select(visit_link)
            .where(visit_link.c.ended.is_not(None), visit_link.c.content.is_not(None))
            .order_by(visit_link.c.ended)
            .limit(MOST)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
            hierarchy = read_hierarchy(connection) if rows else None
        done = 0
        for row in rows:
            visit = visit_of(row)
            device = hierarchy.devices.get(visit.dev) if hierarchy else None
            topic = DeviceTopics(device.org_id, device.store_id, device.id).of("ev") if device else None
            if not self._store(visit, topic):
                break
            done += 1
        return done

    def _end_old(self) -> None:
        """What nobody goes on with is kept as it is."""
        now = self._clock()
        old = visit_link.c.ended.is_(None) & (visit_link.c.opened <= now - LASTS_MS)
        with self._engine.connect() as connection:
            if connection.scalar(select(visit_link.c.visit).where(old).limit(1)) is None:
                return
        with writing(self._engine) as connection:
            connection.execute(update(visit_link).where(old).values(ended=now))

    def _store(self, visit: Visit, topic: str | None) -> bool:
        """Whether the answers are accounted for: stored, or of a device that there is no more."""
        events = events_of(visit)
        if events and topic is not None and not self._committed(topic, events):
            return False
        with writing(self._engine) as connection:
            mine = visit_link.c.visit == visit.id
            if was_erased(connection, visit.id):
                forget_words(connection, visit.id)
            connection.execute(update(visit_link).where(mine).values(content=None, events=len(events)))
        return True

    def _committed(self, topic: str, events: list[bytes]) -> bool:
        answered = threading.Event()
        receipts: list[Receipt] = []

        def done(receipt: Receipt) -> None:
            receipts.append(receipt)
            answered.set()

        self._submit(Incoming(topic, encode_message(events), self._clock(), done))
        for _ in range(round(COMMIT_S / PATIENCE_S)):
            if answered.wait(PATIENCE_S) or self._stopping.is_set():
                break
        return answered.is_set() and receipts[0].committed

    def _carry(self) -> bool:
        self.send_waiting()
        return True
