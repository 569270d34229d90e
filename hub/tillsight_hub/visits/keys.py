"""Keys: the hub's secret, of which every device's continuation key and every link to erase are made."""

import base64
import hashlib
import hmac
import secrets
from typing import Any

from sqlalchemy import Engine, select, text

from tillsight_models.continuation import KEY_BYTES, device_key, key_to_text

from .. import tables
from ..database import writing

SECRET_KEY = "continuation_secret"  # noqa: S105 - the name of a row
"""In the table `setting`; a new one makes all codes and links of before worthless."""
_PROOF_BYTES = 15
_PUT = text("INSERT INTO setting (key, value) VALUES (:key, :value) ON CONFLICT (key) DO NOTHING")


def read_secret(engine: Engine) -> bytes:
    """The hub's secret, made when it is first asked for; several hubs on one database share it."""
    query = select(tables.setting.c.value).where(tables.setting.c.key == SECRET_KEY)
    with engine.connect() as connection:
        found = connection.scalar(query)
    if found is None:
        with writing(engine) as connection:
            connection.execute(_PUT, {"key": SECRET_KEY, "value": secrets.token_bytes(KEY_BYTES).hex()})
            found = connection.scalar(query)
    return bytes.fromhex(str(found))


def key_of(secret: bytes, device: str) -> bytes:
    """What the device's screen signs its codes with."""
    return device_key(secret, device)


class PhoneDoor:
    """How the phones of a device's shoppers go on: the part `continue` of what is wanted of its screen."""

    def __init__(self, engine: Engine, url: str | None) -> None:
        self._engine = engine
        self._url = url

    def __call__(self, device: str) -> dict[str, Any] | None:
        """None where nobody said which address phones reach the hub at."""
        if self._url is None:
            return None
        return {"url": self._url, "key": key_to_text(key_of(read_secret(self._engine), device))}


def erase_token(secret: bytes, request: int) -> str:
    """The end of a link by which whoever left a contact request takes it back."""
    return f"{request}-{_proof(secret, request)}"


def request_of(secret: bytes, token: str) -> int | None:
    """The number of the contact request that a link is about; None where the link is none of ours."""
    number, _, proof = token.lower().partition("-")
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        return None
    is_ours = hmac.compare_digest(_proof(secret, int(number)).encode(), proof.encode())
    return int(number) if is_ours else None


def _proof(secret: bytes, request: int) -> str:
    digest = hmac.digest(secret, f"erase:{request}".encode(), hashlib.sha256)
    return base64.b32encode(digest[:_PROOF_BYTES]).decode().lower()
