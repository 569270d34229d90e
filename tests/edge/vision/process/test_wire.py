"""The language between the process that sees and the agent."""

import subprocess
import sys
import typing
from collections.abc import Iterable, Iterator

import msgspec
import pytest

from tillsight_edge.vision.process import wire
from tillsight_edge.vision.process.wire import (
    MAX_BYTES,
    AgesCounted,
    BadMessage,
    CameraSeen,
    Confirmed,
    ContactSeen,
    Message,
    MoodsCounted,
    PauseAsked,
    PresenceSeen,
    QueueSeen,
    Seen,
    VisitorsCounted,
)

NAME = "a" * 40
LATE = 253_402_300_799_999
LARGEST: list[Seen] = [
    ContactSeen(
        enter_ms=LATE, leave_ms=LATE, dwell_s=123456.123456789, people=100, quality=0.12345678901234567
    ),
    PresenceSeen(present=1_000_000, serving=1_000_000, state="covered"),
    VisitorsCounted(at_ms=LATE, period_s=123456.123456789, entered=1_000_000, left=1_000_000),
    QueueSeen(
        at_ms=LATE,
        period_s=123456.123456789,
        mean_people=123.45678901234567,
        most_people=1_000_000,
        waited=1_000_000,
        mean_wait_s=123456.123456789,
        longest_wait_s=123456.123456789,
    ),
    CameraSeen(
        at_ms=LATE,
        period_ms=864_000_000,
        working_ms=864_000_000,
        state="covered",
        frames=100_000_000,
        looked=100_000_000,
        lost=1_000_000,
    ),
    MoodsCounted(
        at_ms=LATE,
        period_s=123456.123456789,
        positive=1_000_000,
        neutral=1_000_000,
        negative=1_000_000,
        unknown=1_000_000,
        validation=((1_000_000,) * 4,) * 3,
    ),
    AgesCounted(
        at_ms=LATE,
        period_s=123456.123456789,
        **dict.fromkeys(
            (
                *("under_18", "from_18", "from_30", "from_45", "from_60", "age_unknown"),
                *("male", "female", "gender_unknown"),
            ),
            1_000_000,
        ),
    ),
]
GOOD = wire.encode(Message(camera="till", session=1, seq=1, seen=LARGEST[0]))


@pytest.mark.parametrize("seen", LARGEST, ids=lambda seen: type(seen).__name__)
def test_the_largest_message_of_each_kind_fits_and_comes_back_as_it_was(seen: Seen) -> None:
    message = Message(camera=NAME, session=(1 << 53) - 1, seq=(1 << 53) - 1, seen=seen)
    packet = wire.encode(message)
    assert len(packet) <= MAX_BYTES
    assert wire.decode(packet) == message


def test_every_kind_of_message_is_tried() -> None:
    assert {type(seen) for seen in LARGEST} == set(typing.get_args(Seen))


def leaves(kind: msgspec.inspect.Type) -> Iterator[msgspec.inspect.Type]:
    """The plain types that a value of this type is made of."""
    parts: Iterable[msgspec.inspect.Type] = ()
    if isinstance(kind, msgspec.inspect.StructType):
        parts = [field.type for field in kind.fields]
    elif isinstance(kind, msgspec.inspect.Metadata):
        parts = [kind.type]
    elif isinstance(kind, msgspec.inspect.UnionType):
        parts = kind.types
    elif isinstance(kind, msgspec.inspect.TupleType):
        parts = kind.item_types
    else:
        yield kind
    for part in parts:
        yield from leaves(part)


def test_there_is_no_field_that_could_hold_more_than_a_number_a_fixed_word_or_a_name() -> None:
    kinds = list(leaves(msgspec.inspect.type_info(Message)))
    words = [kind.pattern for kind in kinds if isinstance(kind, msgspec.inspect.StrType)]
    assert words == [r"^[a-z0-9-]{1,40}$(?!\n)"]
    assert {type(kind) for kind in kinds} == {
        msgspec.inspect.StrType,
        msgspec.inspect.IntType,
        msgspec.inspect.FloatType,
        msgspec.inspect.LiteralType,
        msgspec.inspect.NoneType,
    }


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"{}",
        b"[]",
        b"\x00\xff" * 40,
        GOOD[:-1],
        GOOD + b" " * MAX_BYTES,
        GOOD.replace(b'"seq":1', b'"seq":-1'),
        GOOD.replace(b'"seq":1', b'"seq":1,"picture":"AAAA"'),
        GOOD.replace(b'"people":100', b'"people":100,"face":[1,2,3]'),
        GOOD.replace(b'"people":100', b'"people":"100"'),
        GOOD.replace(b'"people":100', b'"people":101'),
        GOOD.replace(b'"camera":"till"', b'"camera":"Till 4"'),
        GOOD.replace(b'"contact"', b'"picture"'),
    ],
)
def test_what_is_not_exactly_a_message_is_refused(packet: bytes) -> None:
    assert packet != GOOD
    with pytest.raises(BadMessage):
        wire.decode(packet)


def test_what_the_other_side_would_refuse_is_not_sent() -> None:
    wrong = ContactSeen(enter_ms=1, leave_ms=2, dwell_s=float("nan"), people=1, quality=1)
    with pytest.raises(BadMessage):
        wire.encode(Message(camera="till", session=1, seq=1, seen=wrong))


def test_the_agent_can_say_two_things() -> None:
    for said in (Confirmed(session=5, seq=7), PauseAsked(until_ms=9)):
        assert wire.decode_words(wire.encode_words(said)) == said
    wrong = (b"", b'{"session":5}', b'{"session":5,"seq":7,"more":1}', b'{"until_ms":-1}', GOOD)
    for packet in wrong:
        with pytest.raises(BadMessage):
            wire.decode_words(packet)


def test_the_language_needs_no_part_that_sees() -> None:
    program = (
        "import sys, tillsight_edge.vision.process.wire;"
        " print(sorted({'numpy', 'cv2', 'onnxruntime'} & {*sys.modules}))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"
