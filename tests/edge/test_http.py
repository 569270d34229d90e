"""The HTTPS transport against a real web server on loopback."""

import json
import random
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest
from tests.conftest import need
from tests.harness.certificates import Authority
from tests.harness.outboxes import new_outbox, press_times

from tillsight_edge.config import HubSettings
from tillsight_edge.fakes import FakeClock, MemoryHub
from tillsight_edge.http import HttpsTransport
from tillsight_edge.uplink import Uplink
from tillsight_models.events import HealthReported


class Web(ThreadingHTTPServer):
    """A hub's web server. `trouble`: the status to answer instead, `hang_up`: close after each answer."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.hub = MemoryHub()
        self.trouble = 0
        self.pause: str | None = None
        self.nonsense = False
        self.hang_up = False
        self.requests: list[tuple[str, str, str]] = []
        self.connections = 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Web

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, self.headers["Authorization"], self.headers["Content-Type"]))
        if self.server.trouble:
            self.answer(self.server.trouble, b'{"detail": "no"}')
            return
        acks = [msgspec.to_builtins(ack) for ack in self.server.hub.take(body)]
        answer = {"stored": 1, "duplicates": 0, "quarantined": 0, "acks": acks}
        self.answer(200, b"<html>" if self.server.nonsense else json.dumps(answer).encode())

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if self.server.pause is not None:
            self.send_header("Retry-After", self.server.pause)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.server.hang_up

    def log_message(self, *_: object) -> None:
        """Quiet."""


class Line:
    """A device whose uplink goes over HTTP."""

    def __init__(self, folder: Path, web: Web) -> None:
        token = folder / "token"
        token.write_text("secret-token\n", encoding="utf-8")
        url = f"http://127.0.0.1:{web.server_port}"
        self.transport = HttpsTransport(
            HubSettings(transport="https", url=url, token_file=token), "till-1-box", lambda: self.now_s
        )
        self.outbox = new_outbox(folder)
        self.clock = FakeClock()
        self.woken = 0
        self.now_s = -1.0
        self.transport.start(self.wake)
        self.uplink = Uplink(self.outbox, self.transport, self.clock, random.Random(1))

    def wake(self) -> None:
        self.woken += 1

    def turns(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            self.uplink.turn()
            self.clock.advance(0.1)


@contextmanager
def serving(web: Web) -> Iterator[Web]:
    """A web server that runs in this block."""
    thread = threading.Thread(target=web.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield web
    finally:
        web.shutdown()
        thread.join()
        web.server_close()


@pytest.fixture
def web() -> Iterator[Web]:
    with serving(Web()) as web:
        yield web


@pytest.fixture
def line(tmp_path: Path, web: Web) -> Iterator[Line]:
    line = Line(tmp_path, web)
    yield line
    line.transport.stop()


def test_events_are_posted_with_the_token_and_leave_with_the_answer(line: Line, web: Web) -> None:
    press_times(line.outbox, 250)
    line.turns(1)
    assert line.outbox.books().left == 0
    assert len(web.hub.events) == 250
    assert set(web.requests) == {("/api/v1/ingest", "Bearer secret-token", "application/json")}
    assert len(web.requests) == 3
    assert web.connections == 1


def test_an_answer_wakes_the_uplink(line: Line) -> None:
    press_times(line.outbox, 1)
    woken = line.woken
    line.uplink.turn()
    assert line.woken > woken


def test_a_connection_that_the_server_closed_is_replaced_without_loss_of_time(line: Line, web: Web) -> None:
    web.hang_up = True
    for _ in range(3):
        press_times(line.outbox, 1)
        line.turns(0.3)
        assert line.outbox.books().left == 0
    assert web.connections == 3


@pytest.mark.parametrize("status", [401, 413, 429, 500, 503])
def test_a_refusal_is_patience_and_one_line(
    line: Line, web: Web, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    web.trouble = status
    press_times(line.outbox, 3)
    line.turns(30)
    assert 2 <= len(web.requests) <= 7
    assert line.outbox.books().left == 3
    web.trouble = 0
    line.turns(90)
    assert line.outbox.books().left == 0
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert f"does not take events: {status} " in told[0]
    assert "is back" in told[1]


def test_an_answer_that_is_no_json_acknowledges_nothing(line: Line, web: Web) -> None:
    web.nonsense = True
    press_times(line.outbox, 3)
    line.turns(1)
    assert line.outbox.books().left == 3


def test_a_missing_token_or_server_is_no_end(tmp_path: Path, web: Web) -> None:
    line = Line(tmp_path, web)
    (tmp_path / "token").unlink()
    assert not line.transport.send(b"[]")
    gone = HubSettings(transport="https", url="http://127.0.0.1:1", token_file=tmp_path / "token")
    (tmp_path / "token").write_text("t", encoding="utf-8")
    assert not HttpsTransport(gone, "till-1-box").send(b"[]")
    assert HttpsTransport(gone, "till-1-box").connection() == 1
    HttpsTransport(gone, "till-1-box").tell(HealthReported())


def test_over_tls_only_a_hub_of_the_right_authority_gets_the_token(tmp_path: Path) -> None:
    ours = need(lambda: Authority(tmp_path, "our-authority"))
    strangers = Authority(tmp_path, "a-stranger")
    device = ours.sign("till-1-box")
    (tmp_path / "token").write_text("secret-token", encoding="utf-8")
    for authority, with_certificate, taken in (
        (ours, True, True),
        (ours, False, False),
        (strangers, True, False),
    ):
        hub = authority.sign("hub")
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=ours.file)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(hub.file, hub.key)
        with serving(QuietWeb(context)) as web:
            settings = HubSettings(
                transport="https",
                url=f"https://127.0.0.1:{web.server_port}",
                token_file=tmp_path / "token",
                ca_file=ours.file,
                cert_file=device.file if with_certificate else None,
                key_file=device.key if with_certificate else None,
            )
            transport = HttpsTransport(settings, "till-1-box")
            assert transport.send(b"[]") == taken
            assert len(web.requests) == taken
            transport.stop()


class QuietWeb(Web):
    """Handshakes that fail are what the test wants."""

    def handle_error(self, *_: object) -> None:
        """Quiet."""


def test_a_hub_that_asks_for_a_pause_is_left_alone_for_so_long(line: Line, web: Web) -> None:
    web.trouble, web.pause = 429, "120"
    press_times(line.outbox, 3)
    for now_s in (0.0, 60.0, 119.0):
        line.now_s = now_s
        line.turns(90)
    assert len(web.requests) == 1
    web.trouble = 0
    line.now_s = 121.0
    line.turns(90)
    assert line.outbox.books().left == 0


@pytest.mark.parametrize("pause", ["Wed, 21 Oct 2026 07:28:00 GMT", "-5", "nan"])
def test_a_pause_that_is_no_number_of_seconds_is_none(line: Line, web: Web, pause: str) -> None:
    web.trouble, web.pause = 503, pause
    press_times(line.outbox, 1)
    line.turns(30)
    assert len(web.requests) >= 2
