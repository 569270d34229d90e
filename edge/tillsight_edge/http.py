"""The HTTPS transport, for shops whose network lets nothing but the web through."""

import logging
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

import msgspec

from tillsight_models.delivery import Ack
from tillsight_models.events import HealthReported

from .config import HubSettings
from .mqtt import tls_context
from .ports import Heard

log = logging.getLogger(__name__)

PATH = "/api/v1/ingest"
TIMEOUT_S = 40.0
"""The hub itself gives up after 30 s."""


class _Refused(Exception):
    """The hub answered, and took nothing."""


class _Answer(msgspec.Struct):
    acks: list[Ack] = []


class HttpsTransport:
    """Posts messages of events to the hub; its answer after the commit carries the acks.

    There is nothing to stay connected to, so the connection has always the same number, and what the hub
    did not take is tried again with the uplink's patience.
    """

    def __init__(self, hub: HubSettings) -> None:
        self._hub = hub
        self._wake: Callable[[], None] = lambda: None
        self._heard: list[Heard] = []
        self._open: HTTPConnection | None = None
        self._was_lost = False

    def start(self, wake: Callable[[], None]) -> None:
        """See Transport."""
        self._wake = wake
        wake()

    def connection(self) -> int:
        """See Transport."""
        return 1

    def send(self, message: bytes) -> bool:
        """See Transport; waits for the hub's answer."""
        try:
            acks = self._post(message)
        except (OSError, HTTPException, msgspec.MsgspecError, ValueError, _Refused) as error:
            self._lost(str(error) or type(error).__name__)
            return False
        if self._was_lost:
            log.warning("hub %s is back", self._hub.url)
        self._was_lost = False
        self._heard += [Heard(ack, live=True) for ack in acks]
        self._wake()
        return True

    def heard(self) -> list[Heard]:
        """See Transport."""
        heard, self._heard = self._heard, []
        return heard

    def tell(self, health: HealthReported) -> None:
        """See Transport; over HTTPS only the `device.health` events tell how the device is."""

    def stop(self) -> None:
        """See Transport."""
        self._close()

    def _post(self, message: bytes) -> list[Ack]:
        """Over the open connection, and once more over a new one where the hub has closed it since."""
        if self._open is not None:
            try:
                return self._exchange(self._open, message)
            except (OSError, HTTPException):
                self._close()
        self._open = self._connect()
        try:
            return self._exchange(self._open, message)
        except BaseException:
            self._close()
            raise

    def _exchange(self, connection: HTTPConnection, message: bytes) -> list[Ack]:
        token = self._hub.token_file.read_text(encoding="utf-8").strip() if self._hub.token_file else ""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request("POST", urlsplit(self._hub.url).path + PATH, message, headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise _Refused(f"{answer.status} {answer.reason}: {body[:200].decode(errors='replace')}")
        return msgspec.json.decode(body, type=_Answer).acks

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
