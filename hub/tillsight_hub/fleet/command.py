"""`tillsight-hub device alarms`: what is wrong with the fleet, one line each, and who sees to it."""

import argparse
import sys
from datetime import UTC, datetime

from sqlalchemy import Engine

from ..access.clock import now_ms
from ..database import writing
from .alarm_book import Alarm, acknowledge, read_alarms

ACTOR = "tillsight-hub"
DAY_MS = 86_400_000


def run_alarms(arguments: argparse.Namespace, engine: Engine) -> int:
    """0, however many there are."""
    now = now_ms()
    if arguments.acknowledge is not None:
        with writing(engine) as connection:
            acknowledge(connection, arguments.acknowledge, ACTOR, now)
    since = now if arguments.days is None else now - round(arguments.days * DAY_MS)
    subjects = None if arguments.device is None else {arguments.device}
    with engine.connect() as connection:
        found = read_alarms(connection, subjects=subjects, is_open=arguments.days is None, since=since)
    for alarm in found:
        sys.stdout.write(f"{line_of(alarm)}\n")
    return 0


def line_of(alarm: Alarm) -> str:
    """Number, how bad, since when, whose, what, and whether somebody sees to it."""
    words = [f"{alarm.id:>5}", "red   " if alarm.severity == 2 else "yellow", _minute(alarm.raised)]
    words += [f"{alarm.subject}: {alarm.text}"]
    if alarm.cleared is not None:
        words.append(f"(over {_minute(alarm.cleared)})")
    if alarm.acknowledged_by is not None:
        words.append(f"({alarm.acknowledged_by} sees to it)")
    elif alarm.needs_somebody and alarm.cleared is None:
        words.append("(goes on until somebody sees to it)")
    return " ".join(words)


def _minute(t_ms: int) -> str:
    return datetime.fromtimestamp(t_ms / 1000, UTC).strftime("%Y-%m-%d %H:%MZ")
