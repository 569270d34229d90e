"""Which version the boxes should have: the hub's own, which is updated before them."""

import json
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from ..tables import setting

_KEY = "hub_version"


@dataclass(frozen=True)
class Expected:
    """The hub's own version, and since when it has it, ms UTC."""

    version: str
    since: int


def note_version(connection: Connection, version: str, now: int) -> None:
    """At every start of the hub: from when on it is this version."""
    if (known := read_expected(connection)) is not None and known.version == version:
        return
    row = {"key": _KEY, "value": json.dumps({"version": version, "since": now})}
    if known is None:
        connection.execute(insert(setting).values(row))
    else:
        connection.execute(update(setting).where(setting.c.key == _KEY).values(row))


def read_expected(connection: Connection) -> Expected | None:
    """None of a database that no hub has run with."""
    told = connection.scalar(select(setting.c.value).where(setting.c.key == _KEY))
    return None if told is None else Expected(**json.loads(told))
