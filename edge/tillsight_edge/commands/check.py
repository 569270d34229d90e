"""`tillsight-edge check`: what is wrong with a configuration, before a shopper finds out."""

import argparse

from tillsight_models.errors import BadConfig

from ..config import load_config, problems_here
from . import Commands, new_command


def add(commands: Commands) -> None:
    """The command's arguments."""
    new_command(commands, "check", "check the configuration: one line a problem, exit code 2", run)


def run(arguments: argparse.Namespace) -> int:
    """Look at the file, and at this machine."""
    if problems := problems_here(load_config(arguments.config)):
        raise BadConfig(problems)
    print(f"{arguments.config}: good")
    return 0
