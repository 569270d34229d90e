"""The QR code by which a shopper goes on with the visit on their own phone; made without a network."""

import logging

import msgspec
import segno

from tillsight_models.continuation import Continuation, key_from_text
from tillsight_models.errors import BadCode
from tillsight_models.events import Stamp
from tillsight_models.wanted import Continuing

log = logging.getLogger(__name__)

QUIET = 4
"""Modules of white around a code, without which phones do not find it."""


class Drawn(msgspec.Struct, frozen=True):
    """A code as the page draws it."""

    path: str
    """SVG path in units of one module."""
    size: int
    """Modules of a side, with the quiet border."""


def code_of(continuing: Continuing, device: str, visit: str, at: Stamp) -> Drawn | None:
    """The code of one visit that began at `at`; None where the hub could not believe it."""
    if at.tq == "unsynced":
        return None  # it says when it was made
    try:
        code = Continuation(device, visit, at.t // 60_000).write(key_from_text(continuing.key))
    except BadCode as error:
        log.warning("no QR code: %s", error)
        return None
    return draw(f"{continuing.url.rstrip('/')}/{code}")


def draw(url: str) -> Drawn:
    """Neighbouring modules of a row are one stroke, so that no hair of paper shows between them."""
    rows = [bytes(row) for row in segno.make_qr(url, error="l", boost_error=False).matrix]
    strokes = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            end = x
            while end < len(row) and row[end]:
                end += 1
            if end > x:
                strokes.append(f"M{x + QUIET} {y + QUIET}h{end - x}v1h-{end - x}z")
            x = end + 1
    return Drawn("".join(strokes), len(rows) + 2 * QUIET)
