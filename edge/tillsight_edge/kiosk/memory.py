"""What the kiosk still knows after a restart: counts of the day, one open questionnaire, one young press."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
from msgspec import Struct

from tillsight_models.events import Payload, Stamp

from ..errors import OutboxUnwritable
from ..feedback import Vote
from ..moments import carried_over
from ..pending import Mark
from ..ports import Clock
from .ration import RationMemory
from .tally import TallyMemory
from .visit import OpenVisit

log = logging.getLogger(__name__)

MARK = "kiosk"


@dataclass(frozen=True)
class Way:
    """Where what happens at the kiosk goes to. All but `append` may raise OutboxUnwritable."""

    append: Callable[[Payload, Stamp, Mark | None], None]
    """An event, and in its transaction a mark; never raises."""
    set_mark: Callable[[str, str], None]
    """The panel's position."""
    remember: Callable[[str, str], None]
    """What a kill does not forget, but a power cut may."""
    mark: Callable[[str], str | None]


class LastVote(Struct, frozen=True):
    """The last press, as long as it was not taken back."""

    seq: int
    rating: int
    mono_ms: int
    is_repeat: bool

    def as_vote(self) -> Vote:
        return Vote(self.seq, self.rating, self.is_repeat, self.mono_ms)


class Memory(Struct, frozen=True):
    """Numbers and ids; no answer, no text, and nothing that outlives the visit but counts."""

    ration: RationMemory = RationMemory()
    tally: TallyMemory = TallyMemory()
    last: LastVote | None = None
    open: OpenVisit | None = None

    def written(self, at: Stamp) -> str:
        """As a mark of the outbox."""
        return msgspec.json.encode(_Written(at, self)).decode()

    def on_clock_of(self, then: Stamp, now: Stamp) -> "Memory":
        """With its monotonic times on another boot's clock; a press of another boot is too old."""

        def moved(mono_ms: int | None) -> int | None:
            return None if mono_ms is None else carried_over(mono_ms, then, now)

        replace = msgspec.structs.replace
        return replace(
            self,
            ration=replace(self.ration, last_ms=moved(self.ration.last_ms)),
            tally=replace(self.tally, shown_ms=moved(self.tally.shown_ms)),
            last=self.last if then.boot == now.boot else None,
        )


class _Written(Struct, frozen=True):
    at: Stamp
    memory: Memory


class Keeper:
    """Stores what the kiosk makes, and what it has to know after a restart, in one transaction."""

    def __init__(self, way: Way, clock: Clock) -> None:
        self._way = way
        self._clock = clock
        self._kept = Memory()

    def recall(self) -> Memory:
        """What was kept; a questionnaire that nobody could end any more is ended now, and only now."""
        now = self._clock.stamp()
        try:
            kept = read_memory(self._way.mark(MARK), now)
        except OutboxUnwritable:
            return Memory()
        self._kept = msgspec.structs.replace(kept, open=None)
        if kept.open is not None:
            self._way.append(kept.open.abandoned(), now, (MARK, self._kept.written(now)))
        return self._kept

    def keep(self, made: Sequence[Payload], memory: Memory, mono_ms: int | None = None) -> None:
        """Events that happened at `mono_ms`, if not now, and the memory after the last of them."""
        now = self._clock.stamp()
        mark = (MARK, memory.written(now))
        for place, payload in enumerate(made, 1):
            at = now if mono_ms is None else self._clock.stamp(mono_ms)
            self._way.append(payload, at, mark if place == len(made) else None)
        if not made and memory != self._kept:
            try:
                self._way.remember(*mark)
            except OutboxUnwritable:
                return
        self._kept = memory


def read_memory(mark: str | None, now: Stamp) -> Memory:
    """What was written; nothing where that cannot be understood."""
    if mark is None:
        return Memory()
    try:
        written = msgspec.json.decode(mark, type=_Written)
    except msgspec.MsgspecError:
        log.warning("what the kiosk had noted before the restart cannot be read")
        return Memory()
    return written.memory.on_clock_of(written.at, now)
