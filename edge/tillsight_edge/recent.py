"""The contacts of the last half hour, as numbers: what an audit compares a person's count with."""

import threading
from collections import deque
from typing import Any

import msgspec

from tillsight_models.events import ContactEnded, ContactSource, Payload, Stamp

KEPT_MS = 30 * 60_000
MOST = 2_000


class RecentContact(msgspec.Struct, frozen=True, kw_only=True):
    """One contact that has ended."""

    number: int
    """Counts the agent's contacts from 1."""
    left_ms: int
    """Monotonic, of this boot."""
    source: ContactSource
    camera: str | None = None


class RecentContacts:
    """Takes note of contacts on their way to the outbox. Any thread may call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: deque[RecentContact] = deque(maxlen=MOST)
        self._count = 0

    def note(self, payload: Payload, at: Stamp) -> None:
        """Keep it in mind where it is a contact."""
        if not isinstance(payload, ContactEnded):
            return
        with self._lock:
            self._count += 1
            self._kept.append(
                RecentContact(
                    number=self._count, left_ms=at.mono, source=payload.source, camera=payload.camera
                )
            )

    def rows(self, now_ms: int) -> list[dict[str, Any]]:
        """Those of the last half hour, for the status file."""
        with self._lock:
            kept = [each for each in self._kept if each.left_ms >= now_ms - KEPT_MS]
        return [msgspec.structs.asdict(each) for each in kept]
