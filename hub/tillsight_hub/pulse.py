"""What systemd hears of the hub: that it is ready, and that work goes on."""

import http.client
import logging
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from tillsight_models.supervision import Supervisor

from .ingest.messages import Ignored
from .ingest.writer import IngestWriter

log = logging.getLogger(__name__)

EVERY_S = 5.0
PATIENCE_S = 30.0
"""A page or a turn of the writer that takes longer is not there; below the unit's WatchdogSec."""


@dataclass(frozen=True)
class Door:
    """Where the hub's own pages are served."""

    host: str
    port: int
    is_tls: bool = False

    def answers(self) -> bool:
        """Whether a request is answered, with whatever words: a database that is away is no reason to restart
        the hub."""
        try:
            connection = self._connection()
            try:
                connection.request("GET", "/healthz")
                connection.getresponse().read()
            finally:
                connection.close()
        except (OSError, http.client.HTTPException) as error:
            log.warning("the hub's own pages do not answer: %s", error)
            return False
        return True

    def _connection(self) -> http.client.HTTPConnection:
        if not self.is_tls:
            return http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE_S)
        ourselves = ssl.create_default_context()
        ourselves.check_hostname, ourselves.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection(self.host, self.port, timeout=PATIENCE_S, context=ourselves)


class Pulse:
    """Feeds the watchdog while a page is answered and the writer takes its turns, and not when one hangs.

    A thread of its own asks both like a stranger would: over the network, and through the writer's queue.
    """

    def __init__(
        self, writer: IngestWriter, answers: Callable[[], bool], supervisor: Supervisor | None = None
    ) -> None:
        self._writer = writer
        self._answers = answers
        self._supervisor = supervisor or Supervisor()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tillsight-pulse", daemon=True)

    def start(self) -> None:
        """READY as soon as both work."""
        self._thread.start()

    def stop(self) -> None:
        """Say goodbye."""
        self._supervisor.stopping()
        self._stopping.set()
        self._thread.join(EVERY_S + PATIENCE_S)

    def _run(self) -> None:
        is_ready = False
        while not self._stopping.is_set():
            if self._works():
                if not is_ready:
                    is_ready = True
                    self._supervisor.ready()
                self._supervisor.alive(self._status())
            else:
                self._supervisor.troubled("not everything works")
            self._stopping.wait(EVERY_S if is_ready else 0.2)

    def _works(self) -> bool:
        return self._writer_turns() and self._answers()

    def _writer_turns(self) -> bool:
        """Whether it took a message that says nothing; while the database takes nothing it waits, rightly."""
        if self._writer.counts.failing is not None:
            return True
        turned = threading.Event()
        self._writer.submit(Ignored(lambda _: turned.set()))
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end and not self._stopping.is_set():
            if turned.wait(0.1) or self._writer.counts.failing is not None:
                return True
        return False

    def _status(self) -> str:
        counts = self._writer.counts
        if counts.failing is not None:
            return f"the database takes nothing: {counts.failing}"
        return f"{counts.stored:,} events stored since the start"
