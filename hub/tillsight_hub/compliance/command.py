"""`tillsight-hub retention`: what is kept and how long, and tonight's work now."""

import argparse
import sys

from ..config import HubConfig


def add_retention_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `tillsight-hub retention`."""
    parser.add_argument("action", choices=["run", "list"], help="what is due, or what is kept how long")
    parser.add_argument("--dry-run", action="store_true", help="only say what would go")


def run_retention_command(arguments: argparse.Namespace, config: HubConfig) -> int:
    """Delete what is due, or say what would be; beside a running hub too."""
    from dataclasses import asdict

    from ..database import open_database, prepare
    from .retention import due, forget, rules

    if arguments.action == "list":
        for rule in rules(config.retention, config.cases):
            kept = "for ever" if rule.days is None else f"{rule.days} days"
            sys.stdout.write(f"{rule.name}: {kept}{f' ({rule.setting})' if rule.setting else ''}\n")
        return 0
    engine = open_database(config.database_url())
    prepare(engine)
    found = due(engine, config.retention) if arguments.dry_run else asdict(forget(engine, config.retention))
    for name, number in found.items():
        sys.stdout.write(f"{name}: {number:,} {'would go' if arguments.dry_run else 'gone'}\n")
    return 0
