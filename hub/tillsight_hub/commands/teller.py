"""The teller: a thread that says orders to devices over MQTT until they answer, or until it is too late."""

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from sqlalchemy import Engine

from tillsight_models.topics import DeviceTopics

from ..access.clock import now_ms
from ..database import writing
from ..hierarchy import read_hierarchy
from .orders import give_up, note_told, waiting

log = logging.getLogger(__name__)

LOOK_S = 1.0
RETRY_S = 10.0
"""After a failure."""
AGAIN_MS = 10_000
"""Between two tellings of an order: a device that was away hears it as soon as it is back."""


class Line(Protocol):
    """The hub's connection to the broker."""

    def publish_order(self, place: DeviceTopics, message: str) -> bool:
        """On the device's `cmd`, not retained; False where it was not taken."""


class Teller:
    """Several hubs on one database tell the same; a device carries out each order once."""

    def __init__(
        self, engine: Engine, line: Line | None, clock: Callable[[], int] = now_ms, look_s: float = LOOK_S
    ) -> None:
        self._engine = engine
        self._line = line
        self._clock = clock
        self._look_s = look_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="orders", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def turn(self) -> None:
        """Look once."""
        now = self._clock()
        give_up(self._engine, now)
        if self._line is None:
            return
        with self._engine.connect() as connection:
            due = [each for each in waiting(connection, now) if (each.told or 0) + AGAIN_MS <= now]
            devices = read_hierarchy(connection).devices if due else {}
        told = []
        for each in due:
            place = devices.get(each.device)
            if place is None:
                continue
            topics = DeviceTopics(place.org_id, place.store_id, each.device)
            if self._line.publish_order(topics, each.message):
                told.append(each.id)
        if told:
            with writing(self._engine) as connection:
                note_told(connection, told, now)

    def _run(self) -> None:
        delay, failing = 0.0, False
        while not self._stopping.wait(delay):
            try:
                self.turn()
                delay, failing = self._look_s, False
            except Exception:
                if not failing:
                    log.exception("orders are not told, trying again")
                delay, failing = RETRY_S, True
