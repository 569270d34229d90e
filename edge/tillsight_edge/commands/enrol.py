"""`tillsight-edge enrol` and `tillsight-edge renew`: the device's certificate."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from ..errors import EnrolmentFailed
from . import Commands, new_command

FOLDER = Path("/var/lib/tillsight/identity")


def add(commands: Commands) -> None:
    """The commands' arguments."""
    words = "get this device's first certificate from its hub"
    enrol = new_command(commands, "enrol", words, run_enrol, config=False)
    enrol.add_argument("--url", required=True, help="of the hub, such as https://hub.example")
    enrol.add_argument(
        "--code-file",
        type=Path,
        metavar="FILE",
        help="the code that the hub printed; default: standard input",
    )
    _add_folder(enrol)
    words = "get the next certificate, where it is time"
    renew = new_command(commands, "renew", words, run_renew, config=False)
    renew.add_argument("--url", required=True, help="of the hub")
    renew.add_argument("--now", action="store_true", help="even where the present one is good for long")
    _add_folder(renew)


def run_enrol(arguments: argparse.Namespace) -> int:
    """Ask with the code; the certificate's end on standard output."""
    from ..identity import Code, enrol

    _print_end(enrol(_hub(arguments.url), Code.read(_code(arguments.code_file)), arguments.folder))
    return 0


def run_renew(arguments: argparse.Namespace) -> int:
    """Ask as who one is. Who is revoked asks at once: so the hub learns which device it is that the broker
    turns away, for the broker cannot tell."""
    from ..identity import Identity, is_revoked, renew

    url, identity = _hub(arguments.url), Identity(arguments.folder)
    if arguments.now or identity.is_due(datetime.now(UTC)) or is_revoked(url, arguments.folder):
        identity = renew(url, arguments.folder)
    _print_end(identity)
    return 0


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--folder",
        type=Path,
        default=FOLDER,
        metavar="DIR",
        help=f"for key and certificate; default {FOLDER}",
    )


def _hub(url: str) -> str:
    if not url.startswith("https://"):
        raise EnrolmentFailed(f"--url {url}: expected https://...: the code would travel in clear")
    return url.rstrip("/")


def _code(file: Path | None) -> str:
    if file is None:
        return sys.stdin.readline()
    try:
        return file.read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        raise EnrolmentFailed(f"--code-file {file}: {error}") from error


def _print_end(identity: object) -> None:
    from ..identity import Identity

    assert isinstance(identity, Identity)
    print(f"good until {identity.certificate().not_valid_after_utc.date()}: {identity.certificate_file}")
