"""The outbox: what is sent, what is held back and why, and how it reaches a webhook."""

import hashlib
import hmac
import json
from collections.abc import Mapping

import pytest
from sqlalchemy import Engine
from tests.harness.ingesting import DAY, HOUR, MINUTE, NOON, table_rows

from tillsight_hub.alerts.delivery import SIGNATURE, STALE_MS, Webhook
from tillsight_hub.alerts.outbox import Channel, News, clear_old, file_news, set_snooze
from tillsight_hub.alerts.settings import AlertSettings
from tillsight_hub.database import writing
from tillsight_hub.hierarchy import Hierarchy

SETTINGS = AlertSettings(budget_per_touchpoint=2, budget_per_store=3)


def file_at(engine: Engine, hierarchy: Hierarchy, *news: tuple[str, int], has_channel: bool = False) -> None:
    """One alert after the other, each (touchpoint, minutes after noon)."""
    for tp, minutes in news:
        raised = NOON + minutes * MINUTE
        detail = {
            "chart": "touchpoint",
            "statistic": 6.1,
            "threshold": 6.0,
            "arl0_months": 2.0,
            "votes_neg": 5,
            "votes_pos": 1,
            "contacts": 30,
            "expected_neg": 0.6,
        }
        one = News(0, 1, hierarchy.touchpoints[tp], raised - 20 * MINUTE, raised, detail)
        with writing(engine) as connection:
            file_news(connection, hierarchy, [one], Channel(SETTINGS, has_channel), raised + 90_000)


def held(engine: Engine) -> list[str | None]:
    return [row["held"] for row in table_rows(engine, "alert")]


def test_the_budget_of_a_touchpoint_counts_what_was_sent(engine: Engine, hierarchy: Hierarchy) -> None:
    file_at(engine, hierarchy, ("till-1", 0), ("till-1", 130), ("till-1", 260), ("till-1", 24 * 60))
    assert held(engine) == [None, None, "budget", None]


def test_the_budget_of_a_store_is_for_all_its_touchpoints(engine: Engine, hierarchy: Hierarchy) -> None:
    file_at(engine, hierarchy, ("till-1", 0), ("till-2", 60), ("desk", 120), ("till-2", 240))
    assert held(engine) == [None, None, None, "budget"]


def test_many_touchpoints_at_once_are_one_storm(either_engine: Engine, hierarchy: Hierarchy) -> None:
    file_at(either_engine, hierarchy, ("till-1", 0), ("till-2", 3), ("desk", 5), ("till-2", 200))
    rows = table_rows(either_engine, "alert")
    assert [row["held"] for row in rows] == [None, None, "storm", None]
    assert rows[2]["storm"] == rows[0]["id"]


def test_alerts_of_simple_rules_are_over_after_a_while(engine: Engine, hierarchy: Hierarchy) -> None:
    file_at(engine, hierarchy, ("till-1", 0), ("till-2", 60))
    clear_old(engine, [0], NOON + DAY, HOUR)
    assert [row["cleared"] for row in table_rows(engine, "alert")] == [None, None]
    clear_old(engine, [5], NOON + 30 * MINUTE, HOUR)
    assert [row["cleared"] for row in table_rows(engine, "alert")] == [NOON + HOUR, None]


def test_a_snooze_holds_until_it_ends(engine: Engine, hierarchy: Hierarchy) -> None:
    with writing(engine) as connection:
        set_snooze(connection, "rome", NOON + HOUR, "mona")
    file_at(engine, hierarchy, ("till-1", 0), ("till-1", 120))
    assert held(engine) == ["snooze", None]


class Receiver:
    """A webhook's other end."""

    def __init__(self) -> None:
        self.got: list[tuple[bytes, Mapping[str, str]]] = []
        self.is_up = True

    def __call__(self, _: str, body: bytes, headers: Mapping[str, str]) -> None:
        if not self.is_up:
            raise OSError("connection refused")
        self.got.append((body, headers))


def test_the_webhook_gets_a_signed_message_once(engine: Engine, hierarchy: Hierarchy) -> None:
    file_at(engine, hierarchy, ("till-1", 0), has_channel=True)
    receiver = Receiver()
    hook = Webhook(engine, "https://example.org/", b"key", receiver, clock=lambda: NOON + 100_000)
    assert hook.send_waiting()
    assert hook.send_waiting()
    ((body, headers),) = receiver.got
    assert headers[SIGNATURE] == "sha256=" + hmac.new(b"key", body, hashlib.sha256).hexdigest()
    message = json.loads(body)
    assert (message["touchpoint"], message["store"], message["votes_neg"]) == ("till-1", "rome", 5)
    assert message["text"] == (
        "5 negative and 1 positive answers from 11:40 to 12:00, of 30 people served; usual are 0.6 negative "
        "ones. When nothing is wrong, such an alert comes about once in 2.0 months per touchpoint."
    )
    assert [row["sent"] for row in table_rows(engine, "alert")] == [NOON + 100_000]


def test_a_webhook_that_is_down_is_tried_again(
    engine: Engine, hierarchy: Hierarchy, caplog: pytest.LogCaptureFixture
) -> None:
    file_at(engine, hierarchy, ("till-1", 0), ("till-2", 60), has_channel=True)
    receiver = Receiver()
    receiver.is_up = False
    hook = Webhook(engine, "https://example.org/secret", None, receiver, clock=lambda: NOON + HOUR)
    assert not hook.send_waiting()
    assert not hook.send_waiting()
    assert len(caplog.records) == 1
    assert "secret" not in caplog.text
    receiver.is_up = True
    assert hook.send_waiting()
    assert len(receiver.got) == 2


def test_old_news_is_not_sent(engine: Engine, hierarchy: Hierarchy) -> None:
    file_at(engine, hierarchy, ("till-1", 0), has_channel=True)
    receiver = Receiver()
    later = NOON + 90_000 + STALE_MS + 1
    assert Webhook(engine, "https://example.org/", None, receiver, clock=lambda: later).send_waiting()
    assert not receiver.got
    assert held(engine) == ["undelivered"]


def test_a_held_alert_is_not_sent(engine: Engine, hierarchy: Hierarchy) -> None:
    with writing(engine) as connection:
        set_snooze(connection, "till-1", NOON + DAY, "mona")
    file_at(engine, hierarchy, ("till-1", 0), has_channel=True)
    receiver = Receiver()
    assert Webhook(engine, "https://example.org/", None, receiver, clock=lambda: NOON).send_waiting()
    assert not receiver.got


def test_a_running_webhook_is_told_at_once(engine: Engine, hierarchy: Hierarchy) -> None:
    """Well within five seconds, though it looks by itself every two."""
    from tests.harness.processes import wait_until

    receiver = Receiver()
    hook = Webhook(engine, "https://example.org/", None, receiver, clock=lambda: NOON)
    hook.start()
    try:
        file_at(engine, hierarchy, ("till-1", 0), has_channel=True)
        hook.wake()
        wait_until(lambda: len(receiver.got) == 1, "the alert")
    finally:
        hook.stop()
