"""`tillsight-edge vision`: the process that sees, for the agent or systemd to start."""

import argparse
import logging
import os

from tillsight_models.errors import BadConfig

from ..config import vision_problems
from ..vision.networks.registry import model_problems
from ..wanted_cameras import load_seen
from . import FAILED, Commands, new_command, stop_on_signals


def add(commands: Commands) -> None:
    """The command's arguments."""
    help = "look at the cameras and tell the agent numbers; the agent starts it unless vision.start is false"
    new_command(commands, "vision", help, run)


def run(arguments: argparse.Namespace) -> int:
    """Watch over the cameras until SIGTERM or Ctrl-C."""
    config = load_seen(arguments.config)
    if not config.cameras:
        raise BadConfig(["cameras: none: there is nothing to look at"])
    if problems := [*vision_problems(config), *model_problems(config)]:
        raise BadConfig(problems)
    from ..vision.process.supervise import VisionSupervisor
    from ..vision_process import STARTED_BY_AGENT, take_the_place

    place = take_the_place(config.vision_socket)
    if place is None:
        logging.error("vision socket %s: another process sees for it already", config.vision_socket)
        return FAILED
    with place:
        started_by_agent = STARTED_BY_AGENT in os.environ
        supervisor = VisionSupervisor(config, arguments.config, started_by_agent=started_by_agent)
        stop_on_signals(supervisor.stop)
        supervisor.run()
    return 0
