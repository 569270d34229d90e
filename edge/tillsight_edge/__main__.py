"""`tillsight-edge`: reads its arguments and calls one function."""

import argparse
import logging
import sys
import warnings
from importlib import import_module
from importlib.metadata import version

from tillsight_models.errors import BadConfig, TillsightError

from .commands import BAD_CONFIG, FAILED
from .config import VISION_PARTS

COMMANDS = (
    "run",
    "vision",
    "check",
    "simulate",
    "status",
    "kiosk",
    "panel",
    "enrol",
    "privacy",
    "zones",
    "audit",
    "models",
    "detect",
    "count",
    "emotion",
    "demographics",
)
"""Modules of `tillsight_edge.commands`, in the order of the help."""


def main(argv: list[str] | None = None) -> int:
    """The exit code: 0 done, 1 failed, 2 bad arguments or configuration, 3 (status) not running."""
    arguments = build_parser().parse_args(argv)
    warnings.filterwarnings("ignore", message="Falling back from")  # gpiozero's search for pins that it knows
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        return int(arguments.run(arguments))
    except BadConfig as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return BAD_CONFIG
    except TillsightError as error:
        print(f"tillsight-edge: {error}", file=sys.stderr)
    except ModuleNotFoundError as error:
        print(f"tillsight-edge: {_how_to_install(error)}", file=sys.stderr)
    return FAILED


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="tillsight-edge", description="The agent at the till.")
    parser.add_argument("--version", action="version", version=f"tillsight-edge {version('tillsight')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        import_module(f"{__package__}.commands.{name}").add(commands)
    return parser


def _how_to_install(error: ModuleNotFoundError) -> str:
    """What to install for a part that is missing; anything else that cannot be imported is our mistake."""
    if error.name in VISION_PARTS:
        return f"{error.name} is not installed: pip install 'tillsight[vision]'"
    raise error


if __name__ == "__main__":
    sys.exit(main())
