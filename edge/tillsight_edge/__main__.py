"""`tillsight-edge`: reads its arguments and calls one function."""

import argparse
import json
import logging
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from tillsight_models.errors import BadConfig, TillsightError

from .config import SYSTEM_CONFIG, DeviceConfig, load_config, problems_here

FAILED, BAD_CONFIG, NOT_RUNNING = 1, 2, 3


def main(argv: list[str] | None = None) -> int:
    """The exit code: 0 done, 1 failed, 2 bad arguments or configuration, 3 (status) not running."""
    arguments = build_parser().parse_args(argv)
    warnings.filterwarnings("ignore", message="Falling back from")  # gpiozero's search for pins that it knows
    level = logging.INFO if arguments.command == "run" else logging.WARNING
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        return COMMANDS[arguments.command](arguments, load_config(arguments.config))
    except BadConfig as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return BAD_CONFIG
    except TillsightError as error:
        print(f"tillsight-edge: {error}", file=sys.stderr)
    return FAILED


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--config", type=Path, metavar="FILE", default=SYSTEM_CONFIG, help=f"default: {SYSTEM_CONFIG}"
    )
    parser = argparse.ArgumentParser(prog="tillsight-edge", description="The agent at the till.")
    parser.add_argument("--version", action="version", version=f"tillsight-edge {version('tillsight')}")
    actions = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, help: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=help, description=help, parents=[common])

    command("run", "run the agent until SIGTERM or Ctrl-C")
    command("check", "check the configuration: one line a problem, exit code 2")
    simulator = command("simulate", "run the agent with simulated shoppers, and print its books at the end")
    simulator.add_argument("--seed", type=int, default=1, help="the same seed presses the same buttons")
    simulator.add_argument("--presses-per-minute", type=float, default=12, metavar="X")
    simulator.add_argument("--contacts-per-minute", type=float, default=20, metavar="Y")
    simulator.add_argument("--seconds", type=float, metavar="S", help="end by itself after so long")
    simulator.add_argument(
        "--drain-seconds",
        type=float,
        default=10,
        metavar="S",
        help="wait at most so long for the outbox to empty",
    )
    simulator.add_argument("--json", action="store_true", help="print the books as one JSON object")
    shown = command("status", "how a running or stopped agent is; exit code 3 when it does not run")
    shown.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _run(_: argparse.Namespace, config: DeviceConfig) -> int:
    from .agent import Agent

    if config.panel.kind == "simulated":
        raise BadConfig(["panel.kind: 'simulated': is for tillsight-edge simulate"])
    agent = Agent(config)
    _on_signals(agent.stop)

    def died(crash: threading.ExceptHookArgs) -> None:
        threading.__excepthook__(crash)
        agent.fail()

    threading.excepthook = died
    agent.run()
    return FAILED if agent.failed else 0


def _check(arguments: argparse.Namespace, config: DeviceConfig) -> int:
    if problems := problems_here(config):
        raise BadConfig(problems)
    print(f"{arguments.config}: good")
    return 0


def _simulate(arguments: argparse.Namespace, config: DeviceConfig) -> int:
    from .simulate import Pace, as_text, simulate

    stopping = threading.Event()
    _on_signals(stopping.set)
    pace = Pace(arguments.presses_per_minute, arguments.contacts_per_minute)
    account = simulate(
        config,
        pace,
        stopping,
        seed=arguments.seed,
        seconds=arguments.seconds,
        drain_s=arguments.drain_seconds,
    )
    print(json.dumps(account) if arguments.json else as_text(account), flush=True)
    return 0


def _status(arguments: argparse.Namespace, config: DeviceConfig) -> int:
    from .status import as_text, read_status

    status = read_status(config)
    print(json.dumps(status) if arguments.json else as_text(status))
    return 0 if status["state"] == "running" else NOT_RUNNING


def _on_signals(stop: Callable[[], None]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop())


COMMANDS: dict[str, Callable[[argparse.Namespace, DeviceConfig], int]] = {
    "run": _run,
    "check": _check,
    "simulate": _simulate,
    "status": _status,
}

if __name__ == "__main__":
    sys.exit(main())
