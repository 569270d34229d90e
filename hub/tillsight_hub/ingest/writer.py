"""The one thread that writes: takes what is there, commits it, and only then lets anybody be told."""

import logging
import queue
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from tillsight_models.delivery import DEFAULT_WINDOW

from ..fleet.watch import Watch
from .checks import Message, read_message, refused_whole
from .crash_points import crash_point
from .intake import FUTURE_TOLERANCE_S, Intake, Outcome, now_ms
from .messages import Committed, DeviceAck, DeviceNote, Ignored, Incoming, PressSeen, Receipt
from .refusals import REASONS, Refusal

__all__ = ["Committed", "DeviceNote", "Incoming", "IngestCounts", "IngestWriter", "PressSeen", "Receipt"]

log = logging.getLogger(__name__)

MAX_BATCH = 1000
MAX_BATCH_BYTES = 2_000_000
"""Payload in one transaction: about ten thousand events."""
RETRY_S = 0.1
MAX_RETRY_S = 5.0
MAX_WARNINGS = 1000

Item = Incoming | DeviceNote | Ignored
Part = Message | DeviceNote | Ignored
"""An item, taken apart."""
Value = TypeVar("Value")


class _PoisonedError(Exception):
    """The database refuses what is in the batch."""


class _GaveUpError(Exception):
    """The hub stops while the database takes nothing."""


@dataclass
class IngestCounts:
    """What the writer has done since it started, for /metrics and /healthz."""

    transactions: int = 0
    transaction_s: float = 0.0
    """Time in committed transactions, together."""
    messages: int = 0
    stored: int = 0
    duplicates: int = 0
    reordered: int = 0
    replayed: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    """By reason."""
    retries: int = 0
    last_commit: int | None = None
    """ms UTC; None before the first."""
    failing: str | None = None
    """What the database says while it takes nothing."""


class IngestWriter:
    """Commits messages in batches and answers for them afterwards.

    A batch is what has arrived meanwhile: one message when it is quiet, hundreds under load, and never a
    wait. While the database takes nothing, nothing is acknowledged and the batch is tried again.
    """

    def __init__(
        self,
        engine: Engine,
        on_commit: Callable[[Committed], None] | None = None,
        window: int = DEFAULT_WINDOW,
        max_batch: int = MAX_BATCH,
        future_tolerance_s: int = FUTURE_TOLERANCE_S,
    ) -> None:
        self.counts = IngestCounts()
        self.watch = Watch()
        """What is only seen over a time."""
        self.on_acks: Callable[[Sequence[DeviceAck]], None] = lambda _: None
        """Called after every COMMIT with what to tell the devices; set before the start."""
        self._intake = Intake(engine, window=window, future_tolerance_s=future_tolerance_s, watch=self.watch)
        self._on_commit = on_commit or (lambda _: None)
        self._dbapi = engine.dialect.loaded_dbapi
        self._max_batch = max_batch
        self._queue: queue.SimpleQueue[Item | None] = queue.SimpleQueue()
        self._warned: set[tuple[str, str]] = set()
        self._open = True
        self._stopping = threading.Event()
        self._untold: deque[Item] = deque()
        """Of the batch at work, those who have not got their receipt."""
        self._thread = threading.Thread(target=self._run, name="ingest-writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Write what is waiting, unless the database takes nothing, and end the thread."""
        self._stopping.set()
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def submit(self, item: Item) -> None:
        """Hand over a message; returns at once, `item.done` is called after its COMMIT."""
        self._queue.put(item)

    @property
    def running(self) -> bool:
        """Whether its thread is there; it stays there while the database is away."""
        return self._thread.is_alive()

    @property
    def waiting(self) -> int:
        """Messages that are not in a transaction yet."""
        return self._queue.qsize()

    def _run(self) -> None:
        try:
            while self._open:
                self._untold = deque(self._next_batch())
                parts = [_read(item) for item in self._untold]
                crash_point("writer.received")
                self._commit(parts)
        except _GaveUpError:
            log.warning("stopped while the database takes nothing; devices will send again")
        finally:
            self._turn_away()

    def _next_batch(self) -> list[Item]:
        """Wait for one message and take what else is there."""
        items: list[Item] = []
        size = 0
        while len(items) < self._max_batch and size < MAX_BATCH_BYTES:
            try:
                item = self._queue.get(block=not items)
            except queue.Empty:
                break
            if item is None:
                self._open = False
                break
            items.append(item)
            size += len(item.payload) if isinstance(item, Incoming) else 0
        return items

    def _commit(self, parts: list[Part]) -> None:
        """Store the parts and answer; what makes the transaction fail by itself is found by halving."""
        if not parts:
            return
        try:
            outcome = self._attempt(parts)
        except _PoisonedError as error:
            if len(parts) == 1:
                self._commit_without_poison(parts[0], error)
            else:
                middle = len(parts) // 2
                self._commit(parts[:middle])
                self._commit(parts[middle:])
        else:
            self._tell(parts, outcome)

    def _attempt(self, parts: Sequence[Part], *, is_last_resort: bool = False) -> Outcome:
        """One committed transaction, however long the database needs for it; _PoisonedError where it is the
        content that it does not take."""
        messages = [part for part in parts if isinstance(part, Message)]
        notes = [part for part in parts if isinstance(part, DeviceNote)]
        delay = RETRY_S
        while True:
            began = time.monotonic()
            try:
                outcome = self._intake.take(messages, notes)
            except Exception as error:
                if not is_last_resort and not _is_unavailable(error, self._dbapi):
                    raise _PoisonedError(_first_line(error)) from error
                self._failed(error)
                if self._stopping.wait(delay):
                    raise _GaveUpError from error
                delay = min(delay * 2, MAX_RETRY_S)
            else:
                self.counts.transaction_s += time.monotonic() - began
                self._succeeded(outcome)
                return outcome

    def _commit_without_poison(self, part: Part, error: Exception) -> None:
        """Store the events of a poisoned message one by one, and quarantine those that are refused.

        Where the quarantine is refused too, it was not the content: then that is tried again for ever.
        """
        if not isinstance(part, Message):
            log.error("%r is ignored: %s", part, error)
            self._done(part, Receipt(committed=True))
            return
        rest = Message(part.incoming, part.place, refusals=part.refusals)
        stored = 0
        for arrival in part.arrivals:
            alone = Message(part.incoming, part.place, [arrival])
            try:
                outcome = self._attempt([alone])
            except _PoisonedError as refused:
                rest.refusals.append(arrival.refused("refused-by-database", str(refused)))
            else:
                rest.arrivals.append(arrival)
                stored += outcome.receipt.stored
                self._call(self._on_commit, outcome.committed)
        outcome = self._attempt([rest], is_last_resort=True)
        self._tell([part], replace(outcome, receipt=replace(outcome.receipt, stored=stored)))

    def _tell(self, parts: Sequence[Part], outcome: Outcome) -> None:
        """After the COMMIT: the broker in order of arrival, then the devices, then who watches."""
        crash_point("writer.before-puback")
        for part in parts:
            self._done(part, outcome.receipt)
        crash_point("writer.before-ack")
        if outcome.acks:
            self._call(self.on_acks, outcome.acks)
        if outcome.committed.touchpoints:
            self._call(self._on_commit, outcome.committed)

    def _done(self, part: Part, receipt: Receipt) -> None:
        item = part.incoming if isinstance(part, Message) else part
        self._untold.popleft()
        self.counts.messages += isinstance(item, Incoming)
        self._call(item.done, receipt)

    def _turn_away(self) -> None:
        """Tell everyone who waits that nothing of theirs was stored."""
        while not self._queue.empty():
            item = self._queue.get()
            if item is not None:
                self._untold.append(item)
        for item in self._untold:
            self._call(item.done, Receipt(committed=False))

    def _call(self, callback: Callable[[Value], None], value: Value) -> None:
        """What others do with the news must not stop the writer."""
        try:
            callback(value)
        except Exception:
            log.exception("told of a commit, %r failed", callback)

    def _failed(self, error: Exception) -> None:
        self.counts.retries += 1
        if self.counts.failing is None:
            log.error("the database takes no events, trying again: %s", _first_line(error))
        self.counts.failing = _first_line(error)

    def _succeeded(self, outcome: Outcome) -> None:
        counts = self.counts
        if counts.failing is not None:
            log.info("the database takes events again")
            counts.failing = None
        counts.transactions += 1
        counts.stored += outcome.receipt.stored
        counts.duplicates += outcome.receipt.duplicates
        counts.reordered += outcome.receipt.reordered
        counts.replayed += outcome.receipt.replayed
        counts.quarantined.update(refusal.reason for refusal in outcome.aside)
        counts.last_commit = now_ms()
        for refusal in outcome.aside:
            self._warn(refusal)

    def _warn(self, refusal: Refusal) -> None:
        """Once for each device and reason: a broken device says the same thing for hours."""
        source = refusal.place.device if refusal.place else "unknown"
        if (source, refusal.reason) not in self._warned and len(self._warned) < MAX_WARNINGS:
            self._warned.add((source, refusal.reason))
            words = refusal.reason, source, refusal.detail, REASONS[refusal.reason]
            log.warning("quarantined: %s from device %s: %s (%s)", *words)


def _read(item: Item) -> Part:
    """A message taken apart; what we did not think of is refused, and must not stop the writer."""
    if not isinstance(item, Incoming):
        return item
    try:
        return read_message(item)
    except Exception as error:
        log.exception("a message on %r cannot be read", item.topic)
        return Message(item, refusals=[refused_whole(item, "bad-type", f"message: {error!r}")])


def _is_unavailable(error: Exception, dbapi: Any) -> bool:
    """Whether the database, and not what we wanted to store, is the reason.

    ProgrammingError is a missing table, column or permission: a mistake, but not the events'.
    """
    cause = error.orig if isinstance(error, DBAPIError) else error
    of_database = (dbapi.OperationalError, dbapi.InterfaceError, dbapi.ProgrammingError)
    return isinstance(cause, (*of_database, SQLAlchemyError, OSError, MemoryError))


def _first_line(error: BaseException) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return (str(cause).strip().splitlines() or [type(cause).__name__])[0]
