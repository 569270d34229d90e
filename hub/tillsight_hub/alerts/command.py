"""`tillsight-hub alerts`: the list of alerts on the terminal or in a file."""

import argparse
import sys
from pathlib import Path

from ..access.clock import now_ms
from ..config import HubConfig
from ..database import open_database, prepare
from ..errors import UnknownPlace
from ..hierarchy import read_hierarchy
from .listing import csv_of, read_alerts
from .rules import read_rules


def add_alerts_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `tillsight-hub alerts`."""
    parser.add_argument("--place", metavar="ID", help="org, region, store or touchpoint; default: all")
    parser.add_argument(
        "--days", type=float, default=30.0, help="raised in the last so many days; default: 30"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write CSV here instead of the terminal")


def run_alerts_command(arguments: argparse.Namespace, config: HubConfig) -> int:
    """Write the alerts as CSV; 0 when done."""
    engine = open_database(config.database_url())
    prepare(engine)
    with engine.connect() as connection:
        hierarchy = read_hierarchy(connection)
        places = hierarchy.within(arguments.place)
        if arguments.place is not None and not places:
            raise UnknownPlace(
                f"place {arguments.place!r}: there is no org, region, store or touchpoint of it"
            )
        begin = now_ms() - round(arguments.days * 86_400_000)
        rules = read_rules(connection, config.alerts)
        found = read_alerts(connection, hierarchy, places, rules, start=begin)
    lines = csv_of(entry.row() for entry in reversed(found))
    if arguments.out is None:
        sys.stdout.writelines(line.replace("\r\n", "\n") for line in lines)
    else:
        with arguments.out.open("w", newline="", encoding="utf-8") as file:
            file.writelines(lines)
    return 0
