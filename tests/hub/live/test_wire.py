"""How live streams travel: in well-formed answers, with the headers of every other, whoever asks."""

import http.client
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.harness.processes import wait_until
from tests.harness.websites import Website, website

from tillsight_hub.live import wire
from tillsight_hub.live.live import Live, Parts
from tillsight_hub.pages.headers import HEADERS


class Till:
    """A view of one count."""

    key = "till"
    count = 0

    def concerns(self, _: frozenset[str]) -> bool:
        return True

    def read(self, _: frozenset[str] | None) -> Parts:
        return {"till-1": b"%d" % self.count}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    folder: Path = tmp_path_factory.mktemp("wire")
    with website(folder, users=()) as site:
        live: Live = site.services.live
        site.app.add_api_route("/live/till", lambda: live.respond(Till()), response_model=None)
        yield site


@contextmanager
def asked(site: Website) -> Iterator[http.client.HTTPResponse]:
    """The answer to whoever watches the till."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
    connection.request("GET", "/live/till")
    try:
        yield connection.getresponse()
    finally:
        connection.close()


def lines_until_data(answer: http.client.HTTPResponse) -> list[bytes]:
    lines = [answer.readline()]
    while not lines[-1].startswith(b"data: "):
        lines.append(answer.readline())
    return lines


def test_a_stream_has_the_headers_of_every_answer(site: Website) -> None:
    with asked(site) as answer:
        assert answer.status == 200
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["Cache-Control"] == "no-store"


def test_frames_take_the_wire_and_can_be_read_as_chunks(
    site: Website, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[bytes] = []
    write = wire.ChunkedWire.write

    def noted(self: wire.ChunkedWire, chunk: bytes) -> None:
        written.append(chunk)
        write(self, chunk)

    monkeypatch.setattr(wire.ChunkedWire, "write", noted)
    with asked(site) as answer:
        assert answer.headers["Transfer-Encoding"] == "chunked"
        lines = lines_until_data(answer)
    assert lines[0] == b"retry: 1000\n"
    assert lines[-1].endswith(b'"parts":{"till-1":0}}\n')
    assert any(lines[-1] in chunk for chunk in written)


def test_who_does_not_know_chunks_gets_none(site: Website) -> None:
    with socket.create_connection(("127.0.0.1", site.port), timeout=60) as line:
        line.sendall(b"GET /live/till HTTP/1.0\r\nHost: x\r\n\r\n")
        stream = line.makefile("rb")
        while stream.readline().strip():
            pass
        assert stream.readline() == b"retry: 1000\n"


def test_a_watcher_who_goes_is_not_watching_any_more(site: Website) -> None:
    live: Live = site.services.live
    with asked(site) as answer:
        lines_until_data(answer)
        assert live.watchers >= 1
    wait_until(lambda: live.watchers == 0, "the end of all streams")


def test_a_stream_that_the_hub_ends_is_a_whole_answer(site: Website) -> None:
    with asked(site) as answer:
        lines_until_data(answer)
        site.services.live.stop()
        assert answer.read().strip() == b""
