"""What pages are made from: the database, the catalogue of metrics, and the hierarchy."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Connection, Engine

from ..hierarchy import Hierarchy, hierarchy_version, read_hierarchy
from ..metrics.registry import Catalogue


class Places:
    """The hierarchy, read again only when it changed; thread-safe."""

    def __init__(self) -> None:
        self._hierarchy: Hierarchy | None = None
        self._lock = threading.Lock()

    def now(self, connection: Connection) -> Hierarchy:
        """The hierarchy of this moment: one query of one row tells whether the one it holds still holds."""
        with self._lock:
            held = self._hierarchy
            if held is None or held.version != hierarchy_version(connection):
                held = self._hierarchy = read_hierarchy(connection)
            return held


@dataclass(frozen=True)
class Source:
    """Pages read from it and never write."""

    engine: Engine
    known: Catalogue | Callable[[], Catalogue]
    """The catalogue of metrics, or who knows the one of this moment."""
    places: Places = field(default_factory=Places)

    @property
    def metrics(self) -> Catalogue:
        """The catalogue of this moment: a published survey may add to it."""
        return self.known if isinstance(self.known, Catalogue) else self.known()

    @contextmanager
    def reading(self) -> Iterator[tuple[Connection, Hierarchy]]:
        """A connection, and the hierarchy as it is."""
        with self.engine.connect() as connection:
            yield connection, self.places.now(connection)


def source_of(request: Request) -> Source:
    """The source of the app that serves this request."""
    found: Source = request.app.state.source
    return found


SourceDep = Annotated[Source, Depends(source_of)]
