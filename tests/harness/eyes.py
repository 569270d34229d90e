"""Something that speaks like the process that sees, for tests of the agent's side."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tillsight_edge.vision.process.line import AgentLine
from tillsight_edge.vision.process.wire import CameraSeen, ContactSeen

from .processes import wait_until


def boot_ms() -> int:
    """The clock of frames."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def contact(number: int, leave_ms: int | None = None) -> ContactSeen:
    """A contact that can be told from all others by its dwell of `number` seconds."""
    left = boot_ms() if leave_ms is None else leave_ms
    return ContactSeen(enter_ms=max(0, left - 1000), leave_ms=left, dwell_s=number, people=1, quality=0.5)


def camera_seen(at_ms: int, period_ms: int, working_ms: int | None = None, state: str = "ok") -> CameraSeen:
    """A report of coverage; all of the period worked where nothing else is said."""
    return CameraSeen(
        at_ms=at_ms,
        period_ms=period_ms,
        working_ms=period_ms if working_ms is None else working_ms,
        state=state,  # type: ignore[arg-type]
        frames=5,
        looked=4,
    )


def new_line(path: Path, camera: str = "till", **settings: Any) -> AgentLine:
    return AgentLine(path, camera, boot_ms, **settings)


def speak(line: AgentLine, until: Callable[[], bool], what: str) -> None:
    """Turn until something holds."""

    def turned() -> bool:
        line.turn()
        return until()

    wait_until(turned, what)


def all_confirmed(line: AgentLine) -> None:
    """Turn until the agent has stored everything."""
    speak(line, lambda: line.waiting == 0, "everything confirmed")
