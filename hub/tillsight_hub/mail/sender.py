"""Sender: takes mails from the outbox to the mail server, and never gives up without saying so."""

import logging
import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from sqlalchemy import Engine

from ..access.clock import now_ms
from ..courier import Courier
from ..database import writing
from .errors import MailRefused
from .outbox import Attachment, Mail, note_problem, note_sent, one_line, waiting
from .settings import MailSettings

log = logging.getLogger(__name__)

TIMEOUT_S = 20.0


class Sender:
    """Sends what the outbox has, in order; what is not taken waits for its next try."""

    def __init__(self, engine: Engine, settings: MailSettings, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._settings = settings
        self._clock = clock
        self._failing = False
        self._courier = Courier("mail", self.send_waiting)
        self.start, self.stop, self.wake = self._courier.start, self._courier.stop, self._courier.wake

    def send_waiting(self) -> bool:
        """Send what is due; False where the server took nothing."""
        with self._engine.connect() as connection:
            mails = waiting(connection, self._clock())
        for each in mails:
            try:
                deliver(self._settings, each.recipient, each.subject, each.body, each.attachment)
            except MailRefused as refused:
                self._refused(each, refused)
                if not refused.lasting:
                    return False
            else:
                self._failing = False
                with writing(self._engine) as connection:
                    note_sent(connection, each, self._clock())
        return True

    def _refused(self, each: Mail, refused: MailRefused) -> None:
        if not self._failing or refused.lasting:
            log.error("mail %s was not taken: %s", each.key, refused)
        self._failing = True
        with writing(self._engine) as connection:
            note_problem(connection, each, str(refused), self._clock(), lasting=refused.lasting)


def sender_of(engine: Engine, settings: MailSettings) -> Sender | None:
    """None where no mail server is configured."""
    return Sender(engine, settings) if settings.host else None


def deliver(
    settings: MailSettings, recipient: str, subject: str, body: str, attachment: Attachment | None = None
) -> None:
    """Hand one mail in; MailRefused where it is not taken."""
    message = composed(settings.sender, recipient, subject, body, attachment)
    where = f"{settings.host}:{settings.port}"
    try:
        with _connected(settings) as server:
            if settings.username is not None and settings.password_file is not None:
                server.login(settings.username, settings.password_file.read_text(encoding="utf-8").strip())
            server.send_message(message, settings.sender, [recipient])
    except smtplib.SMTPRecipientsRefused as error:
        code, said = error.recipients[recipient]
        raise MailRefused(f"{where}: {recipient}: {code} {_words(said)}", lasting=code >= 500) from error
    except smtplib.SMTPResponseException as error:
        own = isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500
        raise MailRefused(f"{where}: {error.smtp_code} {_words(error.smtp_error)}", lasting=own) from error
    except (OSError, smtplib.SMTPException, UnicodeError) as error:
        raise MailRefused(f"{where}: {error or type(error).__name__}") from error


def composed(
    sender: str, recipient: str, subject: str, body: str, attachment: Attachment | None = None
) -> EmailMessage:
    """The mail as it travels."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = one_line(subject)
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body)
    if attachment is not None:
        message.add_attachment(
            attachment.content, maintype="application", subtype="pdf", filename=attachment.name
        )
    return message


def _connected(settings: MailSettings) -> smtplib.SMTP:
    assert settings.host is not None
    if settings.security == "none":
        return smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT_S)
    context = ssl.create_default_context(cafile=settings.ca_file)
    if settings.security == "tls":
        return smtplib.SMTP_SSL(settings.host, settings.port, timeout=TIMEOUT_S, context=context)
    server = smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT_S)
    try:
        server.starttls(context=context)
    except BaseException:
        server.close()
        raise
    return server


def _words(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return one_line(text)[:300]
