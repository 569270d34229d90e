"""`tillsight-hub backup` and `tillsight-hub restore`."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from ..config import SYSTEM_CONFIG, HubConfig


def add_backup_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `tillsight-hub backup`."""
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE.tar.gz", help="a new file, or the old one's place"
    )
    parser.add_argument(
        "--keep", type=int, metavar="N", help="put the date into the name, and keep the newest N"
    )


def run_backup_command(arguments: argparse.Namespace, config: HubConfig) -> int:
    """Back up, and say what is in it."""
    from .backup import back_up
    from .keeping import dated, forget_older

    now = datetime.now(UTC)
    target = dated(arguments.out, now) if arguments.keep else arguments.out
    manifest = back_up(config, _config_file(arguments), target, now, _progress)
    sys.stderr.write("\n")
    sys.stdout.write(f"{target}: {', '.join(manifest.files)}\n")
    if arguments.keep:
        for gone in forget_older(arguments.out, arguments.keep):
            sys.stdout.write(f"{gone}: removed, older than the newest {arguments.keep}\n")
    return 0


def add_restore_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `tillsight-hub restore`."""
    parser.add_argument("file", type=Path, metavar="FILE.tar.gz")
    parser.add_argument("--check", action="store_true", help="only see whether it is whole")
    parser.add_argument(
        "--config-out", type=Path, metavar="FILE", help="write the hub's own configuration there"
    )


def run_restore_command(arguments: argparse.Namespace, config: HubConfig) -> int:
    """Restore into empty places, or see whether one could."""
    from .backup import examine, restore

    manifest = examine(arguments.file)
    if not arguments.check:
        restore(arguments.file, config, arguments.config_out, datetime.now(UTC))
    sys.stdout.write(
        f"{arguments.file}: of {manifest.made}, Tillsight {manifest.version}: "
        f"{'whole' if arguments.check else 'restored'}\n"
    )
    return 0


def _config_file(arguments: argparse.Namespace) -> Path | None:
    chosen: Path | None = getattr(arguments, "config", None)
    if chosen is None and SYSTEM_CONFIG.exists():
        return SYSTEM_CONFIG
    return chosen


def _progress(what: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{what}: {100 * done // max(1, total)} %  ")
        sys.stderr.flush()
