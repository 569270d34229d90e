"""Databases with this program's tables in them, at once: migrating takes longer than most tests."""

import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import Engine, make_url

from tillsight_hub.database import migrate, open_database


def with_tables(url: str) -> Engine:
    """An engine on a database with all tables; a SQLite file that is not there yet is a copy of one."""
    found = make_url(url)
    if found.get_backend_name() == "sqlite" and found.database:
        lay_down(Path(found.database))
    engine = open_database(url)
    migrate(engine)
    return engine


def lay_down(path: Path) -> None:
    """Put a SQLite file with all tables there, where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(_empty_file())


@cache
def _empty_file() -> bytes:
    """What migrating makes of nothing; once in each process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hub.db"
        engine = open_database(f"sqlite:///{path}")
        migrate(engine)
        engine.dispose()  # the last connection writes SQLite's log into the file
        return path.read_bytes()
