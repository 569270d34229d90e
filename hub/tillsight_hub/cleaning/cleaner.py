"""The cleaner: a thread that gives labels where something arrived, and all anew after a change of rules."""

import logging
import threading
import time
from collections.abc import Callable

from sqlalchemy import Engine

from ..database import writing
from ..hierarchy import read_hierarchy
from .relabelling import has_arrived, note_changed_rules, propose, read_todos, write
from .rules import CleaningSettings

log = logging.getLogger(__name__)

PAUSE_S = 1.0
"""Between two looks whether something has arrived."""
PASS_S = 0.25
"""A pass takes on nothing more after this time."""
RETRY_S = 10.0
"""After a failure."""


class Cleaner:
    """Keeps the labels as the rules say. It may be killed at any time: what is to do is in the database, and
    is ticked off in the transaction that does it."""

    def __init__(
        self,
        engine: Engine,
        rules: CleaningSettings,
        on_change: Callable[[frozenset[str]], None] = lambda _: None,
        pause_s: float = PAUSE_S,
    ) -> None:
        self._engine = engine
        self._rules = rules
        self._on_change = on_change
        self._pause_s = pause_s
        self._checked = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tillsight-cleaner", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Return once the pass that runs now has ended."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def clean(self) -> bool:
        """One pass over what is to do; whether there is more."""
        if not self._checked and note_changed_rules(self._engine, self._rules):
            log.info("the cleaning rules are not those of last time: all labels are given anew")
        self._checked = True
        proposals = []
        until = time.monotonic() + PASS_S
        with self._engine.connect() as connection:
            hierarchy = read_hierarchy(connection)
            arrived = has_arrived(connection)
            for todo in read_todos(connection):
                proposals.append(propose(connection, hierarchy, todo, self._rules))
                if time.monotonic() > until:
                    break
        if proposals or arrived:
            with writing(self._engine) as connection:
                changed = write(connection, hierarchy, proposals)
            self._on_change(changed)
        return bool(proposals or arrived)

    def clean_all(self) -> None:
        """Until there is nothing to do."""
        while self.clean():
            pass

    def _run(self) -> None:
        delay, failing = 0.0, False
        while not self._stopping.wait(delay):
            began = time.monotonic()
            try:
                more = self.clean()
            except Exception:
                if not failing:
                    log.exception("labels cannot be given, trying again")
                delay, failing = RETRY_S, True
            else:
                if failing:
                    log.info("labels are given again")
                # What is to do at once still leaves the database to ingest for half of the time.
                delay, failing = (time.monotonic() - began if more else self._pause_s), False
