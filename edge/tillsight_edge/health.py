"""How the device is: what it tells the hub, and what `tillsight-edge status` shows."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from tillsight_models.errors import BadEvent
from tillsight_models.events import ButtonPressed, CameraState, HealthReported, Stamp, decode_event

from .books import Book, Books
from .config import DeviceConfig
from .errors import OutboxUnwritable
from .outbox import Outbox
from .ports import Clock, PanelStatus

MOST_LAG_S = 864_000.0
SUPPLY_FILE = Path("sys/devices/platform/soc/soc:firmware/get_throttled")
UNDER_VOLTAGE = 1 << 0 | 1 << 16
"""Bits of the Raspberry Pi's firmware: now, and since it started."""
SLOWED = 1 << 1 | 1 << 2 | 1 << 3
"""Capped, throttled, or at its limit of temperature, now."""
DAY_MS = 86_400_000


@dataclass(frozen=True)
class Faces:
    """What is declared about faces, and whether that holds today; see `HealthReported`."""

    state: Literal["none", "on", "off"] = "none"
    until: str = ""
    assessment: str = ""


NO_FACES = Faces()


def faces_on(config: DeviceConfig, day: date) -> Faces:
    """As configured."""
    declared = config.declaration
    if declared is None or not (config.emotion.enabled or config.demographics.enabled):
        return NO_FACES
    off = config.faces_off_on(day)
    return Faces("off" if off else "on", declared.expires.isoformat(), declared.assessment)


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
        certificate: Path | None = None,
        faces: Callable[[], Faces] = lambda: NO_FACES,
    ) -> None:
        self._outbox = outbox
        self._folder = folder
        self._clock = clock
        self._panel = panel
        self._clock_offset_ms = clock_offset_ms
        self._camera = camera
        self._kiosk = kiosk
        self._certificate = certificate
        self._faces = faces

    def read(self) -> HealthReported:
        """Everything, now."""
        now, panel = self._clock.stamp(), self._panel()
        books, supply, faces = self._books(), supply_bits(), self._faces()
        return HealthReported(
            outbox_events=books.left,
            outbox_lag_s=self._lag_s(now),
            outbox_dropped=books.total.dropped,
            outbox_set_aside=self._outbox.set_aside,
            disk_free_percent=disk_free_percent(self._folder),
            disk_worn_percent=disk_worn_percent(self._folder),
            disk_errors=disk_errors(self._folder),
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
            under_voltage=None if supply is None else bool(supply & UNDER_VOLTAGE),
            throttled=None if supply is None else bool(supply & SLOWED),
            wifi_dbm=wifi_dbm(),
            certificate_days=certificate_days(self._certificate, now.t),
            faces=faces.state,
            declared_until=faces.until,
            declared_as=faces.assessment,
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


def disk_worn_percent(folder: Path, root: Path = Path("/")) -> float | None:
    """Of the life of the flash memory that the folder is on; None where it does not tell, as most cards."""
    try:
        told = (_partition(folder, root).parent / "device/life_time").read_text(encoding="ascii").split()
        return min(100.0, 10.0 * max(int(each, 16) for each in told)) or None
    except (OSError, ValueError):
        return None


def disk_errors(folder: Path, root: Path = Path("/")) -> int | None:
    """That ext4 has found on the folder's partition, ever; None of another file system."""
    try:
        counted = root / "sys/fs/ext4" / _partition(folder, root).name / "errors_count"
        return int(counted.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _partition(folder: Path, root: Path) -> Path:
    """What the kernel tells of it, inside of what it tells of the whole disk."""
    number = folder.stat().st_dev
    return (root / f"sys/dev/block/{os.major(number)}:{os.minor(number)}").resolve(strict=True)


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


def supply_bits(root: Path = Path("/")) -> int | None:
    """What the Raspberry Pi's firmware says of its supply; None on another machine."""
    try:
        return int((root / SUPPLY_FILE).read_text(encoding="ascii").strip(), 16)
    except (OSError, ValueError):
        return None


def wifi_dbm(root: Path = Path("/")) -> float | None:
    """The strongest wireless signal; None without one."""
    try:
        lines = (root / "proc/net/wireless").read_text(encoding="ascii").splitlines()[2:]
        found = [float(line.split()[3]) for line in lines]
    except (OSError, ValueError, IndexError):
        return None
    return max(found, default=None)


def certificate_days(file: Path | None, now_ms: int) -> float | None:
    """Until the certificate in a PEM file ends; None where there is none to be read."""
    if file is None:
        return None
    from cryptography import x509

    try:
        ends = x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return None
    return round((ends.timestamp() * 1000 - now_ms) / DAY_MS, 1)
