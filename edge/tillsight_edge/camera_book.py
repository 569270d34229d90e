"""From what cameras say to events in the outbox, each stored once."""

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from tillsight_models.events import (
    CameraReported,
    ContactEnded,
    DemographicsWindowed,
    EmotionWindowed,
    Payload,
    QueueWatched,
    Stamp,
    TrafficCounted,
)

from .config import DeviceConfig
from .coverage import Position
from .outbox import Outbox
from .ports import Clock
from .vision.process import wire
from .vision.process.wire import BadMessage, CameraSeen, Message

OnStored: TypeAlias = Callable[[Payload, Stamp], None]


class CameraBook:
    """What is stored of each camera. Every method may raise OutboxUnwritable, and has done nothing then."""

    def __init__(self, config: DeviceConfig, outbox: Outbox, clock: Clock, on_stored: OnStored) -> None:
        self._config = config
        self._outbox = outbox
        self._clock = clock
        self._on_stored = on_stored
        self._began_ms = clock.mono_ms()
        self._positions: dict[str, Position] = {}
        self.contacts = 0
        """Stored since the start."""

    def follow(self, config: DeviceConfig) -> None:
        """Other settings of the same cameras."""
        self._config = config

    def store(self, message: Message) -> None:
        """The event and the message's number, in one transaction; nothing where they are there already.

        BadMessage for what this device is not configured to know.
        """
        seen, camera = message.seen, message.camera
        payload = self._payload(message)
        before = self._position(camera)
        if before.knows(message):
            return
        if isinstance(seen, CameraSeen):
            payload = self._with_purpose(before.report(camera, seen))
        self._append(camera, before.stored(message), payload, self._clock.stamp(_moment(seen)))
        self.contacts += isinstance(seen, wire.ContactSeen)

    def store_silence(self, camera: str, now_ms: int) -> None:
        """The agent's own word: nothing was heard of this camera, so it did not work until now."""
        before = self._position(camera)
        report = self._with_purpose(before.silence(camera, now_ms))
        self._append(camera, before.covered(now_ms), report, self._clock.stamp(now_ms))

    def _with_purpose(self, report: CameraReported) -> CameraReported:
        """The hub measures the coverage of contacts by those cameras that count them."""
        counts = self._config.cameras[report.camera].zone is not None
        return msgspec.structs.replace(report, contacts=counts)

    def _payload(self, message: Message) -> Payload | None:
        """The event; None where it takes more than the message to know it."""
        seen, camera = message.seen, message.camera
        fields = {name: getattr(seen, name) for name in seen.__struct_fields__}
        fields.pop("at_ms", None)
        if isinstance(seen, wire.ContactSeen):
            return ContactEnded(
                source="camera",
                dwell_s=seen.dwell_s,
                people=seen.people,
                camera=camera,
                quality=seen.quality,
            )
        if isinstance(seen, wire.VisitorsCounted):
            return TrafficCounted(entrance=self._config.cameras[camera].entrance or camera, **fields)
        if isinstance(seen, wire.QueueSeen):
            return QueueWatched(camera=camera, **fields)
        if isinstance(seen, wire.MoodsCounted):
            if not self._config.emotion.enabled:
                raise BadMessage("moods: emotion.enabled is false")
            _check_people("moods", seen.known, self._config.emotion.min_people)
            return EmotionWindowed(model=self._config.emotion.model, **fields)
        if isinstance(seen, wire.AgesCounted):
            if not self._config.demographics.enabled:
                raise BadMessage("ages: demographics.enabled is false")
            _check_people("ages", seen.known, self._config.demographics.min_people)
            return DemographicsWindowed(model=self._config.demographics.model, **fields)
        return None

    def _append(self, camera: str, after: Position, payload: Payload | None, at: Stamp) -> None:
        mark = _key(camera), after.as_mark()
        if payload is None:
            self._outbox.set_mark(*mark)
        else:
            self._outbox.append(payload, at, mark)
            self._on_stored(payload, at)
        self._positions[camera] = after

    def _position(self, camera: str) -> Position:
        if camera not in self._positions:
            boot = self._clock.stamp().boot
            mark = self._outbox.mark(_key(camera))
            self._positions[camera] = Position.from_mark(mark, boot, self._began_ms)
        return self._positions[camera]


def _check_people(kind: str, known: int, least: int) -> None:
    """The process that sees waits until there are enough; whatever it says, fewer are never stored."""
    if known < least:
        raise BadMessage(f"{kind}: of {known} people: should be of {least} or more")


def _key(camera: str) -> str:
    return f"camera.{camera}"


def _moment(seen: wire.Seen) -> int | None:
    """When it happened; None: now."""
    if isinstance(seen, wire.ContactSeen):
        return seen.leave_ms
    return None if isinstance(seen, wire.PresenceSeen) else seen.at_ms
