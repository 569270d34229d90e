"""Codes that go on on a phone: what the right key made is read, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillsight_models.continuation import (
    AHEAD_MIN,
    GOOD_FOR_MIN,
    LONGEST_CODE,
    Continuation,
    device_key,
    device_of,
    is_phone_stream,
    key_from_text,
    key_to_text,
    phone_stream,
)
from tillsight_models.errors import BadCode
from tillsight_models.events import Stamp, SurveyEnded, decode_event, encode_event, new_event

SECRET = b"s" * 32
MINUTE = 29_854_680
NOW = MINUTE * 60_000
devices = st.from_regex(r"[a-z0-9-]{1,40}", fullmatch=True)
visits = st.binary(min_size=10, max_size=10).map(bytes.hex)
BOX = "box-1"
KEY = device_key(SECRET, BOX)
ONE = Continuation(BOX, "00112233445566778899", MINUTE)
CODE = ONE.write(KEY)


@given(devices, visits, st.integers(0, 2**32 - 1))
def test_what_is_written_is_read_again(device: str, visit: str, minute: int) -> None:
    key = device_key(SECRET, device)
    made = Continuation(device, visit, minute)
    code = made.write(key)
    assert len(code) <= LONGEST_CODE
    assert device_of(code) == device
    assert Continuation.read(code, key, minute * 60_000) == (made, None)
    assert Continuation.read(code.upper(), key, minute * 60_000) == (made, None)


@given(st.integers(0, len(CODE) - 1), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567-"))
def test_a_code_with_one_wrong_letter_opens_nothing(at: int, letter: str) -> None:
    forged = CODE[:at] + letter + CODE[at + 1 :]
    device = device_of(forged)
    read = Continuation.read(forged, device_key(SECRET, device) if device else None, NOW)
    assert (read.continuation is None) == (forged != CODE)
    assert read.reason in (None, "forged", "malformed")


@given(st.integers(0, len(CODE) - 1))
def test_a_cut_code_opens_nothing(length: int) -> None:
    assert Continuation.read(CODE[:length], KEY, NOW) == (None, "malformed")


@given(st.text(max_size=120))
def test_no_text_at_all_makes_it_stumble(text: str) -> None:
    assert Continuation.read(text, KEY, NOW).continuation is None


@given(devices)
def test_the_code_of_another_device_opens_nothing(device: str) -> None:
    text = CODE.rpartition("-")[2]
    read = Continuation.read(f"{device}-{text}", device_key(SECRET, device), NOW)
    assert read.reason == (None if device == BOX else "forged")


@given(st.binary(min_size=32, max_size=32))
def test_the_key_of_another_hub_opens_nothing(secret: bytes) -> None:
    read = Continuation.read(CODE, device_key(secret, BOX), NOW)
    assert read.reason == (None if secret == SECRET else "forged")


@pytest.mark.parametrize(
    ("minutes", "reason"),
    [
        (0, None),
        (GOOD_FOR_MIN, None),
        (GOOD_FOR_MIN + 1, "expired"),
        (-AHEAD_MIN, None),
        (-AHEAD_MIN - 1, "too-early"),
    ],
)
def test_a_code_is_good_for_an_hour(minutes: int, reason: str | None) -> None:
    assert Continuation.read(CODE, KEY, NOW + minutes * 60_000).reason == reason


def test_a_device_that_nobody_knows_is_told_apart() -> None:
    assert Continuation.read(CODE, None, NOW) == (None, "unknown-device")


@pytest.mark.parametrize(
    "wrong",
    [
        Continuation(BOX, "0011", MINUTE),
        Continuation(BOX, "0011223344556677889G", MINUTE),
        Continuation("Box 1", ONE.visit, MINUTE),
        Continuation(BOX, ONE.visit, -1),
        Continuation(BOX, ONE.visit, 2**32),
    ],
)
def test_what_cannot_be_in_a_code_is_refused(wrong: Continuation) -> None:
    with pytest.raises(BadCode, match="expected"):
        wrong.write(KEY)


@given(st.binary(min_size=32, max_size=32))
def test_a_key_travels_as_text(key: bytes) -> None:
    assert key_from_text(key_to_text(key)) == key


@pytest.mark.parametrize("text", ["", "short", "ä" * 43, key_to_text(KEY)[:-2], key_to_text(KEY) + "AAAA"])
def test_a_broken_key_is_told(text: str) -> None:
    with pytest.raises(BadCode, match="32 bytes"):
        key_from_text(text)


def test_the_streams_of_phones_are_streams_and_no_others_are() -> None:
    payload = SurveyEnded(survey="exit", survey_version=1, visit=ONE.visit, outcome="complete")
    stream = phone_stream(ONE.visit)
    at = Stamp(t=NOW, tq="ntp", boot="phone", mono=1)
    event = new_event(dev=BOX, tp="till-1", stream=stream, seq=1, at=at, payload=payload)
    assert decode_event(encode_event(event)).stream == stream
    assert is_phone_stream(stream)
    assert not is_phone_stream("aaaaaaaaaaaaaaaa")
    assert not is_phone_stream("phone")
