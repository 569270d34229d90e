"""A tiny web server for one person: behind a secret address, and nothing that it says is kept anywhere."""

import hmac
import logging
import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

import msgspec

from tillsight_models.errors import TillsightError

from ..errors import PageUnavailable

log = logging.getLogger(__name__)

LOOPBACK = ("127.0.0.1", "localhost", "::1")
MAX_BODY_BYTES = 64_000
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are easily mistaken for each other: somebody may have to type it."""
TOKEN_LENGTH = 16
KINDS = {"css": "text/css", "html": "text/html", "js": "text/javascript", "svg": "image/svg+xml"}
HEADERS = {
    "Content-Security-Policy": "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "form-action 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True)
class Answer:
    """What a page is told."""

    body: bytes = b""
    kind: str = "application/json"
    status: int = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)
    stream: Iterator[bytes] | None = None
    """What follows without an end, instead of a body; closed when the reader is gone."""


Route = Callable[[bytes], Answer]
"""From the body of a request (empty for GET) to the answer."""


def as_json(value: Any, status: int = HTTPStatus.OK) -> Answer:
    """An answer for a script."""
    return Answer(msgspec.json.encode(value), status=status)


class PageServer:
    """Serves `page` of the static files, the files it needs, and `routes` by `GET name` or `POST name`.

    Only who knows `url` is answered, and only under a name of this machine that cannot be turned to another
    address (DNS rebinding). Nothing is logged: an address with its token would be in the log.
    `package` has the static files in its folder `static`. With `welcome`, who asks this machine for its first
    page is sent to the secret address: for a browser that always begins there. A page of somebody else still
    cannot learn the address, and the requests that it sends are refused.
    """

    def __init__(
        self,
        page: str,
        routes: Mapping[str, Route],
        *,
        address: str = LOOPBACK[0],
        port: int = 0,
        package: str = __package__,
        welcome: bool = False,
    ) -> None:
        self._welcome = welcome
        self.stopped = False
        """Who is still connected hears nothing more."""
        self.token = "".join(secrets.choice(LETTERS) for _ in range(TOKEN_LENGTH))
        self._routes = {**{f"GET {name}": route for name, route in _static(package).items()}, **routes}
        self._routes["GET "] = self._routes[f"GET {page}"]
        shown = outgoing_address() if address == "0.0.0.0" else address  # noqa: S104  (asked for by a person)
        self.hosts = frozenset({*LOOPBACK, shown})
        self._server = _listen(address, port, self)
        self.port = int(self._server.server_address[1])
        self.url = f"http://{_in_url(shown)}:{self.port}/{self.token}/"

    def start(self) -> None:
        """Serve in threads of its own until `stop`."""
        threading.Thread(target=self._server.serve_forever, args=(0.1,), name="pages", daemon=True).start()

    def stop(self) -> None:
        """Serve nobody any more."""
        self.stopped = True
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        """What to say to a request whose Host was good."""
        token, slash, name = urlsplit(path).path.removeprefix("/").partition("/")
        if self._welcome and method == "GET" and not token and not slash:
            return Answer(b"", "text/plain", HTTPStatus.TEMPORARY_REDIRECT, {"Location": f"/{self.token}/"})
        if not hmac.compare_digest(token.encode(), self.token.encode()):
            return Answer(b"not here\n", "text/plain", HTTPStatus.NOT_FOUND)
        if not slash:
            moved = {"Location": f"/{self.token}/"}
            return Answer(b"", "text/plain", HTTPStatus.PERMANENT_REDIRECT, moved)
        route = self._routes.get(f"{method} {name}")
        if route is None:
            return Answer(b"not here\n", "text/plain", HTTPStatus.NOT_FOUND)
        try:
            return route(body)
        except (TillsightError, msgspec.MsgspecError, UnicodeDecodeError) as problem:
            return as_json({"problem": str(problem)}, HTTPStatus.UNPROCESSABLE_ENTITY)


def outgoing_address() -> str:
    """This machine's address in its network; nothing is sent to find it out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address for documentation, which nobody has
        except OSError:
            return LOOPBACK[0]
        return str(probe.getsockname()[0])


def _static(package: str) -> dict[str, Route]:
    """Each file of ours as a route; they are few and small."""
    routes: dict[str, Route] = {}
    for file in files(package).joinpath("static").iterdir():
        ending = file.name.rpartition(".")[2]
        if ending in KINDS:
            routes[file.name] = _constant(Answer(file.read_bytes(), f"{KINDS[ending]}; charset=utf-8"))
    return routes


def _constant(answer: Answer) -> Route:
    return lambda _: answer


def _in_url(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _listen(address: str, port: int, pages: PageServer) -> ThreadingHTTPServer:
    class Handler(_Handler):
        served = pages

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """Somebody hung up."""
            log.debug("a page went away", exc_info=True)

    try:
        return Server((address, port), Handler)
    except (OSError, OverflowError) as error:
        raise PageUnavailable(f"{_in_url(address)}:{port}: {error}: cannot be served there") from error


class _Handler(BaseHTTPRequestHandler):
    """HTTP; everything that is decided is decided in `PageServer.answer`."""

    served: PageServer
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        self._handle("GET")

    def do_POST(self) -> None:
        self._handle("POST")

    def version_string(self) -> str:
        return "tillsight"

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the token is part of what would be written."""

    def _handle(self, method: str) -> None:
        if self.served.stopped:
            self.close_connection = True
            return
        if self._host() not in self.served.hosts or not self._is_from_here():
            self.close_connection = True
            self._say(Answer(b"not here\n", "text/plain", HTTPStatus.MISDIRECTED_REQUEST))
            return
        body = self._body()
        if body is None:
            self.close_connection = True
            self._say(Answer(b"too much\n", "text/plain", HTTPStatus.REQUEST_ENTITY_TOO_LARGE))
            return
        try:
            answer = self.served.answer(method, self.path, body)
        except Exception:
            log.exception("a page's request failed")
            answer = Answer(b"failed\n", "text/plain", HTTPStatus.INTERNAL_SERVER_ERROR)
        self._say(answer)

    def _host(self) -> str | None:
        try:
            return urlsplit(f"//{self.headers.get('Host', '')}").hostname
        except ValueError:
            return None

    def _is_from_here(self) -> bool:
        """A browser names the page that sends a request; only ours may."""
        origin = self.headers.get("Origin")
        return origin is None or origin == f"http://{self.headers.get('Host')}"

    def _body(self) -> bytes | None:
        """None where it is too long, or does not say how long it is."""
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdigit()) or "Transfer-Encoding" in self.headers:
            return None
        return self.rfile.read(int(length)) if int(length) <= MAX_BODY_BYTES else None

    def _say(self, answer: Answer) -> None:
        self.send_response(answer.status)
        headers = {"Content-Type": answer.kind, "Content-Length": str(len(answer.body))}
        if answer.stream is not None:
            headers = {"Content-Type": answer.kind, "Connection": "close"}
        for name, value in {**HEADERS, **headers, **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)
        if answer.stream is not None:
            self._stream(answer.stream)

    def _stream(self, stream: Iterator[bytes]) -> None:
        self.close_connection = True
        try:
            for part in stream:
                self.wfile.write(part)
        except OSError:
            log.debug("a page went away", exc_info=True)
