"""Delivery: alerts to a webhook, signed, tried again, and never in anybody's way."""

import hashlib
import hmac
import json
import logging
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Engine

from tillsight_models.errors import BadConfig

from ..access.clock import now_ms
from ..courier import Courier
from ..database import writing
from ..hierarchy import read_hierarchy
from .outbox import give_up, note_sent, to_send
from .sentences import sentence
from .settings import AlertSettings

log = logging.getLogger(__name__)

Post = Callable[[str, bytes, Mapping[str, str]], None]

TIMEOUT_S = 5.0
STALE_MS = 3_600_000
"""An alert that could not be sent for so long is old news: it is not sent any more."""
SIGNATURE = "X-Tillsight-Signature"


class Webhook:
    """Sends what the outbox has, in order; a failure is tried again with growing pauses."""

    def __init__(
        self,
        engine: Engine,
        url: str,
        secret: bytes | None = None,
        post: Post | None = None,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._engine = engine
        self._url = url
        self._secret = secret
        self._post = post or _post
        self._clock = clock
        self._courier = Courier("webhook", self.send_waiting)
        self.start, self.stop, self.wake = self._courier.start, self._courier.stop, self._courier.wake
        self._failing = False

    def send_waiting(self) -> bool:
        """Send what waits; false where it was not taken, and has to wait longer."""
        with self._engine.connect() as connection:
            rows, hierarchy = to_send(connection), read_hierarchy(connection)
        for row in rows:
            if self._clock() - row["noticed"] > STALE_MS:
                with writing(self._engine) as connection:
                    give_up(connection, [row["id"]])
                continue
            place = hierarchy.touchpoints.get(row["tp"])
            body = json.dumps(_message(row, place)).encode()
            try:
                self._post(self._url, body, self._headers(body))
            except (OSError, ValueError) as error:
                self._failed(error)
                return False
            self._failing = False
            with writing(self._engine) as connection:
                note_sent(connection, [row["id"]], self._clock())
        return True

    def tell(self, message: Mapping[str, Any]) -> bool:
        """Send something else the same way, now; false where it was not taken."""
        body = json.dumps(message).encode()
        try:
            self._post(self._url, body, self._headers(body))
        except (OSError, ValueError) as error:
            self._failed(error)
            return False
        self._failing = False
        return True

    def _headers(self, body: bytes) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "User-Agent": "tillsight-hub"}
        if self._secret is not None:
            headers[SIGNATURE] = "sha256=" + hmac.new(self._secret, body, hashlib.sha256).hexdigest()
        return headers

    def _failed(self, error: Exception) -> None:
        """The address may hold a secret: it is not in the log."""
        if not self._failing:
            reason = getattr(error, "code", None) or getattr(error, "reason", None) or type(error).__name__
            log.error("the webhook takes no alerts, trying again: %s", reason)
        self._failing = True


def webhook_of(engine: Engine, settings: AlertSettings) -> Webhook | None:
    """None where none is configured; BadConfig where its files say nothing."""
    if not settings.enabled:
        return None
    url = settings.webhook_url
    if settings.webhook_url_file is not None:
        url = settings.webhook_url_file.read_text(encoding="utf-8").strip()
        if not url.startswith(("http://", "https://")):
            path = settings.webhook_url_file
            raise BadConfig(
                [f"alerts.webhook_url_file: {path}: expected an address that begins with https://"]
            )
    if url is None:
        return None
    file = settings.webhook_secret_file
    return Webhook(engine, url, file.read_bytes().strip() if file else None)


def _message(row: Mapping[Any, Any], place: Any) -> dict[str, Any]:
    detail = json.loads(row["detail"])
    text = sentence(detail, place.calendar, row["since"], row["raised"]) if place else ""
    return {
        "alert": row["id"],
        "rule": row["rule_id"],
        "touchpoint": row["tp"],
        "touchpoint_name": place.name if place else row["tp"],
        "store": place.store_id if place else None,
        "store_name": place.store_name if place else None,
        "raised_at": row["raised"],
        "since": row["since"],
        "text": text,
        **detail,
    }


def _post(url: str, body: bytes, headers: Mapping[str, str]) -> None:
    # Only http and https come here: `webhook_of` and the settings see to that.
    request = urllib.request.Request(url, body, dict(headers), method="POST")  # noqa: S310
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
        answer.read(1024)
