"""The device's certificate: a key that it makes and keeps, a first certificate for a code, and the next ones.

Key and certificate lie in a folder of their own each time, and `current` leads to the newest: whoever opens
both through it never gets a key with another one's certificate.
"""

import base64
import hashlib
import json
import os
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from .errors import EnrolmentFailed

RENEW_BEFORE = timedelta(days=30)
"""A certificate lives 90 days."""
CURRENT, CERT, KEY, AUTHORITY = "current", "cert.pem", "key.pem", "ca.pem"
LARGEST_ANSWER = 100_000
TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Code:
    """What the hub printed for this device."""

    device: str
    token: str
    fingerprint: str
    """SHA-256 of the hub's authority: which hub is the right one."""

    @classmethod
    def read(cls, text: str) -> "Code":
        """Its parts; EnrolmentFailed where it is none."""
        parts = text.strip().split(".")
        if len(parts) != 3 or len(parts[2]) != 64:
            raise EnrolmentFailed("enrolment code: expected DEVICE.TOKEN.FINGERPRINT as the hub printed it")
        return cls(*parts)


@dataclass(frozen=True)
class Identity:
    """The folder that holds it."""

    folder: Path

    @property
    def certificate_file(self) -> Path:
        """For `hub.cert_file`."""
        return self.folder / CURRENT / CERT

    @property
    def key_file(self) -> Path:
        """For `hub.key_file`."""
        return self.folder / CURRENT / KEY

    @property
    def authority_file(self) -> Path:
        """For `hub.ca_file`."""
        return self.folder / AUTHORITY

    def certificate(self) -> x509.Certificate:
        """The present one; EnrolmentFailed where there is none."""
        try:
            return x509.load_pem_x509_certificate(_read(self.certificate_file))
        except ValueError as error:
            raise EnrolmentFailed(f"{self.certificate_file}: expected a certificate as PEM") from error

    def is_due(self, now: datetime) -> bool:
        """Whether it is time for the next certificate."""
        return self.certificate().not_valid_after_utc - now <= RENEW_BEFORE


def enrol(url: str, code: Code, folder: Path) -> Identity:
    """Get the first certificate from the hub at `url`; EnrolmentFailed says why not, and the code stays good
    unless the hub took it."""
    authority = _authority(url, code.fingerprint)
    key = ec.generate_private_key(ec.SECP256R1())
    asked = {"token": code.token, "request": _request(key).decode()}
    given = _post(url, "/api/v1/enrol", asked, _context(authority))
    _check_name(given, code.device)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write(folder / AUTHORITY, authority, 0o644)
    return _keep(folder, key, given)


def renew(url: str, folder: Path) -> Identity:
    """Get the next certificate, as who has the present one's key."""
    identity = Identity(folder)
    present, old_key = identity.certificate(), _read_key(identity.key_file)
    key = ec.generate_private_key(ec.SECP256R1())
    request = _request(key)
    asked = {
        "certificate": identity.certificate_file.read_text(encoding="ascii"),
        "request": request.decode(),
        "signature": base64.b64encode(old_key.sign(request, ec.ECDSA(hashes.SHA256()))).decode(),
    }
    given = _post(url, "/api/v1/renew", asked, _context(_read(identity.authority_file)))
    _check_name(given, _name_of(present))
    return _keep(folder, key, given)


def is_revoked(url: str, folder: Path) -> bool:
    """Whether the hub's own list names the present certificate; False where the hub cannot be asked, or shows
    a list that its authority did not sign."""
    identity = Identity(folder)
    present, authority = identity.certificate(), _read(identity.authority_file)
    try:
        listed = x509.load_pem_x509_crl(_ask(url, "GET", "/api/v1/crl.pem", _context(authority)))
        key = cast(ec.EllipticCurvePublicKey, x509.load_pem_x509_certificate(authority).public_key())
        if not listed.is_signature_valid(key):
            return False
    except (EnrolmentFailed, ValueError, TypeError):
        return False
    return listed.get_revoked_certificate_by_serial_number(present.serial_number) is not None


# --- With the hub ----------------------------------------------------------------------------------------


def _authority(url: str, fingerprint: str) -> bytes:
    """The hub's own certificate, from whoever answers: what makes it right is the code's fingerprint."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    pem = _ask(url, "GET", "/api/v1/ca.pem", context)
    try:
        found = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem.decode("ascii"))).hexdigest()
    except ValueError as error:
        raise EnrolmentFailed(f"{url}: expected a certificate at /api/v1/ca.pem") from error
    if found != fingerprint:
        raise EnrolmentFailed(f"{url}: this is not the hub that made the code: its authority is {found}")
    return pem


def _post(url: str, path: str, asked: Mapping[str, str], context: ssl.SSLContext) -> bytes:
    """The certificate that the hub gives."""
    answer = _ask(url, "POST", path, context, json.dumps(asked).encode())
    try:
        return cast(str, json.loads(answer)["certificate"]).encode()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EnrolmentFailed(f"{url}{path}: the answer has no certificate") from error


def _ask(url: str, method: str, path: str, context: ssl.SSLContext, body: bytes | None = None) -> bytes:
    parts = urlsplit(url)
    connection = HTTPSConnection(parts.hostname or "", parts.port or 443, timeout=TIMEOUT_S, context=context)
    try:
        connection.request(method, parts.path + path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read(LARGEST_ANSWER)
    except (OSError, HTTPException, ValueError) as error:
        raise EnrolmentFailed(f"{url}{path}: {error}") from error
    finally:
        connection.close()
    if answer.status != HTTPStatus.OK:
        raise EnrolmentFailed(f"{url}{path}: {_detail(text) or f'{answer.status} {answer.reason}'}")
    return text


def _detail(text: bytes) -> str:
    with suppress(ValueError):
        answer = json.loads(text)
        if isinstance(answer, dict) and isinstance(answer.get("detail"), str):
            return str(answer["detail"])
    return ""


def _context(authority: bytes) -> ssl.SSLContext:
    """Believes the hub's own authority, and those that this machine believes."""
    context = ssl.create_default_context()
    context.load_verify_locations(cadata=authority.decode("ascii"))
    return context


# --- Keys and files --------------------------------------------------------------------------------------


def _request(key: ec.EllipticCurvePrivateKey) -> bytes:
    """It names nobody: the hub knows whose it is."""
    asked = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return asked.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _check_name(pem: bytes, device: str) -> None:
    try:
        name = _name_of(x509.load_pem_x509_certificate(pem))
    except ValueError as error:
        raise EnrolmentFailed("the hub's answer is no certificate") from error
    if name != device:
        raise EnrolmentFailed(f"the hub's certificate is for {name!r}, expected {device!r}")


def _name_of(certificate: x509.Certificate) -> str:
    return "".join(str(each.value) for each in certificate.subject)


def _read_key(file: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(_read(file), None)
    except ValueError as error:
        raise EnrolmentFailed(f"{file}: expected a private key: {error}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise EnrolmentFailed(f"{file}: expected a key of the curve P-256")
    return key


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise EnrolmentFailed(f"{file}: {error.strerror}; tillsight-edge enrol gets one") from error


def _keep(folder: Path, key: ec.EllipticCurvePrivateKey, certificate: bytes) -> Identity:
    """On disk before anybody looks: a power cut leaves the old pair or the new one."""
    name = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    own = folder / name
    own.mkdir(mode=0o700)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(own / KEY, pem, 0o600)
    _write(own / CERT, certificate, 0o644)
    link = folder / f".{CURRENT}"
    link.unlink(missing_ok=True)
    link.symlink_to(name)
    before = (folder / CURRENT).readlink() if (folder / CURRENT).is_symlink() else None
    link.replace(folder / CURRENT)
    _sync(folder)
    if before is not None:
        _forget(folder / before)
    return Identity(folder)


def _forget(own: Path) -> None:
    for file in (own / KEY, own / CERT):
        file.unlink(missing_ok=True)
    with suppress(OSError):
        own.rmdir()


def _write(file: Path, text: bytes, mode: int) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as output:
        output.write(text)
        output.flush()
        os.fsync(output.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
