"""All that the process that sees can say to the agent: numbers, a few fixed words, and a camera's name.

One message is one packet of at most 512 bytes of JSON. Nothing here has a field that could hold a picture, a
face or a name, and what does not fit these classes exactly is refused.
"""

from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta, Struct

from tillsight_models.errors import TillsightError
from tillsight_models.events import (
    CameraState,
    Count,
    Milliseconds,
    Seconds,
    Slug,
    ValenceCounts,
)

MAX_BYTES = 512

Number = Annotated[int, Meta(ge=0, le=9_007_199_254_740_991)]
People = Annotated[int, Meta(ge=1, le=100)]
Share = Annotated[float, Meta(ge=0, le=1)]
Span = Annotated[int, Meta(ge=0, le=864_000_000)]
"""Milliseconds between two moments; at most ten days, as `Seconds` in events."""
Frames = Annotated[int, Meta(ge=0, le=100_000_000)]


class BadMessage(TillsightError, ValueError):
    """A message that the language does not have."""


class ContactSeen(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="contact"):
    """A person, or a group, was served and has left. Moments are of the clock that frames carry."""

    enter_ms: Milliseconds
    leave_ms: Milliseconds
    dwell_s: Seconds
    people: People
    quality: Share
    """Share of the frames in which they were seen."""


class PresenceSeen(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="presence"):
    """How it is now. Said each second whatever happens, never stored; the only message without a number."""

    present: Count
    """People in the zone."""
    serving: Count
    """Those of them who are being served by now."""
    state: CameraState


class VisitorsCounted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="visitors"):
    """Visitors through this camera's entrance during the `period_s` before `at_ms`."""

    at_ms: Milliseconds
    period_s: Seconds
    entered: Count
    left: Count


class QueueSeen(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="queue"):
    """The queue during the `period_s` before `at_ms`; `waited` people went on from it to be served."""

    at_ms: Milliseconds
    period_s: Seconds
    mean_people: Annotated[float, Meta(ge=0, le=1_000)]
    most_people: Count
    waited: Count
    mean_wait_s: Seconds
    longest_wait_s: Seconds


class CameraSeen(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="camera"):
    """What the camera was able to see during the `period_ms` before `at_ms`; periods follow one another."""

    at_ms: Milliseconds
    period_ms: Span
    working_ms: Span
    """Of the period, with the state `ok` and frames coming."""
    state: CameraState
    """From `at_ms` on."""
    frames: Frames
    looked: Frames
    """Frames that went through the detector."""
    lost: Count = 0
    """Messages given up since the last report, because the agent was away for too long."""


class MoodsCounted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="moods"):
    """People by valence during the `period_s` before `at_ms`: a whole window of them, never one person."""

    at_ms: Milliseconds
    period_s: Seconds
    positive: Count
    neutral: Count
    negative: Count
    unknown: Count
    validation: ValenceCounts | None = None

    @property
    def known(self) -> int:
        """People whose valence is known."""
        return self.positive + self.neutral + self.negative


class AgesCounted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="ages"):
    """People by age band and by gender during the `period_s` before `at_ms`; never one person."""

    at_ms: Milliseconds
    period_s: Seconds
    under_18: Count
    from_18: Count
    from_30: Count
    from_45: Count
    from_60: Count
    age_unknown: Count
    male: Count
    female: Count
    gender_unknown: Count

    @property
    def known(self) -> int:
        """People whose age band is known, or whose gender is: the smaller number."""
        ages = self.under_18 + self.from_18 + self.from_30 + self.from_45 + self.from_60
        return min(ages, self.male + self.female)


Seen: TypeAlias = (
    ContactSeen | PresenceSeen | VisitorsCounted | QueueSeen | CameraSeen | MoodsCounted | AgesCounted
)


class Message(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing seen by one camera. (session, seq) makes it count once."""

    camera: Slug
    session: Number
    """Random, for each life of the process that sees."""
    seq: Number
    """From 1 without gaps in each session; 0 for what is not stored."""
    seen: Seen


class Confirmed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything of this session up to `seq` is on the agent's disk."""

    session: Number
    seq: Number


class PauseAsked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The agent's other words, the first to each connection: no frame is wanted before this moment."""

    until_ms: Milliseconds
    """On the clock that frames carry; 0, or past: frames are wanted."""


_encoder = msgspec.json.Encoder()
_message_decoder = msgspec.json.Decoder(Message)
_confirmed_decoder = msgspec.json.Decoder(Confirmed)
_pause_decoder = msgspec.json.Decoder(PauseAsked)


def encode(message: Message) -> bytes:
    """The packet; BadMessage where the other side would refuse it."""
    packet = _encoder.encode(message)
    decode(packet)
    return packet


def decode(packet: bytes) -> Message:
    """The message in a packet; BadMessage where there is none."""
    if len(packet) > MAX_BYTES:
        raise BadMessage(f"packet of more than {MAX_BYTES} bytes")
    try:
        return _message_decoder.decode(packet)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadMessage(f"packet of {len(packet)} bytes: {error}") from error


def encode_words(words: Confirmed | PauseAsked) -> bytes:
    """The agent's packet."""
    return _encoder.encode(words)


def decode_words(packet: bytes) -> Confirmed | PauseAsked:
    """What the agent says; BadMessage where it is something else."""
    decoder = _pause_decoder if b"until_ms" in packet else _confirmed_decoder
    try:
        return decoder.decode(packet)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadMessage(f"packet of {len(packet)} bytes: {error}") from error
