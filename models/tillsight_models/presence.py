"""What a device tells players of signs in the store: whether somebody is there, and nothing about them."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from .errors import BadEvent
from .events import Milliseconds

NO_PICTURE, AWAY_PICTURE, PRESENT_PICTURE = 0, 1, 2
"""What is on the device's own screen: none of its pictures, the one for nobody, the one for somebody."""


class PresenceTold(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Retained on `presence`, at each change and at each connection."""

    present: bool
    t: Milliseconds
    """Since when, UTC."""
    picture: Annotated[int, Meta(ge=NO_PICTURE, le=PRESENT_PICTURE)] = NO_PICTURE


def encode_presence(told: PresenceTold) -> bytes:
    """Wire form."""
    return msgspec.json.encode(told)


def decode_presence(raw: bytes) -> PresenceTold:
    """From its wire form; BadEvent where it is something else."""
    try:
        return msgspec.json.decode(raw, type=PresenceTold)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadEvent("bad-type", f"presence: {error}") from error
