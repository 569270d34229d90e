import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.panel_noise import Noise

from tillsight_panel.framing import MAX_FRAME, MAX_PAYLOAD, FrameReader, crc16, decode, encode

payloads = st.binary(min_size=1, max_size=MAX_PAYLOAD)
noises = st.builds(
    Noise,
    flipped=st.floats(0, 0.2),
    dropped=st.floats(0, 0.2),
    doubled=st.floats(0, 0.2),
    seed=st.integers(0, 10_000),
)


@given(st.binary(max_size=100))
def test_crc_is_the_published_one(data: bytes) -> None:
    assert crc16(data) == binascii.crc_hqx(data, 0xFFFF)


def test_the_layout_on_the_line_is_fixed() -> None:
    assert encode(b"\x11") == bytes.fromhex("04 11 e3 e0 00")
    assert encode(b"\x00\x01\x00") == bytes.fromhex("01 02 01 03 ff ad 00")


@given(payloads)
def test_a_payload_survives_the_line(payload: bytes) -> None:
    frame = encode(payload)
    assert frame.count(0) == 1
    assert len(frame) <= MAX_FRAME + 1
    assert decode(frame[:-1]) == payload


@pytest.mark.parametrize("size", [0, MAX_PAYLOAD + 1])
def test_a_payload_of_impossible_size_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match=f"payload of {size} bytes: expected 1 to 40"):
        encode(bytes(size))


@given(st.lists(payloads, max_size=8), st.integers(1, 7))
def test_pieces_of_any_size_give_the_same_payloads(sent: list[bytes], size: int) -> None:
    line = b"".join(map(encode, sent))
    reader = FrameReader()
    received = [p for at in range(0, len(line), size) for p in reader.feed(line[at : at + size])]
    assert received == sent
    assert reader.bad == 0


@given(st.binary(max_size=200), st.lists(payloads, min_size=1, max_size=5))
def test_after_any_garbage_and_a_delimiter_every_frame_is_read(garbage: bytes, sent: list[bytes]) -> None:
    reader = FrameReader()
    reader.feed(garbage + b"\0")
    assert reader.feed(b"".join(map(encode, sent))) == sent


@given(st.lists(payloads, min_size=2, max_size=20), noises)
def test_noise_costs_frames_and_invents_none(sent: list[bytes], noise: Noise) -> None:
    received = FrameReader().feed(b"".join(noise(encode(payload)) for payload in sent))
    left = iter(sent)
    assert all(payload in left for payload in received)  # a subsequence: in order, nothing else


@given(payloads, st.integers(0, MAX_FRAME), st.integers(1, 255))
def test_one_wrong_byte_spoils_only_its_frame(payload: bytes, at: int, change: int) -> None:
    frame = bytearray(encode(payload))
    frame[at % len(frame)] ^= change
    reader = FrameReader()
    assert payload not in reader.feed(bytes(frame) + b"\0")
    assert reader.feed(encode(b"next")) == [b"next"]


def test_a_line_without_delimiters_takes_no_memory() -> None:
    reader = FrameReader()
    for _ in range(100):
        assert reader.feed(b"\x55" * 1000) == []
    assert len(reader._frame) <= MAX_FRAME
    assert reader.feed(b"\0" + encode(b"next")) == [b"next"]
    assert reader.bad == 1
