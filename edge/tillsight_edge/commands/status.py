"""`tillsight-edge status`: how a running or stopped agent is."""

import argparse
import json

from ..config import load_config
from . import NOT_RUNNING, Commands, new_command


def add(commands: Commands) -> None:
    """The command's arguments."""
    help = "how a running or stopped agent is; exit code 3 when it does not run"
    parser = new_command(commands, "status", help, run)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Print what the running agent last wrote of itself."""
    from ..status import as_text, read_status

    status = read_status(load_config(arguments.config))
    print(json.dumps(status) if arguments.json else as_text(status))
    return 0 if status["state"] == "running" else NOT_RUNNING
