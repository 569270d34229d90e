"""The HTTPS transport, for shops whose network lets nothing but the web through."""

import logging
import math
import time
from collections.abc import Callable
from email.message import Message
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import urlsplit

import msgspec

from tillsight_models.delivery import Ack
from tillsight_models.events import HealthReported
from tillsight_models.orders import OrderResult
from tillsight_models.presence import PresenceTold
from tillsight_models.wanted import ConfigIs

from .config import HubSettings
from .mqtt import tls_context
from .ports import Heard, OrderCame, WantedConfig

log = logging.getLogger(__name__)

PATH = "/api/v1/ingest"
WANTED_PATH = "/api/v1/devices/{device}/wanted"
ORDERS_PATH = "/api/v1/devices/{device}/orders"
ORDERS_S = 10.0
"""Between two questions for orders: somebody waits before the page."""
WANTED_HEADER = "Tillsight-Wanted"
"""Of every answer to events: the version that the hub wants."""
WANTED_S = 60.0
"""Between two questions for what is wanted, where no events are sent meanwhile."""
TIMEOUT_S = 40.0
"""The hub itself gives up after 30 s."""
MOST_PAUSE_S = 600.0
"""However long a hub asks us to wait."""


class _Refused(Exception):
    """The hub answered, and took nothing."""

    def __init__(self, words: str, pause_s: float) -> None:
        super().__init__(words)
        self.pause_s = pause_s
        """How long it wants to hear nothing more."""


class _Answer(msgspec.Struct):
    acks: list[Ack] = []


_FAILURES = (OSError, HTTPException, msgspec.MsgspecError, ValueError, _Refused)


class HttpsTransport:
    """Posts messages of events to the hub; its answer after the commit carries the acks.

    There is nothing to stay connected to, so the connection has always the same number, and what the hub
    did not take is tried again with the uplink's patience.
    """

    def __init__(
        self, hub: HubSettings, device: str, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._hub = hub
        self._wanted_path = WANTED_PATH.format(device=device)
        self._monotonic = monotonic
        self._wake: Callable[[], None] = lambda: None
        self._heard: list[Heard] = []
        self._open: HTTPConnection | None = None
        self._was_lost = False
        self._wanted = ""
        """Version that was fetched last."""
        self._ask_at = self._orders_at = 0.0
        self._send_at = -math.inf
        self._orders_path = ORDERS_PATH.format(device=device)

    def start(self, wake: Callable[[], None]) -> None:
        """See Transport."""
        self._wake = wake
        wake()

    def connection(self) -> int:
        """See Transport."""
        return 1

    def send(self, message: bytes) -> bool:
        """See Transport; waits for the hub's answer, and asks nothing while the hub wants a pause."""
        if self._monotonic() < self._send_at:
            return False
        try:
            _, headers, body = self._ask("POST", PATH, message)
            acks = msgspec.json.decode(body, type=_Answer).acks
        except _FAILURES as error:
            if isinstance(error, _Refused):
                self._send_at = self._monotonic() + error.pause_s
            self._lost(str(error) or type(error).__name__)
            return False
        if self._was_lost:
            log.warning("hub %s is back", self._hub.url)
        self._was_lost = False
        self._heard += [Heard(ack, live=True) for ack in acks]
        if headers.get(WANTED_HEADER, self._wanted) != self._wanted:
            self._ask_at = 0.0
        self._wake()
        return True

    def heard(self) -> list[Heard]:
        """See Transport; now and then it asks the hub what it wants."""
        if self._monotonic() >= self._ask_at:
            self._ask_at = self._monotonic() + WANTED_S
            self._fetch()
        if self._monotonic() >= self._orders_at:
            self._orders_at = self._monotonic() + ORDERS_S
            self._fetch_orders()
        heard, self._heard = self._heard, []
        return heard

    def answer(self, answer: ConfigIs) -> bool:
        """See Transport."""
        try:
            self._ask("POST", self._wanted_path, msgspec.json.encode(answer))
        except _FAILURES as error:
            log.debug("hub %s: the answer to its configuration: %s", self._hub.url, error)
            return False
        return True

    def report(self, result: OrderResult) -> bool:
        """See Transport."""
        try:
            self._ask("POST", f"{self._orders_path}/result", msgspec.json.encode(result))
        except _FAILURES as error:
            log.debug("hub %s: the result of an order: %s", self._hub.url, error)
            return False
        return True

    def tell(self, health: HealthReported) -> None:
        """See Transport; over HTTPS only the `device.health` events tell how the device is."""

    def show(self, presence: PresenceTold) -> None:
        """See Transport; players of signs listen at a broker."""

    def stop(self) -> None:
        """See Transport."""
        self._close()

    def _fetch(self) -> None:
        """What the hub wants; whether the hub is there at all is told by events."""
        try:
            status, headers, body = self._ask("GET", self._wanted_path, None)
        except _FAILURES as error:
            log.debug("hub %s: what it wants: %s", self._hub.url, error)
            return
        self._wanted = headers.get(WANTED_HEADER, "")
        if status == HTTPStatus.OK:
            self._heard.append(Heard(WantedConfig(body), live=True))

    def _fetch_orders(self) -> None:
        """What is to be done once; a hub without orders answers in one line."""
        try:
            _, _, body = self._ask("GET", f"{self._orders_path}/waiting", None)
            orders = msgspec.json.decode(body, type=list[msgspec.Raw])
        except _FAILURES as error:
            log.debug("hub %s: its orders: %s", self._hub.url, error)
            return
        self._heard += [Heard(OrderCame(bytes(order)), live=True) for order in orders]

    def _ask(self, method: str, path: str, message: bytes | None) -> tuple[int, Message, bytes]:
        """Over the open connection, and once more over a new one where the hub has closed it since."""
        if self._open is not None:
            try:
                return self._exchange(self._open, method, path, message)
            except (OSError, HTTPException):
                self._close()
        self._open = self._connect()
        try:
            return self._exchange(self._open, method, path, message)
        except BaseException:
            self._close()
            raise

    def _exchange(
        self, connection: HTTPConnection, method: str, path: str, message: bytes | None
    ) -> tuple[int, Message, bytes]:
        token = self._hub.token_file.read_text(encoding="utf-8").strip() if self._hub.token_file else ""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        if path == self._wanted_path and message is None and self._wanted:
            headers["If-None-Match"] = f'"{self._wanted}"'
        connection.request(method, urlsplit(self._hub.url).path + path, message, headers)
        answer: HTTPResponse = connection.getresponse()
        body = answer.read()
        if answer.status not in (HTTPStatus.OK, HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            words = f"{answer.status} {answer.reason}: {body[:200].decode(errors='replace')}"
            raise _Refused(words, _pause_s(answer.headers))
        return answer.status, answer.headers, body

    def _connect(self) -> HTTPConnection:
        parts = urlsplit(self._hub.url)
        if parts.scheme == "https":
            context = tls_context(self._hub)
            return HTTPSConnection(parts.netloc, timeout=TIMEOUT_S, context=context)
        return HTTPConnection(parts.netloc, timeout=TIMEOUT_S)

    def _close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _lost(self, why: str) -> None:
        if not self._was_lost:
            log.warning("hub %s does not take events: %s", self._hub.url, why)
        self._was_lost = True


def _pause_s(headers: Message) -> float:
    """Seconds of `Retry-After`; 0.0 without one that is a number."""
    try:
        return min(MOST_PAUSE_S, max(0.0, float(headers.get("Retry-After", "0"))))
    except ValueError:
        return 0.0
