"""Events: what a device says happened, in one JSON object each.

Decoding is strict about the fields that exist and keeps the fields it does not know, so that an older hub
stores what a newer device says. (stream, seq) identifies an event for ever; `id` is the same for people.
"""

from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta, Raw, Struct

from .errors import BadEvent

VERSION = 1
MAX_MESSAGE_BYTES = 64_000
SLUG_PATTERN = "^[a-z0-9-]{1,40}$"
_NO_LINE_FEED = r"(?!\n)"  # Python's $ also matches before a last line feed, everyone else's does not

Slug = Annotated[str, Meta(pattern=SLUG_PATTERN + _NO_LINE_FEED)]
StreamId = Annotated[str, Meta(pattern="^[a-z0-9]{8,32}$" + _NO_LINE_FEED)]
Milliseconds = Annotated[int, Meta(ge=0, le=253_402_300_799_999, description="ms since 1970-01-01 UTC")]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Seconds = Annotated[float, Meta(ge=0, le=864_000)]
Percent = Annotated[float, Meta(ge=0, le=100)]
Rating = Annotated[int, Meta(ge=1, le=11, description="1 is the worst, whatever the order of the buttons")]
Text = Annotated[str, Meta(max_length=2_000)]
Word = Annotated[str, Meta(max_length=64)]

ClockQuality = Literal["ntp", "rtc", "unsynced", "bounded"]
ContactSource = Literal["camera", "presence", "pos", "queue", "manual"]
CameraState = Literal["ok", "down", "frozen", "dark", "covered", "moved", "paused"]
ValenceRow = tuple[Count, Count, Count, Count]
"""People of one true valence, by what was said of them: positive, neutral, negative, unknown."""
ValenceCounts = tuple[ValenceRow, ValenceRow, ValenceRow]
"""Rows of people who truly looked positive, neutral, negative."""
SeqRange = tuple[Annotated[int, Meta(ge=1)], Annotated[int, Meta(ge=1)]]


class Payload(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The `data` of an event. Subclasses are named in the past tense and say their wire name in TYPE."""

    TYPE: ClassVar[str]


class ButtonPressed(Payload, frozen=True, kw_only=True):
    """One press of one button. A press inside the cool-down is kept and labelled `repeat`."""

    TYPE: ClassVar[str] = "button.press"
    button: Annotated[int, Meta(ge=1, le=11, description="as on the panel, 1 is the leftmost")]
    rating: Rating
    scale: Word
    labels: list[Literal["repeat"]] = []
    panel: Literal["gpio", "serial", "keyboard", "screen", "simulated", ""] = ""
    panel_boot: int | None = None
    panel_seq: int | None = None


class PressUndone(Payload, frozen=True, kw_only=True):
    """The shopper took a press back within the undo time; `press` is its seq in the same stream."""

    TYPE: ClassVar[str] = "button.undo"
    press: Annotated[int, Meta(ge=1)]


class ReasonGiven(Payload, frozen=True, kw_only=True):
    """Why: the reason chosen after a press, or how the question ended."""

    TYPE: ClassVar[str] = "feedback.reason"
    press: Annotated[int, Meta(ge=1)] | None = None
    outcome: Literal["answered", "skipped", "timeout"] = "answered"
    reason: Word = ""
    text: Text = ""


class QuestionAnswered(Payload, frozen=True, kw_only=True):
    """One answer of a questionnaire; `visit` ties the answers of one person together and dies with them."""

    TYPE: ClassVar[str] = "survey.answer"
    survey: Slug
    survey_version: Annotated[int, Meta(ge=1)]
    visit: Word
    question: Slug
    value: int | float | str | list[str] | dict[str, int] | None = None
    language: Word = ""


class SurveyEnded(Payload, frozen=True, kw_only=True):
    """How a questionnaire ended."""

    TYPE: ClassVar[str] = "survey.end"
    survey: Slug
    survey_version: Annotated[int, Meta(ge=1)]
    visit: Word
    outcome: Literal["complete", "partial", "timeout", "abandoned"]
    language: Word = ""


class ContactEnded(Payload, frozen=True, kw_only=True):
    """One person (or one group, where a site counts groups) was served; `t` is when they left."""

    TYPE: ClassVar[str] = "contact.end"
    source: ContactSource
    dwell_s: Seconds
    people: Annotated[int, Meta(ge=1, le=100)] = 1
    camera: Slug | None = None
    quality: Annotated[float, Meta(ge=0, le=1, description="share of frames that saw the person")] | None = (
        None
    )


class TrafficCounted(Payload, frozen=True, kw_only=True):
    """Visitors through an entrance during the `period_s` before `t`."""

    TYPE: ClassVar[str] = "traffic.count"
    entrance: Slug
    period_s: Seconds
    entered: Count
    left: Count


class QueueWatched(Payload, frozen=True, kw_only=True):
    """The queue during the `period_s` before `t`; `waited` people went on from it to be served."""

    TYPE: ClassVar[str] = "queue.window"
    period_s: Seconds
    mean_people: Annotated[float, Meta(ge=0, le=1_000)]
    most_people: Count
    waited: Count = 0
    mean_wait_s: Seconds = 0.0
    longest_wait_s: Seconds = 0.0
    camera: Slug | None = None


class EmotionWindowed(Payload, frozen=True, kw_only=True):
    """People by valence during the `period_s` before `t`; never one person."""

    TYPE: ClassVar[str] = "emotion.window"
    period_s: Seconds
    positive: Count
    neutral: Count
    negative: Count
    unknown: Count
    """People who were there and whose face did not say enough."""
    model: Word = ""
    validation: ValenceCounts | None = None
    """What the model makes of people whose valence a person has judged at this site."""


class DemographicsWindowed(Payload, frozen=True, kw_only=True):
    """People by age band and by gender during the `period_s` before `t`; never one person."""

    TYPE: ClassVar[str] = "demographics.window"
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
    model: Word = ""


class StaffShifted(Payload, frozen=True, kw_only=True):
    """A shift began or ended at the touchpoint; `team` is a rota code, not a name."""

    TYPE: ClassVar[str] = "staff.shift"
    team: Slug
    state: Literal["start", "end"]


class AttemptEnded(Payload, frozen=True, kw_only=True):
    """A seller served a customer actively for `duration_s`, marked with the seller's button."""

    TYPE: ClassVar[str] = "staff.attempt"
    duration_s: Seconds
    closed_by: Literal["press", "rule"] = "press"


class SalesReported(Payload, frozen=True, kw_only=True):
    """Receipts printed at the till during the `period_s` before `t`; `amount` in minor units (cents)."""

    TYPE: ClassVar[str] = "pos.sales"
    period_s: Seconds
    receipts: Count
    amount: Annotated[int, Meta(ge=0)] | None = None
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$" + _NO_LINE_FEED)] | None = None


class ClockAnchored(Payload, frozen=True, kw_only=True):
    """The clock became known: monotonic `mono` ms of boot `boot` was wall time `wall` ms."""

    TYPE: ClassVar[str] = "device.clock"
    boot: Word
    mono: Milliseconds
    wall: Milliseconds
    quality: Literal["ntp", "rtc"] = "ntp"


class DeviceStarted(Payload, frozen=True, kw_only=True):
    """The agent started."""

    TYPE: ClassVar[str] = "device.start"
    version: Word
    boot: Word
    panel: Word = ""
    capabilities: list[Word] = []


class HealthReported(Payload, frozen=True, kw_only=True):
    """How the device is; a value that cannot be read is absent."""

    TYPE: ClassVar[str] = "device.health"
    outbox_events: Count = 0
    outbox_lag_s: Seconds = 0.0
    outbox_dropped: int = 0
    outbox_set_aside: Text = ""
    """File name under which the device kept an outbox that was damaged or another device's."""
    disk_free_percent: Percent | None = None
    temperature_c: float | None = None
    clock_offset_ms: float | None = None
    clock_quality: ClockQuality = "unsynced"
    panel: Literal["ok", "lost", "stuck", "none"] = "none"
    panel_firmware: Word = ""
    panel_bad_frames: int = 0
    camera: CameraState | Literal["none"] = "none"
    """The worst of the cameras."""
    kiosk: Literal["ok", "lost", "none"] = "none"
    """Whether the shopper's screen shows its page."""
    memory_mb: float | None = None
    uptime_s: float = 0.0
    presses: int = 0
    under_voltage: bool | None = None
    """The supply is too weak now, or was since the machine started."""
    throttled: bool | None = None
    """The processor is slowed down now, for heat or for its supply."""
    wifi_dbm: float | None = None
    """Signal of the wireless network that it uses."""
    certificate_days: float | None = None
    """Until its certificate ends; below 0: it has ended."""
    faces: Literal["none", "on", "off"] = "none"
    """Whether faces are looked at; off: that is enabled, and the device's declaration does not hold today."""
    declared_until: Word = ""
    """From this day on faces are not looked at, by the device's declaration; 2027-11-02."""
    declared_as: Text = ""
    """Reference of the impact assessment in it."""
    disk_worn_percent: Percent | None = None
    """Of its life that the flash memory with the outbox has used up, in steps of 10, as it says itself."""
    disk_errors: Count | None = None
    """That the file system of the outbox has found on its disk, ever."""


class PanelReported(Payload, frozen=True, kw_only=True):
    """The panel or one of its buttons changed state."""

    TYPE: ClassVar[str] = "device.panel"
    state: Literal["ok", "lost", "stuck", "unstuck", "reset", "overflow"]
    button: Annotated[int, Meta(ge=1, le=11)] | None = None
    detail: Text = ""


class CameraReported(Payload, frozen=True, kw_only=True):
    """What a camera was able to see during the `period_s` before `t`: its data coverage, to be added up."""

    TYPE: ClassVar[str] = "device.camera"
    camera: Slug
    state: CameraState
    """From `t` on."""
    period_s: Seconds
    working_s: Seconds
    """Seconds of the period in which the state was `ok`."""
    frames: Annotated[int, Meta(ge=0, le=100_000_000)] = 0
    looked: Annotated[int, Meta(ge=0, le=100_000_000)] = 0
    """Frames that went through the detector; the others showed nothing new."""
    contacts: bool = True
    """Whether this camera counts contacts."""
    detail: Text = ""


class CounterAudited(Payload, frozen=True, kw_only=True):
    """A person counted beside the counter during the `period_s` before `t`."""

    TYPE: ClassVar[str] = "device.audit"
    period_s: Seconds
    counted: Count
    """Contacts by the counter."""
    observed: Count
    """Contacts by the person."""
    matched: Count
    """Contacts of both: matched / counted is precision, matched / observed recall."""
    pressers_observed: Count = 0
    """Those of `observed` who pressed a button, as the person saw it."""
    pressers_matched: Count = 0
    source: ContactSource = "camera"
    camera: Slug | None = None


class EventsDropped(Payload, frozen=True, kw_only=True):
    """Events of this stream that will never arrive: the outbox was full, or no longer held them."""

    TYPE: ClassVar[str] = "device.dropped"
    ranges: Annotated[list[SeqRange], Meta(min_length=1, max_length=1_000)]
    reason: Literal["outbox-full", "not-held"]


PAYLOADS: dict[str, type[Payload]] = {
    payload.TYPE: payload
    for payload in (
        ButtonPressed,
        PressUndone,
        ReasonGiven,
        QuestionAnswered,
        SurveyEnded,
        ContactEnded,
        TrafficCounted,
        QueueWatched,
        EmotionWindowed,
        DemographicsWindowed,
        StaffShifted,
        AttemptEnded,
        SalesReported,
        ClockAnchored,
        DeviceStarted,
        HealthReported,
        PanelReported,
        CameraReported,
        CounterAudited,
        EventsDropped,
    )
}


class Stamp(Struct, frozen=True, kw_only=True):
    """When something happened, as well as the device knew."""

    t: Milliseconds
    tq: ClockQuality
    boot: Word
    mono: Milliseconds


class Envelope(Struct, frozen=True, kw_only=True):
    """The fields that every event has; `data` not yet looked into."""

    v: int
    id: Annotated[str, Meta(max_length=80)]
    dev: Slug
    tp: Slug
    stream: StreamId
    seq: Annotated[int, Meta(ge=1, le=9_007_199_254_740_991)]
    type: Word
    t: Milliseconds
    tq: ClockQuality
    boot: Word
    mono: Milliseconds
    data: Raw


class Event(Struct, frozen=True, kw_only=True):
    """An event with its payload understood; `extra` is the JSON of top-level fields of a newer contract."""

    dev: str
    tp: str
    stream: str
    seq: int
    at: Stamp
    payload: Payload
    data: bytes
    """The payload as it came, unknown fields included."""
    extra: bytes | None = None

    @property
    def id(self) -> str:
        return f"{self.stream}-{self.seq}"

    @property
    def type(self) -> str:
        return self.payload.TYPE


class _KnownFields(Envelope, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An envelope without fields of a newer contract: nearly all are, and this is the quicker way to tell."""


_ENVELOPE_FIELDS = frozenset(Envelope.__struct_fields__)
_encoder = msgspec.json.Encoder()
_envelope_decoder = msgspec.json.Decoder(Envelope)
_known_fields_decoder = msgspec.json.Decoder(_KnownFields)
_fields_decoder = msgspec.json.Decoder(dict[str, Raw])
_messages_decoder = msgspec.json.Decoder(list[Raw])
_payload_decoders = {name: msgspec.json.Decoder(payload) for name, payload in PAYLOADS.items()}


def new_event(*, dev: str, tp: str, stream: str, seq: int, at: Stamp, payload: Payload) -> Event:
    """An event made on this device."""
    return Event(
        dev=dev, tp=tp, stream=stream, seq=seq, at=at, payload=payload, data=_encoder.encode(payload)
    )


def encode_event(event: Event) -> bytes:
    """The wire form of one event, as `decode_event` reads it."""
    envelope = Envelope(
        v=VERSION,
        id=event.id,
        dev=event.dev,
        tp=event.tp,
        stream=event.stream,
        seq=event.seq,
        type=event.type,
        t=event.at.t,
        tq=event.at.tq,
        boot=event.at.boot,
        mono=event.at.mono,
        data=Raw(event.data),
    )
    encoded = _encoder.encode(envelope)
    if event.extra is None:
        return encoded
    return encoded[:-1] + b"," + event.extra[1:]


def encode_message(events: list[bytes]) -> bytes:
    """One MQTT message of several encoded events: a JSON array, or the bare object when there is one."""
    return events[0] if len(events) == 1 else b"[" + b",".join(events) + b"]"


def split_message(message: bytes) -> list[bytes]:
    """The JSON text of each event in a message; BadEvent `too-big` or `bad-json` condemns the whole."""
    if len(message) > MAX_MESSAGE_BYTES:
        raise BadEvent("too-big", f"message of {len(message)} bytes: expected at most {MAX_MESSAGE_BYTES}")
    if not message.lstrip(b" \t\r\n").startswith(b"["):
        return [message]
    try:
        return [bytes(raw) for raw in _messages_decoder.decode(message)]
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadEvent("bad-json", f"message: {error}") from error


def decode_event(raw: bytes) -> Event:
    """The event in `raw`; BadEvent says what is wrong with it and where."""
    envelope, extra = _decode_envelope(raw)
    if envelope.v != VERSION:
        raise BadEvent("future-version", f"v: {envelope.v}, expected {VERSION}")
    data = bytes(envelope.data)
    return Event(
        dev=envelope.dev,
        tp=envelope.tp,
        stream=envelope.stream,
        seq=envelope.seq,
        at=Stamp(t=envelope.t, tq=envelope.tq, boot=envelope.boot, mono=envelope.mono),
        payload=decode_payload(envelope.type, data),
        data=data,
        extra=extra,
    )


def decode_payload(type: str, data: bytes) -> Payload:
    """The payload of an event of this type from its JSON; BadEvent names the field."""
    decoder = _payload_decoders.get(type)
    if decoder is None:
        raise BadEvent("unknown-type", f"type: {type!r} is not an event type of version {VERSION}")
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        raise BadEvent("bad-type", f"{type}: {error}".replace("`$", "`$.data")) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadEvent("bad-json", f"{type}: {error}") from error


def stream_position(raw: bytes) -> tuple[str, str, int] | None:
    """(dev, stream, seq) of an event that may otherwise be broken, or None where they cannot be read."""
    try:
        fields = msgspec.json.decode(raw, type=_Position)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return fields.dev, fields.stream, fields.seq


class _Position(Struct):
    dev: Slug
    stream: StreamId
    seq: Annotated[int, Meta(ge=1, le=9_007_199_254_740_991)]


def _decode_envelope(raw: bytes) -> tuple[Envelope, bytes | None]:
    """The envelope, and the JSON of fields that it does not know."""
    try:
        try:
            return _known_fields_decoder.decode(raw), None
        except msgspec.ValidationError:  # an unknown field, or something worse: the next decoder tells
            return _envelope_decoder.decode(raw), _unknown_fields(raw)
    except msgspec.ValidationError as error:
        raise _why_refused(raw, error) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadEvent("bad-json", f"event: {error}") from error


def _why_refused(raw: bytes, error: msgspec.ValidationError) -> BadEvent:
    """A newer version is named as such, even where its fields differ too."""
    try:
        fields: Any = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        fields = None
    if isinstance(fields, dict) and fields.get("v", VERSION) != VERSION:
        return BadEvent("future-version", f"v: {fields['v']!r}, expected {VERSION}")
    return BadEvent("bad-type", f"event: {error}")


def _unknown_fields(raw: bytes) -> bytes:
    fields = _fields_decoder.decode(raw)
    return _encoder.encode({name: value for name, value in fields.items() if name not in _ENVELOPE_FIELDS})
