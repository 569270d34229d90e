"""The hub's configuration: one TOML file, and defaults with which it runs without any."""

import os
from collections.abc import Iterator, Mapping
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from tillsight_models.configuration import Settings, load_settings, read_settings
from tillsight_models.delivery import DEFAULT_WINDOW
from tillsight_models.errors import BadConfig

from .alerts.settings import AlertSettings
from .cases.settings import CaseSettings
from .cleaning.rules import CleaningSettings
from .compliance.settings import ComplianceSettings, RetentionSettings
from .fleet.settings import FleetSettings
from .identity.settings import IdentitySettings
from .mail.settings import MailSettings
from .metrics.settings import SUPPRESS_BELOW, MetricSettings
from .reports.settings import ReportSettings

SYSTEM_CONFIG = Path("/etc/tillsight/hub.toml")

Port = Annotated[int, Field(ge=0, le=65_535)]
"""0 takes a free port."""


def default_data_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """`$TILLSIGHT_DATA_DIR`, else `$XDG_STATE_HOME/tillsight`, else `./var`."""
    if chosen := environ.get("TILLSIGHT_DATA_DIR"):
        return Path(chosen)
    if state := environ.get("XDG_STATE_HOME"):
        return Path(state) / "tillsight"
    return Path("var")


class DatabaseSettings(Settings):
    """Where the tables live; neither key means SQLite in the data directory."""

    url: str | None = None
    url_file: Path | None = None
    """Holds the URL, for one with a password in it."""

    @field_validator("url")
    @classmethod
    def _known(cls, url: str | None) -> str | None:
        return url if url is None else driver_url(url)

    @model_validator(mode="after")
    def _one_of_both(self) -> "DatabaseSettings":
        if self.url is not None and self.url_file is not None:
            raise ValueError("url and url_file exclude each other")
        return self


class MqttSettings(Settings):
    """The broker that the devices reach the hub by."""

    embedded: bool = True
    """Start a broker of our own on loopback; false uses the one at `host`."""
    program: Literal["auto", "mosquitto", "amqtt"] = "auto"
    """Which broker to embed; auto takes mosquitto where the machine has it."""
    host: str = "127.0.0.1"
    port: Port = 1883
    client_id: Annotated[str, Field(min_length=1, max_length=64)] = "tillsight-hub"
    """The broker keeps messages for this name while the hub is away; two hubs must not share it."""
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> "MqttSettings":
        if self.embedded and self.host not in ("127.0.0.1", "localhost"):
            raise ValueError("an embedded broker listens on loopback only: set embedded = false")
        if not self.embedded and self.port == 0:
            raise ValueError("port 0 is for the embedded broker")
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file need each other")
        if self.password_file is not None and self.username is None:
            raise ValueError("password_file needs username")
        return self


class WebSettings(Settings):
    """Pages and API."""

    host: str = "127.0.0.1"
    port: Port = 8080
    secure_cookies: bool = False
    """Send the login cookie over HTTPS only; true behind a TLS proxy."""
    metrics_open: bool = False
    """Let anyone who reaches the port read /metrics."""
    cert_file: Path | None = None
    """Serve HTTPS with this certificate; None: HTTP, for loopback or behind a TLS proxy."""
    key_file: Path | None = None

    @property
    def tls(self) -> bool:
        """Whether pages are served over HTTPS."""
        return self.cert_file is not None

    @model_validator(mode="after")
    def _both_or_none(self) -> "WebSettings":
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file need each other")
        return self


class IngestSettings(Settings):
    """How events are taken in."""

    window: Annotated[int, Field(ge=1, le=100_000)] = DEFAULT_WINDOW
    """Events that one device may have under way beyond our acknowledgement."""
    max_batch: Annotated[int, Field(ge=1, le=100_000)] = 1000
    """Messages in one transaction."""
    future_tolerance_s: Annotated[int, Field(ge=0)] = 3600
    """An event later than our clock by more than this is quarantined."""
    device_rate: Annotated[float, Field(ge=1, le=1_000_000)] = 1000.0
    """Events that one device may hand in per second, for long; an event counts as one for each 250 bytes."""
    device_burst: Annotated[int, Field(ge=200, le=10_000_000)] = 10_000
    """Events that it may hand in at once."""
    device_daily: Annotated[int, Field(ge=1000, le=1_000_000_000)] = 400_000
    """Events that it may hand in within 24 hours, a backlog of weeks included."""


class PrivacySettings(Settings):
    """What keeps single people out of the numbers."""

    smallest_cell: Annotated[int, Field(ge=5, le=1000)] = SUPPRESS_BELOW
    """How many people's answers have to be summed before anything about them is told."""


class NightlySettings(Settings):
    """The checks and clean-ups of the night."""

    at: time = time(3, 30)
    """Local time of the hub's machine."""


class HubConfig(Settings):
    """Everything that the hub can be told."""

    data_dir: Path = Field(default_factory=default_data_dir)
    seed: Path | None = None
    """Hierarchy file applied at every start."""
    database: DatabaseSettings = DatabaseSettings()
    mqtt: MqttSettings = MqttSettings()
    web: WebSettings = WebSettings()
    ingest: IngestSettings = IngestSettings()
    nightly: NightlySettings = NightlySettings()
    metrics: MetricSettings = MetricSettings()
    privacy: PrivacySettings = PrivacySettings()
    cleaning: CleaningSettings = CleaningSettings()
    alerts: AlertSettings = AlertSettings()
    cases: CaseSettings = CaseSettings()
    identity: IdentitySettings = IdentitySettings()
    fleet: FleetSettings = FleetSettings()
    mail: MailSettings = MailSettings()
    reports: ReportSettings = ReportSettings()
    retention: RetentionSettings = RetentionSettings()
    compliance: ComplianceSettings = ComplianceSettings()

    def database_url(self) -> str:
        """The database's URL with its driver; BadConfig where `url_file` cannot be read."""
        if self.database.url_file is not None:
            return _url_in(self.database.url_file)
        return self.database.url or f"sqlite:///{self.data_dir.absolute() / 'hub.db'}"


def load_config(path: Path | None = None, data_dir: Path | None = None) -> HubConfig:
    """The configuration in `path`, else in /etc/tillsight/hub.toml where that exists, else the defaults.

    Relative paths in a file count from the file's folder. `data_dir` overrides the file.
    """
    if path is None and SYSTEM_CONFIG.exists():
        path = SYSTEM_CONFIG
    config = read_settings({}, HubConfig) if path is None else load_settings(path, HubConfig)
    if path is not None:
        config = _anchored(config, path.parent)
    return config if data_dir is None else config.model_copy(update={"data_dir": data_dir})


def unreadable_files(settings: Settings, prefix: str = "") -> Iterator[str]:
    """A line for each file that the configuration names and that cannot be read."""
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, Settings):
            yield from unreadable_files(value, f"{prefix}{name}.")
        elif isinstance(value, Path) and name != "data_dir":
            try:
                value.open("rb").close()
            except OSError as error:
                yield f"{prefix}{name}: {value}: {error.strerror or error}"


def driver_url(url: str) -> str:
    """`url` with the driver that we use; ValueError where it is no database of ours."""
    expected = "expected sqlite:///PATH or postgresql://USER@HOST/NAME"
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ValueError(expected) from None
    if parsed.drivername in ("postgresql", "postgresql+psycopg"):
        return parsed.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    if parsed.drivername != "sqlite" or not parsed.database:
        raise ValueError(expected)
    return url


def _url_in(path: Path) -> str:
    try:
        return driver_url(path.read_text(encoding="utf-8").strip())
    except OSError as error:
        raise BadConfig([f"database.url_file: {path}: {error.strerror or error}"]) from error
    except ValueError as error:
        raise BadConfig([f"database.url_file: {path}: {error}"]) from error


def _anchored(settings: Any, folder: Path) -> Any:
    """The settings with relative paths made relative to `folder`, in all sections; unset ones stay unset."""
    changed: dict[str, Any] = {}
    for name in settings.model_fields_set:
        value = getattr(settings, name)
        if isinstance(value, Path):
            changed[name] = folder / value
        elif isinstance(value, Settings):
            changed[name] = _anchored(value, folder)
    return settings.model_copy(update=changed)
