"""The hub's certificate authority: one key on disk, certificates for devices and for the hub's own servers.

Keys are of the curve P-256, signatures ECDSA with SHA-256. What a certificate says about its owner is decided
here: of a request only the public key is taken.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .errors import BadRequestForCertificate, NoAuthority

KEY_FILE, CERT_FILE = "ca.key", "ca.pem"
AUTHORITY_DAYS = 20 * 365
DEVICE_DAYS = 90
RENEW_FROM_DAY = 60
SERVER_DAYS = 365
CRL_DAYS = 14
"""A list that is not renewed locks every device out when it ends: it is made daily and lives two weeks."""
BACKDATED = timedelta(days=30)
"""A device whose clock is behind by less takes a fresh certificate for valid."""


@dataclass(frozen=True)
class Revoked:
    """A certificate that must not be believed any more."""

    serial: int
    at: datetime


class Authority:
    """Signs for one hub. `create` makes it, `open` finds it again."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self._key = key
        self.certificate = certificate

    @classmethod
    def create(cls, folder: Path, name: str, now: datetime) -> "Authority":
        """A new one in `folder`; NoAuthority where there is one already: it would lock every device out."""
        if (folder / KEY_FILE).exists() or (folder / CERT_FILE).exists():
            raise NoAuthority(f"{folder}: there is an authority already")
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(name)
        builder = _builder(subject, subject, key.public_key(), now, AUTHORITY_DAYS)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
        authority = cls(key, builder.sign(key, hashes.SHA256()))
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_key(folder / KEY_FILE, key)
        (folder / CERT_FILE).write_bytes(authority.pem)
        return authority

    @classmethod
    def open(cls, folder: Path) -> "Authority":
        """The one in `folder`; NoAuthority where there is none that can be read."""
        try:
            key = serialization.load_pem_private_key((folder / KEY_FILE).read_bytes(), None)
            certificate = x509.load_pem_x509_certificate((folder / CERT_FILE).read_bytes())
        except OSError as error:
            raise NoAuthority(
                f"{error.filename}: {error.strerror}; tillsight-hub ca init makes one"
            ) from error
        except ValueError as error:
            raise NoAuthority(f"{folder}: expected a key and a certificate as PEM: {error}") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
            raise NoAuthority(f"{folder}: {KEY_FILE} does not belong to {CERT_FILE}")
        return cls(key, certificate)

    @property
    def pem(self) -> bytes:
        """Its own certificate, which everybody may have."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of its certificate in hexadecimal: what a new device compares it with."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    def for_device(
        self, device: str, request: bytes, now: datetime, days: int = DEVICE_DAYS
    ) -> x509.Certificate:
        """A client's certificate for the key of a request; its common name is the device's id.

        BadRequestForCertificate where the request is none, is not signed by its key, or has another kind of
        key.
        """
        builder = self._for(device, key_of(request), now, days)
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
        return builder.add_extension(usage, critical=False).sign(self._key, hashes.SHA256())

    def for_server(
        self,
        names: Iterable[str],
        key: ec.EllipticCurvePublicKey,
        now: datetime,
        days: int = SERVER_DAYS,
    ) -> x509.Certificate:
        """A server's certificate for host names and addresses; the first one is its common name."""
        named = list(names)
        builder = self._for(named[0], key, now, days)
        builder = builder.add_extension(x509.SubjectAlternativeName([_host(name) for name in named]), False)
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        return builder.add_extension(usage, critical=False).sign(self._key, hashes.SHA256())

    def revocation_list(self, revoked: Iterable[Revoked], now: datetime) -> bytes:
        """The signed list, as PEM, of what must not be believed any more."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(now - BACKDATED)
            .next_update(now + timedelta(days=CRL_DAYS))
            .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
            .add_extension(_identifier(self.certificate), critical=False)
        )
        for one in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(one.serial).revocation_date(one.at)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def has_signed(self, certificate: x509.Certificate) -> bool:
        """Whether it was this authority, whatever else the certificate says."""
        with suppress(ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            certificate.verify_directly_issued_by(self.certificate)
            return True
        return False

    def _for(
        self, name: str, key: ec.EllipticCurvePublicKey, now: datetime, days: int
    ) -> x509.CertificateBuilder:
        builder = _builder(_name(name), self.certificate.subject, key, now, days)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
        return builder.add_extension(_identifier(self.certificate), critical=False)


def key_of(request: bytes) -> ec.EllipticCurvePublicKey:
    """The public key of a certificate signing request (PEM); BadRequestForCertificate says what is wrong."""
    try:
        asked = x509.load_pem_x509_csr(request)
        is_signed = asked.is_signature_valid
        key = asked.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadRequestForCertificate("expected a certificate signing request as PEM") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise BadRequestForCertificate("expected a key of the curve P-256")
    if not is_signed:
        raise BadRequestForCertificate("the request is not signed by its own key")
    return key


def write_key(file: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """A private key as PEM, from its first moment for its owner alone."""
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as output:
        output.write(pem)
        output.flush()
        os.fsync(output.fileno())


def as_pem(certificate: x509.Certificate) -> bytes:
    """As text that every program reads."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now.astimezone(UTC) - BACKDATED)
        .not_valid_after(now.astimezone(UTC) + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _identifier(certificate: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    own = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
