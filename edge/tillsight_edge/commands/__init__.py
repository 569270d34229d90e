"""The commands of `tillsight-edge`: one module each, with `add` for its arguments and `run` for its work."""

import argparse
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from ..config import SYSTEM_CONFIG

FAILED, BAD_CONFIG, NOT_RUNNING = 1, 2, 3


class Commands(Protocol):
    """argparse's subparsers, as far as commands use them."""

    def add_parser(
        self, name: str, *, help: str, description: str, parents: list[argparse.ArgumentParser]
    ) -> argparse.ArgumentParser:
        """A parser for one more command."""


def new_command(
    commands: Commands, name: str, help: str, run: Callable[[argparse.Namespace], int], *, config: bool = True
) -> argparse.ArgumentParser:
    """A command that `run` carries out; with `config` it takes `--config FILE`."""
    parents = [_config_argument()] if config else []
    parser = commands.add_parser(name, help=help, description=help, parents=parents)
    parser.set_defaults(run=run)
    return parser


def stop_on_signals(stop: Callable[[], None]) -> None:
    """Call `stop` on SIGTERM and Ctrl-C."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop())


def _config_argument() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument(
        "--config", type=Path, metavar="FILE", default=SYSTEM_CONFIG, help=f"default: {SYSTEM_CONFIG}"
    )
    return parser
