"""Mail over real SMTP: taken, tried again, given up, and only to a server that is who it says it is."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from tests.harness.certificates import Authority, Certificate
from tests.harness.mailboxes import LOGIN, Mailbox, mailbox

from tillsight_hub.__main__ import main
from tillsight_hub.config import HubConfig
from tillsight_hub.database import writing
from tillsight_hub.mail.addresses import addresses_in, is_address
from tillsight_hub.mail.errors import BadAddress
from tillsight_hub.mail.outbox import KEPT_MS, Attachment, forget_old, post
from tillsight_hub.mail.sender import Sender, sender_of
from tillsight_hub.mail.settings import MailSettings, Security
from tillsight_hub.tables import mail
from tillsight_models.configuration import read_settings
from tillsight_models.errors import BadConfig

NOW = 1_791_280_800_000
MINUTE = 60_000
HOUR = 60 * MINUTE


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "authority")


@pytest.fixture(scope="module")
def certificate(authority: Authority) -> Certificate:
    return authority.sign("mailbox")


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as server:
        yield server


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def written(
    engine: Engine, key: str = "report:1", recipient: str = "mona@example.org", **more: object
) -> bool:
    with writing(engine) as connection:
        values = {"subject": "A subject", "body": "Grüße\n.\n..dots\n", "now": NOW, **more}
        return post(connection, key=key, recipient=recipient, **values)  # type: ignore[arg-type]


def rows(engine: Engine) -> list[dict[str, object]]:
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(mail).order_by(mail.c.id)).mappings()]


def plain(box: Mailbox) -> MailSettings:
    return MailSettings(host="127.0.0.1", port=box.port, security="none")


def test_a_mail_arrives_once_with_its_file(either_engine: Engine, box: Mailbox, clock: Clock) -> None:
    pdf = b"%PDF-1.7\n.\n\x00\xff" * 100
    assert written(either_engine, attachment=Attachment("page.pdf", pdf))
    assert not written(either_engine, subject="the same key again")
    sender = Sender(either_engine, plain(box), clock)
    assert sender.send_waiting()
    assert sender.send_waiting()
    (letter,) = box.letters
    assert letter.recipients == ["mona@example.org"]
    assert letter.message["Subject"] == "A subject"
    assert letter.text == "Grüße\n.\n..dots\n"
    assert letter.files == {"page.pdf": pdf}
    (row,) = rows(either_engine)
    assert (row["sent"], row["attachment"], row["problem"]) == (NOW, None, None)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_the_password_goes_only_to_a_server_that_proves_its_name(
    engine: Engine, authority: Authority, certificate: Certificate, tmp_path: Path, security: Security
) -> None:
    (tmp_path / "password").write_text(LOGIN[1] + "\n")
    written(engine)
    with mailbox(certificate, security) as box:
        known = {"host": "127.0.0.1", "port": box.port, "security": security}
        settings = MailSettings(**known, username=LOGIN[0], password_file=tmp_path / "password")  # type: ignore[arg-type]
        clock = Clock()
        assert not Sender(engine, settings, clock).send_waiting()
        assert not box.letters
        assert "certificate" in str(rows(engine)[0]["problem"]).lower()
        clock.now += HOUR
        trusting = settings.model_copy(update={"ca_file": authority.file})
        assert Sender(engine, trusting, clock).send_waiting()
    (letter,) = box.letters
    assert letter.logged_in
    assert not letter.in_clear


def test_a_server_without_starttls_gets_nothing(engine: Engine, box: Mailbox) -> None:
    written(engine)
    settings = MailSettings(host="127.0.0.1", port=box.port)
    assert not Sender(engine, settings, Clock()).send_waiting()
    assert not box.letters
    assert "STARTTLS" in str(rows(engine)[0]["problem"])


def test_what_is_not_taken_is_tried_again_with_pauses(engine: Engine, box: Mailbox, clock: Clock) -> None:
    written(engine)
    box.refuse_next = ["451 busy", "451 busy"]
    sender = Sender(engine, plain(box), clock)
    assert not sender.send_waiting()
    assert sender.send_waiting()  # nothing is due
    assert not box.letters
    clock.now += MINUTE
    assert not sender.send_waiting()
    clock.now += 5 * MINUTE
    assert sender.send_waiting()
    assert len(box.letters) == 1
    assert rows(engine)[0]["tries"] == 3


@pytest.mark.parametrize("key, hours", [("alert:7:mona", 2), ("report:7", 80)])
def test_what_nobody_takes_is_given_up_visibly(engine: Engine, key: str, hours: int) -> None:
    written(engine, key, attachment=Attachment("a.pdf", b"x"))
    clock, settings = Clock(), MailSettings(host="127.0.0.1", port=1, security="none")
    sender = Sender(engine, settings, clock)
    assert not sender.send_waiting()
    assert rows(engine)[0]["failed"] is None
    for _ in range(hours):
        clock.now += HOUR
        sender.send_waiting()
    (row,) = rows(engine)
    assert row["failed"] is not None
    assert row["attachment"] is None
    assert "127.0.0.1:1" in str(row["problem"])
    assert sender.send_waiting()


def test_an_address_that_does_not_exist_holds_nobody_up(engine: Engine, box: Mailbox, clock: Clock) -> None:
    box.unknown = {"gone@example.org"}
    written(engine, "report:1", "gone@example.org")
    written(engine, "report:2")
    assert Sender(engine, plain(box), clock).send_waiting()
    gone, other = rows(engine)
    assert gone["failed"] == NOW
    assert "550 nobody of that name" in str(gone["problem"])
    assert other["sent"] == NOW


def test_a_subject_cannot_become_a_header(engine: Engine, box: Mailbox, clock: Clock) -> None:
    written(engine, subject="Till 1\r\nBcc: all@example.org\n\n\x00evil")
    assert Sender(engine, plain(box), clock).send_waiting()
    (letter,) = box.letters
    assert letter.message["Bcc"] is None
    assert letter.message["Subject"] == "Till 1 Bcc: all@example.org evil"


def test_old_mail_is_forgotten_and_waiting_mail_is_not(engine: Engine, box: Mailbox, clock: Clock) -> None:
    written(engine, "report:1")
    Sender(engine, plain(box), clock).send_waiting()
    written(engine, "report:2")
    assert forget_old(engine, NOW + KEPT_MS + 1) == 1
    assert [row["key"] for row in rows(engine)] == ["report:2"]


def test_without_a_server_there_is_no_sender(engine: Engine) -> None:
    assert sender_of(engine, MailSettings()) is None


@pytest.mark.parametrize(
    "text",
    ["mona", "mona@", "@example.org", "a b@example.org", "mona@example.org\nBcc: x@y.z", "a..b@c.d", "ü@x.y"],
)
def test_what_is_no_address(text: str) -> None:
    assert not is_address(text)


def test_addresses_of_a_field() -> None:
    assert addresses_in("a@x.org, b@x.org;a@x.org\nc@x.org") == ("a@x.org", "b@x.org", "c@x.org")
    with pytest.raises(BadAddress, match="'nobody': expected a mail address"):
        addresses_in("a@x.org, nobody")
    with pytest.raises(BadAddress, match="0 addresses"):
        addresses_in("  ")


@pytest.mark.parametrize(
    "settings, says",
    [
        ({"sender": "me"}, "mail.sender: 'me': expected a mail address"),
        ({"username": "me"}, "need each other"),
        ({"security": "ssl"}, "mail.security"),
        ({"port": 0}, "mail.port"),
    ],
)
def test_settings_that_make_no_sense_are_named(settings: dict[str, object], says: str) -> None:
    with pytest.raises(BadConfig) as refused:
        read_settings({"mail": settings}, HubConfig)
    assert says in "\n".join(refused.value.problems)


def test_the_command_says_what_the_server_said(
    box: Mailbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "hub.toml"
    config.write_text(f'[mail]\nhost = "127.0.0.1"\nport = {box.port}\nsecurity = "none"\n')
    asked = ["--config", str(config), "mail", "test"]
    assert main([*asked, "mona@example.org"]) == 0
    assert "took a mail to mona@example.org" in capsys.readouterr().out
    assert len(box.letters) == 1
    box.unknown = {"gone@example.org"}
    assert main([*asked, "gone@example.org"]) == 1
    assert "550 nobody of that name" in capsys.readouterr().err
    assert main([*asked, "nobody"]) == 1
    config.write_text("")
    assert main([*asked, "mona@example.org"]) == 1
    assert "mail.host: is not set" in capsys.readouterr().err
