"""`tillsight-hub mail test ADDRESS`: whether mail arrives."""

import argparse
import sys

from ..config import HubConfig
from .addresses import is_address
from .errors import BadAddress
from .sender import deliver

BODY = "This is a test of the Tillsight hub. If you can read it, the hub can send mail.\n"


def add_mail_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `tillsight-hub mail`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    words = "send one mail now, past the outbox, and say what the server said"
    test = actions.add_parser("test", help=words, description=words)
    test.add_argument("address", metavar="ADDRESS", help="who gets it")


def run_mail_command(arguments: argparse.Namespace, config: HubConfig) -> int:
    """Send it; MailRefused where the server does not take it."""
    settings = config.mail
    if settings.host is None:
        raise BadAddress("mail.host: is not set, so this hub sends no mail")
    if not is_address(arguments.address):
        raise BadAddress(f"{arguments.address!r:.80}: expected a mail address such as mona@example.org")
    deliver(settings, arguments.address, "Tillsight: test", BODY)
    sys.stdout.write(f"{settings.host}:{settings.port} took a mail to {arguments.address}\n")
    return 0
