"""`tillsight-edge simulate`: the real agent with simulated shoppers in front of it."""

import argparse
import json
import threading

from tillsight_models.errors import BadConfig

from ..config import load_config, vision_problems
from ..vision.networks.registry import model_problems
from . import Commands, new_command, stop_on_signals


def add(commands: Commands) -> None:
    """The command's arguments."""
    help = "run the agent with simulated shoppers, and print its books at the end"
    parser = new_command(commands, "simulate", help, run)
    parser.add_argument("--seed", type=int, default=1, help="the same seed presses the same buttons")
    parser.add_argument("--presses-per-minute", type=float, default=12, metavar="X")
    parser.add_argument("--contacts-per-minute", type=float, default=20, metavar="Y")
    parser.add_argument("--seconds", type=float, metavar="S", help="end by itself after so long")
    parser.add_argument(
        "--drain-seconds",
        type=float,
        default=10,
        metavar="S",
        help="wait at most so long for the outbox to empty",
    )
    parser.add_argument("--json", action="store_true", help="print the books as one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Run until the time is over or somebody stops it; then print the books."""
    from ..simulate import Pace, as_text, simulate

    config = load_config(arguments.config)
    if problems := [*vision_problems(config), *model_problems(config)]:
        raise BadConfig(problems)
    stopping = threading.Event()
    stop_on_signals(stopping.set)
    pace = Pace(arguments.presses_per_minute, arguments.contacts_per_minute)
    account = simulate(
        config,
        pace,
        stopping,
        seed=arguments.seed,
        seconds=arguments.seconds,
        drain_s=arguments.drain_seconds,
        config_file=arguments.config,
    )
    print(json.dumps(account) if arguments.json else as_text(account), flush=True)
    return 0
