"""`tillsight-edge audit`: a person counts beside the counter, and both are compared."""

import argparse
import json
import math
import sys
import threading
import time
from typing import TYPE_CHECKING

from tillsight_models.events import Stamp

from ..config import DeviceConfig, load_config
from . import FAILED, Commands, new_command, stop_on_signals

if TYPE_CHECKING:
    from ..audit import AuditSession, CounterWatch, Verdict
    from ..pages.server import PageServer

LOOK_S = 0.5
PICK_UP_S = 10.0
PATIENCE_S = 5.0
SHOWN_S = 4.0


def add(commands: Commands) -> None:
    """The command's arguments."""
    help = "a person counts on a phone beside the running agent: precision and recall, also for the hub"
    parser = new_command(commands, "audit", help, run)
    parser.add_argument("--minutes", type=_minutes, default=10.0, metavar="M", help="default: 10")
    parser.add_argument("--camera", metavar="NAME", help="whose contacts; needed where several count")
    parser.add_argument(
        "--bind", metavar="ADDRESS", default="127.0.0.1", help="let a phone in: this device's address"
    )
    parser.add_argument("--port", type=int, default=0, metavar="N", help="default: any free one")
    parser.add_argument(
        "--tolerance",
        type=_seconds,
        default=10.0,
        metavar="S",
        help="seconds between a tap and a contact's end that may be the same customer; default: 10",
    )
    parser.add_argument("--json", action="store_true", help="print the address, then the result, as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Serve the page until the time is over, then compare, and hand the result to the agent."""
    from ..audit import AuditSession, CounterWatch, counter_of, judge
    from ..clock import SystemClock
    from ..pages.audit_page import audit_routes
    from ..pages.server import PageServer

    config = load_config(arguments.config)
    counter = counter_of(config, arguments.camera)
    watch = CounterWatch(config, counter)
    watch.check_running()
    clock = SystemClock(config.clock.has_rtc)
    session = AuditSession(clock, arguments.minutes)
    groups = counter.camera is not None and config.cameras[counter.camera].count_groups
    routes = audit_routes(session, config.device.touchpoint, groups=groups)
    pages = PageServer("audit.html", routes, address=arguments.bind, port=arguments.port)
    stopping = threading.Event()
    stop_on_signals(stopping.set)
    pages.start()
    try:
        _show_address(pages, as_json=arguments.json)
        if not _count(session, watch, stopping):
            print("nobody began the audit", file=sys.stderr)
            return FAILED
        needed_ms = session.needs_ms(counter, arguments.tolerance)
        _wait_for_counter(watch, needed_ms, needed_ms - clock.mono_ms(), config.health.heartbeat_s, stopping)
        verdict = judge(session, watch, counter, arguments.tolerance)
        session.finish(verdict.as_dict())
        print(json.dumps(verdict.as_dict()) if arguments.json else verdict.as_text(), flush=True)
        code = _send(config, verdict, clock.stamp(session.period_ms[1]), quiet=arguments.json)
        session.wait_until_shown(SHOWN_S)
        return code
    finally:
        pages.stop()


def _show_address(pages: "PageServer", *, as_json: bool) -> None:
    from ..pages.server import LOOPBACK

    if as_json:
        print(json.dumps({"url": pages.url}), flush=True)
        return
    print(f"Open this page: {pages.url}", flush=True)
    if not pages.hosts - set(LOOPBACK):
        print("Only this machine can open it; a phone needs --bind ADDRESS.", flush=True)
    elif (sys.stdout.encoding or "").lower().startswith("utf"):
        import segno

        segno.make(pages.url, micro=False).terminal(compact=True)


def _count(session: "AuditSession", watch: "CounterWatch", stopping: threading.Event) -> bool:
    """Until the time is over or somebody ends it; False where it never began."""
    while (state := session.wait(LOOK_S)) in ("ready", "counting"):
        watch.look()
        if stopping.is_set():
            if state == "ready":
                return False
            session.end()
    stopping.clear()
    return True


def _wait_for_counter(
    watch: "CounterWatch", needed_ms: int, ahead_ms: int, heartbeat_s: float, stopping: threading.Event
) -> None:
    """The agent tells its contacts at each heartbeat; one more Ctrl-C does without the last of them."""
    patience_s = max(0, ahead_ms) / 1000 + 2 * heartbeat_s + PATIENCE_S
    print(
        f"Waiting for the counter's last contacts, at most {patience_s:.0f} s.", file=sys.stderr, flush=True
    )
    end = time.monotonic() + patience_s
    while not stopping.wait(LOOK_S) and time.monotonic() < end:
        watch.look()
        if watch.known_ms >= needed_ms:
            return


def _send(config: DeviceConfig, verdict: "Verdict", at: Stamp, *, quiet: bool) -> int:
    """Lay the result where the agent finds it, and see whether it does."""
    from ..audit_file import hand_over

    if not verdict.comparison.observed and not verdict.comparison.counted:
        print("nobody was served: nothing is sent to the hub", file=sys.stderr)
        return 0
    file = hand_over(config.outbox.path, verdict.event, at)
    end = time.monotonic() + PICK_UP_S
    while file.exists() and time.monotonic() < end:
        time.sleep(LOOK_S / 5)
    if file.exists():
        print(f"{file}: the agent takes it when it runs again", file=sys.stderr)
    elif not quiet:
        print("The agent sends it to the hub.", flush=True)
    return 0


def _minutes(text: str) -> float:
    return _between(text, 0.1, 600, "minutes")


def _seconds(text: str) -> float:
    return _between(text, 0.5, 60, "seconds")


def _between(text: str, least: float, most: float, unit: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise argparse.ArgumentTypeError(f"{text!r}: should be {least:g} to {most:g} {unit}")
    return value
