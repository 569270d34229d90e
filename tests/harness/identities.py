"""Keys, requests and certificates of devices, as a device makes them."""

import base64
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def new_key() -> ec.EllipticCurvePrivateKey:
    """A device's."""
    return ec.generate_private_key(ec.SECP256R1())


def request_of(key: Key, name: str = "anything") -> bytes:
    """A signing request (PEM) that would like to be an authority called `name`."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    asked = x509.CertificateSigningRequestBuilder().subject_name(subject)
    asked = asked.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return asked.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@dataclass
class Identity:
    """A device's key and what it was given for it."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    certificate: bytes = b""

    @property
    def request(self) -> bytes:
        return request_of(self.key)

    def sign(self, text: bytes) -> str:
        """Its signature, base64."""
        return base64.b64encode(self.key.sign(text, ec.ECDSA(hashes.SHA256()))).decode()

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Files of the certificate and the key."""
        folder.mkdir(parents=True, exist_ok=True)
        pem = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (folder / "cert.pem").write_bytes(self.certificate)
        (folder / "key.pem").write_bytes(pem)
        return folder / "cert.pem", folder / "key.pem"
