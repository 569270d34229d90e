"""Events: strict about what they know, careful with what they do not know."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.examples import DATA, wire, wire_event

from tillsight_models.errors import BadEvent, TillsightError
from tillsight_models.events import (
    MAX_MESSAGE_BYTES,
    PAYLOADS,
    ButtonPressed,
    ContactEnded,
    Payload,
    Stamp,
    decode_event,
    decode_payload,
    encode_event,
    encode_message,
    new_event,
    split_message,
    stream_position,
)

PRESS = "button.press"
AT = Stamp(t=1_790_000_000_123, tq="ntp", boot="b0071", mono=4_200_000)


def test_there_is_an_example_of_every_type() -> None:
    assert set(DATA) == set(PAYLOADS)


@pytest.mark.parametrize("type", PAYLOADS)
def test_every_type_survives_the_wire(type: str) -> None:
    event = decode_event(wire(type))
    assert event.type == type
    again = decode_event(encode_event(event))
    assert again == event
    assert json.loads(encode_event(event)) == wire_event(type)


@pytest.mark.parametrize("type", PAYLOADS)
def test_an_event_made_here_is_the_event_that_arrives(type: str) -> None:
    payload = decode_payload(type, json.dumps(DATA[type]).encode())
    event = new_event(dev="box", tp="till", stream="0123456789abcdef", seq=9, at=AT, payload=payload)
    arrived = decode_event(encode_event(event))
    assert arrived == event
    assert (arrived.id, arrived.at) == ("0123456789abcdef-9", AT)


def test_what_a_newer_device_adds_is_kept() -> None:
    data = {**DATA[PRESS], "pressure": [1, {"deep": None}]}
    sent = wire(PRESS, data=data, weather="rain", floor={"n": 2})
    event = decode_event(sent)
    assert isinstance(event.payload, ButtonPressed)
    assert json.loads(event.data) == data
    assert event.extra is not None
    assert json.loads(event.extra) == {"weather": "rain", "floor": {"n": 2}}
    assert json.loads(encode_event(event)) == json.loads(sent)


@pytest.mark.parametrize(
    ("changes", "reason", "said"),
    [
        ({"v": 2}, "future-version", "v: 2, expected 1"),
        ({"v": 2, "seq": "seven", "dev": ...}, "future-version", "v: 2"),
        ({"v": ...}, "bad-type", "`v`"),
        ({"type": "button.melted"}, "unknown-type", "'button.melted'"),
        ({"type": 5}, "bad-type", "$.type"),
        ({"dev": "Till One"}, "bad-type", "$.dev"),
        ({"dev": ""}, "bad-type", "$.dev"),
        ({"dev": "box\n"}, "bad-type", "$.dev"),
        ({"stream": "5f1e2d3c4b5a6978\n"}, "bad-type", "$.stream"),
        ({"tp": "x" * 41}, "bad-type", "$.tp"),
        ({"stream": "short"}, "bad-type", "$.stream"),
        ({"seq": 0}, "bad-type", "$.seq"),
        ({"seq": 2**53}, "bad-type", "$.seq"),
        ({"seq": 1.5}, "bad-type", "$.seq"),
        ({"seq": True}, "bad-type", "$.seq"),
        ({"t": -1}, "bad-type", "$.t"),
        ({"t": "2026-01-01"}, "bad-type", "$.t"),
        ({"tq": "guess"}, "bad-type", "$.tq"),
        ({"boot": "b" * 65}, "bad-type", "$.boot"),
        ({"mono": None}, "bad-type", "$.mono"),
        ({"data": ...}, "bad-type", "data"),
        ({"data": []}, "bad-type", "button.press"),
        ({"data": {"button": 4, "rating": 4}}, "bad-type", "scale"),
        ({"data": {**DATA[PRESS], "rating": 12}}, "bad-type", "$.data.rating"),
        ({"data": {**DATA[PRESS], "rating": "4"}}, "bad-type", "$.data.rating"),
        ({"data": {**DATA[PRESS], "labels": ["fake"]}}, "bad-type", "$.data.labels"),
        ({"data": {**DATA[PRESS], "panel": "telepathy"}}, "bad-type", "$.data.panel"),
    ],
)
def test_a_broken_event_says_what_and_where(changes: dict[str, Any], reason: str, said: str) -> None:
    with pytest.raises(BadEvent) as raised:
        decode_event(wire(PRESS, **changes))
    assert raised.value.reason == reason
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("type", "data"),
    [
        ("contact.end", {"source": "presence", "dwell_s": -1}),
        ("contact.end", {"source": "presence", "dwell_s": 5, "people": 0}),
        ("contact.end", {"source": "crystal ball", "dwell_s": 5}),
        ("device.dropped", {"ranges": [], "reason": "outbox-full"}),
        ("device.dropped", {"ranges": [[0, 4]], "reason": "outbox-full"}),
        ("device.dropped", {"ranges": [[1, 2, 3]], "reason": "outbox-full"}),
        ("pos.sales", {"period_s": 1, "receipts": 1, "currency": "euro"}),
        ("pos.sales", {"period_s": 1, "receipts": 1_000_001}),
        ("device.health", {"disk_free_percent": 101}),
        ("survey.answer", {"survey": "A survey", "survey_version": 1, "visit": "v", "question": "q"}),
    ],
)
def test_values_out_of_range_are_refused(type: str, data: dict[str, Any]) -> None:
    with pytest.raises(BadEvent) as raised:
        decode_event(wire(type, data=data))
    assert raised.value.reason == "bad-type"


@pytest.mark.parametrize("raw", [b"", b"{", b"null", b"[]", b"7", b'"x"', b"\xff\xfe", b"{}", b'{"v": 1}'])
def test_what_is_no_event_is_refused(raw: bytes) -> None:
    with pytest.raises(BadEvent):
        decode_event(raw)


@given(st.binary(max_size=200))
def test_no_bytes_can_raise_anything_but_a_bad_event(raw: bytes) -> None:
    with pytest.raises(TillsightError):
        decode_event(raw)
    assert stream_position(raw) is None


@given(st.integers(0, 300), st.integers(0, 255), st.sampled_from(sorted(PAYLOADS)))
def test_an_event_with_one_changed_byte_is_an_event_or_a_bad_event(at: int, byte: int, type: str) -> None:
    raw = bytearray(wire(type))
    raw[at % len(raw)] = byte
    try:
        event = decode_event(bytes(raw))
    except BadEvent:
        return
    assert decode_event(encode_event(event)) == event


def test_one_event_travels_bare_and_several_as_an_array() -> None:
    events = [wire(PRESS, seq=seq) for seq in (1, 2, 3)]
    assert encode_message(events[:1]) == events[0]
    assert split_message(events[0]) == [events[0]]
    assert [decode_event(raw).seq for raw in split_message(encode_message(events))] == [1, 2, 3]
    assert split_message(b" \n[ ]") == []


def test_a_message_is_condemned_as_a_whole_only_when_it_cannot_be_split() -> None:
    assert len(split_message(b'[{"v": 9}, 17, null]')) == 3
    with pytest.raises(BadEvent) as raised:
        split_message(b'[{"v": 1},')
    assert raised.value.reason == "bad-json"


def test_a_message_has_a_largest_size() -> None:
    split_message(b"x" * MAX_MESSAGE_BYTES)
    with pytest.raises(BadEvent, match="message of 64001 bytes: expected at most 64000") as raised:
        split_message(b"x" * (MAX_MESSAGE_BYTES + 1))
    assert raised.value.reason == "too-big"


def test_the_place_of_a_broken_event_in_its_stream_can_still_be_read() -> None:
    broken = wire(PRESS, v=7, data="?", tq="guess")
    assert stream_position(broken) == ("till-1-box", "5f1e2d3c4b5a6978", 7)
    assert stream_position(wire(PRESS, seq=0)) is None
    assert stream_position(b"[1]") is None


def test_defaults_do_not_travel() -> None:
    event = new_event(
        dev="box",
        tp="till",
        stream="0123456789abcdef",
        seq=1,
        at=AT,
        payload=ContactEnded(source="camera", dwell_s=3),
    )
    assert json.loads(event.data) == {"source": "camera", "dwell_s": 3.0}


def test_wire_names_are_unique_and_payloads_cannot_change() -> None:
    assert len(PAYLOADS) == len(Payload.__subclasses__())
    press = ButtonPressed(button=1, rating=1, scale="smiley-4")
    with pytest.raises(AttributeError):
        press.rating = 4  # type: ignore[misc]
