"""`tillsight-edge run`: the agent, until it is told to stop."""

import argparse
import logging
import threading

from tillsight_models.errors import BadConfig

from ..config import load_config, vision_problems
from ..vision.networks.registry import model_problems
from . import FAILED, Commands, new_command, stop_on_signals


def add(commands: Commands) -> None:
    """The command's arguments."""
    new_command(commands, "run", "run the agent until SIGTERM or Ctrl-C", run)


def run(arguments: argparse.Namespace) -> int:
    """Run the agent on this machine's pins and ports."""
    from ..agent import Agent

    logging.getLogger().setLevel(logging.INFO)
    config = load_config(arguments.config)
    if config.panel.kind == "simulated":
        raise BadConfig(["panel.kind: 'simulated': is for tillsight-edge simulate"])
    if problems := [*vision_problems(config), *model_problems(config)]:
        raise BadConfig(problems)
    agent = Agent(config, config_file=arguments.config)
    stop_on_signals(agent.stop)

    def died(crash: threading.ExceptHookArgs) -> None:
        threading.__excepthook__(crash)
        agent.fail()

    threading.excepthook = died
    agent.run()
    return FAILED if agent.failed else 0
