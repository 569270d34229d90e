"""How far a camera's numbers are stored, and whose word counts for which time: no moment is told twice.

Each `device.camera` event covers the time since the one before it, so that the periods of a camera add up
to the time since the first. The process that sees says how much of it the camera worked; where it was
silent, the agent says that it did not. A time that the agent has told of already stays as it was told.
"""

from dataclasses import dataclass, replace

from tillsight_models.events import CameraReported

from .vision.process.wire import CameraSeen, Message

LONGEST_MS = 864_000_000


@dataclass(frozen=True)
class Position:
    """One camera's place, remembered in the outbox in the same transaction as the events."""

    boot: str
    until_ms: int
    """Monotonic time of this boot up to which coverage is told."""
    session: int = 0
    seq: int = 0
    """The last stored message of the session."""

    @classmethod
    def from_mark(cls, mark: str | None, boot: str, now_ms: int) -> "Position":
        """What the outbox remembers; of another boot only what was stored, because its time is over."""
        if mark is None:
            return cls(boot, now_ms)
        known_boot, until_ms, session, seq = mark.split(":")
        until = int(until_ms) if known_boot == boot else now_ms
        return cls(boot, until, int(session), int(seq))

    def as_mark(self) -> str:
        return f"{self.boot}:{self.until_ms}:{self.session}:{self.seq}"

    def knows(self, message: Message) -> bool:
        """Whether this very message is stored already."""
        return message.session == self.session and message.seq <= self.seq

    def stored(self, message: Message) -> "Position":
        """The place after this message."""
        until_ms = self.until_ms
        if isinstance(message.seen, CameraSeen):
            until_ms = max(until_ms, message.seen.at_ms)
        return replace(self, session=message.session, seq=message.seq, until_ms=until_ms)

    def covered(self, now_ms: int) -> "Position":
        """The place after the agent's own word about the time until now."""
        return replace(self, until_ms=max(self.until_ms, now_ms))

    def report(self, camera: str, seen: CameraSeen) -> CameraReported:
        """What a message adds to the camera's coverage."""
        period_ms = min(LONGEST_MS, max(0, seen.at_ms - self.until_ms))
        lost = f"{seen.lost} messages given up while the agent was away" if seen.lost else ""
        return CameraReported(
            camera=camera,
            state=seen.state,
            period_s=period_ms / 1000,
            working_s=min(period_ms, seen.working_ms) / 1000,
            frames=seen.frames,
            looked=seen.looked,
            detail=lost,
        )

    def silence(self, camera: str, now_ms: int) -> CameraReported:
        """What the agent says of a camera of which it hears nothing."""
        period_ms = min(LONGEST_MS, max(0, now_ms - self.until_ms))
        return CameraReported(
            camera=camera,
            state="down",
            period_s=period_ms / 1000,
            working_s=0.0,
            detail="the process that sees is silent",
        )
