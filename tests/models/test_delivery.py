"""Delivery messages: what both sides say about a stream of events."""

from typing import Any

import msgspec
import pytest

from tillsight_models.delivery import Ack, Birth, DeviceState, HubState, decode, encode
from tillsight_models.errors import BadEvent
from tillsight_models.events import HealthReported

MESSAGES: list[Any] = [
    Ack(stream="5f1e2d3c4b5a6978", upto=41, missing=[(43, 44), (50, 50)], window=100, now=1_790_000_000_000),
    DeviceState(state="lost", session=12),
    Birth(version="0.1.0", stream="5f1e2d3c4b5a6978", session=12, boot="b0071", first_seq=42),
    HubState(state="ready", since=1_790_000_000_000),
    HealthReported(outbox_events=3, temperature_c=48.5),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_survives_the_wire(message: Any) -> None:
    assert decode(encode(message), type(message)) == message


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_newer_message_is_understood(message: Any) -> None:
    fields = {**msgspec.json.decode(encode(message)), "later": {"n": 1}}
    assert decode(msgspec.json.encode(fields), type(message)) == message


@pytest.mark.parametrize(
    ("raw", "type", "said"),
    [
        (b"", Ack, "Ack"),
        (b"\xff", DeviceState, "DeviceState"),
        (b'{"stream": "x", "now": 1}', Ack, "upto"),
        (b'{"stream": "x", "upto": -1, "now": 1}', Ack, "$.upto"),
        (b'{"stream": "x", "upto": 1, "now": 1, "window": 0}', Ack, "$.window"),
        (b'{"stream": "x", "upto": 1, "now": 1, "missing": [[0, 3]]}', Ack, "$.missing"),
        (b'{"state": "asleep", "session": 1}', DeviceState, "$.state"),
        (b'{"state": "ready"}', DeviceState, "session"),
    ],
)
def test_a_broken_message_says_what_and_where(raw: bytes, type: Any, said: str) -> None:
    with pytest.raises(BadEvent) as raised:
        decode(raw, type)
    assert raised.value.reason == "bad-type"
    assert said in str(raised.value)
