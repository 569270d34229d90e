"""`tillsight-edge privacy verify`: whether the sandboxes of this till hold, tried from inside."""

import argparse

from ..privacy.verify import verify
from . import FAILED, Commands, new_command


def add(commands: Commands) -> None:
    """The command's arguments."""
    words = (
        "verify: try to get out of the sandboxes of this till; a line each, exit code 1 where one gives way"
    )
    privacy = new_command(commands, "privacy", words, run)
    privacy.add_argument("action", choices=("verify",))
    privacy.add_argument("--json", action="store_true", help="a JSON object a line")


def run(arguments: argparse.Namespace) -> int:
    """Print each finding as it is made."""
    good = total = 0
    for finding in verify(arguments.config):
        total += 1
        good += finding.good
        print(finding.to_json() if arguments.json else finding.sentence(), flush=True)
    if not arguments.json:
        print(f"{good} of {total} hold")
    return 0 if good == total else FAILED
