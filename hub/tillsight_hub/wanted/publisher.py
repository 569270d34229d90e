"""The publisher: a thread that makes what is wanted and tells the devices of it."""

import logging
import threading
from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import Engine

from tillsight_models.topics import DeviceTopics

from ..hierarchy import Hierarchy, read_hierarchy
from .keeping import read_wanted, refresh
from .sections import Section, stamp

log = logging.getLogger(__name__)

PAUSE_S = 1.0
"""Between two looks whether something has changed: one row of one table."""
RETRY_S = 10.0
"""After a failure."""
ANEW_TURNS = 600
"""Looks after which everything is made anew all the same: days begin and end."""


class Line(Protocol):
    """The hub's connection to the broker."""

    @property
    def connections(self) -> int:
        """Number of the present connection; 0 while there is none."""

    def publish_wanted(self, place: DeviceTopics, message: str) -> bool:
        """Retained on the device's `cfg`; False where it was not taken."""


class Publisher:
    """Tells a device only what is new to it, and everything again on each new connection: a broker may have
    lost what it kept. Several hubs on one database tell the same."""

    def __init__(
        self, engine: Engine, line: Line | None, sections: Sequence[Section], pause_s: float = PAUSE_S
    ) -> None:
        self._engine = engine
        self._line = line
        self._sections = sections
        self._pause_s = pause_s
        self._stamp: tuple[int, int] | None = None
        self._turns = 0
        self._hierarchy = Hierarchy(version=-1)
        self._connection = 0
        self._told: dict[str, tuple[DeviceTopics, str]] = {}
        """By device: where the version went that went out on this connection."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="wanted", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def turn(self) -> None:
        """Look once."""
        with self._engine.connect() as connection:
            now = stamp(connection)
            if now != self._stamp:
                self._hierarchy = read_hierarchy(connection)
        self._turns += 1
        line_is = self._line.connections if self._line else 0
        if now == self._stamp and self._turns % ANEW_TURNS and line_is == self._connection:
            return
        refresh(self._engine, self._hierarchy, self._sections)
        if line_is != self._connection:
            self._told.clear()
        if self._tell():
            self._stamp, self._connection = now, line_is

    def _tell(self) -> bool:
        """Whether everything went out that is to."""
        if self._line is None or not self._line.connections:
            return True
        with self._engine.connect() as connection:
            wanted = read_wanted(connection)
        for id, each in wanted.items():
            device = self._hierarchy.devices.get(id)
            if device is None:
                continue
            place = DeviceTopics(device.org_id, device.store_id, id)
            if self._told.get(id) == (place, each.version):
                continue
            if not self._line.publish_wanted(place, each.message):
                return False
            self._told[id] = place, each.version
        return True

    def _run(self) -> None:
        delay, failing = 0.0, False
        while not self._stopping.wait(delay):
            try:
                self.turn()
                delay, failing = self._pause_s, False
            except Exception:
                if not failing:
                    log.exception("wanted configurations are not made, trying again")
                delay, failing = RETRY_S, True
