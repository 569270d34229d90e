"""Who gets what by mail: each report once, when its period is over at the place, in its language."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, select, update
from tests.harness.chain import Chain
from tests.harness.mailboxes import Mailbox, mailbox
from tests.harness.processes import wait_until

from tillsight_hub.alerts.outbox import Channel, News, file_news
from tillsight_hub.alerts.settings import AlertSettings
from tillsight_hub.app import create_app, running
from tillsight_hub.config import HubConfig
from tillsight_hub.database import writing
from tillsight_hub.hierarchy import read_hierarchy
from tillsight_hub.mail.sender import Sender
from tillsight_hub.mail.settings import MailSettings
from tillsight_hub.metrics.catalogue import catalogue
from tillsight_hub.metrics.settings import MetricSettings
from tillsight_hub.pages.assets import Assets
from tillsight_hub.pages.rendering import in_every_language
from tillsight_hub.reports import posting
from tillsight_hub.reports.alert_mails import AlertMails
from tillsight_hub.reports.errors import BadSchedule, UnknownReport
from tillsight_hub.reports.posting import ReportPost
from tillsight_hub.reports.schedules import (
    Schedule,
    add_schedule,
    find_schedule,
    last_mails,
    read_schedules,
    remove,
    switch,
)
from tillsight_hub.reports.settings import ReportSettings
from tillsight_hub.tables import audit, mail, report_schedule
from tillsight_models.configuration import read_settings

SPOKEN = in_every_language(Assets())
MONDAY_SIX = "2026-03-16T06:00"


class Clock:
    """Set by hand, in the time of Rome."""

    def __init__(self) -> None:
        self.set("2026-03-15T12:00")

    def set(self, local: str, zone: str = "Europe/Rome") -> None:
        self.now = int(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as server:
        yield server


def report_post(chain: Chain, clock: Clock, **settings: str) -> ReportPost:
    metrics = catalogue(MetricSettings())
    return ReportPost(chain.engine, lambda: SPOKEN, metrics, ReportSettings(**settings), clock)


def scheduled(
    chain: Chain,
    clock: Clock,
    kind: str = "weekly",
    place: str = "market",
    to: str = "mona@example.org",
    **more: Any,
) -> Schedule:
    with writing(chain.engine) as connection:
        number = add_schedule(connection, kind, place, to, language=more.get("language"), actor="ada")
        made = update(report_schedule).where(report_schedule.c.id == number)
        connection.execute(made.values(created=clock.now))
        return find_schedule(connection, read_hierarchy(connection), None, number)


def mails(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(select(mail).order_by(mail.c.id)))


def test_a_report_is_written_once_when_its_week_is_over_there(
    busy: Chain, clock: Clock, box: Mailbox
) -> None:
    scheduled(busy, clock, to="mona@example.org, mario@example.org")
    post = report_post(busy, clock, address="https://hub.example.org")
    clock.set("2026-03-16T05:59")
    post.post_due()
    assert not mails(busy.engine)
    clock.set(MONDAY_SIX)
    for _ in range(3):
        post.post_due()
    report_post(busy, clock).post_due()  # a hub that was started again
    first, second = mails(busy.engine)
    assert {first.recipient, second.recipient} == {"mona@example.org", "mario@example.org"}
    assert first.subject.startswith("Pagina settimanale: ")
    assert "9–15 marzo 2026" in first.subject
    settings = MailSettings(host="127.0.0.1", port=box.port, security="none")
    assert Sender(busy.engine, settings, clock).send_waiting()
    letter = box.letters[0]
    assert list(letter.files) == ["weekly-market-2026-W11.pdf"]
    assert letter.files["weekly-market-2026-W11.pdf"].startswith(b"%PDF")
    assert "https://hub.example.org" in letter.text
    assert "perché ada ha inserito il tuo indirizzo" in letter.text


def test_every_place_has_its_own_hour(busy: Chain, clock: Clock) -> None:
    scheduled(busy, clock, place="bazaar")
    scheduled(busy, clock, place="market")
    clock.set(MONDAY_SIX, "Asia/Kolkata")
    report_post(busy, clock).post_due()
    assert ["Bazaar" in each.subject for each in mails(busy.engine)] == [True]


def test_after_a_long_time_off_only_the_latest_comes(busy: Chain, clock: Clock) -> None:
    schedule = scheduled(busy, clock)
    clock.set("2026-04-08T12:00")
    report_post(busy, clock).post_due()
    (only,) = mails(busy.engine)
    assert only.key == f"report:{schedule.id}:weekly:2026-03-30:mona@example.org"


def test_a_new_schedule_does_not_send_what_is_over(busy: Chain, clock: Clock) -> None:
    clock.set("2026-03-16T09:00")
    scheduled(busy, clock)
    post = report_post(busy, clock)
    post.post_due()
    assert not mails(busy.engine)
    clock.set("2026-03-23T06:00")
    post.post_due()
    assert len(mails(busy.engine)) == 1


def test_one_at_rest_sends_nothing_and_one_that_is_gone_neither(busy: Chain, clock: Clock) -> None:
    resting, gone = scheduled(busy, clock), scheduled(busy, clock, place="till-1")
    with writing(busy.engine) as connection:
        switch(connection, resting, "ada", enabled=False)
        remove(connection, gone, "ada")
    clock.set(MONDAY_SIX)
    report_post(busy, clock).post_due()
    assert not mails(busy.engine)
    with busy.engine.connect() as connection:
        actions = list(connection.scalars(select(audit.c.action)))
    assert actions[-2:] == ["report schedule off", "report schedule removed"]


def test_somebody_may_ask_for_it_again(busy: Chain, clock: Clock) -> None:
    schedule = scheduled(busy, clock, language="en")
    clock.set(MONDAY_SIX)
    post = report_post(busy, clock)
    post.post_due()
    post.post_now(schedule)
    assert [each.subject[:11] for each in mails(busy.engine)] == ["Weekly page"] * 2


def test_what_cannot_be_made_is_told(busy: Chain, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    schedule = scheduled(busy, clock)
    other = scheduled(busy, clock, place="bar")
    whole = posting.make_report

    def fails(connection: Any, hierarchy: Any, kind: Any, place: str, *rest: Any, **more: Any) -> Any:
        if place == "market":
            raise RuntimeError("no ink")
        return whole(connection, hierarchy, kind, place, *rest, **more)

    monkeypatch.setattr(posting, "make_report", fails)
    clock.set(MONDAY_SIX)
    report_post(busy, clock).post_due()
    with busy.engine.connect() as connection:
        last = last_mails(connection, [schedule, other])
    assert last[schedule.id].failed == clock.now
    assert last[schedule.id].problem == "the report could not be made: no ink"
    assert last[other.id].failed is None


@pytest.mark.parametrize(
    "kind, to, field",
    [("daily", "mona@example.org", "kind"), ("weekly", "mona", "recipients"), ("weekly", " ", "recipients")],
)
def test_what_makes_no_sense_is_refused(busy: Chain, kind: str, to: str, field: str) -> None:
    with pytest.raises(BadSchedule) as refused, writing(busy.engine) as connection:
        add_schedule(connection, kind, "market", to, language=None, actor="ada")
    assert refused.value.field == field


def test_a_viewer_sees_the_schedules_of_their_own_places(busy: Chain, clock: Clock) -> None:
    own, above = scheduled(busy, clock, place="till-1"), scheduled(busy, clock, place="acme")
    with busy.engine.connect() as connection:
        hierarchy = read_hierarchy(connection)
        assert [each.id for each in read_schedules(connection, hierarchy, "market")] == [own.id]
        assert len(read_schedules(connection, hierarchy, None)) == 2
        with pytest.raises(UnknownReport):
            find_schedule(connection, hierarchy, "market", above.id)


def test_a_running_hub_sends_what_is_asked_for(busy: Chain, box: Mailbox, tmp_path: Path) -> None:
    mail_server = {"host": "127.0.0.1", "port": box.port, "security": "none"}
    settings = {
        "data_dir": str(tmp_path / "data"),
        "database": {"url": str(busy.engine.url)},
        "mqtt": {"embedded": False, "port": 1},
        "mail": mail_server,
        "alerts": {"enabled": False},
    }
    services = create_app(read_settings(settings, HubConfig)).state.services
    with running(services):
        with writing(busy.engine) as connection:
            add_schedule(connection, "camera-check", "market", "ops@example.org", language="en", actor="ada")
            schedule = find_schedule(connection, read_hierarchy(connection), None, 1)
        report_post(busy, Clock()).post_now(schedule)
        wait_until(lambda: bool(box.letters), "the mail")
    (letter,) = box.letters
    assert letter.message["Subject"].startswith("Camera check: ")


# --- Alerts -----------------------------------------------------------------------------------------------


def raise_alert(chain: Chain, clock: Clock, tp: str = "till-1", **settings: Any) -> None:
    detail = {"votes_neg": 5, "votes_pos": 1, "contacts": 40, "expected_neg": 1.25, "arl0_months": 2.0}
    hierarchy = chain.settle()
    news = News(
        0, 1, hierarchy.touchpoints[tp], clock.now - 600_000, clock.now, {"chart": "touchpoint", **detail}
    )
    follow = AlertMails(lambda: SPOKEN, ReportSettings(address="https://hub.example.org"))
    with writing(chain.engine) as connection:
        channel = Channel(AlertSettings(**settings), follow_up=follow)
        file_news(connection, hierarchy, [news], channel, clock.now)


def test_an_alert_is_mailed_in_the_places_language_to_each_once(busy: Chain, clock: Clock) -> None:
    scheduled(busy, clock, "alerts", "market", "mona@example.org")
    scheduled(busy, clock, "alerts", "acme", "mona@example.org, ops@example.org")
    scheduled(busy, clock, "alerts", "bazaar", "other@example.org")
    scheduled(busy, clock, "weekly", "market", "weekly@example.org")
    raise_alert(busy, clock)
    first, second = mails(busy.engine)
    assert [first.recipient, second.recipient] == ["mona@example.org", "ops@example.org"]
    assert first.subject.startswith("Allarme: Till 1, ")
    assert "5 risposte insoddisfatte e 1 altre dalle 11:50 alle 12:00" in first.body
    assert "di solito le risposte insoddisfatte sono 1,2" in first.body
    assert "https://hub.example.org/touchpoints/till-1" in first.body


def test_what_a_budget_holds_is_not_mailed(busy: Chain, clock: Clock) -> None:
    scheduled(busy, clock, "alerts", "market")
    for _ in range(3):
        clock.now += 60_000
        raise_alert(busy, clock, budget_per_touchpoint=2)
    assert len(mails(busy.engine)) == 2
