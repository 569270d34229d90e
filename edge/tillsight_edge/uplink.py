"""The uplink: what is sent when, from the outbox to the hub. It decides; a transport carries.

A broker's acknowledgement proves nothing about storage, so only the hub's own ack counts. What the hub has
not acknowledged is sent again after each reconnect, and when nothing was acknowledged for a while.
"""

import logging
import random
from collections.abc import Callable, Sequence

from tillsight_models.delivery import DEFAULT_WINDOW, Ack, HubState
from tillsight_models.events import encode_message
from tillsight_models.orders import OrderResult
from tillsight_models.wanted import ConfigIs

from .outbox import Held, Outbox
from .ports import Clock, Heard, OrderCame, Transport, WantedConfig

log = logging.getLogger(__name__)

MAX_EVENTS = 100
MAX_BYTES = 32_000
"""Of one message; the hub takes twice that."""
BACKOFF_START_S = 2.0
BACKOFF_MOST_S = 60.0
HUB_RETURN_S = 2.0
"""The devices spread their first messages over this long when the hub says that it is back."""
IDLE_S = 5.0


class Uplink:
    """Sends at most the hub's window beyond what it has acknowledged, in order, the backlog in arrays.

    One thread calls `turn`, when the transport or the outbox woke it and when the last turn asked for it.
    """

    def __init__(self, outbox: Outbox, transport: Transport, clock: Clock, dice: random.Random) -> None:
        self._outbox = outbox
        self._transport = transport
        self._clock = clock
        self._dice = dice
        self._connection = 0
        self._window = DEFAULT_WINDOW
        self._sent = 0
        """Highest number sent in order since the last restart from the acked position."""
        self._reported: set[int] = set()
        """Reports of lost ranges, which go ahead of the order because the ack waits for them."""
        self._backoff_s = BACKOFF_START_S
        self._resend_ms: int | None = None
        """When to send again; None while nothing is under way."""
        self._refused = False
        """The transport took nothing more; wait until then."""
        self._hub_since = 0
        self.on_wanted: Callable[[bytes], None] = lambda _: None
        """Told of every configuration that the hub wants; set before the first turn."""
        self.answer: Callable[[], ConfigIs | None] = lambda: None
        """What to tell the hub of its configuration; set before the first turn."""
        self._answered: ConfigIs | None = None
        """On this connection."""
        self.on_order: Callable[[bytes], None] = lambda _: None
        """Told of every order that comes; set before the first turn."""
        self.results: Callable[[], Sequence[OrderResult]] = tuple
        """What became of orders and was not told yet; `on_told` hears of each that was."""
        self.on_told: Callable[[OrderResult], None] = lambda _: None
        self.clock_offset_ms: float | None = None
        """This device's clock minus the hub's at the last live ack, the ack's travel time included."""

    def turn(self) -> float:
        """Take what came, send what may go; returns the seconds after which to turn again at the latest."""
        for heard in self._transport.heard():
            self._take(heard)
        connection = self._transport.connection()
        if connection == 0:
            self._connection = 0
            return IDLE_S
        now = self._clock.mono_ms()
        if connection != self._connection:
            self._connection = connection
            self._backoff_s = BACKOFF_START_S
            self._answered = None
            self._send_again()
        elif self._resend_ms is not None and now >= self._resend_ms:
            self._backoff_s = min(BACKOFF_MOST_S, 2 * self._backoff_s)
            self._send_again()
        if not self._refused:
            self._send()
        self._answer()
        for result in self.results():
            if self._transport.report(result):
                self.on_told(result)
        if self._resend_ms is None:
            return IDLE_S
        return max(0.0, min(IDLE_S, (self._resend_ms - now) / 1000))

    def _take(self, heard: Heard) -> None:
        if isinstance(heard.message, HubState):
            self._hub_is(heard.message, heard.live)
        elif isinstance(heard.message, WantedConfig):
            self.on_wanted(heard.message.raw)
        elif isinstance(heard.message, OrderCame):
            if heard.live:  # nobody keeps orders: a retained one is not from the hub
                self.on_order(heard.message.raw)
        else:
            self._acknowledged(heard.message, heard.live)

    def _answer(self) -> None:
        """Once a connection, and whenever it changes: a broker may have lost what it was told before."""
        answer = self.answer()
        if answer is not None and answer != self._answered and self._transport.answer(answer):
            self._answered = answer

    def _acknowledged(self, ack: Ack, live: bool) -> None:
        before = self._outbox.acked
        if not self._outbox.acknowledge(ack, live=live):
            return
        self._window = ack.window
        if live:
            self.clock_offset_ms = float(self._clock.stamp().t - ack.now)
        acked = self._outbox.acked
        if acked > before:
            self._backoff_s = BACKOFF_START_S
            self._reported = {seq for seq in self._reported if seq > acked}
            under_way = self._sent > acked or self._reported or self._refused
            self._resend_ms = self._later() if under_way else None

    def _hub_is(self, hub: HubState, live: bool) -> None:
        """A hub that came back may have missed what was under way; nobody waits for a long back-off then.

        A broker that lost its memory tells nothing of the hub until that comes back itself: then live news
        is the first that we hear.
        """
        is_news = hub.since != self._hub_since and (live or self._hub_since != 0)
        came_back = hub.state == "ready" and is_news
        self._hub_since = hub.since
        if came_back and self._resend_ms is not None:
            self._backoff_s = BACKOFF_START_S
            spread_ms = round(1000 * HUB_RETURN_S * self._dice.random())
            self._resend_ms = min(self._resend_ms, self._clock.mono_ms() + spread_ms)

    def _send_again(self) -> None:
        self._sent = 0
        self._reported.clear()
        self._resend_ms = None
        self._refused = False

    def _send(self) -> None:
        if self._outbox.report_lost(self._clock.stamp()):
            log.warning("told the hub which events are lost")
        reports = [report for report in self._outbox.reports() if report.seq not in self._reported]
        if not all(self._carried([report]) for report in reports):
            return
        self._reported.update(report.seq for report in reports)
        start = self._outbox.first_seq - 1
        self._sent = max(self._sent, start)
        while batch := self._outbox.held(self._sent, start + self._window, MAX_EVENTS, MAX_BYTES):
            if not self._carried(batch):
                return
            self._sent = batch[-1].seq

    def _carried(self, batch: list[Held]) -> bool:
        self._refused = not self._transport.send(encode_message([held.raw for held in batch]))
        if self._resend_ms is None:
            self._resend_ms = self._later()
        return not self._refused

    def _later(self) -> int:
        """Jittered, so that devices that lost the hub together do not come back together."""
        return self._clock.mono_ms() + round(1000 * self._backoff_s * self._dice.uniform(0.5, 1.5))
