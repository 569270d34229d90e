"""`tillsight-hub`: one table of commands; each one reads its arguments and calls its subject's function."""

import argparse
import logging
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from tillsight_models.errors import BadConfig, TillsightError

from .access.commands import add_token_arguments, add_user_arguments, run_token_command, run_user_command
from .config import HubConfig, load_config
from .database import migrate, open_database, prepare

FAILED, BAD_CONFIG, INTERRUPTED = 1, 2, 130

Arguments = argparse.Namespace


@dataclass(frozen=True)
class Command:
    """One subcommand: what it is for, what it takes, what it does; `run` returns the exit code."""

    name: str
    help: str
    run: Callable[[Arguments, HubConfig], int]
    add_arguments: Callable[[argparse.ArgumentParser], None] = lambda _: None


def main(argv: list[str] | None = None) -> int:
    """The exit code: 0 done, 1 failed, 2 bad arguments or configuration."""
    arguments = build_parser().parse_args(argv)
    _log_to_stderr(arguments.command)
    try:
        config = load_config(getattr(arguments, "config", None), getattr(arguments, "data_dir", None))
        return COMMANDS[arguments.command].run(arguments, config)
    except BadConfig as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return BAD_CONFIG
    except TillsightError as error:
        print(f"tillsight-hub: {error}", file=sys.stderr)
    except DBAPIError as error:
        print(f"tillsight-hub: database: {str(error.orig).strip().splitlines()[0]}", file=sys.stderr)
    except OSError as error:
        print(f"tillsight-hub: {error.filename or ''}: {error.strerror or error}", file=sys.stderr)
    except KeyboardInterrupt:
        return INTERRUPTED
    return FAILED


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument(
        "--config", type=Path, metavar="FILE", help="default: /etc/tillsight/hub.toml where it exists"
    )
    common.add_argument("--data-dir", type=Path, metavar="DIR", help="instead of the file's data_dir")
    parser = argparse.ArgumentParser(
        prog="tillsight-hub", description="From presses to honest scores.", parents=[common]
    )
    parser.add_argument("--version", action="version", version=f"tillsight-hub {version('tillsight')}")
    actions = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS.values():
        child = actions.add_parser(
            command.name, help=command.help, description=command.help, parents=[common]
        )
        command.add_arguments(child)
    return parser


def _log_to_stderr(command: str) -> None:
    level = logging.INFO if command in ("run", "broker") else logging.WARNING
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for talkative in ("uvicorn", "alembic"):
        logging.getLogger(talkative).setLevel(logging.WARNING)


def _database(config: HubConfig) -> Engine:
    engine = open_database(config.database_url())
    prepare(engine)
    return engine


def _progress(done: int, total: int) -> None:
    """A counter that stays on one line of a terminal, and out of pipes and logs."""
    if sys.stderr.isatty():
        print(f"\r{done:,} of {total:,}", end="" if done < total else "\n", file=sys.stderr, flush=True)


# --- Commands --------------------------------------------------------------------------------------------


def _run(_: Arguments, config: HubConfig) -> int:
    from .app import serve

    serve(config, lambda line: print(line, flush=True))
    return 0


def _seed_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="hierarchy in TOML, as seed.example.toml")


def _seed(arguments: Arguments, config: HubConfig) -> int:
    from .seed import apply_seed, read_seed

    seed = read_seed(arguments.file)
    result = apply_seed(_database(config), seed)
    print(f"{result.added} added, {result.changed} changed, {len(result.recomputed)} counted anew")
    for place in result.absent:
        print(f"warning: {place} is in the hub but not in {arguments.file}; it stays", file=sys.stderr)
    return 0


def _migrate(_: Arguments, config: HubConfig) -> int:
    print(f"the database is at revision {migrate(open_database(config.database_url()))}")
    return 0


def _broker(_: Arguments, config: HubConfig) -> int:
    from .broker import EmbeddedBroker

    mqtt = config.mqtt
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    broker = EmbeddedBroker(config.data_dir / "broker", mqtt.host, mqtt.port, mqtt.program)
    try:
        broker.start()
        print(f"MQTT broker: {broker.name} on {broker.host}:{broker.port}", flush=True)
        signal.pause()
    except KeyboardInterrupt:
        return 0
    finally:
        broker.stop()
    return 0


def _user(arguments: Arguments, config: HubConfig) -> int:
    return run_user_command(arguments, _database(config))


def _token(arguments: Arguments, config: HubConfig) -> int:
    return run_token_command(arguments, _database(config))


COMMANDS = {
    command.name: command
    for command in (
        Command("run", "take events in and serve pages and API", _run),
        Command("seed", "write a hierarchy file into the database", _seed, _seed_arguments),
        Command("user", "accounts of people", _user, add_user_arguments),
        Command("token", "API tokens of programs and devices", _token, add_token_arguments),
        Command("broker", "run the embedded broker alone", _broker),
        Command("migrate", "bring the database to this version's tables", _migrate),
    )
}


if __name__ == "__main__":
    sys.exit(main())
