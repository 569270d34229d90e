"""How the device is: what it tells the hub, and what `tillsight-edge status` shows."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from tillsight_models.errors import BadEvent
from tillsight_models.events import ButtonPressed, CameraState, HealthReported, Stamp, decode_event

from .books import Book, Books
from .errors import OutboxUnwritable
from .outbox import Outbox
from .ports import Clock, PanelStatus

MOST_LAG_S = 864_000.0


class HealthWatch:
    """Reads the device's health; a value that cannot be read is absent."""

    def __init__(
        self,
        outbox: Outbox,
        folder: Path,
        clock: Clock,
        panel: Callable[[], PanelStatus],
        clock_offset_ms: Callable[[], float | None],
        *,
        camera: Callable[[], CameraState | Literal["none"]] = lambda: "none",
        kiosk: Callable[[], Literal["ok", "lost", "none"]] = lambda: "none",
    ) -> None:
        self._outbox = outbox
        self._folder = folder
        self._clock = clock
        self._panel = panel
        self._clock_offset_ms = clock_offset_ms
        self._camera = camera
        self._kiosk = kiosk

    def read(self) -> HealthReported:
        """Everything, now."""
        now, panel = self._clock.stamp(), self._panel()
        books = self._books()
        return HealthReported(
            outbox_events=books.left,
            outbox_lag_s=self._lag_s(now),
            outbox_dropped=books.total.dropped,
            outbox_set_aside=self._outbox.set_aside,
            disk_free_percent=disk_free_percent(self._folder),
            temperature_c=temperature_c(),
            clock_offset_ms=self._clock_offset_ms(),
            clock_quality=now.tq,
            panel=panel.state,
            panel_firmware=panel.firmware,
            panel_bad_frames=panel.bad_frames,
            camera=self._camera(),
            kiosk=self._kiosk(),
            memory_mb=memory_mb(),
            uptime_s=now.mono / 1000,
            presses=books.by_type.get(ButtonPressed.TYPE, Book()).appended,
        )

    def _books(self) -> Books:
        try:
            return self._outbox.books()
        except OutboxUnwritable:
            return Books(stream="", upto=0, last_seq=0, left=0, by_type={})

    def _lag_s(self, now: Stamp) -> float:
        """Age of the oldest event that waits, by the monotonic clock where it is of this boot."""
        try:
            raw = self._outbox.oldest()
            oldest = raw and decode_event(raw).at
        except (OutboxUnwritable, BadEvent):
            return 0.0
        if not oldest:
            return 0.0
        age_ms = now.mono - oldest.mono if oldest.boot == now.boot else now.t - oldest.t
        return min(MOST_LAG_S, max(0.0, age_ms / 1000))


def disk_free_percent(folder: Path) -> float | None:
    """Of the disk that the outbox is on, as far as we may use it."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return None
    return round(100 * disk.f_bavail / disk.f_blocks, 1) if disk.f_blocks else None


def temperature_c(root: Path = Path("/")) -> float | None:
    """The hottest of the kernel's thermal zones; None where it has none."""
    found = []
    for zone in (root / "sys/class/thermal").glob("thermal_zone*/temp"):
        try:
            found.append(int(zone.read_text(encoding="ascii")) / 1000)
        except (OSError, ValueError):
            continue
    return max(found, default=None)


def memory_mb() -> float | None:
    """What this process has in memory."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)
