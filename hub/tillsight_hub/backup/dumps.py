"""The database as of one moment, while the hub goes on: SQLite by its own backup, PostgreSQL by pg_dump."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine, inspect
from sqlalchemy.engine import URL

from .errors import BackupFailed, RestoreRefused

Progress = Callable[[str, int, int], None]
"""What is done, how much of it, out of how much."""

SQLITE_FILE, POSTGRESQL_FILE = "hub.db", "hub.pgdump"
PAGES_AT_ONCE = 2000
"""Between them the hub writes."""
_TLS = ("sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl")
"""Of the URL: the programs of PostgreSQL would else believe any server."""


def name_of_dump(engine: Engine) -> str:
    """What the database's part of a backup is called: it says which kind of database can take it."""
    return SQLITE_FILE if engine.dialect.name == "sqlite" else POSTGRESQL_FILE


def dump(engine: Engine, file: Path, progress: Progress) -> None:
    """Write the database as it is now to `file`."""
    if engine.dialect.name == "sqlite":
        _copy(Path(engine.url.database or ""), file, progress)
    else:
        progress("database", 0, 1)
        _run("pg_dump", engine.url, ["--format=custom", "--no-owner", f"--file={file}"], BackupFailed)


def load(engine: Engine, file: Path) -> None:
    """Make an empty database what the dump says; RestoreRefused where it is not empty."""
    if engine.dialect.name == "sqlite":
        target = Path(engine.url.database or "").absolute()
        if target.exists():
            raise RestoreRefused(f"{target}: there is a database already; restore into an empty place")
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = target.with_name(f".{target.name}.restoring")
        shutil.copyfile(file, fresh)
        fresh.chmod(0o600)
        _sync(fresh)
        fresh.replace(target)
        return
    if inspect(engine).get_table_names():
        shown = engine.url.render_as_string(hide_password=True)
        raise RestoreRefused(f"{shown}: there are tables already; restore into an empty database")
    words = ["--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={engine.url.database}"]
    _run("pg_restore", engine.url, [*words, str(file)], RestoreRefused)


def check(file: Path) -> str:
    """What is wrong with a SQLite dump; empty for a good one."""
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
            found = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        return str(error)
    return "" if found == "ok" else found


def _copy(source: Path, file: Path, progress: Progress) -> None:
    if not source.exists():
        raise BackupFailed(f"{source}: there is no database")
    with closing(sqlite3.connect(source, isolation_level=None)) as old, closing(sqlite3.connect(file)) as new:
        old.execute("BEGIN")
        old.execute("SELECT 1 FROM sqlite_master").fetchone()  # one moment: else each commit begins it anew
        old.backup(
            new,
            pages=PAGES_AT_ONCE,
            progress=lambda _, left, total: progress("database", total - left, total),
            sleep=0.01,
        )
        new.execute("PRAGMA journal_mode=DELETE")
    if problem := check(file):
        raise BackupFailed(f"{source}: {problem}")


def _run(name: str, url: URL, words: list[str], failure: type[Exception]) -> None:
    program = shutil.which(name) or _of_debian(name)
    if program is None:
        raise failure(f"{name} is not installed: apt-get install postgresql-client")
    where = {"PGHOST": url.host or url.query.get("host"), "PGPORT": url.port or url.query.get("port")}
    who = {"PGUSER": url.username, "PGPASSWORD": url.password, "PGDATABASE": url.database}
    how = {f"PG{name.upper()}": url.query.get(name) for name in _TLS}
    known = {key: str(value) for key, value in (where | who | how).items() if value is not None}
    done = subprocess.run(
        [program, *words], env={**os.environ, **known}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        told = done.stderr.strip().splitlines() or [f"code {done.returncode}"]
        raise failure(f"{name}: {told[-1]}")


def _of_debian(name: str) -> str | None:
    """Debian keeps the programs of each version apart, the newest last."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else None


def _sync(file: Path) -> None:
    with file.open("rb") as written:
        os.fsync(written.fileno())
