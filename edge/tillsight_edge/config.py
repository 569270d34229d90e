"""The device's configuration: one TOML file, every setting with its unit in its name."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator

from tillsight_models.configuration import Settings, load_settings
from tillsight_models.errors import BadConfig, BadScale, TillsightError
from tillsight_models.events import SLUG_PATTERN
from tillsight_models.scales import SCALES, scale

from .camera_config import (
    CameraSettings,
    DeclarationSettings,
    DemographicsSettings,
    EmotionSettings,
    PrivacySettings,
    StaffSettings,
    VisionSettings,
)
from .kiosk_config import KioskSettings
from .socket_paths import LONGEST_NAME

SYSTEM_CONFIG = Path("/etc/tillsight/device.toml")
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
VISION_PARTS = ("cv2", "numpy", "onnxruntime", "tomlkit")
"""What only a device with a camera has installed."""

Id = Annotated[str, Field(pattern=SLUG_PATTERN)]
Pin = Annotated[int, Field(ge=0, le=53)]
"""BCM number, as `pinout` prints it after GPIO."""


class DeviceSettings(Settings):
    """Who this device is; the ids are the hub's."""

    id: Id
    org: Id
    site: Id
    touchpoint: Id


class PanelSettings(Settings):
    """The buttons."""

    kind: Literal["gpio", "serial", "keyboard", "simulated"]
    scale: str = "smiley-4"
    reversed: bool = False
    """The best rating is on the left."""
    undo_button: bool = False
    """The panel has one more button, after the last rating, that takes a press back."""
    cooldown_s: Annotated[float, Field(ge=0, le=600)] = 5.0
    """A press sooner than this after another one on the panel is kept, with the label `repeat`."""
    undo_s: Annotated[float, Field(ge=0, le=60)] = 3.0
    """How long a press can be taken back; 0: never."""
    pins: Annotated[tuple[Pin, ...], Field(validate_default=True)] = ()
    active_low: bool = True
    """A pressed button connects its pin to ground."""
    settle_ms: Annotated[int, Field(ge=1, le=100)] = 8
    """A contact has to be closed this much longer than open to be a press."""
    light_pin: Annotated[Pin | None, Field(validate_default=True)] = None
    port: Path = Path("/dev/tillsight-panel")

    @field_validator("scale")
    @classmethod
    def _known_scale(cls, id: str) -> str:
        try:
            return scale(id).id
        except BadScale:
            raise ValueError(f"should be one of {', '.join(SCALES)}") from None

    @field_validator("pins")
    @classmethod
    def _fit_the_scale(cls, pins: tuple[int, ...], others: ValidationInfo) -> tuple[int, ...]:
        kind, chosen = others.data.get("kind"), others.data.get("scale")
        if kind != "gpio" or chosen is None:
            return pins
        wanted = SCALES[chosen].ratings + others.data.get("undo_button", False)
        if len(pins) != wanted:
            undo = " and the undo button" if others.data.get("undo_button") else ""
            raise ValueError(f"should be {wanted} pins, for the ratings of {chosen}{undo}")
        return _distinct(pins)

    @field_validator("light_pin")
    @classmethod
    def _light_apart(cls, pin: int | None, others: ValidationInfo) -> int | None:
        if pin in others.data.get("pins", ()):
            raise ValueError("should not be one of panel.pins")
        return pin

    @property
    def buttons(self) -> int:
        """How many buttons the panel has, the undo button included."""
        return SCALES[self.scale].ratings + self.undo_button

    @property
    def undo_number(self) -> int | None:
        """The button that takes a press back, or None."""
        return self.buttons if self.undo_button else None


class PresenceSettings(Settings):
    """A sensor that sees whether somebody stands at the touchpoint; no pins: no sensor."""

    pins: tuple[Pin, ...] = ()
    """Somebody is there while any of them is active."""
    active_high: bool = True
    min_dwell_s: Annotated[float, Field(gt=0, le=3600)] = 3.0
    """Who stays shorter was not served."""
    leave_gap_s: Annotated[float, Field(ge=0, le=600)] = 2.0
    """A gap shorter than this is the sensor's, not the customer's."""
    max_dwell_s: Annotated[float, Field(gt=0, le=86_400)] = 1800.0
    """Whatever stands there longer is no customer."""
    publish: bool = False
    """Tell players of signs over MQTT whether somebody is there, by sensor or camera."""

    @field_validator("pins")
    @classmethod
    def _all_distinct(cls, pins: tuple[int, ...]) -> tuple[int, ...]:
        return _distinct(pins)

    @field_validator("max_dwell_s")
    @classmethod
    def _above_the_least(cls, most: float, others: ValidationInfo) -> float:
        if most <= others.data.get("min_dwell_s", 0):
            raise ValueError("should be greater than presence.min_dwell_s")
        return most


class ClockSettings(Settings):
    """What may be believed about the clock."""

    has_rtc: bool | None = None
    """The clock goes on while the power is off; None: find out."""


class OutboxSettings(Settings):
    """Where events wait for the hub."""

    path: Path = Path("/var/lib/tillsight/outbox.db")
    max_events: Annotated[int, Field(ge=100, le=1_000_000)] = 300_000
    """Beyond this the oldest are dropped, and reported; 300,000 take about 100 MB."""


class HubSettings(Settings):
    """The way to the hub."""

    transport: Literal["mqtt", "https"] = "mqtt"
    host: Annotated[str, Field(validate_default=True)] = ""
    tls: bool = False
    port: Annotated[int | None, Field(ge=1, le=65_535)] = None
    """None: 8883 with TLS, else 1883."""
    keepalive_s: Annotated[int, Field(ge=5, le=600)] = 30
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    """PEM of the authority that signed the hub's certificate; None: the system's."""
    cert_file: Path | None = None
    key_file: Annotated[Path | None, Field(validate_default=True)] = None
    url: Annotated[str, Field(validate_default=True)] = ""
    token_file: Annotated[Path | None, Field(validate_default=True)] = None

    @field_validator("host")
    @classmethod
    def _host_for_mqtt(cls, host: str, others: ValidationInfo) -> str:
        if others.data.get("transport") == "mqtt" and not host:
            raise ValueError("should name the broker, because hub.transport is mqtt")
        return host

    @field_validator("password_file")
    @classmethod
    def _whose_password(cls, path: Path | None, others: ValidationInfo) -> Path | None:
        if path is not None and not others.data.get("username"):
            raise ValueError("needs hub.username")
        return path

    @field_validator("ca_file", "cert_file")
    @classmethod
    def _for_tls_only(cls, path: Path | None, others: ValidationInfo) -> Path | None:
        if path is not None and others.data.get("transport") == "mqtt" and not others.data.get("tls"):
            raise ValueError("needs hub.tls = true")
        return path

    @field_validator("key_file")
    @classmethod
    def _key_and_certificate(cls, path: Path | None, others: ValidationInfo) -> Path | None:
        if "cert_file" in others.data and (path is None) != (others.data["cert_file"] is None):
            raise ValueError("needs hub.cert_file, and hub.cert_file needs it")
        return path

    @field_validator("url")
    @classmethod
    def _url_for_https(cls, url: str, others: ValidationInfo) -> str:
        if others.data.get("transport") != "https":
            return url
        parts = urlsplit(url)
        if parts.scheme == "https" and parts.hostname:
            return url.rstrip("/")
        if parts.scheme == "http" and parts.hostname in LOOPBACK:
            return url.rstrip("/")
        raise ValueError("should be https://<host>, because hub.transport is https")

    @field_validator("token_file")
    @classmethod
    def _token_for_https(cls, path: Path | None, others: ValidationInfo) -> Path | None:
        if others.data.get("transport") == "https" and path is None:
            raise ValueError("should name a file, because hub.transport is https")
        return path

    @property
    def mqtt_port(self) -> int:
        return self.port or (8883 if self.tls else 1883)


class HealthSettings(Settings):
    """How the device tells how it is."""

    heartbeat_s: Annotated[float, Field(gt=0, le=3600)] = 30.0
    """Between two messages on the `metric` topic."""
    report_s: Annotated[float, Field(gt=0, le=86_400)] = 900.0
    """Between two `device.health` events; a change of panel or clock sends one at once."""
    status_file: Path | None = None
    """What `tillsight-edge status` reads of a running agent; None: beside the outbox."""


class DeviceConfig(Settings):
    """Everything that a device can be told."""

    device: DeviceSettings
    panel: PanelSettings
    presence: PresenceSettings = PresenceSettings()
    cameras: dict[Id, CameraSettings] = Field(default_factory=dict, max_length=4)
    """By name."""
    vision: VisionSettings = VisionSettings()
    emotion: EmotionSettings = EmotionSettings()
    demographics: DemographicsSettings = DemographicsSettings()
    privacy: PrivacySettings = PrivacySettings()
    declaration: DeclarationSettings | None = None
    """Without it neither emotion nor demographics can be enabled."""
    staff: StaffSettings = StaffSettings()
    kiosk: KioskSettings = KioskSettings()
    clock: ClockSettings = ClockSettings()
    outbox: OutboxSettings = OutboxSettings()
    hub: HubSettings
    health: HealthSettings = HealthSettings()

    def faces_off_on(self, day: date) -> str | None:
        """Why faces are not looked at on this day although that is enabled; else None."""
        if self.declaration is None or not (self.emotion.enabled or self.demographics.enabled):
            return None
        return self.declaration.problem_on(day)

    @property
    def status_file(self) -> Path:
        """Where the running agent says how it is."""
        return self.health.status_file or self.outbox.path.with_name(f"{self.outbox.path.name}.status.json")

    @property
    def cameras_file(self) -> Path:
        """Where the agent lays what the hub wants of the cameras, for the process that sees."""
        return self.vision_socket.with_name(f"{self.vision_socket.name}.cameras.json")

    @property
    def vision_socket(self) -> Path:
        """Where the process that sees tells its numbers."""
        return self.vision.socket or self.outbox.path.with_name(f"{self.outbox.path.name}.vision.sock")


def load_config(path: Path) -> DeviceConfig:
    """The configuration in a file; BadConfig has one line a problem."""
    config = load_settings(path, DeviceConfig)
    if problems := list(between_sections(config)):
        raise BadConfig(problems)
    return config


def problems_here(config: DeviceConfig) -> list[str]:
    """What stops this configuration from working on this machine, one line each."""
    hub = config.hub
    files = {
        "hub.password_file": hub.password_file,
        "hub.ca_file": hub.ca_file,
        "hub.cert_file": hub.cert_file,
        "hub.key_file": hub.key_file,
        "hub.token_file": hub.token_file,
        "emotion.validation_file": config.emotion.validation_file if config.emotion.enabled else None,
        "kiosk.picture": config.kiosk.picture if config.kiosk.enabled else None,
        "kiosk.present_picture": config.kiosk.present_picture if config.kiosk.enabled else None,
    }
    problems = [
        f"{name}: {str(path)!r}: cannot be read"
        for name, path in files.items()
        if path is not None and not os.access(path, os.R_OK)
    ]
    folders = {"outbox.path": config.outbox.path.parent, "health.status_file": config.status_file.parent}
    for name, folder in folders.items():
        if not _writable(folder):
            problems.append(f"{name}: {str(folder)!r}: cannot be written")
    if off := config.faces_off_on(datetime.now(UTC).date()):
        problems.append(f"{off}: faces are not looked at")
    if config.kiosk.enabled:
        from .kiosk.contents import contents_problems

        problems += contents_problems(config.kiosk)
    return [*problems, *vision_problems(config)]


def vision_problems(config: DeviceConfig) -> list[str]:
    """What stops the cameras from being looked at on this machine, one line each."""
    if not config.cameras:
        return []
    problems = []
    if len(os.fsencode(config.vision_socket.name)) > LONGEST_NAME:
        name = config.vision_socket.name
        problems.append(f"vision.socket: {name!r}: should be a name of at most {LONGEST_NAME} bytes")
    if config.vision.start:
        missing = [part for part in VISION_PARTS if find_spec(part) is None]
        if missing:
            problems.append(f"cameras: need {', '.join(missing)}: pip install 'tillsight[vision]'")
        problems += _no_sandbox_here()
    return problems


def _no_sandbox_here() -> list[str]:
    from .vision.process.syscalls import this_machine

    try:
        this_machine()
    except TillsightError as error:
        return [f"cameras: {error}"]
    return []


def between_sections(config: DeviceConfig) -> Iterator[str]:
    """What does not go together, one line each."""
    yield from _pins_taken_twice(config)
    yield from _faces_undeclared(config)
    yield from _staff_in_view(config)
    yield from _cameras_that_cannot_count(config)


def _faces_undeclared(config: DeviceConfig) -> Iterator[str]:
    """Faces are looked at only where a person answers for it, and only as long."""
    for name in ("emotion", "demographics"):
        if not getattr(config, name).enabled:
            continue
        if config.declaration is None:
            yield f"{name}.enabled: True: needs a [declaration] by the site"
        if config.privacy.region == "US-IL":
            yield f"{name}.enabled: True: no face is looked at where privacy.region is 'US-IL'"
        if not any(camera.zone for camera in config.cameras.values()):
            yield f"{name}.enabled: True: needs a camera with a zone"


def _staff_in_view(config: DeviceConfig) -> Iterator[str]:
    """Emotion and sellers are never brought together: not in a picture, and not by time on one device."""
    if not config.emotion.enabled:
        return
    if config.staff.attempt_pin is not None:
        yield (
            f"staff.attempt_pin: {config.staff.attempt_pin}: should not be there while emotion.enabled is"
            " true: a seller's attempts could be joined with emotion"
        )
    if config.emotion.staff_out_of_view:
        return
    for name, camera in config.cameras.items():
        if camera.zone and not camera.staff_zones:
            yield (
                f"cameras.{name}.staff_zones: (): should cover where staff stand,"
                " or emotion.staff_out_of_view declare that no camera sees them"
            )


def _cameras_that_cannot_count(config: DeviceConfig) -> Iterator[str]:
    if not config.cameras:
        return
    from tillsight_models.geometry import lint

    for name, camera in config.cameras.items():
        yield from lint(camera, name)


def _pins_taken_twice(config: DeviceConfig) -> Iterator[str]:
    panel = config.panel
    taken = {*panel.pins, panel.light_pin} if panel.kind in ("gpio", "simulated") else {panel.light_pin}
    for pin in config.presence.pins:
        if pin in taken:
            yield f"presence.pins: {pin}: is a pin of the panel"
    if config.staff.attempt_pin in {*taken, *config.presence.pins} - {None}:
        yield f"staff.attempt_pin: {config.staff.attempt_pin}: is a pin of the panel or the presence sensor"


def _distinct(pins: tuple[int, ...]) -> tuple[int, ...]:
    if len(set(pins)) != len(pins):
        raise ValueError("should be distinct pins")
    return pins


def _writable(folder: Path) -> bool:
    """Whether files can be made there, or the missing folder itself in the nearest one that exists."""
    there = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)
