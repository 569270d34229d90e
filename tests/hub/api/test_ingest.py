"""Events over HTTPS: the same writer, the same rows, 200 only after the commit."""

import time

import msgspec
import pytest
from sqlalchemy import func, select
from tests.harness.hubs import RunningHub
from tests.harness.ingesting import Box

from tillsight_hub import tables
from tillsight_models.delivery import Ack
from tillsight_models.events import MAX_MESSAGE_BYTES, encode_message

URL = "/api/v1/ingest"


@pytest.fixture
def headers(hub: RunningHub) -> dict[str, str]:
    """What device box-1 sends."""
    return hub.bearer("device", "box-1")


def _stored(hub: RunningHub) -> int:
    with hub.services.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(tables.event)) or 0


def test_an_event_is_committed_when_the_answer_comes(hub: RunningHub, headers: dict[str, str]) -> None:
    box = Box()
    answer = hub.client.post(URL, content=box.press(), headers=headers)
    assert answer.status_code == 200
    assert _stored(hub) == 1
    body = answer.json()
    assert (body["stored"], body["duplicates"], body["quarantined"]) == (1, 0, 0)
    (ack,) = (msgspec.convert(ack, Ack) for ack in body["acks"])
    assert (ack.stream, ack.upto, ack.window) == (box.stream, 1, 200)


def test_a_backlog_comes_as_an_array_and_a_resend_stores_nothing_twice(
    hub: RunningHub, headers: dict[str, str]
) -> None:
    box = Box()
    backlog = encode_message([box.press() for _ in range(50)])
    assert hub.client.post(URL, content=backlog, headers=headers).json()["stored"] == 50
    again = hub.client.post(URL, content=backlog, headers=headers).json()
    assert (again["stored"], again["duplicates"]) == (0, 50)
    assert again["acks"][0]["upto"] == 50
    assert _stored(hub) == 50


def test_what_is_no_event_is_quarantined_and_answered(hub: RunningHub, headers: dict[str, str]) -> None:
    answer = hub.client.post(URL, content=b"{not json", headers=headers)
    assert (answer.status_code, answer.json()["quarantined"]) == (200, 1)
    assert hub.services.writer.counts.quarantined == {"bad-json": 1}


def test_a_device_cannot_speak_for_another_one(hub: RunningHub, headers: dict[str, str]) -> None:
    stranger = Box("box-2", "till-2", stream="bbbbbbbbbbbbbbbb").press(scale="smiley-5")
    answer = hub.client.post(URL, content=stranger, headers=headers).json()
    assert (answer["stored"], answer["quarantined"], answer["acks"]) == (0, 1, [])
    assert _stored(hub) == 0


def test_a_message_that_is_too_big_is_refused(hub: RunningHub, headers: dict[str, str]) -> None:
    box = Box()
    message = encode_message([box.press() for _ in range(400)])
    assert len(message) > MAX_MESSAGE_BYTES
    assert hub.client.post(URL, content=message, headers=headers).status_code == 413
    assert _stored(hub) == 0


def test_only_a_device_may_hand_in_events(hub: RunningHub) -> None:
    press = Box().press()
    assert hub.client.post(URL, content=press).status_code == 401
    assert hub.client.post(URL, content=press, headers=hub.bearer("admin")).status_code == 403
    assert _stored(hub) == 0


def test_nothing_is_promised_when_the_writer_has_ended(hub: RunningHub, headers: dict[str, str]) -> None:
    hub.services.writer.stop()
    answer = hub.client.post(URL, content=Box().press(), headers=headers)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_nothing_is_promised_while_the_database_is_locked(
    hub: RunningHub, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    box = Box()
    hub.client.post(URL, content=box.press(), headers=headers)
    monkeypatch.setattr("tillsight_hub.api.ingest.COMMIT_S", 0.05)
    press = box.press()
    with hub.services.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        answer = hub.client.post(URL, content=press, headers=headers)
        connection.exec_driver_sql("ROLLBACK")
    assert answer.json() == {"detail": "the database takes too long; send it again"}
    assert answer.status_code == 503
    monkeypatch.undo()
    again = hub.client.post(URL, content=press, headers=headers)
    assert again.json()["acks"][0]["upto"] == 2
    assert _stored(hub) == 2


def test_a_device_that_hands_in_too_much_is_asked_to_wait_and_loses_nothing(
    hub: RunningHub, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    event, limits = Box().press(), hub.services.limits
    assert limits is not None
    settings = hub.services.config.ingest
    began = time.monotonic()
    monkeypatch.setattr(limits, "_monotonic", lambda: began)
    assert limits.wait_s("box-1", 250 * settings.device_burst) == 0.0  # all that it may at once
    answer = hub.client.post(URL, content=event, headers=headers)
    assert (answer.status_code, int(answer.headers["Retry-After"]) >= 1) == (429, True)
    assert _stored(hub) == 0
    assert [each.kind for each in limits.seen()] == ["flood"]
    other = hub.bearer("device", "box-2")
    assert hub.client.post(
        URL, content=Box("box-2", "till-2").press(scale="smiley-5"), headers=other
    ).is_success
    monkeypatch.setattr(limits, "_monotonic", lambda: began + 60)  # who waits as it was told, finds room
    assert hub.client.post(URL, content=event, headers=headers).is_success
