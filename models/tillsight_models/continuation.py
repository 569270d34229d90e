"""Continuation: the code in a QR picture, by which a shopper goes on with a visit on their own phone.

`till-1-aebagbafaydqqcik...` is the device's id and, in base32, the visit, the minute in which the code was
made, and a proof that only this device and the hub can make. Nothing in it says who the shopper is.
"""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

from .errors import BadCode
from .events import SLUG_PATTERN

VISIT_BYTES = 10
KEY_BYTES = 32
GOOD_FOR_MIN = 60
"""Minutes for which a code opens its visit."""
AHEAD_MIN = 10
"""Minutes by which a device's clock may be ahead of the reader's."""
LONGEST_CODE = 80
"""Characters, with the longest device id."""

_MINUTE_BYTES = 4
_PROOF_BYTES = 10
_LAST_MINUTE = 256**_MINUTE_BYTES - 1
_VISIT = re.compile(rf"[0-9a-f]{{{2 * VISIT_BYTES}}}")
_DEVICE = re.compile(SLUG_PATTERN.removeprefix("^").removesuffix("$"))
_STREAM_PREFIX = "phone"

Reason = Literal["malformed", "unknown-device", "forged", "expired", "too-early"]
"""Why a code opens nothing: cut or mistyped, of a device that nobody knows, not made by that device, old,
or of a clock that is far ahead."""


@dataclass(frozen=True)
class Continuation:
    """What a code says once its proof was checked."""

    device: str
    visit: str
    """Lower-case hexadecimal, as in the visit's events."""
    minute: int
    """Minutes since 1970-01-01 UTC at which the device made the code."""

    def write(self, key: bytes) -> str:
        """The code; BadCode where visit, device or minute cannot be in one."""
        if not _VISIT.fullmatch(self.visit):
            raise BadCode(
                f"visit {self.visit!r:.60}: expected {2 * VISIT_BYTES} lower-case hexadecimal digits"
            )
        if not _DEVICE.fullmatch(self.device):
            raise BadCode(f"device {self.device!r:.60}: expected {SLUG_PATTERN}")
        if not 0 <= self.minute <= _LAST_MINUTE:
            raise BadCode(f"minute {self.minute}: expected 0 to {_LAST_MINUTE}")
        body = self._body()
        text = base64.b32encode(body + _proof(key, self.device, body)).decode().rstrip("=").lower()
        return f"{self.device}-{text}"

    @classmethod
    def read(cls, code: str, key: bytes | None, now_ms: int, good_for_min: float = GOOD_FOR_MIN) -> "Read":
        """The continuation in a code, or why there is none; `key` is that of `device_of(code)`, None where
        nobody knows that device."""
        parts = _parts(code)
        if parts is None:
            return Read(None, "malformed")
        device, body, proof = parts
        if key is None:
            return Read(None, "unknown-device")
        if not hmac.compare_digest(proof, _proof(key, device, body)):
            return Read(None, "forged")
        minute = int.from_bytes(body[VISIT_BYTES:], "big")
        age = now_ms / 60_000 - minute
        if age < -AHEAD_MIN:
            return Read(None, "too-early")
        if age > good_for_min:
            return Read(None, "expired")
        return Read(cls(device, body[:VISIT_BYTES].hex(), minute), None)

    def _body(self) -> bytes:
        return bytes.fromhex(self.visit) + self.minute.to_bytes(_MINUTE_BYTES, "big")


class Read(NamedTuple):
    """What reading a code gave: one of the two is None."""

    continuation: Continuation | None
    reason: Reason | None


def device_of(code: str) -> str | None:
    """The device that the code names, without any proof; None where it is none."""
    parts = _parts(code)
    return parts[0] if parts else None


def device_key(secret: bytes, device: str) -> bytes:
    """The key of one device, made from the hub's secret; it tells nothing about the others'."""
    return hmac.digest(secret, f"continue:{device}".encode(), hashlib.sha256)


def key_to_text(key: bytes) -> str:
    """As the device's wanted configuration carries it."""
    return base64.urlsafe_b64encode(key).decode().rstrip("=")


def key_from_text(text: str) -> bytes:
    """BadCode where it is no key of ours."""
    try:
        key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != KEY_BYTES:
        raise BadCode(f"continuation key: expected {KEY_BYTES} bytes as base64url")
    return key


def phone_stream(visit: str) -> str:
    """The stream of what was answered on the phone: the same for the same visit, so that what is sent twice
    is stored once."""
    return _STREAM_PREFIX + visit


def is_phone_stream(stream: str) -> bool:
    """Whether the events of a stream came from a shopper's phone, by way of the hub."""
    return stream.startswith(_STREAM_PREFIX) and bool(_VISIT.fullmatch(stream[len(_STREAM_PREFIX) :]))


def _parts(code: str) -> tuple[str, bytes, bytes] | None:
    """Device, what is proved, and the proof. Letters of either case; every code has one spelling only."""
    device, _, text = code.strip().lower().rpartition("-")
    if len(code) > LONGEST_CODE + 2 or not _DEVICE.fullmatch(device) or not text.isascii():
        return None
    try:
        read = base64.b32decode(text.upper() + "=" * (-len(text) % 8))
    except (ValueError, binascii.Error):
        return None
    whole = VISIT_BYTES + _MINUTE_BYTES + _PROOF_BYTES
    if len(read) != whole or base64.b32encode(read).decode().rstrip("=").lower() != text:
        return None
    return device, read[: VISIT_BYTES + _MINUTE_BYTES], read[VISIT_BYTES + _MINUTE_BYTES :]


def _proof(key: bytes, device: str, body: bytes) -> bytes:
    """Of visit and minute, for this device only."""
    return hmac.digest(key, device.encode() + b":" + body, hashlib.sha256)[:_PROOF_BYTES]
