"""Who is answered by the device's pages, and what they say beside the answer."""

import http.client
import logging
import socket
from collections.abc import Iterator

import pytest

from tillsight_edge.errors import PageUnavailable
from tillsight_edge.pages.server import (
    HEADERS,
    LETTERS,
    MAX_BODY_BYTES,
    TOKEN_LENGTH,
    Answer,
    PageServer,
    as_json,
)
from tillsight_models.errors import BadScale


def refuse(_: bytes) -> Answer:
    raise BadScale("stars: no scale")


def fail(_: bytes) -> Answer:
    raise RuntimeError("our mistake")


ROUTES = {
    "GET state": lambda _: as_json({"fine": True}),
    "POST echo": lambda body: Answer(body, "text/plain"),
    "POST refuse": refuse,
    "POST fail": fail,
}


@pytest.fixture
def pages() -> Iterator[PageServer]:
    server = PageServer("audit.html", ROUTES)
    server.start()
    yield server
    server.stop()


def ask(
    pages: PageServer, path: str, method: str = "GET", body: bytes | None = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", pages.port, timeout=60)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def test_the_secret_address_is_answered(pages: PageServer) -> None:
    assert pages.url == f"http://127.0.0.1:{pages.port}/{pages.token}/"
    status, headers, body = ask(pages, f"/{pages.token}/")
    assert status == 200
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert b"<title>" in body
    assert ask(pages, f"/{pages.token}/state")[2] == b'{"fine":true}'
    assert ask(pages, f"/{pages.token}/page.css")[1]["Content-Type"] == "text/css; charset=utf-8"


@pytest.mark.parametrize("path", ["/", "/state", "/{wrong}/", "/{wrong}/state", "//state", "/page.css"])
def test_without_the_secret_nothing_is_told(pages: PageServer, path: str) -> None:
    wrong = pages.token[:-1] + ("a" if pages.token[-1] != "a" else "b")
    status, _, body = ask(pages, path.format(wrong=wrong))
    assert (status, body) == (404, b"not here\n")


@pytest.mark.parametrize("name", ["..%2fserver.py", "../server.py", "none", "static/page.css", "state/"])
def test_only_what_is_there_is_served(pages: PageServer, name: str) -> None:
    assert ask(pages, f"/{pages.token}/{name}")[0] == 404


def test_an_address_without_its_last_slash_leads_to_the_page(pages: PageServer) -> None:
    status, headers, _ = ask(pages, f"/{pages.token}")
    assert (status, headers["Location"]) == (308, f"/{pages.token}/")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[", "192.168.0.7"])
def test_a_foreign_host_is_refused_even_with_the_secret(pages: PageServer, host: str) -> None:
    status, _, body = ask(pages, f"/{pages.token}/state", Host=host)
    assert (status, body) == (421, b"not here\n")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9", "[::1]:80"])
def test_this_machine_may_be_named_as_it_is_through_a_tunnel_too(pages: PageServer, host: str) -> None:
    assert ask(pages, f"/{pages.token}/state", Host=host)[0] == 200


def test_another_page_cannot_send_orders(pages: PageServer) -> None:
    here, path = f"http://127.0.0.1:{pages.port}", f"/{pages.token}/echo"
    assert ask(pages, path, "POST", b"x", Origin=here)[::2] == (200, b"x")
    assert ask(pages, path, "POST", b"x", Origin="http://evil.example")[0] == 421
    assert ask(pages, path, "POST", b"x", Origin="null")[0] == 421


def test_every_answer_keeps_to_itself(pages: PageServer) -> None:
    for path in (f"/{pages.token}/", f"/{pages.token}/state", "/elsewhere"):
        headers = ask(pages, path)[1]
        assert HEADERS.items() <= headers.items()
        assert headers["Server"] == "tillsight"
    assert "unsafe" not in HEADERS["Content-Security-Policy"]
    assert HEADERS["Cache-Control"] == "no-store"


def test_a_mistake_of_the_page_is_told_in_words(pages: PageServer) -> None:
    status, _, body = ask(pages, f"/{pages.token}/refuse", "POST", b"{}")
    assert (status, body) == (422, b'{"problem":"stars: no scale"}')


def test_a_mistake_of_ours_is_told_without_details(
    pages: PageServer, caplog: pytest.LogCaptureFixture
) -> None:
    assert ask(pages, f"/{pages.token}/fail", "POST", b"{}")[::2] == (500, b"failed\n")
    assert "our mistake" in caplog.text


def test_a_body_is_taken_up_to_its_limit(pages: PageServer) -> None:
    path = f"/{pages.token}/echo"
    assert ask(pages, path, "POST", b"x" * MAX_BODY_BYTES)[0] == 200
    assert ask(pages, path, "POST", b"", **{"Content-Length": str(MAX_BODY_BYTES + 1)})[0] == 413
    assert ask(pages, path, "POST", b"", **{"Content-Length": "-1"})[0] == 413
    assert ask(pages, path, "POST", b"", **{"Transfer-Encoding": "chunked"})[0] == 413


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "HEAD"])
def test_other_methods_are_not_understood(pages: PageServer, method: str) -> None:
    assert ask(pages, f"/{pages.token}/state", method)[0] == 501


def test_nobody_reads_the_secret_in_a_log(pages: PageServer, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_connection(("127.0.0.1", pages.port)) as line:
        line.sendall(f"GET /{pages.token}/ WRONG\r\n\r\n".encode())
        line.recv(1000)
    ask(pages, f"/{pages.token}/state")
    assert capfd.readouterr() == ("", "")


def test_each_run_has_another_secret() -> None:
    servers = [PageServer("audit.html", {}) for _ in range(2)]
    for server in servers:
        server._server.server_close()
    assert servers[0].token != servers[1].token
    assert all(len(server.token) == TOKEN_LENGTH and set(server.token) <= set(LETTERS) for server in servers)


def test_a_port_that_is_taken_and_an_address_that_is_not_ours_are_told(pages: PageServer) -> None:
    with pytest.raises(PageUnavailable, match=rf"127.0.0.1:{pages.port}: .*cannot be served there"):
        PageServer("audit.html", {}, port=pages.port)
    with pytest.raises(PageUnavailable, match=r"192\.0\.2\.1"):
        PageServer("audit.html", {}, address="192.0.2.1")
    with pytest.raises(PageUnavailable, match="70000"):
        PageServer("audit.html", {}, port=70_000)


def test_who_serves_the_network_names_the_address_that_others_use(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("tillsight_edge.pages.server.outgoing_address", lambda: "10.0.7.21")
    caplog.set_level(logging.DEBUG)
    server = PageServer("audit.html", {}, address="0.0.0.0")
    server._server.server_close()
    assert server.url.startswith("http://10.0.7.21:")
    assert server.hosts == {"127.0.0.1", "localhost", "::1", "10.0.7.21"}
    assert caplog.text == ""
