"""The hierarchy as pages need it: read again only when it changed."""

import threading

from sqlalchemy import Connection

from ..hierarchy import Hierarchy, hierarchy_version, read_hierarchy


class Places:
    """Thread-safe; one query of one row tells whether what it holds still holds."""

    def __init__(self) -> None:
        self._hierarchy: Hierarchy | None = None
        self._lock = threading.Lock()

    def now(self, connection: Connection) -> Hierarchy:
        """The hierarchy of this moment."""
        with self._lock:
            held = self._hierarchy
            if held is None or held.version != hierarchy_version(connection):
                held = self._hierarchy = read_hierarchy(connection)
            return held
