"""The long chaos run of `scripts/soak`: progress on stderr, one JSON object on stdout."""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .chaos import Outcome, Play, run_chaos
from .databases import PostgreSQL
from .processes import MissingPart

MATRIX = (("mosquitto", "sqlite"), ("mosquitto", "postgresql"), ("amqtt", "sqlite"))


def main() -> int:
    """The exit code: 0 everything arrived exactly once, 1 not, 2 a program is missing."""
    arguments = _arguments()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="tillsight-soak-"))
    began = time.monotonic()
    runs: list[dict[str, Any]] = []
    try:
        for broker, database in _combinations(arguments):
            runs.append(_run(arguments, broker, database, folder / f"{broker}-{database}"))
    except MissingPart as missing:
        print(f"soak: {missing}", file=sys.stderr)
        return 2
    violations = sum(len(run["violations"]) for run in runs)
    if not violations and not arguments.folder:
        shutil.rmtree(folder)
    evidence = str(folder) if folder.exists() else None
    seconds = round(time.monotonic() - began, 1)
    print(
        json.dumps(
            {
                "seed": arguments.seed,
                "seconds": seconds,
                "violations": violations,
                "evidence": evidence,
                "runs": runs,
            },
            indent=2,
        )
    )
    return 1 if violations else 0


def _run(arguments: argparse.Namespace, broker: str, database: str, folder: Path) -> dict[str, Any]:
    name = f"{broker} + {database}"
    with _database(database) as url:
        play = Play(
            folder=folder,
            seed=arguments.seed,
            seconds=arguments.seconds,
            broker=broker,
            database_url=url,
            edges=arguments.edges,
            rate=arguments.rate,
        )
        outcome = run_chaos(play, lambda text: print(f"{name}: {text}", file=sys.stderr, flush=True))
    _tell(name, outcome)
    return {"broker": broker, "database": database, **outcome.summary()}


def _tell(name: str, outcome: Outcome) -> None:
    verdict = outcome.verdict
    for violation in verdict.violations:
        print(f"{name}: VIOLATION: {violation}", file=sys.stderr)
    ends = f"{outcome.kills.total()} kills, {outcome.stops.total()} stops"
    events = f"{verdict.ledgered} events in the ledgers, {verdict.stored} stored"
    print(f"{name}: {ends}, {events}, {len(verdict.violations)} violations", file=sys.stderr, flush=True)


@contextmanager
def _database(kind: str) -> Iterator[str | None]:
    """URL of a fresh database; None for the hub's own SQLite file."""
    if kind == "sqlite":
        yield None
        return
    server = PostgreSQL()
    try:
        server.start()
        with server.fresh_database() as url:
            yield url
    finally:
        server.remove()


def _combinations(arguments: argparse.Namespace) -> list[tuple[str, str]]:
    """The matrix, or the one combination that was asked for."""
    if arguments.broker is None and arguments.database is None:
        return list(MATRIX)
    return [(arguments.broker or "mosquitto", arguments.database or "sqlite")]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/soak",
        description="Kills broker, hub and edges at random, then looks for every event. Without --broker and"
        " --database: mosquitto with SQLite, then with PostgreSQL, then amqtt with SQLite.",
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="the same seed kills at the same times (default 1)"
    )
    parser.add_argument(
        "--seconds", type=float, default=120.0, help="of killing, a combination (default 120)"
    )
    parser.add_argument("--broker", choices=("mosquitto", "amqtt"))
    parser.add_argument("--database", choices=("sqlite", "postgresql"))
    parser.add_argument("--edges", type=int, default=4, help="devices (default 4)")
    parser.add_argument("--rate", type=float, default=50.0, help="presses per second and device (default 50)")
    parser.add_argument(
        "--folder",
        type=Path,
        help="for its files, which stay (default: a new one, which stays after a violation)",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
