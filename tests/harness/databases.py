"""A throw-away PostgreSQL server on a unix socket, and fresh databases in it."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

from .processes import MissingPart, Process, find_program

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "log_min_messages": "warning",
}
FORGETFUL = {"fsync": "off", "full_page_writes": "off"}
"""What it has said yes to outlives its own end, also by kill -9, not that of the machine."""


class PostgreSQL:
    """One cluster in a folder of its own, with a superuser `postgres` and no password."""

    def __init__(self, *, durable: bool = False) -> None:
        """Only a `durable` one is as slow as in a store: it waits for the disk."""
        folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
        initdb = find_program("initdb", "postgresql", *folders)
        self.user = _unprivileged_user()
        # Not below pytest's folders: root alone may enter those, and a socket's path is at most 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="tillsight-pg-"))
        if self.user:
            shutil.chown(self.folder, self.user)
        self._create_cluster(initdb)
        chosen = SETTINGS if durable else SETTINGS | FORGETFUL
        settings = [f"--{name}={value}" for name, value in chosen.items()]
        self.process = Process(
            [
                initdb.with_name("postgres"),
                "-D",
                self.folder / "cluster",
                "-k",
                self.folder,
                "-p",
                "5432",
                *settings,
            ],
            self.folder / "log",
            user=self.user,
            stop_signal=signal.SIGINT,  # postgres: end now, in an orderly way, without waiting for clients
        )
        self._numbers = count(1)

    def start(self) -> None:
        """Start it and wait until it takes statements."""
        self.process.start()
        self.process.wait_for(self._answers, "PostgreSQL")

    def stop(self) -> None:
        self.process.stop()

    def kill(self) -> None:
        """kill -9 of the postmaster; the server recovers from its log at the next `start`."""
        self.process.kill()

    def remove(self) -> None:
        """Stop it and delete all its files."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str = "postgres") -> str:
        """SQLAlchemy's URL of a database."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}&port=5432"

    @contextmanager
    def fresh_database(self, template: str = "template1") -> Iterator[str]:
        """URL of a new database that is dropped afterwards, whoever is still connected.

        It is empty, or a copy of one that nobody is connected to.
        """
        name = f"t{next(self._numbers)}"
        made = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._run(made.format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield self.url(name)
        finally:
            self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _run(self, statement: sql.Composed) -> None:
        with self._connect() as connection:
            connection.execute(statement)

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.folder), port=5432, user="postgres", dbname="postgres", autocommit=True
        )

    def _answers(self) -> bool:
        try:
            with self._connect():
                return True
        except psycopg.OperationalError:
            return False

    def _create_cluster(self, initdb: Path) -> None:
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run(
            [*_as_user(self.user), str(initdb), "-D", str(self.folder / "cluster"), *options],
            check=True,
            capture_output=True,
            cwd="/",
        )


def _unprivileged_user() -> str | None:
    """Whom to run the server as when we are root, which PostgreSQL refuses; None: as we are."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise MissingPart("there is no user postgres: apt-get install postgresql")


def _as_user(user: str | None) -> list[str]:
    if user is None:
        return []
    return ["setpriv", f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}", "--init-groups", "--"]
