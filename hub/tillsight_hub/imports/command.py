"""`tillsight-hub import`: a CSV file of another system, examined first and then stored as ordinary events."""

import argparse
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, get_args

from sqlalchemy import Engine

from tillsight_models.events import ContactSource

from ..config import HubConfig
from ..database import open_database, prepare
from ..ingest.intake import Intake, now_ms
from .csv_file import CsvFile
from .examine import Examined, examine
from .kinds import FIELDS, KINDS
from .moments import Dates
from .plan import ImportPlan, read_assignments, read_touchpoint_map
from .register import Import, find_import, list_imports, remove_import
from .storing import store
from .values import DecimalMark

ACTOR = "tillsight-hub"
PROGRESS_EVERY_S = 1.0


def add_import_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `tillsight-hub import`."""
    parser.set_defaults(usage_error=parser.error)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "fields:\n" + "".join(f"  {name:<18}{text}\n" for name, text in FIELDS.items())
    add = parser.add_argument
    add("--list", action="store_true", help="what was imported, and end")
    add("--remove", metavar="STREAM", help="take an import out again, and end")
    add("--kind", choices=tuple(KINDS), help="what the file holds")
    add("--file", type=Path, metavar="F.csv", help="the file, with a header")
    add("--map", nargs="+", action="extend", default=[], metavar="COLUMN=FIELD", help="what a column is")
    add("--touchpoint", metavar="ID", help="where all rows belong, in a file without such a column")
    add("--touchpoint-map", type=Path, metavar="FILE", help="CSV of two columns: their name, our id")
    add("--tz", help="zone of times without offset, such as Europe/Rome; default: the store's")
    add("--dates", choices=get_args(Dates), default="iso", help="of dates like 3/4/2026; default: iso")
    add("--decimal", choices=get_args(DecimalMark), help="decimal mark; default: found out")
    add("--scale", help="of votes, such as smiley-4; default: the touchpoint's")
    add("--first-button", type=int, choices=(0, 1), default=1, help="number of the leftmost; default: 1")
    add("--best-first", action="store_true", help="the leftmost button is the best")
    add("--source", choices=get_args(ContactSource), help="of contacts and audits; default: the touchpoint's")
    add("--max-errors", type=_errors, default=0, metavar="N", help="more bad rows store nothing; default: 0")
    add("--dry-run", action="store_true", help="say what would be stored, and store nothing")


def run_import_command(arguments: argparse.Namespace, config: HubConfig) -> int:
    """Examine, and store; 1 where the errors are too many."""
    if not (arguments.list or arguments.remove or (arguments.kind and arguments.file)):
        arguments.usage_error("--kind and --file are required, or --list, or --remove STREAM")
    engine = open_database(config.database_url())
    prepare(engine)
    if arguments.list:
        return _list(engine)
    if arguments.remove:
        _say(f"{remove_import(engine, arguments.remove, ACTOR):,} events taken out")
        return 0
    examined = _examined(arguments, engine)
    for line in examined.report.lines():
        _say(line)
    return _store(arguments, config, engine, examined)


def plan_of(arguments: argparse.Namespace) -> ImportPlan:
    """What the arguments ask for; BadConfig where they contradict."""
    names = read_touchpoint_map(arguments.touchpoint_map) if arguments.touchpoint_map else {}
    return ImportPlan(
        kind=arguments.kind,
        columns=read_assignments(arguments.map, "--map"),
        touchpoint=arguments.touchpoint,
        touchpoint_map=names,
        tz=arguments.tz,
        dates=arguments.dates,
        decimal=arguments.decimal,
        scale=arguments.scale,
        first_button=arguments.first_button,
        best_first=arguments.best_first,
        source=arguments.source,
    )


def _examined(arguments: argparse.Namespace, engine: Engine) -> Examined:
    plan = plan_of(arguments)
    file = CsvFile.open(arguments.file, plan.columns)
    with engine.connect() as connection:
        return examine(connection, file, plan, now_ms(), _Progress(sys.stderr).tell)


def _store(arguments: argparse.Namespace, config: HubConfig, engine: Engine, examined: Examined) -> int:
    report = examined.report
    if report.bad > arguments.max_errors:
        _say(f"nothing stored: {report.bad:,} rows with errors, --max-errors is {arguments.max_errors}")
        return 1
    if not report.events:
        _say("nothing stored: no rows to store")
        return 1
    with engine.connect() as connection:
        known = find_import(connection, report.stream)
    if known is not None and known.complete:
        _say(
            f"nothing stored: this file was imported as {known.stream} on {_day(known.at)}, by {known.actor}"
        )
        return 0
    if arguments.dry_run:
        _say(f"dry run, nothing stored: it would be {report.events:,} events, import {report.stream}")
        return 0
    ingest = config.ingest
    intake = Intake(engine, window=ingest.window, future_tolerance_s=ingest.future_tolerance_s)
    done = store(engine, examined, ACTOR, intake=intake, progress=_Progress(sys.stderr).tell)
    _say(f"{done.events:,} events stored, {done.duplicates:,} were there: import {done.stream}")
    return 0


def _list(engine: Engine) -> int:
    with engine.connect() as connection:
        for each in list_imports(connection):
            _say(_line(each))
    return 0


def _line(each: Import) -> str:
    state = "" if each.complete else f" (broken off: {each.stored:,} stored; import it again, or remove it)"
    what = f"{each.rows:,} rows, {each.events:,} events{state}"
    return f"{each.stream}  {_day(each.at)}  {each.actor}  {each.kind}  {each.file}  {what}"


def _day(t_ms: int) -> str:
    return datetime.fromtimestamp(t_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _errors(text: str) -> int:
    if not text.isascii() or not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text}: expected a number from 0")
    return int(text)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


class _Progress:
    """Tells how far a long import is, once a second; silent on short ones."""

    def __init__(self, terminal: IO[str]) -> None:
        self._terminal = terminal
        self._next = time.monotonic() + PROGRESS_EVERY_S

    def tell(self, what: str, done: int, total: int) -> None:
        """One line at most every second."""
        if time.monotonic() >= self._next and total:
            self._next = time.monotonic() + PROGRESS_EVERY_S
            self._terminal.write(f"import: {what}: {done:,} of {total:,}\n")
