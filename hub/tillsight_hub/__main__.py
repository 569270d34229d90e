"""`tillsight-hub`: one table of commands; each one reads its arguments and calls its subject's function."""

import argparse
import logging
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from tillsight_models.errors import BadConfig, TillsightError

from .access.commands import add_token_arguments, add_user_arguments, run_token_command, run_user_command
from .alerts.command import add_alerts_arguments, run_alerts_command
from .analysis.command import add_analyse_arguments, run_analyse_command
from .backup.command import (
    add_backup_arguments,
    add_restore_arguments,
    run_backup_command,
    run_restore_command,
)
from .cleaning.command import add_what_if_arguments, run_what_if_command
from .compliance.command import add_retention_arguments, run_retention_command
from .config import HubConfig, load_config
from .database import migrate, open_database, prepare
from .exports.command import add_export_arguments, run_export_command
from .identity.command import (
    add_ca_arguments,
    add_device_arguments,
    run_ca_command,
    run_device_command,
)
from .imports.command import add_import_arguments, run_import_command
from .mail.command import add_mail_arguments, run_mail_command
from .reports.command import add_report_arguments, run_report_command
from .shown.command import add_survey_arguments, run_survey_command
from .wanted.command import add_settings_arguments, run_settings_command

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


def _rebuild_rollups(_: Arguments, config: HubConfig) -> int:
    from .rollups import Progress, rebuild

    def tell(progress: Progress) -> None:
        if sys.stderr.isatty():
            end = "\n" if progress.touchpoints_done == progress.touchpoints else "\r"
            print(
                f"{progress.touchpoints_done} of {progress.touchpoints} touchpoints",
                end=end,
                file=sys.stderr,
                flush=True,
            )

    done = rebuild(_database(config), tell)
    print(f"{done.events:,} events of {done.touchpoints} touchpoints counted anew")
    return 0


def _verify(_: Arguments, config: HubConfig) -> int:
    from .consistency import verify

    verdict = verify(_database(config), depth="all")
    for mismatch in verdict.examples:
        print(mismatch)
    print(f"{verdict.events:,} events, {verdict.mismatches} mismatches")
    return FAILED if verdict.mismatches else 0


def _quarantine_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    words = {"list": "what was set aside, and why", "replay": "try again, say after a device was registered"}
    for name, help_text in words.items():
        action = actions.add_parser(name, help=help_text, description=help_text)
        action.add_argument(
            "--reason", help="only what was set aside for this reason, such as unknown-device"
        )
        action.add_argument("--device", metavar="ID", help="only what came from this device")
        action.add_argument("--number", type=int, action="append", help="only this row; may be given often")
        if name == "list":
            action.add_argument("--limit", type=int, default=100, help="most rows to show; default: 100")


def _quarantine(arguments: Arguments, config: HubConfig) -> int:
    from .ingest.intake import Intake
    from .ingest.quarantine import Selection, count_by_reason, listed, replay

    engine = _database(config)
    ids = tuple(arguments.number) if arguments.number else None
    selection = Selection(arguments.reason, arguments.device, ids)
    if arguments.action == "replay":
        ingest = config.ingest
        intake = Intake(engine, window=ingest.window, future_tolerance_s=ingest.future_tolerance_s)
        outcome = replay(engine, selection, intake)
        for refused in outcome.refused:
            print(f"{refused.id}: {refused.reason}: {refused.detail}")
        print(f"{outcome.taken} taken, {len(outcome.refused)} refused again")
        return 0
    for row in listed(engine, selection, arguments.limit):
        received = datetime.fromtimestamp(row.received / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        print(f"{row.id}: {received} {row.dev or row.topic}: {row.reason}: {row.detail}")
    for reason, number in count_by_reason(engine).items():
        print(f"{number:,} {reason}", file=sys.stderr)
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
        Command("export", "write scores or events into a file", run_export_command, add_export_arguments),
        Command("alerts", "list alerts as CSV", run_alerts_command, add_alerts_arguments),
        Command("import", "take in history of another system", run_import_command, add_import_arguments),
        Command(
            "analyse", "score a folder of events without a hub", run_analyse_command, add_analyse_arguments
        ),
        Command("what-if", "scores under other cleaning rules", run_what_if_command, add_what_if_arguments),
        Command("survey", "what shoppers are asked", run_survey_command, add_survey_arguments),
        Command("verify", "compare rollups and watermarks with the events; exit 1 if any differ", _verify),
        Command("quarantine", "what was set aside", _quarantine, _quarantine_arguments),
        Command("rebuild-rollups", "count all events anew, beside a running hub too", _rebuild_rollups),
        Command("report", "a report as a PDF", run_report_command, add_report_arguments),
        Command("mail", "whether mail arrives", run_mail_command, add_mail_arguments),
        Command("user", "accounts of people", _user, add_user_arguments),
        Command("token", "API tokens of programs and devices", _token, add_token_arguments),
        Command(
            "backup", "the whole hub in one file, while it runs", run_backup_command, add_backup_arguments
        ),
        Command("restore", "a hub from such a file", run_restore_command, add_restore_arguments),
        Command(
            "retention", "delete what was kept long enough", run_retention_command, add_retention_arguments
        ),
        Command("ca", "the certificate authority of the devices", run_ca_command, add_ca_arguments),
        Command("device", "certificates of devices", run_device_command, add_device_arguments),
        Command("settings", "what devices are set to", run_settings_command, add_settings_arguments),
        Command("broker", "run the embedded broker alone", _broker),
        Command("migrate", "bring the database to this version's tables", _migrate),
    )
}


if __name__ == "__main__":
    sys.exit(main())
