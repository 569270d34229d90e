"""How a revoked device falls silent: the list keeps it out, and who bears its name throws it off.

A broker looks at the list when somebody connects, and lets stay who is there. So, once the list is read, the
hub connects for a moment with a certificate of the device's name: a broker serves one of a name.
"""

import logging
import ssl
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from sqlalchemy import Engine

from ..config import HubConfig
from ..database import writing
from .authority import Authority, as_pem, write_key
from .enrolment import revoke, revoked
from .errors import NoAuthority

log = logging.getLogger(__name__)

WELCOME_S = 5.0
LIST_FILE = "crl.pem"


@dataclass(frozen=True)
class Silenced:
    """What was done about a device."""

    device: str
    certificates: int
    """So many are not believed any more."""
    is_thrown_off: bool
    """False where the broker uses no certificates, or could not be reached."""


def authority_folder(config: HubConfig) -> Path:
    """Where the authority lives."""
    return config.identity.folder or config.data_dir / "ca"


def list_file(config: HubConfig) -> Path:
    """The revocation list, which the broker reads."""
    return config.identity.revocation_list or authority_folder(config) / LIST_FILE


def write_list(engine: Engine, config: HubConfig, now: datetime) -> Path:
    """A fresh list, all at once; NoAuthority where the hub has none."""
    authority = Authority.open(authority_folder(config))
    with engine.connect() as connection:
        text = authority.revocation_list(revoked(connection, now), now)
    file = list_file(config)
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f".{file.name}.new")
    fresh.write_bytes(text)
    fresh.chmod(0o644)
    return fresh.replace(file)


def days_left(config: HubConfig, now: datetime) -> float | None:
    """Until the list ends, and with it every connection; None where there is no list."""
    try:
        listed = x509.load_pem_x509_crl(list_file(config).read_bytes())
    except (OSError, ValueError):
        return None
    end = listed.next_update_utc
    return None if end is None else (end - now).total_seconds() / 86_400


def keep_list(engine: Engine, config: HubConfig) -> None:
    """The nightly renewal; nothing where the hub is no authority."""
    try:
        write_list(engine, config, datetime.now(UTC))
    except NoAuthority:
        return
    _reload(config)


def silence(engine: Engine, config: HubConfig, device: str, *, reason: str, actor: str) -> Silenced:
    """Revoke all that a device has, tell the broker, and end the connection that it may have."""
    now = datetime.now(UTC)
    authority = Authority.open(authority_folder(config))
    with writing(engine) as connection:
        certificates = revoke(connection, device, now, reason=reason, actor=actor)
    write_list(engine, config, now)
    _reload(config)
    is_thrown_off = False
    if config.mqtt.ca_file is not None:
        time.sleep(config.identity.reload_wait_s)
        is_thrown_off = throw_off(config, authority, device)
    return Silenced(device, certificates, is_thrown_off)


def throw_off(config: HubConfig, authority: Authority, device: str) -> bool:
    """Be the device for a moment; whether the broker believed it."""
    with tempfile.TemporaryDirectory() as folder:
        context = _context_of(config, authority, device, Path(folder))
    welcome = threading.Event()
    client = Client(CallbackAPIVersion.VERSION2, client_id=device, protocol=MQTTProtocolVersion.MQTTv311)
    client.tls_set_context(context)
    client.on_connect = lambda *_: welcome.set()
    try:
        client.connect(config.mqtt.host, config.mqtt.port)
    except OSError as error:
        log.warning("%s: the broker at %s cannot be reached: %s", device, config.mqtt.host, error)
        return False
    client.loop_start()
    try:
        return welcome.wait(WELCOME_S)
    finally:
        client.disconnect()
        client.loop_stop()


def _context_of(config: HubConfig, authority: Authority, device: str, folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    asked = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    pem = asked.public_bytes(serialization.Encoding.PEM)
    write_key(folder / "key.pem", key)
    certificate = as_pem(authority.for_device(device, pem, datetime.now(UTC), days=1))
    (folder / "cert.pem").write_bytes(certificate)
    context = ssl.create_default_context(cafile=config.mqtt.ca_file)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def _reload(config: HubConfig) -> None:
    if not config.identity.reload:
        return
    try:
        subprocess.run(config.identity.reload, check=True, capture_output=True, timeout=20)
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("identity.reload: %s: %s", " ".join(config.identity.reload), error)
