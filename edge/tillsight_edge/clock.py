"""The device's clock: wall time and how far it can be believed, and a monotonic time that never jumps."""

import ctypes
import time
from pathlib import Path

from tillsight_models.events import ClockAnchored, ClockQuality, Stamp

from .ports import Clock

NOT_BEFORE_MS = 1_767_225_600_000
"""2026-01-01, before which no device of this version existed: an earlier wall time is wrong."""

_STA_UNSYNC = 0x40


WAS_BEHIND = "run/tillsight-clock/behind"
"""Made at boot where the time was older than a file on the disk: a clock without a battery, for example."""


class SystemClock:
    """The machine's clock.

    `ntp` where the kernel or systemd-timesyncd says that it is synchronised. Otherwise `rtc` where a clock
    went on while the power was off and the time is plausible, or where it was synchronised a while ago. A
    Raspberry Pi without such a clock starts with the time of its last shutdown, which looks plausible and is
    wrong: that is `unsynced`.
    """

    def __init__(self, has_rtc: bool | None = None, root: Path = Path("/")) -> None:
        self._root = root
        goes_on = _finds_rtc(root) if has_rtc is None else has_rtc
        self._has_rtc = goes_on and not (root / WAS_BEHIND).exists()
        self._boot = (root / "proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()

    def mono_ms(self) -> int:
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000

    def stamp(self, mono_ms: int | None = None) -> Stamp:
        now, mono = time.time_ns() // 1_000_000, self.mono_ms()
        at = mono if mono_ms is None else mono_ms
        return Stamp(t=max(0, now - (mono - at)), tq=self._quality(now), boot=self._boot, mono=max(0, at))

    def _quality(self, now_ms: int) -> ClockQuality:
        if (self._root / "run/systemd/timesync/synchronized").exists() or _kernel_synchronised():
            self._has_rtc = True  # from now on it only drifts
            return "ntp"
        return "rtc" if self._has_rtc and now_ms >= NOT_BEFORE_MS else "unsynced"


class AnchorWatch:
    """Notices when a boot's clock becomes known, so that the hub can date what happened before."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told: ClockQuality = "unsynced"

    def look(self) -> tuple[ClockAnchored, Stamp] | None:
        """An anchor to append the first time that the clock is `rtc`, and the first time that it is `ntp`."""
        at = self._clock.stamp()
        if at.tq not in ("rtc", "ntp") or self._told in ("ntp", at.tq):
            return None
        self._told = at.tq
        return ClockAnchored(boot=at.boot, mono=at.mono, wall=at.t, quality=at.tq), at


class _Timex(ctypes.Structure):
    """The beginning of the kernel's struct timex, and room for the rest."""

    _fields_ = [
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_long * 64),
    ]


def _kernel_synchronised() -> bool:
    """What chrony, ntpd and timesyncd all tell the kernel."""
    timex = _Timex(modes=0)
    state = ctypes.CDLL(None).adjtimex(ctypes.byref(timex))
    return state >= 0 and not timex.status & _STA_UNSYNC


def _finds_rtc(root: Path) -> bool:
    """A board with a device tree needs one that has set the time; PCs and virtual machines have a clock."""
    if not (root / "proc/device-tree").exists():
        return True
    return any(
        path.read_text(encoding="ascii").strip() == "1"
        for path in (root / "sys/class/rtc").glob("rtc*/hctosys")
    )
