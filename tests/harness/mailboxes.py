"""A mail server of our own on loopback: SMTP with STARTTLS or TLS and a login, and what it was given."""

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Literal

from .certificates import Certificate

LOGIN = ("tillsight", "swordfish")


@dataclass
class Letter:
    """One mail as it arrived."""

    sender: str
    recipients: list[str]
    message: EmailMessage
    in_clear: bool
    logged_in: bool

    @property
    def text(self) -> str:
        """Its plain text."""
        body = self.message.get_body(("plain",))
        assert body is not None
        return str(body.get_content()).replace("\r\n", "\n")

    @property
    def files(self) -> dict[str, bytes]:
        """By name."""
        return {
            str(part.get_filename()): bytes(part.get_payload(decode=True))
            for part in self.message.iter_attachments()
        }


class Mailbox(socketserver.ThreadingTCPServer):
    """Takes mail at `port`. `refuse_next` answers are said instead of taking the next letters."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(
        self, certificate: Certificate | None = None, security: Literal["starttls", "tls", "none"] = "none"
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.letters: list[Letter] = []
        self.refuse_next: list[str] = []
        self.unknown: set[str] = set()
        """Recipients that do not exist here."""
        self.security = security
        self.context: ssl.SSLContext | None = None
        if certificate is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate.file, certificate.key)

    @property
    def port(self) -> int:
        return int(self.server_address[1])


@dataclass
class _Envelope:
    sender: str = ""
    recipients: list[str] = field(default_factory=list)


class _Talk(socketserver.StreamRequestHandler):
    server: Mailbox

    def handle(self) -> None:
        self.secure = self.logged_in = False
        try:
            if self.server.security == "tls":
                self._wrap()
            self._say("220 mailbox")
            self._converse()
        except (OSError, ssl.SSLError):
            pass  # who does not believe our certificate hangs up

    def _converse(self) -> None:
        envelope = _Envelope()
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            word = line.split(" ")[0].upper()
            if word == "QUIT":
                self._say("221 bye")
                return
            if word == "STARTTLS":
                self._say("220 go on")
                self._wrap()
            elif word == "AUTH":
                self._log_in(line)
            elif word == "DATA":
                self._take(envelope)
                envelope = _Envelope()
            else:
                self._answer(word, line, envelope)

    def _answer(self, word: str, line: str, envelope: _Envelope) -> None:
        address = line.partition("<")[2].partition(">")[0]
        if word in ("EHLO", "HELO"):
            tls = self.server.security == "starttls" and not self.secure
            self._say("250-mailbox\r\n" + ("250-STARTTLS\r\n" if tls else "") + "250 AUTH PLAIN")
        elif word == "MAIL":
            envelope.sender = address
            self._say("250 ok")
        elif word == "RCPT" and address in self.server.unknown:
            self._say("550 nobody of that name")
        elif word == "RCPT":
            envelope.recipients.append(address)
            self._say("250 ok")
        else:
            self._say("250 ok")

    def _log_in(self, line: str) -> None:
        _, name, password = base64.b64decode(line.split(" ")[2]).decode().split("\0")
        self.logged_in = (name, password) == LOGIN
        self._say("235 welcome" if self.logged_in else "535 wrong")

    def _take(self, envelope: _Envelope) -> None:
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        if self.server.refuse_next:
            self._say(self.server.refuse_next.pop(0))
            return
        message = message_from_bytes(b"".join(lines), policy=default)
        assert isinstance(message, EmailMessage)
        letter = Letter(envelope.sender, envelope.recipients, message, not self.secure, self.logged_in)
        self.server.letters.append(letter)
        self._say("250 taken")

    def _wrap(self) -> None:
        assert self.server.context is not None
        wrapped = self.server.context.wrap_socket(self.request, server_side=True)
        self.request, self.secure = wrapped, True
        self.rfile, self.wfile = wrapped.makefile("rb"), wrapped.makefile("wb")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())
        self.wfile.flush()


@contextmanager
def mailbox(
    certificate: Certificate | None = None, security: Literal["starttls", "tls", "none"] = "none"
) -> Iterator[Mailbox]:
    """A running one."""
    server = Mailbox(certificate, security)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
