"""One agent for one outbox."""

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import OutboxInUse

log = logging.getLogger(__name__)


@contextmanager
def only_one(outbox: Path) -> Iterator[None]:
    """Two agents on one outbox would send twice and throw each other off the broker: OutboxInUse."""
    lock = outbox.with_name(f"{outbox.name}.lock")
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("a")
    except OSError as error:  # nothing can be written there, so nobody else is at work either
        log.warning("%s: %s", lock, error.strerror)
        yield
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OutboxInUse(f"outbox {outbox}: another agent is using it") from None
        yield
