"""What the device has to say about itself while the outbox cannot be written."""

import logging
import threading
from collections import deque
from collections.abc import Callable

from tillsight_models.events import Payload, Stamp

from .errors import OutboxUnwritable
from .outbox import Outbox

log = logging.getLogger(__name__)

MOST = 1_000
Mark = tuple[str, str]
"""Key and value."""


class Pending:
    """Appends to the outbox, in order; keeps in memory what the disk does not take, and tries it again.

    For everything but presses, which wait in the panel. Any thread may call. `noted` sees all that comes.
    """

    def __init__(self, outbox: Outbox, noted: Callable[[Payload, Stamp], None] = lambda *_: None) -> None:
        self._outbox = outbox
        self._noted = noted
        self._lock = threading.Lock()
        self._waiting: deque[tuple[Payload, Stamp, Mark | None]] = deque()
        self._lost = 0

    def append(self, payload: Payload, at: Stamp, mark: Mark | None = None) -> None:
        """Store it now if the disk lets us, else at a later `retry`; beyond 1,000 the oldest goes.

        `mark` is stored in the same transaction, under its key.
        """
        self._noted(payload, at)
        with self._lock:
            self._waiting.append((payload, at, mark))
            if len(self._waiting) > MOST:
                self._waiting.popleft()
                self._lost += 1
        self.retry()

    def retry(self) -> None:
        """Store what waits."""
        with self._lock:
            try:
                while self._waiting:
                    self._outbox.append(*self._waiting[0])
                    self._waiting.popleft()
            except OutboxUnwritable:
                return
            if self._lost:
                log.error("%d events about the device were lost while the outbox was away", self._lost)
                self._lost = 0
