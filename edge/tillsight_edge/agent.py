"""The agent: the one place where the parts of a device are chosen, joined and kept running."""

import logging
import random
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tillsight_models import __version__
from tillsight_models.delivery import Birth
from tillsight_models.errors import TillsightError
from tillsight_models.events import CameraState, ContactEnded, DeviceStarted, PanelReported, Payload, Stamp
from tillsight_models.presence import NO_PICTURE
from tillsight_models.supervision import Supervisor
from tillsight_models.topics import DeviceTopics

from .acts import Acts
from .alone import only_one
from .audit_file import AuditInbox
from .clock import AnchorWatch, SystemClock
from .config import DeviceConfig
from .errors import OutboxUnwritable
from .feedback import Feedback
from .health import HealthWatch, faces_on
from .http import HttpsTransport
from .mqtt import MqttTransport
from .orders import Orders
from .outbox import Outbox
from .pause import CameraPause
from .pending import Pending
from .ports import (
    PANEL_MARK,
    ButtonPanel,
    Clock,
    LightSignal,
    PanelPress,
    PanelStatus,
    Transport,
    panel_position,
)
from .presence import GpioPresence
from .presence_watch import PresenceWatch
from .recent import RecentContacts
from .remote_settings import RemoteSettings
from .sending import Sending
from .telling import HealthTeller, Parts, SignTeller
from .trial import Values
from .uplink import Uplink
from .wanted import Section, Wanted

if TYPE_CHECKING:
    from .attempts import AttemptButton
    from .eyes import Eyes
    from .kiosk.part import KioskPart

log = logging.getLogger(__name__)

TURN_S = 1.0


class Agent:
    """One device. `run` returns after `stop`, and has let go of pins, ports and files by then.

    `pin_factory` is gpiozero's, for pins that are not this machine's own. `config_file` is what the process
    that sees is started with; without it, it has to be started by somebody else.
    """

    outbox: Outbox
    feedback: Feedback
    pause: CameraPause
    kiosk: "KioskPart | None" = None
    """None on a device without a screen, and before `run`."""
    eyes: "Eyes | None" = None
    """None on a device without cameras, and before `run`."""
    wanted: Wanted | None = None
    """What the hub wants of this device; None before `run`."""

    def __init__(
        self,
        config: DeviceConfig,
        pin_factory: Any = None,
        clock: Clock | None = None,
        config_file: Path | None = None,
    ) -> None:
        self._config = config
        self._pin_factory = pin_factory
        self._config_file = config_file
        self._clock = clock or SystemClock(config.clock.has_rtc)
        self._awake, self._stopping = threading.Event(), threading.Event()
        self._supervisor = Supervisor()
        self.started = threading.Event()
        """Set once shoppers are welcome."""
        self.failed = False
        """One of the agent's threads has died of a mistake of its own."""
        self._open_outbox()
        self._join_what_counts()
        self._join_the_hub()
        self._join_what_tells()
        self._join_what_obeys()

    def _open_outbox(self) -> None:
        """Where everything meets, and what goes into it."""
        config = self._config
        self._sending = Sending(self._clock)
        self.outbox = Outbox(
            config.outbox.path,
            device=config.device.id,
            touchpoint=config.device.touchpoint,
            max_events=config.outbox.max_events,
            on_append=self._sending.wake,
        )
        self._recent = RecentContacts()
        self._pending = Pending(self.outbox, self._note)
        self._audits = AuditInbox(self.outbox, config.outbox.path)
        self._anchors = AnchorWatch(self._clock)

    def _join_what_counts(self) -> None:
        """Buttons and sensors; those that need pins are started by `run`."""
        config = self._config
        self._panel: ButtonPanel | None = None
        self._attempts: AttemptButton | None = None
        self.feedback = Feedback(config.panel, self.outbox, self._clock, self._light)
        self._presence = PresenceWatch(config.presence, self._clock, self._pending.append, self._awake.set)
        kiosk = config.kiosk
        self.pause = CameraPause(kiosk.pause_min, kiosk.pauses_per_hour, self.outbox, self._clock)

    def _join_the_hub(self) -> None:
        """The way there, and the settings that come from there."""
        self._transport = self._new_transport()
        self._uplink = Uplink(self.outbox, self._transport, self._clock, random.Random())
        self._wanted_cameras: Values = {}
        self._remote = RemoteSettings(
            self._config,
            self.outbox,
            self._clock,
            apply=self._follow,
            trouble=self._trouble,
            is_connected=self._connected,
            states=self._camera_states,
        )

    def _join_what_tells(self) -> None:
        """Health and presence."""
        self._health = HealthWatch(
            self.outbox,
            self._config.outbox.path.parent,
            self._clock,
            self._panel_status,
            self._clock_offset_ms,
            camera=self._worst_camera,
            kiosk=self._kiosk_state,
            certificate=self._config.hub.cert_file,
            faces=lambda: faces_on(self._config, datetime.now(UTC).date()),
        )
        parts = Parts(
            self._health,
            self._recent,
            self._panel_status,
            self._kiosk_state,
            self._worst_camera,
            self._camera_states,
        )
        self._health_teller = HealthTeller(
            self.outbox, self._transport, self._clock, parts, self._pending.append
        )
        self._sign_teller = SignTeller(self._transport, self._clock)

    def _join_what_obeys(self) -> None:
        """What the hub may ask for once."""
        self._acts = Acts(
            self._config,
            self._config_file,
            outbox=self.outbox,
            clock=self._clock,
            health=self._health,
            light=self._light,
            sign=self._sign,
            restart=self.stop,
            seeing=lambda: self.eyes,
        )
        self._orders = Orders(
            self.outbox,
            self._clock,
            self._clock_offset_ms,
            self._acts.by_kind,
            self._sending.wake,
            device=self._config.device.id,
        )

    def run(self, drain_s: float = 0) -> None:
        """Work until `stop`; then let the outbox drain for `drain_s` at most."""
        with only_one(self._config.outbox.path):
            try:
                self._start()
                while not self._stopping.is_set():
                    self._turn()
                    self._awake.wait(TURN_S)
                    self._awake.clear()
            finally:
                self._end(drain_s)

    def stop(self) -> None:
        """Ask `run` to return; from any thread or signal handler."""
        self._stopping.set()
        self._awake.set()

    def fail(self) -> None:
        """Stop because a thread has died: whoever supervises us starts us again."""
        self.failed = True
        self.stop()

    def _start(self) -> None:
        config = self._config
        log.info(
            "device %s at %s starts, panel %s", config.device.id, config.device.touchpoint, config.panel.kind
        )
        at = self._clock.stamp()
        capabilities = self._capabilities()
        started = DeviceStarted(
            version=__version__, boot=at.boot, panel=config.panel.kind, capabilities=capabilities
        )
        self._pending.append(started, at)
        if config.presence.pins:
            self._presence.start(GpioPresence(config.presence, self._clock, self._pin_factory))
        self._start_attempts()
        self._start_kiosk()
        self._start_uplink()
        self._start_panel()
        self._open_eyes()
        self._supervisor.ready()
        self.started.set()

    def _turn(self) -> None:
        self._start_panel()
        if self.outbox.problem:
            self.outbox.probe()
        self._pending.retry()
        self._audits.collect()
        if anchor := self._anchors.look():
            self._pending.append(*anchor)
        self._presence.turn()
        if self._attempts is not None:
            self._attempts.turn()
        if self.eyes is not None:
            self.eyes.turn()
        self._tell_presence(self._presence.sensed or bool(self.eyes and self.eyes.is_someone_there))
        self._health_teller.turn(self._config)
        self._orders.turn()
        self._remote.turn()
        self._supervise()

    def _end(self, drain_s: float) -> None:
        self._supervisor.stopping()
        for part in (self._presence, self._panel, self._attempts, self.kiosk, self.eyes):
            if part is not None:
                part.stop()
        self._presence.turn()
        self._sending.drain(self.outbox, drain_s)
        self._sending.stop()
        self._transport.stop()
        self.outbox.close()
        self._config.status_file.unlink(missing_ok=True)
        log.info("device %s has stopped", self._config.device.id)

    def _open_eyes(self) -> None:
        """Last, so that buttons work whatever cameras do. Without cameras nothing of it is even imported."""
        config = self._config
        if not config.cameras:
            return
        from .eyes import Eyes

        self._acts.begin()
        self.eyes = Eyes(
            config,
            self._config_file,
            self.outbox,
            self._clock,
            on_change=self._awake.set,
            on_stored=self._note,
            paused_until_ms=self.pause.until_ms,
            wanted=self._wanted_cameras,
        )
        self.eyes.start()

    def _start_kiosk(self) -> None:
        """Before the panel, whose presses it may answer questions with. Whatever goes wrong, buttons rate."""
        if not self._config.kiosk.enabled:
            return
        from .kiosk.part import KioskPart

        self.kiosk = KioskPart(
            self._config,
            outbox=self.outbox,
            pending=self._pending,
            feedback=self.feedback,
            recent=self._recent,
            clock=self._clock,
            pause=self.pause,
        )
        self.kiosk.start(self._camera_states)

    def _start_uplink(self) -> None:
        """After the parts that the hub can set, so that what is kept of its wishes is followed at once."""
        path = self._config.outbox.path
        self._remote.begin()
        sections = dict(self._remote.sections)
        if (kiosk := self.kiosk) is not None:
            sections["kiosk"] = Section(kiosk.follow, lambda: kiosk.kiosk.is_settled)
        self.wanted = Wanted(path.with_name(f"{path.name}.wanted.json"), sections)
        self.wanted.begin()
        self._uplink.on_wanted, self._uplink.answer = self.wanted.take, self.wanted.answer
        self._uplink.on_order = self._ordered
        self._uplink.results, self._uplink.on_told = self._orders.unsent, self._orders.sent
        self._transport.start(self._sending.wake)
        self._sending.start(self._uplink)

    def _ordered(self, raw: bytes) -> None:
        self._orders.take(raw)
        self._awake.set()

    def _sign(self, is_wanted: bool) -> bool:
        """The device's name on its screen; False where it has none."""
        if self.kiosk is None:
            return False
        self.kiosk.kiosk.show_sign(self._config.device.id if is_wanted else "")
        return True

    def _follow(self, config: DeviceConfig, cameras: Values) -> None:
        """Settings that may change while we work; `cameras` is what the hub wants of those."""
        self._config = config
        self._wanted_cameras = cameras
        self.feedback.follow(config.panel)
        self._presence.follow(config.presence)
        if self.kiosk is not None:
            self.kiosk.kiosk.follow(config.panel)
        if self.eyes is not None:
            self.eyes.follow(config, cameras)

    def _connected(self) -> bool:
        return self._transport.connection() != 0

    def _trouble(self) -> str:
        """What is wrong with this device as a whole; empty: nothing."""
        return self.outbox.problem or self._sending.trouble()

    def _note(self, payload: Payload, at: Stamp) -> None:
        """Something was counted."""
        self._recent.note(payload, at)
        if self.kiosk is not None and isinstance(payload, ContactEnded):
            self.kiosk.contact(payload, at)

    def _start_attempts(self) -> None:
        if self._config.staff.attempt_pin is None:
            return
        from .attempts import AttemptButton

        self._attempts = AttemptButton(
            self._config.staff, self._config.panel, self._clock, self._pending.append, self._pin_factory
        )
        self._attempts.start()

    def _start_panel(self) -> None:
        """A serial panel can only start once the outbox says what it has delivered before."""
        if self._panel is not None:
            return
        try:
            panel = self._new_panel()
        except OutboxUnwritable:
            return
        self._panel = panel
        panel.start(self._pressed, self._panel_reports)

    def _new_panel(self) -> ButtonPanel:
        config = self._config.panel
        if config.kind == "gpio":
            from .buttons.gpio import GpioPanel

            return GpioPanel(config, self._clock, self._pin_factory)
        if config.kind == "keyboard":
            from .buttons.keyboard import KeyboardPanel

            return KeyboardPanel(config, self._clock)
        from .buttons.serial import SerialPanel

        return SerialPanel(config.port, self._clock, panel_position(self.outbox.mark(PANEL_MARK)))

    def _new_transport(self) -> Transport:
        hub, device = self._config.hub, self._config.device
        if hub.transport == "https":
            return HttpsTransport(hub, device.id)
        topics = DeviceTopics(device.org, device.site, device.id)
        return MqttTransport(hub, topics, self._hello, random.Random())

    def _hello(self) -> Birth:
        return Birth(
            version=__version__,
            stream=self.outbox.stream,
            session=self.outbox.next_session(),
            boot=self._clock.stamp().boot,
            first_seq=self.outbox.first_seq,
            capabilities=self._capabilities(),
            scale=self._config.panel.scale,
            models=self._models(),
        )

    def _models(self) -> dict[str, str]:
        """Hashes of what looks at frames here, by name."""
        if not self._config.cameras:
            return {}
        from .vision.networks.registry import model_hashes

        try:
            return model_hashes(self._config)
        except TillsightError as error:
            log.warning("%s", error)
            return {}

    def _capabilities(self) -> list[str]:
        able = {
            "buttons": True,
            "undo": self._config.panel.undo_s > 0,
            "presence": bool(self._config.presence.pins),
            "camera": bool(self._config.cameras),
            "emotion": self._config.emotion.enabled,
            "demographics": self._config.demographics.enabled,
            "attempts": self._config.staff.attempt_pin is not None,
            "kiosk": self._config.kiosk.enabled,
        }
        return [name for name, is_able in able.items() if is_able]

    def _light(self, signal: LightSignal) -> None:
        if self._panel is not None:
            self._panel.light(signal)

    def _panel_status(self) -> PanelStatus:
        return PanelStatus("none") if self._panel is None else self._panel.status()

    def _pressed(self, press: PanelPress) -> None:
        if self.kiosk is not None:
            self.kiosk.press(press)
        else:
            self.feedback.press(press)

    def _panel_reports(self, report: PanelReported) -> None:
        self._pending.append(report, self._clock.stamp())
        self._awake.set()

    def _tell_presence(self, present: bool) -> None:
        """To the screen, and to players of signs where that is wanted."""
        if self.kiosk is not None:
            self.kiosk.turn(present)
        if self._config.presence.publish:
            self._sign_teller.turn(present, self.kiosk.kiosk.picture if self.kiosk else NO_PICTURE)

    def _clock_offset_ms(self) -> float | None:
        return self._uplink.clock_offset_ms

    def _worst_camera(self) -> CameraState | Literal["none"]:
        return self.eyes.worst if self.eyes else "none"

    def _camera_states(self) -> dict[str, CameraState]:
        return self.eyes.states if self.eyes else {}

    def _kiosk_state(self) -> Literal["ok", "lost", "none"]:
        return self.kiosk.state if self.kiosk else "none"

    def _supervise(self) -> None:
        if trouble := self._trouble():
            self._supervisor.troubled(trouble)
        else:
            connected = "connected" if self._transport.connection() else "not connected"
            self._supervisor.alive(f"{connected}, panel {self._panel_status().state}")
