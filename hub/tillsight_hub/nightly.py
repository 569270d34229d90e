"""The jobs of the night: one thread that sleeps until their hour and runs one after the other."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

log = logging.getLogger(__name__)

CHECK_S = 30.0
"""The wall clock is looked at this often: it may be set, and summer time may skip the hour."""


@dataclass(frozen=True)
class Job:
    """Something to do once a night; its failure is logged and does not keep the others from running."""

    name: str
    run: Callable[[], object]


class Nightly:
    """Runs its jobs whenever the local clock passes `at`."""

    def __init__(
        self,
        at: time,
        jobs: Sequence[Job],
        local_now: Callable[[], datetime] | None = None,
        check_s: float = CHECK_S,
    ) -> None:
        self._at = at
        self._jobs = jobs
        self._local_now = local_now or _local_now
        self._check_s = check_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch_the_clock, name="tillsight-nightly", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Return once the job that runs now has ended."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def run_jobs(self) -> list[str]:
        """All jobs now; the names of those that failed."""
        failed = []
        for job in self._jobs:
            if self._stopping.is_set():
                break
            try:
                job.run()
            except Exception:
                log.exception("nightly %s failed", job.name)
                failed.append(job.name)
        return failed

    def _watch_the_clock(self) -> None:
        seen = self._local_now()
        while not self._stopping.wait(self._check_s):
            now = self._local_now()
            if passes(self._at, seen, now):
                self.run_jobs()
            seen = now


def passes(at: time, before: datetime, now: datetime) -> bool:
    """Whether the local clock went by `at` between two looks; being set back is no passing."""
    due = datetime.combine(before.date(), at)
    if due <= before:
        due += timedelta(days=1)
    return due <= now


def _local_now() -> datetime:
    """Wall time of this machine, without zone."""
    return datetime.now(UTC).astimezone().replace(tzinfo=None)
