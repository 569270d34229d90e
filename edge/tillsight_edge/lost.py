"""Ranges of event numbers that the hub will never get, remembered until it knows.

They live in the outbox's file and change in the same transaction as the events. A range whose report was
itself lost is reported again.
"""

import sqlite3
from collections.abc import Iterable
from typing import Literal, cast

from tillsight_models.events import SeqRange

Reason = Literal["outbox-full", "not-held"]


def remember(connection: sqlite3.Connection, ranges: Iterable[SeqRange], reason: Reason) -> None:
    """Note ranges as lost and not yet reported; what is noted already stays as it is."""
    known = [(first, last) for first, last, *_ in _rows(connection)]
    fresh = [part for wanted in ranges for part in subtract(wanted, known)]
    connection.executemany(
        "INSERT OR IGNORE INTO lost (first, last, reason) VALUES (?, ?, ?)",
        [(first, last, reason) for first, last in fresh],
    )


def unreported(connection: sqlite3.Connection) -> dict[Reason, list[SeqRange]]:
    """The ranges that no held event reports, neighbours joined, by reason."""
    found: dict[Reason, list[SeqRange]] = {}
    for first, last, reason, report in _rows(connection):
        if report is None:
            found.setdefault(cast(Reason, reason), []).append((first, last))
    return {reason: join(ranges) for reason, ranges in found.items()}


def reported(connection: sqlite3.Connection, ranges: Iterable[SeqRange], reason: Reason, report: int) -> None:
    """Event `report` tells the hub about these ranges, which `unreported` gave."""
    for first, last in ranges:
        connection.execute("DELETE FROM lost WHERE first >= ? AND last <= ?", (first, last))
        connection.execute("INSERT INTO lost VALUES (?, ?, ?, ?)", (first, last, reason, report))


def reports(connection: sqlite3.Connection) -> list[int]:
    """Numbers of the events that report, oldest first."""
    rows = connection.execute("SELECT DISTINCT report FROM lost WHERE report IS NOT NULL ORDER BY report")
    return [row[0] for row in rows]


def settled(connection: sqlite3.Connection, upto: int) -> None:
    """The hub has accounted for everything up to `upto`, so for the gaps as well."""
    connection.execute("DELETE FROM lost WHERE last <= ?", (upto,))


def report_dropped(connection: sqlite3.Connection, upto: int) -> None:
    """The events up to `upto` were dropped; what reports among them said must be said again."""
    connection.execute("UPDATE lost SET report = NULL WHERE report <= ?", (upto,))


def subtract(wanted: SeqRange, known: Iterable[SeqRange]) -> list[SeqRange]:
    """The parts of `wanted` that no range of `known` covers."""
    first, last = wanted
    parts: list[SeqRange] = []
    for known_first, known_last in sorted(known):
        if known_last < first or known_first > last:
            continue
        if known_first > first:
            parts.append((first, known_first - 1))
        first = max(first, known_last + 1)
    if first <= last:
        parts.append((first, last))
    return parts


def join(ranges: Iterable[SeqRange]) -> list[SeqRange]:
    """The same numbers in as few ranges as possible."""
    joined: list[SeqRange] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined


def _rows(connection: sqlite3.Connection) -> list[tuple[int, int, str, int | None]]:
    return connection.execute("SELECT first, last, reason, report FROM lost ORDER BY first").fetchall()
