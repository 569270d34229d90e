"""`tillsight-hub settings`: what devices are set to, from the command line."""

import argparse
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine

from ..config import HubConfig
from ..database import open_database, prepare, writing
from ..errors import UnknownPlace
from ..hierarchy import read_hierarchy
from .device_settings import (
    MOST_VERSIONS,
    Change,
    Version,
    decided,
    go_back,
    path_at,
    read_held,
    read_settings,
    read_steps,
    set_settings,
)
from .errors import BadSettings, StaleSettings
from .named_settings import typed, understood

ACTOR = "tillsight-hub"
PLACE = "an org, region, store or touchpoint, or device:ID"


def add_settings_arguments(parser: argparse.ArgumentParser) -> None:
    """`show`, `set`, `history` and `back`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    show = actions.add_parser("show", help="what a place sets, and what the places above it decide")
    put = actions.add_parser("set", help="set some of them; the others stay")
    history = actions.add_parser("history", help="every version, who made it, and what it changed")
    back = actions.add_parser("back", help="go back to an earlier version")
    for action in (show, put, history, back):
        action.add_argument("place", metavar="PLACE", help=PLACE)
    put.add_argument(
        "settings", nargs="+", metavar="NAME=VALUE", help="panel.cooldown_s=6; nothing after = unsets it"
    )
    back.add_argument("version", type=int, metavar="NUMBER", help="as in `settings history`; 0: nothing set")
    for action in (put, back):
        action.add_argument("--base", type=int, metavar="NUMBER", help="only if this version still holds")
    history.add_argument("--most", type=int, default=20, help="versions; default 20")


def run_settings_command(arguments: argparse.Namespace, config: HubConfig) -> int:
    """What `add_settings_arguments` says."""
    engine = open_database(config.database_url())
    prepare(engine)
    if arguments.action == "show":
        lines = _read(engine, arguments.place, _shown)
    elif arguments.action == "history":
        most = min(max(1, arguments.most), MOST_VERSIONS)
        lines = _read(engine, arguments.place, lambda connection, path: _steps(connection, path[0], most))
    else:
        lines = _write(engine, arguments)
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0


def _read(engine: Engine, place: str, read: Any) -> Iterable[str]:
    with engine.connect() as connection:
        return list(read(connection, _path(connection, place)))


def _write(engine: Engine, arguments: argparse.Namespace) -> list[str]:
    """Somebody else's change in between is never lost: all of it is one transaction."""
    place = arguments.place
    with writing(engine) as connection:
        _path(connection, place)
        held = read_held(connection, place)
        base = held.number if arguments.base is None else arguments.base
        try:
            if arguments.action == "back":
                version = go_back(connection, place, arguments.version, base, ACTOR)
            else:
                values = _with(held.settings, arguments.settings)
                version = set_settings(connection, place, values, base, ACTOR)
        except StaleSettings as error:
            raise BadSettings(
                {"--base": f"{base}: {error.problems['base'] or 'nobody'} was first"}
            ) from error
        except LookupError as error:
            raise UnknownPlace(str(error)) from error
    return [f"{place}: version {version.number}"]


def _with(held: Mapping[str, Any], words: Iterable[str]) -> dict[str, Any]:
    values = dict(held)
    problems = {}
    for word in words:
        name, is_pair, text = word.partition("=")
        if not is_pair:
            problems[word] = "expected NAME=VALUE"
        elif not text:
            values.pop(name, None)
        else:
            try:
                values[name] = understood(name, text)
            except ValueError as error:
                problems[name] = str(error)
    if problems:
        raise BadSettings(problems)
    return values


def _shown(connection: Connection, path: tuple[str, ...]) -> Iterable[str]:
    held = read_held(connection, path[0])
    yield f"{path[0]}: version {held.number}"
    for name, (value, place) in sorted(decided(read_settings(connection), path).items()):
        yield f"{name} = {_line(name, value)}" + ("" if place == path[0] else f"  (by {place})")


def _steps(connection: Connection, place: str, most: int) -> Iterable[str]:
    for version, changed in read_steps(connection, place, most):
        yield f"{version.number}: {_when(version)} {version.actor}"
        yield from (f"  {_change(each)}" for each in changed)


def _change(change: Change) -> str:
    before = _line(change.name, change.before) if change.was_set else "not set"
    return f"{change.name}: {before} -> {_line(change.name, change.after) if change.is_set else 'not set'}"


def _line(name: str, value: Any) -> str:
    return typed(name, value).replace("\n\n", " | ").replace("\n", ", ")


def _when(version: Version) -> str:
    return datetime.fromtimestamp(version.at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _path(connection: Connection, place: str) -> tuple[str, ...]:
    path = path_at(read_hierarchy(connection), place)
    if not path:
        raise UnknownPlace(f"place {place!r}: expected {PLACE}")
    return path
