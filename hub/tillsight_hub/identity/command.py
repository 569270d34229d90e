"""`tillsight-hub ca` and `tillsight-hub device`: the authority and who has a certificate of it."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from tillsight_models.orders import KINDS

from ..config import HubConfig
from ..database import open_database, prepare

if TYPE_CHECKING:
    from sqlalchemy import Engine

ACTOR = "tillsight-hub"


def add_ca_arguments(parser: argparse.ArgumentParser) -> None:
    """`init`, `show`, `server`, `hub`, `crl` and `broker-files`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    init = actions.add_parser("init", help="make the authority, once for ever")
    init.add_argument("--name", default="Tillsight", help="in its certificate")
    actions.add_parser("show", help="its fingerprint, and until when its list is good")
    server = actions.add_parser("server", help="key and certificate of a broker or a web server")
    server.add_argument("names", nargs="+", metavar="NAME", help="host names and addresses of it")
    server.add_argument("--out", type=Path, required=True, metavar="DIR", help="for cert.pem and key.pem")
    hub = actions.add_parser("hub", help="key and certificate of the hub as a client of the broker")
    hub.add_argument("--out", type=Path, required=True, metavar="DIR", help="for cert.pem and key.pem")
    actions.add_parser("crl", help="write the revocation list anew, as every night")
    broker = actions.add_parser("broker-files", help="mosquitto's configuration and access list")
    broker.add_argument("--out", type=Path, required=True, metavar="DIR")
    broker.add_argument("--cert", type=Path, required=True, metavar="FILE", help="the broker's own")
    broker.add_argument("--key", type=Path, required=True, metavar="FILE")
    broker.add_argument("--port", type=int, default=8883)
    broker.add_argument("--address", default="", help="default: every address of the machine")


def run_ca_command(arguments: argparse.Namespace, config: HubConfig) -> int:
    """What `add_ca_arguments` says."""
    from . import handing_out

    now = datetime.now(UTC)
    match arguments.action:
        case "init":
            _say(handing_out.make_authority(_engine(config), config, arguments.name, now))
        case "show":
            for line in handing_out.describe(config, now):
                _say(line)
        case "server":
            handing_out.for_server(config, arguments.names, arguments.out, now)
        case "hub":
            handing_out.for_hub(config, arguments.out, now)
        case "crl":
            from .revocation import write_list

            _say(write_list(_engine(config), config, now))
        case _:
            own = arguments.cert, arguments.key
            handing_out.for_broker(config, arguments.out, own, port=arguments.port, address=arguments.address)
    return 0


def add_device_arguments(parser: argparse.ArgumentParser) -> None:
    """`enrol`, `revoke`, `list`, `alarms` and `order`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    enrol = actions.add_parser("enrol", help="a code for one device, good for one certificate")
    enrol.add_argument("device", metavar="DEVICE")
    enrol.add_argument("--hours", type=float, default=24.0, help="how long it is good; default 24")
    revoke = actions.add_parser("revoke", help="believe a device no more: at once, and for good")
    revoke.add_argument("device", metavar="DEVICE")
    revoke.add_argument("--reason", required=True)
    order = actions.add_parser("order", help="have a device do something once, and wait for the result")
    order.add_argument("device", metavar="DEVICE")
    order.add_argument("kind", metavar="KIND", choices=KINDS, help=", ".join(KINDS))
    order.add_argument("--minutes", type=float, default=15.0, help="how long it is good; default 15")
    order.add_argument("--wait", type=float, default=60.0, metavar="S", help="for the result; default 60")
    order.add_argument(
        "--model", metavar="NAME", help="pull-model: NAME.onnx in models of the data directory"
    )
    order.add_argument("--like", metavar="NAME", help="pull-model: the known model that it is read like")
    order.add_argument("--address", metavar="URL", help="pull-model: this hub, as the device reaches it")
    listed = actions.add_parser("list", help="certificates, the newest first")
    listed.add_argument("device", metavar="DEVICE", nargs="?")
    alarms = actions.add_parser("alarms", help="what is wrong with devices and with the hub itself")
    alarms.add_argument("device", nargs="?", metavar="DEVICE", help="its id, or hub; default: all")
    alarms.add_argument("--days", type=float, metavar="N", help="also those that were over within N days")
    alarms.add_argument("--acknowledge", type=int, metavar="NUMBER", help="say that you see to this one")


def run_device_command(arguments: argparse.Namespace, config: HubConfig) -> int:
    """What `add_device_arguments` says."""
    if arguments.action == "order":
        from ..commands.command import run_order

        return run_order(arguments, config, _engine(config))
    if arguments.action == "alarms":
        from ..fleet.command import run_alarms

        return run_alarms(arguments, _engine(config))
    from .authority import Authority
    from .enrolment import allow, issued
    from .revocation import authority_folder, silence

    engine = _engine(config)
    match arguments.action:
        case "enrol":
            authority = Authority.open(authority_folder(config))
            now = datetime.now(UTC)
            _say(allow(engine, authority, arguments.device, now, hours=arguments.hours, actor=ACTOR))
        case "revoke":
            done = silence(engine, config, arguments.device, reason=arguments.reason, actor=ACTOR)
            _say(f"{done.device}: {done.certificates} certificates revoked")
            if not done.is_thrown_off:
                _say("a connection that it may have now was not ended: restart the broker", sys.stderr)
        case _:
            with engine.connect() as connection:
                for one in issued(connection, arguments.device):
                    state = f"revoked {_day(one.revoked)}: {one.reason}" if one.revoked else "good"
                    _say(f"{one.device} {one.serial} {_day(one.issued)} to {_day(one.not_after)} {state}")
    return 0


def _say(text: object, to: TextIO | None = None) -> None:
    (to or sys.stdout).write(f"{text}\n")


def _day(t_ms: int) -> str:
    return datetime.fromtimestamp(t_ms / 1000, UTC).date().isoformat()


def _engine(config: HubConfig) -> "Engine":
    engine = open_database(config.database_url())
    prepare(engine)
    return engine
