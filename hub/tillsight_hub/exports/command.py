"""`tillsight-hub export`: an export into a file, with progress on the terminal."""

import argparse
import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, get_args

from sqlalchemy import Engine

from tillsight_models.errors import BadConfig

from ..config import HubConfig
from ..database import open_database, prepare
from ..errors import BadPeriod, UnknownMetric, UnknownPlace
from ..hierarchy import read_hierarchy
from ..metrics.catalogue import catalogue
from ..metrics.registry import DEFAULT_LEVEL, LOWEST_LEVEL
from ..periods import Every, Period
from ..shown.asked import read_metric_settings
from .dictionary import data_dictionary
from .export import Export, ExportKind, write_export
from .formats import Cells, Format

PROGRESS_EVERY_S = 1.0
ENDINGS: dict[str, Format] = {".csv": "csv", ".xlsx": "xlsx", ".parquet": "parquet"}
EVERY: tuple[Every, ...] = ("hour", "day", "week", "month", "total")


def add_export_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `tillsight-hub export`."""
    parser.set_defaults(usage_error=parser.error)
    add = parser.add_argument
    add("--dictionary", action="store_true", help="print what every column means, and end")
    add("--from", dest="first", metavar="DATE", help="first business day, such as 2026-03-01")
    add("--to", dest="last", metavar="DATE", help="last business day, included")
    add("--out", metavar="FILE", help="where to write; - is standard output")
    add("--format", choices=get_args(Format), help="default: by the ending of FILE, else csv")
    add("--kind", choices=get_args(ExportKind), default="scores", help="default: scores")
    add("--by", choices=EVERY, default="day", help="one row per metric and ...; default: day")
    add("--place", metavar="ID", help="an org, region, store or touchpoint; default: all")
    add("--metric", action="append", default=[], metavar="ID", help="may be given often; default: all")
    add("--no-ranks", action="store_true", help="do not compare touchpoints: more than twice as fast")
    add("--level", type=_level, default=DEFAULT_LEVEL, help="of the intervals; default: 0.95")


def run_export_command(arguments: argparse.Namespace, config: HubConfig) -> int:
    """Write the export; 0 when done."""
    if arguments.dictionary:
        sys.stdout.write(data_dictionary(catalogue(config.metrics, config.privacy.smallest_cell)))
        return 0
    if not (arguments.first and arguments.last and arguments.out):
        arguments.usage_error("--from, --to and --out are required")
    export, engine = _asked_for(arguments, config)
    with _output(arguments.out) as file:
        for piece in write_export(engine, export, _Progress(sys.stderr).watch):
            file.write(piece)
    return 0


def _asked_for(arguments: argparse.Namespace, config: HubConfig) -> tuple[Export, Engine]:
    """BadConfig where there is no such period, place or metric."""
    try:
        return _export(arguments, config)
    except (BadPeriod, UnknownMetric, UnknownPlace) as error:
        raise BadConfig([str(error)]) from error


def _export(arguments: argparse.Namespace, config: HubConfig) -> tuple[Export, Engine]:
    period = Period.between(arguments.first, arguments.last)
    engine = open_database(config.database_url())
    prepare(engine)
    with engine.connect() as connection:
        places = tuple(read_hierarchy(connection).within(arguments.place))
        settings = read_metric_settings(connection, config.metrics)
    if arguments.place and not places:
        raise UnknownPlace(f"--place {arguments.place}: no org, region, store or touchpoint has this id")
    export = Export(
        kind=arguments.kind,
        format=arguments.format or _format_of(arguments.out),
        places=places,
        period=period,
        every=arguments.by,
        level=arguments.level,
        metrics=catalogue(settings, config.privacy.smallest_cell),
        chosen=tuple(arguments.metric),
        ranks=not arguments.no_ranks,
    )
    export.check()
    return export, engine


def _format_of(name: str) -> Format:
    return ENDINGS.get(Path(name).suffix, "csv")


def _level(text: str) -> float:
    level = float(text)
    if not LOWEST_LEVEL <= level < 1:
        raise argparse.ArgumentTypeError(f"{text}: expected at least {LOWEST_LEVEL} and less than 1")
    return level


@contextlib.contextmanager
def _output(name: str) -> Iterator[IO[bytes]]:
    """The file appears under its name only when it is complete."""
    if name == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    unfinished = Path(f"{name}.part")
    try:
        with unfinished.open("wb") as file:
            yield file
        unfinished.replace(name)
    finally:
        unfinished.unlink(missing_ok=True)


class _Progress:
    """Tells how far a long export is, once a second; silent on short ones."""

    def __init__(self, terminal: IO[str]) -> None:
        self._terminal = terminal
        self._next = time.monotonic() + PROGRESS_EVERY_S

    def watch(self, rows: Iterator[Cells], expected: int) -> Iterator[Cells]:
        """The rows, counted."""
        number = 0
        for number, row in enumerate(rows, 1):
            if time.monotonic() >= self._next:
                self._next = time.monotonic() + PROGRESS_EVERY_S
                self._terminal.write(f"export: {number:,} of about {max(expected, number):,} rows\n")
            yield row
        self._terminal.write(f"export: {number:,} rows\n")
