"""Copied cards, stolen devices, replayed and reordered events, second certificates: each is seen and said."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, update
from tests.harness.guarded_broker import now
from tests.harness.identities import Identity
from tests.harness.ingesting import MINUTE, NOON, Box, intake

from tillsight_hub.access.tokens import create_token, find_token
from tillsight_hub.database import writing
from tillsight_hub.fleet.boxes import Trouble, read_boxes
from tillsight_hub.fleet.sightings import FRESH_MS
from tillsight_hub.hierarchy import read_hierarchy
from tillsight_hub.identity.authority import Authority
from tillsight_hub.identity.enrolment import allow, enrol, renew, revoke
from tillsight_hub.identity.errors import EnrolmentRefused
from tillsight_hub.ingest.checks import read_message
from tillsight_hub.ingest.intake import Outcome
from tillsight_hub.ingest.messages import DeviceNote, Incoming
from tillsight_hub.tables import device
from tillsight_models.delivery import Birth
from tillsight_models.events import encode_message
from tillsight_models.topics import DeviceTopics

HERE = DeviceTopics("acme", "rome", "box-1")
WINDOW = 5


def take(engine: Engine, events: Sequence[bytes], at: int = NOON) -> Outcome:
    """One message of box 1."""
    message = read_message(Incoming(HERE.of("ev"), encode_message(list(events)), at))
    return intake(engine, at, window=WINDOW).take([message])


def hello(engine: Engine, boot: str, session: int, *, retained: bool = False) -> None:
    """Box 1 connects."""
    birth = Birth(version="1", stream="a" * 16, session=session, boot=boot, first_seq=1)
    intake(engine, NOON).take([], [DeviceNote(HERE, birth, NOON, retained)])


def troubles(engine: Engine, at: int = NOON) -> dict[str, Trouble]:
    """Of box 1, those that the hub itself saw."""
    with engine.connect() as connection:
        hierarchy = read_hierarchy(connection)
        boxes = read_boxes(connection, hierarchy, hierarchy.touchpoints, at)
    box = next(each for each in boxes if each.id == "box-1")
    kinds = ("two_boxes", "enrolled_twice", "revoked_tries", "replay")
    return {each.key: each for each in box.troubles if each.key in kinds}


def test_a_copied_card_is_seen_when_an_earlier_boot_comes_back(either_engine: Engine) -> None:
    hello(either_engine, "boot-a", 1)
    hello(either_engine, "boot-b", 2)
    assert troubles(either_engine) == {}
    hello(either_engine, "boot-a", 3)
    found = troubles(either_engine)["two_boxes"]
    assert (found.severity, found.values["n"]) == (2, 1)
    assert troubles(either_engine, NOON + FRESH_MS + MINUTE) == {}


def test_a_box_that_reconnects_and_restarts_is_one_box(engine: Engine) -> None:
    for number, boot in enumerate(("boot-a", "boot-a", "boot-b", "boot-b", "boot-c")):
        hello(engine, boot, number)
    hello(engine, "boot-a", 9, retained=True)  # what a broker had kept says nothing about now
    assert troubles(engine) == {}


def test_two_boxes_that_count_from_one_copy_are_seen_by_their_numbers(either_engine: Engine) -> None:
    first, second = Box(boot="boot-a"), Box(boot="boot-b")
    take(either_engine, [first.press(4)])
    take(either_engine, [second.press(1, mono=77_000)])
    assert "seq 1 of stream" in str(troubles(either_engine)["two_boxes"].values["what"])


def test_a_stream_of_another_device_is_a_copied_card(either_engine: Engine) -> None:
    original, copy = Box("box-2", "till-2", boot="boot-b"), Box(boot="boot-a")
    message = Incoming(original.topic, original.press(4, scale="smiley-5"), NOON)
    intake(either_engine, NOON).take([read_message(message)])
    take(either_engine, [copy.press(1)])
    assert "which belongs to device box-2" in str(troubles(either_engine)["two_boxes"].values["what"])


def test_recorded_events_that_are_sent_again_are_seen_and_stored_once(either_engine: Engine) -> None:
    box = Box()
    events = [box.press(4, t=NOON - MINUTE + seq) for seq in range(20)]
    take(either_engine, events)
    outcome = take(either_engine, events[:3])
    assert (outcome.receipt.stored, outcome.receipt.duplicates, outcome.receipt.replayed) == (0, 3, 3)
    assert troubles(either_engine)["replay"].values["n"] == 3


def test_retries_are_no_replay_however_often(engine: Engine) -> None:
    box = Box()
    events = [box.press(4, t=NOON - MINUTE + seq) for seq in range(20)]
    take(engine, events)
    for _ in range(5):
        assert take(engine, events[-WINDOW:]).receipt.replayed == 0
    assert troubles(engine) == {}


def test_events_out_of_order_are_stored_and_counted(engine: Engine) -> None:
    box = Box()
    events = [box.press(4, t=NOON - MINUTE + seq) for seq in range(4)]
    assert take(engine, events[2:]).receipt.reordered == 0
    assert take(engine, events[:2]).receipt.reordered == 2
    assert troubles(engine) == {}


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.create(tmp_path / "ca", "Test", now())


def enrolled(engine: Engine, authority: Authority) -> Identity:
    """Box 1 with a certificate."""
    identity = Identity()
    code = allow(engine, authority, "box-1", now(), actor="ada")
    identity.certificate = enrol(engine, authority, code.token, identity.request, now())
    return identity


def test_a_second_certificate_of_a_device_that_is_alive_is_seen(
    either_engine: Engine, authority: Authority
) -> None:
    at = round(now().timestamp() * 1000)
    enrolled(either_engine, authority)
    enrolled(either_engine, authority)  # it was never heard: somebody tries twice to set it up
    assert troubles(either_engine, at) == {}
    with either_engine.begin() as connection:
        connection.execute(update(device).where(device.c.id == "box-1").values(last_seen=at))
    enrolled(either_engine, authority)
    assert set(troubles(either_engine, at)) == {"enrolled_twice"}


def test_a_stolen_device_that_was_revoked_is_seen_when_it_tries(
    either_engine: Engine, authority: Authority
) -> None:
    at = round(now().timestamp() * 1000)
    identity = enrolled(either_engine, authority)
    token = create_token(either_engine, "box", "device", "box-1")
    with writing(either_engine) as connection:
        revoke(connection, "box-1", now(), reason="stolen", actor="ada")
    assert troubles(either_engine, at) == {}
    asked = identity.request
    with pytest.raises(EnrolmentRefused):
        renew(either_engine, authority, identity.certificate, asked, now(), signature=identity.sign(asked))
    assert find_token(either_engine, token, at + 5 * MINUTE) is None
    assert find_token(either_engine, token, at + 5 * MINUTE + 1) is None
    assert troubles(either_engine, at)["revoked_tries"].values["n"] == 2


def test_who_has_a_copy_of_the_certificate_but_not_its_key_casts_no_suspicion(
    engine: Engine, authority: Authority
) -> None:
    identity, thief = enrolled(engine, authority), Identity()
    with writing(engine) as connection:
        revoke(connection, "box-1", now(), reason="stolen", actor="ada")
    with pytest.raises(EnrolmentRefused):
        renew(
            engine,
            authority,
            identity.certificate,
            thief.request,
            now() + timedelta(seconds=1),
            signature=thief.sign(thief.request),
        )
    assert troubles(engine, round(now().timestamp() * 1000)) == {}
