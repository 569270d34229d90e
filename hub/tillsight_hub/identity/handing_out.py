"""What the authority gives to the hub's own programs: keys, certificates, and the broker's files."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Engine

from ..config import HubConfig
from .authority import CERT_FILE, SERVER_DAYS, Authority, as_pem, write_key
from .broker_files import HUB_NAME, BrokerFiles
from .errors import EnrolmentRefused
from .revocation import authority_folder, days_left, list_file, write_list


def make_authority(engine: Engine, config: HubConfig, name: str, now: datetime) -> str:
    """A new authority with its first, empty list; its fingerprint."""
    authority = Authority.create(authority_folder(config), name, now)
    write_list(engine, config, now)
    return authority.fingerprint


def describe(config: HubConfig, now: datetime) -> Iterator[str]:
    """What there is to know about it, line by line."""
    authority = Authority.open(authority_folder(config))
    left = days_left(config, now)
    yield f"fingerprint  {authority.fingerprint}"
    yield f"certificate  {authority_folder(config) / CERT_FILE}"
    yield f"good until   {authority.certificate.not_valid_after_utc.astimezone(UTC).date()}"
    yield f"revoked      {list_file(config)}, " + ("missing" if left is None else f"good for {left:.1f} days")


def for_server(config: HubConfig, names: Sequence[str], out: Path, now: datetime) -> None:
    """A new key and certificate, good for a year, in files of this folder."""
    authority, key = Authority.open(authority_folder(config)), _new_key(out)
    (out / "cert.pem").write_bytes(as_pem(authority.for_server(names, key.public_key(), now)))


def for_hub(config: HubConfig, out: Path, now: datetime) -> None:
    """The same for the hub as the broker's client."""
    authority, key = Authority.open(authority_folder(config)), _new_key(out)
    asked = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    request = asked.public_bytes(serialization.Encoding.PEM)
    (out / "cert.pem").write_bytes(as_pem(authority.for_device(HUB_NAME, request, now, SERVER_DAYS)))


def for_broker(config: HubConfig, out: Path, own: tuple[Path, Path], *, port: int, address: str) -> None:
    """mosquitto's configuration and access list; `own`: its certificate and key."""
    ca = authority_folder(config) / CERT_FILE
    BrokerFiles(out, ca, *own, list_file(config), port, address).write()


def _new_key(out: Path) -> ec.EllipticCurvePrivateKey:
    if (out / "key.pem").exists():
        raise EnrolmentRefused(f"{out / 'key.pem'}: there is a key already; give another folder")
    out.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = ec.generate_private_key(ec.SECP256R1())
    write_key(out / "key.pem", key)
    return key
