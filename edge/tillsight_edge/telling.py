"""What the device tells of itself while it runs: health to hub and status file, presence to signs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from tillsight_models.events import CameraState, HealthReported, Payload, Stamp
from tillsight_models.presence import PresenceTold

from .config import DeviceConfig
from .health import HealthWatch
from .outbox import Outbox
from .ports import Clock, PanelStatus, Transport
from .recent import RecentContacts
from .status import write_status


@dataclass(frozen=True)
class Parts:
    """How the parts are, asked anew each time."""

    health: HealthWatch
    recent: RecentContacts
    panel: Callable[[], PanelStatus]
    kiosk: Callable[[], Literal["ok", "lost", "none"]]
    worst_camera: Callable[[], CameraState | Literal["none"]]
    cameras: Callable[[], Mapping[str, CameraState]]


class HealthTeller:
    """Tells each heartbeat, and at once where something has changed that must not wait."""

    def __init__(
        self,
        outbox: Outbox,
        transport: Transport,
        clock: Clock,
        parts: Parts,
        append: Callable[[Payload, Stamp], None],
    ) -> None:
        self._outbox = outbox
        self._transport = transport
        self._clock = clock
        self._parts = parts
        self._append = append
        self._told: tuple[object, ...] = ()
        self._shown: tuple[object, ...] = ()
        """What was last reported, and shown in the status, of that which must not wait."""
        self._heartbeat_ms = self._report_ms = 0

    def turn(self, config: DeviceConfig) -> None:
        """About once a second."""
        at, problem = self._clock.stamp(), self._outbox.problem
        connected = self._transport.connection() != 0
        urgent = (self._parts.panel().state, at.tq, self._outbox.set_aside, self._parts.kiosk())
        shown = (*urgent, connected, problem, self._parts.worst_camera())
        if shown == self._shown and at.mono < self._heartbeat_ms:
            return
        health = self._parts.health.read()
        self._shown = shown
        self._heartbeat_ms = at.mono + round(1000 * config.health.heartbeat_s)
        self._transport.tell(health)
        self._show(config, health, connected=connected, mono_ms=at.mono)
        if urgent != self._told or at.mono >= self._report_ms:
            self._told = urgent
            self._report_ms = at.mono + round(1000 * config.health.report_s)
            self._append(health, at)

    def _show(self, config: DeviceConfig, health: HealthReported, *, connected: bool, mono_ms: int) -> None:
        write_status(
            config.status_file,
            connected=connected,
            problem=self._outbox.problem,
            health=health,
            mono_ms=mono_ms,
            contacts=self._parts.recent.rows(mono_ms),
            cameras=self._parts.cameras(),
        )


class SignTeller:
    """Tells players of signs whether somebody is there, whenever that or the picture changes."""

    def __init__(self, transport: Transport, clock: Clock) -> None:
        self._transport = transport
        self._clock = clock
        self._told: tuple[bool, int] | None = None

    def turn(self, present: bool, picture: int) -> None:
        """About once a second."""
        if (present, picture) != self._told:
            self._told = present, picture
            self._transport.show(PresenceTold(present=present, t=self._clock.stamp().t, picture=picture))
