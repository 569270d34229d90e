"""Couriers: threads that carry out what waits in a table, again and again with growing pauses."""

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

LOOK_S = 2.0
MAX_WAIT_S = 60.0


class Courier:
    """Runs `carry` when it is woken or a moment has passed; False from it means that nobody takes anything at
    the moment."""

    def __init__(self, name: str, carry: Callable[[], bool], look_s: float = LOOK_S) -> None:
        self._name = name
        self._carry = carry
        self._look_s = look_s
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"tillsight-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Return once what is under way has ended."""
        self._stopping.set()
        self._news.set()
        if self._thread.is_alive():
            self._thread.join()

    def wake(self) -> None:
        """There is something to carry; thread-safe."""
        self._news.set()

    def _run(self) -> None:
        wait = self._look_s
        while not self._stopping.is_set():
            self._news.wait(wait)
            self._news.clear()
            if self._stopping.is_set():
                return
            try:
                taken = self._carry()
            except Exception:
                log.exception("the %s failed", self._name)
                taken = False
            wait = self._look_s if taken else min(wait * 2, MAX_WAIT_S)
            if not taken and self._stopping.wait(wait):
                return
