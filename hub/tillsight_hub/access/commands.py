"""`tillsight-hub user` and `tillsight-hub token`: accounts and API tokens from the command line."""

import argparse
import getpass
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from .accounts import USER_ROLES, add_user, disable_user, enable_user, list_users, set_password
from .errors import BadAccount
from .passwords import new_password
from .tokens import TOKEN_ROLES, create_token, list_tokens, revoke_token


def add_user_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `tillsight-hub user`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="make a user; prints the password unless one is given")
    add.add_argument("name")
    add.add_argument("--role", choices=USER_ROLES, required=True)
    add.add_argument("--scope", help="org, region or store that they may see; everything by default")
    _add_password_arguments(add)
    actions.add_parser("list", help="users with role and scope")
    for action, words in (("disable", "lock a user out at once"), ("enable", "unlock a user")):
        actions.add_parser(action, help=words).add_argument("name")
    password = actions.add_parser("password", help="give a user a new password and end their sessions")
    password.add_argument("name")
    _add_password_arguments(password)


def run_user_command(arguments: argparse.Namespace, engine: Engine) -> int:
    """Do what the arguments of `tillsight-hub user` say; the exit code."""
    if arguments.action == "add":
        password = _password(arguments)
        add_user(engine, arguments.name, password, arguments.role, arguments.scope)
        _tell_password(arguments, password)
    elif arguments.action == "password":
        password = _password(arguments)
        set_password(engine, arguments.name, password)
        _tell_password(arguments, password)
    elif arguments.action == "disable":
        disable_user(engine, arguments.name)
    elif arguments.action == "enable":
        enable_user(engine, arguments.name)
    else:
        rows = [
            (user.name, user.role, user.scope or "everything", "disabled" if user.disabled else "enabled")
            for user in list_users(engine)
        ]
        _print_table(("name", "role", "scope", "state"), rows)
    return 0


def add_token_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `tillsight-hub token`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="make an API token and print it, this once")
    add.add_argument("name", help="what it is for")
    add.add_argument("--role", choices=TOKEN_ROLES, required=True)
    add.add_argument("--scope", help="org, region or store; with --role device the device")
    add.add_argument("--days", type=float, help="its life in days; for ever by default")
    actions.add_parser("list", help="tokens with role, scope, end and last use")
    revoke = actions.add_parser("revoke", help="end a token at once")
    revoke.add_argument("number", type=int, help="as in `token list`")


def run_token_command(arguments: argparse.Namespace, engine: Engine) -> int:
    """Do what the arguments of `tillsight-hub token` say; the exit code."""
    if arguments.action == "add":
        _say(create_token(engine, arguments.name, arguments.role, arguments.scope, arguments.days))
    elif arguments.action == "revoke":
        revoke_token(engine, arguments.number)
    else:
        rows = [
            (
                str(token.id),
                token.name,
                token.role,
                token.scope or "everything",
                "revoked" if token.revoked else _moment(token.expires, "never ends"),
                _moment(token.last_used, "never used"),
            )
            for token in list_tokens(engine)
        ]
        _print_table(("number", "name", "role", "scope", "ends", "last used"), rows)
    return 0


def _add_password_arguments(parser: argparse.ArgumentParser) -> None:
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--ask", action="store_true", help="ask for the password instead of making one")
    how.add_argument("--password-file", type=Path, help="the password is the file's first line; - for stdin")


def _password(arguments: argparse.Namespace) -> str:
    if arguments.ask:
        password = getpass.getpass("Password: ")
        if getpass.getpass("Again: ") != password:
            raise BadAccount("the two passwords differ")
        return password
    if arguments.password_file is None:
        return new_password()
    if str(arguments.password_file) == "-":
        return sys.stdin.readline().rstrip("\n")
    try:
        text: str = arguments.password_file.read_text(encoding="utf-8")
    except OSError as error:
        raise BadAccount(f"password file {arguments.password_file}: {error.strerror or error}") from error
    return text.partition("\n")[0]


def _tell_password(arguments: argparse.Namespace, password: str) -> None:
    if not arguments.ask and arguments.password_file is None:
        _say(f"password of {arguments.name}: {password}")


def _moment(ms: int | None, otherwise: str) -> str:
    return otherwise if ms is None else datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _print_table(titles: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(len(row[column]) for row in [titles, *rows]) for column in range(len(titles))]
    for row in [titles, *rows]:
        _say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
