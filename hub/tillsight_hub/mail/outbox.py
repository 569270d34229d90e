"""Outbox: mails that wait, in the transaction of what they are about, so that none is lost or sent twice."""

from dataclasses import dataclass

from sqlalchemy import Connection, Engine, RowMapping, delete, select, update

from ..access.clock import now_ms
from ..database import writing
from ..tables import mail

KEPT_MS = 400 * 86_400_000
"""How long a mail that is done with is remembered: addresses of people are in it."""
PAUSES_S = (60, 300, 900, 3600, 14_400)
"""Before each further try; the last one again and again."""
PATIENCE_MS = {"alert": 3_600_000, "case": 86_400_000}
"""How old a mail may get before it is given up, by the first word of its key."""
PATIENCE_ELSE_MS = 3 * 86_400_000


@dataclass(frozen=True)
class Attachment:
    """A file in a mail."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Mail:
    """One mail that waits."""

    id: int
    key: str
    at: int
    """ms UTC at which it was written."""
    recipient: str
    subject: str
    body: str
    attachment: Attachment | None
    tries: int


def post(
    connection: Connection,
    *,
    key: str,
    recipient: str,
    subject: str,
    body: str,
    attachment: Attachment | None = None,
    now: int | None = None,
) -> bool:
    """Let a mail wait to be sent, in the caller's transaction; False where one of this key is known.

    Begin the key with what it is about and a colon, such as `alert:7:mona@example.org`: that decides how
    long it is worth trying.
    """
    now = now_ms() if now is None else now
    if connection.scalar(select(mail.c.id).where(mail.c.key == key)) is not None:
        return False
    connection.execute(
        mail.insert().values(
            key=key,
            at=now,
            recipient=recipient,
            subject=one_line(subject)[:200],
            body=body,
            attachment_name=attachment.name if attachment else None,
            attachment=attachment.content if attachment else None,
            due=now,
        )
    )
    return True


def post_failed(connection: Connection, *, key: str, recipient: str, problem: str, now: int) -> None:
    """What was to be sent could not be made: nothing will be sent, and whoever looks sees why."""
    if connection.scalar(select(mail.c.id).where(mail.c.key == key)) is None:
        values = {"at": now, "due": now, "failed": now, "subject": "", "body": "", "problem": problem[:500]}
        connection.execute(mail.insert().values(key=key, recipient=recipient, **values))


def one_line(text: str) -> str:
    """Without line ends and other control characters: nothing in a subject may become a header."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def waiting(connection: Connection, now: int, most: int = 20) -> list[Mail]:
    """Those that are due, the oldest first."""
    query = select(mail).where(mail.c.sent.is_(None), mail.c.failed.is_(None), mail.c.due <= now)
    return [_mail(row) for row in connection.execute(query.order_by(mail.c.id).limit(most)).mappings()]


def note_sent(connection: Connection, each: Mail, now: int) -> None:
    """The server took it; the file is not kept."""
    query = update(mail).where(mail.c.id == each.id)
    connection.execute(query.values(sent=now, tries=each.tries + 1, problem=None, attachment=None))


def note_problem(connection: Connection, each: Mail, problem: str, now: int, *, lasting: bool) -> None:
    """It was not taken: later again, or given up where that cannot help or it is too old."""
    pause_ms = PAUSES_S[min(each.tries, len(PAUSES_S) - 1)] * 1000
    patience = PATIENCE_MS.get(each.key.partition(":")[0], PATIENCE_ELSE_MS)
    over = lasting or now + pause_ms - each.at > patience
    values = {"tries": each.tries + 1, "problem": problem[:500], "due": now + pause_ms}
    if over:
        values |= {"failed": now, "attachment": None}
    connection.execute(update(mail).where(mail.c.id == each.id).values(**values))


def forget_old(engine: Engine, now: int | None = None) -> int:
    """Delete what was sent or given up long ago; how many."""
    before = (now_ms() if now is None else now) - KEPT_MS
    with writing(engine) as connection:
        done = (mail.c.sent < before) | (mail.c.failed < before)
        return connection.execute(delete(mail).where(done)).rowcount


def _mail(row: RowMapping) -> Mail:
    attachment = Attachment(row["attachment_name"], row["attachment"]) if row["attachment"] else None
    same = ("id", "key", "at", "recipient", "subject", "body", "tries")
    return Mail(**{name: row[name] for name in same}, attachment=attachment)
