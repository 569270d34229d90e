"""A certificate authority of our own, made with openssl, for tests of TLS."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from .processes import find_program

DETAILS = "basicConstraints=CA:FALSE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
"""What Python 3.13 wants to see: it checks certificates as strictly as RFC 5280 says."""


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key, both PEM files."""

    file: Path
    key: Path


class Authority:
    """An authority that signs what it is asked to, for a day."""

    def __init__(self, folder: Path, name: str) -> None:
        self._openssl = find_program("openssl", "openssl")
        self._folder = folder
        self._own = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
        self._run(
            "req",
            "-x509",
            *self._new_key(self._own),
            "-days",
            "1",
            "-out",
            self._own.file,
            "-subj",
            f"/CN={name}",
            "-addext",
            "keyUsage=critical,keyCertSign,cRLSign",
        )

    @property
    def file(self) -> Path:
        """The authority's own certificate: believe what it has signed."""
        return self._own.file

    def sign(self, name: str) -> Certificate:
        """A certificate for `name`, good for this machine's loopback address too."""
        made = Certificate(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        request, details = self._folder / f"{name}.csr", self._folder / f"{name}.ext"
        details.write_text(f"{DETAILS}subjectAltName=DNS:{name},IP:127.0.0.1\n", encoding="ascii")
        self._run("req", *self._new_key(made), "-out", request, "-subj", f"/CN={name}")
        signer = ("-CA", self._own.file, "-CAkey", self._own.key, "-CAcreateserial")
        self._run(
            "x509", "-req", "-in", request, *signer, "-days", "1", "-extfile", details, "-out", made.file
        )
        return made

    @staticmethod
    def _new_key(certificate: Certificate) -> tuple[str | Path, ...]:
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", certificate.key)

    def _run(self, *arguments: str | Path) -> None:
        subprocess.run([self._openssl, *arguments], check=True, capture_output=True)
