"""One device to be killed: the real agent, with presses and contacts that a program makes.

After each outbox commit that returned, a line goes to the ledger. So the ledger knows what must arrive,
whatever the outbox says.
"""

import argparse
import logging
import signal
import sys
import threading
import time
from itertools import count
from pathlib import Path
from unittest.mock import patch

import msgspec

from tillsight_edge.agent import Agent
from tillsight_edge.clock import SystemClock
from tillsight_edge.config import (
    DeviceConfig,
    DeviceSettings,
    HubSettings,
    OutboxSettings,
    PanelSettings,
)
from tillsight_edge.fakes import SimulatedPanel
from tillsight_edge.outbox import Outbox
from tillsight_edge.ports import PanelPress
from tillsight_models.events import ButtonPressed, ContactEnded, Payload, Stamp

from .chaos_books import Ledger, Line
from .chaos_stage import ORG, STORE, touchpoint_of

RATINGS = 4
CONTACTS_PER_PRESS = 0.1


class LedgeredOutbox(Outbox):
    """The product's outbox and a line in the ledger after each commit; kill -9 leaves at most one without."""

    ledger: Ledger

    def append(self, payload: Payload, at: Stamp, mark: tuple[str, str] | None = None) -> int:
        with self._lock:
            stream = self.stream
            rating = payload.rating if isinstance(payload, ButtonPressed) else 0
            line = Line(self._device, payload.TYPE, rating, at.mono)
            seq = super().append(payload, at, mark)
            self.ledger.write(stream, seq, line)
            return seq


class BootedClock(SystemClock):
    """The machine's clock in a boot of our own, where one is given: two agents can be on two machines so."""

    boot = ""

    def stamp(self, mono_ms: int | None = None) -> Stamp:
        at = super().stamp(mono_ms)
        return msgspec.structs.replace(at, boot=self.boot) if self.boot else at


class Shoppers:
    """Press and are served, as fast as they are told to."""

    def __init__(self, agent: Agent, quiet: Path) -> None:
        self._agent = agent
        self._quiet = quiet
        self._clock = BootedClock()

    def press(self, number: int) -> None:
        button = 1 + number % RATINGS
        self._agent.feedback.press(PanelPress(button, self._clock.mono_ms(), confirm=lambda: None))

    def leave(self, number: int) -> None:
        contact = ContactEnded(source="presence", dwell_s=float(number % 300))
        self._agent.outbox.append(contact, self._clock.stamp())

    def begin(self, act: str, rate: float, most: int) -> None:
        """`act` so many times a second, in a thread of its own."""
        threading.Thread(target=self._go_on, args=(act, rate, most), daemon=True).start()

    def _go_on(self, act: str, rate: float, most: int) -> None:
        """In bursts where the disk was slow; `most` 0 means for ever."""
        begin = time.monotonic()
        for number in range(most) if most else count():
            time.sleep(max(0.0, begin + number / rate - time.monotonic()) if rate else 0.0)
            if self._quiet.exists():
                return
            getattr(self, act)(number)


def main() -> int:
    """Run until SIGTERM; the exit code is not 0 when the agent failed."""
    arguments = _arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    panel = SimulatedPanel(RATINGS)
    panel.start()
    LedgeredOutbox.ledger = Ledger(arguments.ledger)
    BootedClock.boot = arguments.boot
    with (
        patch("tillsight_edge.agent.Outbox", LedgeredOutbox),
        patch("tillsight_edge.agent.SystemClock", BootedClock),
    ):
        agent = Agent(_config(arguments, panel.port))
    signal.signal(signal.SIGTERM, lambda *_: agent.stop())
    shoppers = Shoppers(agent, arguments.quiet)
    shoppers.begin("press", arguments.rate, arguments.presses)
    shoppers.begin("leave", arguments.rate * CONTACTS_PER_PRESS, int(arguments.presses * CONTACTS_PER_PRESS))
    agent.run()
    return int(agent.failed)


def _config(arguments: argparse.Namespace, panel: Path) -> DeviceConfig:
    id = arguments.device
    return DeviceConfig(
        device=DeviceSettings(id=id, org=ORG, site=STORE, touchpoint=touchpoint_of(id)),
        panel=PanelSettings(kind="serial", port=panel, cooldown_s=0.02),
        outbox=OutboxSettings(path=arguments.outbox, max_events=arguments.max_events),
        hub=_way_to_the_hub(arguments),
    )


def _way_to_the_hub(arguments: argparse.Namespace) -> HubSettings:
    if arguments.url:
        return HubSettings(transport="https", url=arguments.url, token_file=arguments.token)
    return HubSettings(host="127.0.0.1", port=arguments.port)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", required=True)
    parser.add_argument("--outbox", type=Path, required=True)
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--quiet", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True, help="0: as fast as it goes")
    parser.add_argument("--presses", type=int, default=0, help="0: without end")
    parser.add_argument("--max-events", type=int, default=1_000_000)
    parser.add_argument("--boot", default="")
    parser.add_argument("--url", default="")
    parser.add_argument("--token", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
