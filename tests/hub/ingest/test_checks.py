"""What a message may not be: everything that is wrong with one is told in a word, and nothing raises."""

import json

import pytest
from tests.harness.ingesting import NOON, Box, changed

from tillsight_hub.hierarchy import Hierarchy
from tillsight_hub.ingest.checks import misplaced, read_message
from tillsight_hub.ingest.messages import Incoming
from tillsight_hub.ingest.refusals import REASONS
from tillsight_models.events import MAX_MESSAGE_BYTES

PRESS = Box().press()
DEEP = "[" * 30_000 + "]" * 30_000


def with_data(**fields: object) -> bytes:
    return changed(PRESS, data={**json.loads(PRESS)["data"], **fields})


def of_type(name: str, **data: object) -> bytes:
    return changed(PRESS, type=name, data=data)


POISON = {
    "empty": (b"", "bad-json"),
    "not JSON": (b"hello", "bad-json"),
    "half an event": (PRESS[:-5], "bad-json"),
    "invalid UTF-8": (PRESS.replace(b"boot-1", b"boot\xff\xfe"), "bad-json"),
    "invalid UTF-8 in the payload": (PRESS.replace(b"smiley-4", b"smile\xff\xfe"), "bad-json"),
    "invalid UTF-8 in an unknown field": (PRESS[:-2] + b',"note":"\xff\xfe"}}', "bad-json"),
    "half of a surrogate pair": (PRESS.replace(b"smiley-4", b"\\ud83d"), "bad-json"),
    "half of a surrogate pair in an unknown field": (PRESS[:-1] + b',"note":"\\ud83d"}', "bad-json"),
    "raw control character": (PRESS.replace(b"boot-1", b"boot\x00"), "bad-json"),
    "NUL": (PRESS.replace(b"boot-1", b"boot\\u0000"), "bad-type"),
    "NUL in the payload": (PRESS.replace(b"smiley-4", b"\\u0000"), "bad-type"),
    "NUL in an unknown field's name": (PRESS[:-1] + b',"\\u0000":1}', "bad-type"),
    "nested too deeply": (DEEP.encode(), "bad-json"),
    "nested too deeply in the payload": (PRESS[:-2] + f',"note":{DEEP}}}}}'.encode(), "bad-json"),
    "nested too deeply in an unknown field": (PRESS[:-1] + f',"note":{DEEP}}}'.encode(), "bad-json"),
    "a number": (b"17", "bad-type"),
    "null": (b"null", "bad-type"),
    "no fields": (b"{}", "bad-type"),
    "text for a number": (changed(PRESS, t="now"), "bad-type"),
    "number for a text": (changed(PRESS, boot=3), "bad-type"),
    "fraction for an integer": (changed(PRESS, mono=1.5), "bad-type"),
    "negative time": (changed(PRESS, t=-1), "bad-type"),
    "integer beyond 64 bits": (changed(PRESS, mono=2**64), "bad-type"),
    "integer beyond any float": (PRESS.replace(b'"seq":1', b'"seq":1' + b"0" * 400), "bad-type"),
    "seq 0": (changed(PRESS, seq=0), "bad-type"),
    "upper case device": (changed(PRESS, dev="BOX-1"), "bad-type"),
    "1970 by a clock that should know better": (changed(PRESS, t=5000), "bad-type"),
    "anchor in 1970": (of_type("device.clock", boot="b", mono=1, wall=5000), "bad-type"),
    "unknown clock quality": (changed(PRESS, tq="sundial"), "bad-type"),
    "rating beyond all scales": (with_data(rating=12), "bad-type"),
    "rating beyond its scale": (with_data(rating=5), "bad-type"),
    "unknown label": (with_data(labels=["angry"]), "bad-type"),
    "amount beyond all tills": (of_type("pos.sales", period_s=60, receipts=1, amount=10**13), "bad-type"),
    "undo of a later event": (of_type("button.undo", press=1), "bad-type"),
    "losses of later events": (of_type("device.dropped", ranges=[[1, 9]], reason="not-held"), "bad-type"),
    "losses backwards": (
        changed(of_type("device.dropped", ranges=[[5, 2]], reason="not-held"), seq=9),
        "bad-type",
    ),
    "unknown type": (of_type("button.hug"), "unknown-type"),
    "newer version": (changed(PRESS, v=2), "future-version"),
    "newer version with other fields": (b'{"v":2,"what":"ever"}', "future-version"),
    "another device": (changed(PRESS, dev="box-2"), "foreign-device"),
    "huge": (PRESS[:-1] + b',"note":"' + b"x" * MAX_MESSAGE_BYTES + b'"}', "too-big"),
}


def read(payload: bytes, topic: str = Box().topic):  # type: ignore[no-untyped-def]
    return read_message(Incoming(topic, payload, NOON))


@pytest.mark.parametrize("name", POISON)
def test_poison_is_refused_with_a_word(name: str) -> None:
    payload, reason = POISON[name]
    message = read(payload)
    assert message.arrivals == []
    assert [refusal.reason for refusal in message.refusals] == [reason]
    assert message.refusals[0].detail
    assert reason in REASONS


@pytest.mark.parametrize("name", [name for name, (payload, _) in POISON.items() if len(payload) < 50_000])
def test_good_events_beside_poison_in_an_array_are_kept(name: str) -> None:
    payload, reason = POISON[name]
    box = Box()
    box.skip(10)
    before, after = box.press(), box.press()
    message = read(b"[" + before + b"," + payload + b"," + after + b"]")
    if message.arrivals:
        assert [arrival.event.seq for arrival in message.arrivals] == [11, 12]
        assert [refusal.reason for refusal in message.refusals] == [reason]
    else:
        assert [refusal.reason for refusal in message.refusals] == ["bad-json"], "the array is no JSON at all"


@pytest.mark.parametrize("name", ["text for a number", "unknown type", "rating beyond its scale", "NUL"])
def test_poison_whose_position_can_be_read_counts_as_accounted(name: str) -> None:
    assert read(POISON[name][0]).refusals[0].position == (Box().stream, 1)


def test_nobody_accounts_for_another_device() -> None:
    assert read(POISON["another device"][0]).refusals[0].position is None


@pytest.mark.parametrize(
    "topic",
    [
        "tillsight/v1/acme/rome/box-1/state",
        "tillsight/v1/acme/rome/box-1/ev/more",
        "tillsight/v1/acme/rome/BOX/ev",
        "tillsight/v2/acme/rome/box-1/ev",
        "$SYS/broker/uptime",
        "",
    ],
)
def test_topics_that_are_no_devices_are_refused(topic: str) -> None:
    message = read(PRESS, topic)
    assert [refusal.reason for refusal in message.refusals] == ["bad-topic"]


def test_a_backslash_before_u0000_is_not_a_nul() -> None:
    assert read(PRESS[:-2] + b',"note":"C:\\\\u0000"}}').refusals == []


def test_unknown_fields_are_kept() -> None:
    (arrival,) = read(PRESS[:-1] + b',"mood":"\\u00fcber"}').arrivals
    assert json.loads(arrival.extra) == {"mood": "\u00fcber"}


@pytest.mark.parametrize(
    ("box", "fields", "reason"),
    [
        (Box(), {}, None),
        (Box(), {"tp": "till-2"}, None),
        (Box(), {"tp": "stall"}, "foreign-touchpoint"),
        (Box(), {"tp": "nowhere"}, "foreign-touchpoint"),
        (Box("box-9"), {}, "unknown-device"),
        (Box("box-1", site="pune"), {}, "bad-topic"),
        (Box(), {"t": NOON + 60_001}, "far-future"),
        (Box(), {"t": NOON + 60_000}, None),
        (Box(), {"t": NOON + 60_001, "tq": "rtc"}, "far-future"),
        (Box(), {"t": NOON + 60_001, "tq": "unsynced"}, None),
    ],
)
def test_an_event_must_fit_the_hierarchy_and_the_clock(
    hierarchy: Hierarchy, box: Box, fields: dict[str, object], reason: str | None
) -> None:
    (arrival,) = read(changed(box.press(t=NOON), **fields), box.topic).arrivals
    problem = misplaced(arrival, hierarchy, NOON + 60_000)
    assert (problem and problem[0]) == reason


def test_an_anchor_in_the_future_is_refused(hierarchy: Hierarchy) -> None:
    box = Box()
    (arrival,) = read(changed(box.anchor(1000, NOON + 90_000), t=NOON), box.topic).arrivals
    problem = misplaced(arrival, hierarchy, NOON + 60_000)
    assert problem is not None
    assert problem[0] == "far-future"
