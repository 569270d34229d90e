"""`tillsight-edge check`: what is wrong with a configuration, before a shopper finds out."""

import argparse
from datetime import UTC, datetime

from tillsight_models.errors import BadConfig

from ..config import load_config, problems_here
from ..opencv_wheels import one_opencv
from ..vision.networks.registry import model_problems
from . import Commands, new_command


def add(commands: Commands) -> None:
    """The command's arguments."""
    new_command(commands, "check", "check the configuration: one line a problem, exit code 2", run)


def run(arguments: argparse.Namespace) -> int:
    """Look at the file, and at this machine."""
    config = load_config(arguments.config)
    problems = problems_here(config)
    if config.cameras:
        problems += model_problems(config)
        problems += [problem] if (problem := one_opencv()) else []
    if problems:
        raise BadConfig(problems)
    declared = config.declaration if config.emotion.enabled or config.demographics.enabled else None
    if declared is not None and (soon := declared.ends_soon(datetime.now(UTC).date())):
        print(soon)
    print(f"{arguments.config}: good")
    return 0
