"""How a device gets its certificate: once by a token of its own, then again and again by the one it has.

A device makes its key itself and keeps it. The hub says who it is, for how long, and no longer.
"""

import base64
import binascii
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Connection, Engine, insert, select, update

from ..access.audit import record
from ..access.sessions import hash_token
from ..database import writing
from ..fleet.sightings import note_sighting
from ..tables import api_token
from ..tables import certificate as certificates
from ..tables import device as devices
from ..tables import enrolment as enrolments
from .authority import Authority, Revoked, as_pem
from .errors import BadRequestForCertificate, EnrolmentRefused

HOURS, MOST_HOURS = 24.0, 24.0 * 30
ALIVE_MS = 86_400_000
"""Heard within so long: alive."""
RENEWAL_GRACE = timedelta(0)
"""A certificate that has ended renews nothing: somebody has to look, and gives a new token."""


@dataclass(frozen=True)
class Code:
    """What an operator carries to a device: good once, and it says which hub is the right one."""

    device: str
    token: str
    fingerprint: str
    """SHA-256 of the authority's certificate."""

    def __str__(self) -> str:
        return f"{self.device}.{self.token}.{self.fingerprint}"

    @classmethod
    def read(cls, text: str) -> "Code":
        """The parts of a written one; EnrolmentRefused where it is none."""
        parts = text.strip().split(".")
        if len(parts) != 3 or len(parts[2]) != 64:
            raise EnrolmentRefused("enrolment code: expected DEVICE.TOKEN.FINGERPRINT as the hub printed it")
        return cls(*parts)


@dataclass(frozen=True)
class Issued:
    """A certificate as a list shows it."""

    serial: str
    device: str
    issued: int
    not_after: int
    revoked: int | None
    """ms UTC, like the two before it."""
    reason: str | None


def allow(
    engine: Engine, authority: Authority, device: str, now: datetime, *, hours: float = HOURS, actor: str
) -> Code:
    """A token for one certificate of one device; older ones of it that nobody used are worth nothing."""
    if not 0 < hours <= MOST_HOURS:
        raise EnrolmentRefused(f"hours {hours:g}: expected more than 0 and at most {MOST_HOURS:g}")
    token = secrets.token_urlsafe(16).replace(".", "_")
    with writing(engine) as connection:
        _check_known(connection, device)
        unused = enrolments.c.dev == device, enrolments.c.used.is_(None)
        connection.execute(update(enrolments).where(*unused).values(expires=0))
        connection.execute(
            insert(enrolments).values(
                token_hash=hash_token(token),
                dev=device,
                created=_ms(now),
                expires=_ms(now + timedelta(hours=hours)),
                actor=actor,
            )
        )
        record(connection, actor, "device.enrolment", device)
    return Code(device, token, authority.fingerprint)


def enrol(engine: Engine, authority: Authority, token: str, request: bytes, now: datetime) -> bytes:
    """The certificate (PEM) that a token is good for; EnrolmentRefused, in one way, where it is not good.

    Two that come with the same token at the same time: one gets it.
    """
    with writing(engine) as connection:
        row = connection.execute(
            update(enrolments)
            .where(
                enrolments.c.token_hash == hash_token(token),
                enrolments.c.used.is_(None),
                enrolments.c.expires > _ms(now),
            )
            .values(used=_ms(now))
            .returning(enrolments.c.dev)
        ).first()
        if row is None:
            raise EnrolmentRefused("this token is unknown, used or too old")
        _note_second(connection, row.dev, now)
        made = authority.for_device(row.dev, request, now)
        _note(connection, row.dev, made)
        record(connection, row.dev, "device.enrolled", _serial(made))
    return as_pem(made)


def renew(
    engine: Engine, authority: Authority, present: bytes, request: bytes, now: datetime, *, signature: str
) -> bytes:
    """A fresh certificate (PEM) for who proves, by a signature of the request, to have the present one's key.

    `signature`: ECDSA with SHA-256 of the request's bytes, base64. The old one stays good until its end.
    """
    certificate = _own(authority, present, now)
    _check_signature(certificate, request, signature)
    with writing(engine) as connection:
        serial = _serial(certificate)
        row = connection.execute(
            select(certificates.c.dev, certificates.c.revoked).where(certificates.c.serial == serial)
        ).first()
        if row is not None and row.revoked is None:
            _check_known(connection, row.dev)
            made = authority.for_device(row.dev, request, now)
            _note(connection, row.dev, made)
            record(connection, row.dev, "device.renewed", _serial(made))
            return as_pem(made)
        if row is not None:  # it has the key, so it is the box itself
            detail = "asked for a new certificate with a revoked one"
            note_sighting(connection, row.dev, "revoked-tries", _ms(now), detail)
    raise EnrolmentRefused("the present certificate is revoked or not one of this hub")


def revoke(connection: Connection, device: str, now: datetime, *, reason: str, actor: str) -> int:
    """Believe no certificate and no token of the device any more, of whatever kind; how many certificates."""
    good = certificates.c.dev == device, certificates.c.revoked.is_(None)
    found = connection.execute(update(certificates).where(*good).values(revoked=_ms(now), reason=reason))
    unused = enrolments.c.dev == device, enrolments.c.used.is_(None)
    connection.execute(update(enrolments).where(*unused).values(expires=0))
    own = api_token.c.role == "device", api_token.c.scope == device
    connection.execute(update(api_token).where(*own).values(revoked=True))
    record(connection, actor, "device.revoked", f"{device}: {reason}")
    return found.rowcount


def revoked(connection: Connection, now: datetime) -> list[Revoked]:
    """What the revocation list has to name: certificates that have ended by themselves need no mention."""
    query = select(certificates.c.serial, certificates.c.revoked).where(
        certificates.c.revoked.is_not(None), certificates.c.not_after > _ms(now)
    )
    return [
        Revoked(int(serial, 16), datetime.fromtimestamp(at / 1000, UTC))
        for serial, at in connection.execute(query.order_by(certificates.c.serial))
    ]


def issued(connection: Connection, device: str | None = None) -> list[Issued]:
    """All certificates, or those of one device, the newest first."""
    query = select(certificates).order_by(certificates.c.issued.desc(), certificates.c.serial)
    if device is not None:
        query = query.where(certificates.c.dev == device)
    return [
        Issued(row.serial, row.dev, row.issued, row.not_after, row.revoked, row.reason)
        for row in connection.execute(query)
    ]


def _note_second(connection: Connection, device: str, now: datetime) -> None:
    """A device that has a good certificate and was heard lately needs no other one."""
    good = certificates.c.dev == device, certificates.c.revoked.is_(None), certificates.c.not_after > _ms(now)
    held = connection.scalar(select(certificates.c.serial).where(*good).limit(1))
    seen = connection.scalar(select(devices.c.last_seen).where(devices.c.id == device))
    if held is not None and seen is not None and _ms(now) - seen < ALIVE_MS:
        detail = f"certificate {held[:12]} was good, and the device alive"
        note_sighting(connection, device, "enrolled-twice", _ms(now), detail)


def _own(authority: Authority, pem: bytes, now: datetime) -> x509.Certificate:
    try:
        certificate = x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise BadRequestForCertificate("expected the present certificate as PEM") from error
    if not authority.has_signed(certificate):
        raise EnrolmentRefused("the present certificate is revoked or not one of this hub")
    if now > certificate.not_valid_after_utc + RENEWAL_GRACE:
        raise EnrolmentRefused("the present certificate has ended: the device needs a new enrolment")
    return certificate


def _check_signature(certificate: x509.Certificate, request: bytes, signature: str) -> None:
    key = certificate.public_key()
    try:
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise EnrolmentRefused("the present certificate is revoked or not one of this hub")
        key.verify(base64.b64decode(signature, validate=True), request, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, binascii.Error) as error:
        raise EnrolmentRefused("the request is not signed by the present certificate's key") from error


def _check_known(connection: Connection, device: str) -> None:
    if connection.scalar(select(devices.c.id).where(devices.c.id == device)) is None:
        raise EnrolmentRefused(f"device {device!r}: the hub knows no device of this id")


def _note(connection: Connection, device: str, made: x509.Certificate) -> None:
    now = datetime.now(UTC)
    connection.execute(
        insert(certificates).values(
            serial=_serial(made), dev=device, issued=_ms(now), not_after=_ms(made.not_valid_after_utc)
        )
    )


def _serial(certificate: x509.Certificate) -> str:
    return f"{certificate.serial_number:x}"


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
