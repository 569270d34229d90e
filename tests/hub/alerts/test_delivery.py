"""Delivery over real HTTP, and where the webhook's address and key come from."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tillsight_hub.access.clock import now_ms
from tillsight_hub.alerts.delivery import SIGNATURE, webhook_of
from tillsight_hub.alerts.outbox import Channel, News, file_news
from tillsight_hub.alerts.settings import AlertSettings
from tillsight_hub.config import HubConfig
from tillsight_hub.database import writing
from tillsight_hub.hierarchy import Hierarchy
from tillsight_models.configuration import read_settings
from tillsight_models.errors import BadConfig


class Ear(HTTPServer):
    """Somebody else's server that takes alerts, after `refusals` times 503."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Mouth)
        self.heard: list[tuple[str, str | None]] = []
        self.refusals = 0


class Mouth(BaseHTTPRequestHandler):
    server: Ear

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.server.refusals:
            self.server.refusals -= 1
            self.send_error(503)
            return
        self.server.heard.append((body, self.headers[SIGNATURE]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def ear() -> Iterator[Ear]:
    server = Ear()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_alert_reaches_a_server_that_was_away(
    engine: Engine, hierarchy: Hierarchy, ear: Ear, tmp_path: Path
) -> None:
    (tmp_path / "url").write_text(f"http://127.0.0.1:{ear.server_port}/hook\n")
    (tmp_path / "key").write_text("key\n")
    settings = AlertSettings(webhook_url_file=tmp_path / "url", webhook_secret_file=tmp_path / "key")
    detail = {"chart": "touchpoint", "votes_neg": 5, "votes_pos": 1, "contacts": 0, "arl0_months": 2.0}
    now = now_ms()
    news = News(0, 1, hierarchy.touchpoints["till-1"], now - 60_000, now, detail)
    with writing(engine) as connection:
        file_news(connection, hierarchy, [news], Channel(settings, exists=True), now)
    webhook = webhook_of(engine, settings)
    assert webhook is not None
    ear.refusals = 1
    assert not webhook.send_waiting()
    assert webhook.send_waiting()
    ((body, signature),) = ear.heard
    assert '"touchpoint": "till-1"' in body
    assert signature is not None
    assert signature.startswith("sha256=")


def test_no_webhook_is_needed(engine: Engine) -> None:
    assert webhook_of(engine, AlertSettings()) is None
    assert webhook_of(engine, AlertSettings(webhook_url="https://example.org/", enabled=False)) is None


def test_an_address_that_is_none_is_refused(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "url").write_text("file:///etc/passwd")
    with pytest.raises(BadConfig, match="expected an address that begins with https://"):
        webhook_of(engine, AlertSettings(webhook_url_file=tmp_path / "url"))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"webhook_url": "ftp://example.org"}, "alerts.webhook_url"),
        ({"webhook_url": "https://example.org", "webhook_url_file": "f"}, "exclude each other"),
        ({"months": 3}, "alerts.months"),
    ],
)
def test_settings_that_make_no_sense_are_named(settings: dict[str, object], says: str) -> None:
    with pytest.raises(BadConfig) as refused:
        read_settings({"alerts": settings}, HubConfig)
    assert says in "\n".join(refused.value.problems)
