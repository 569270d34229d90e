"""How imported events say that they are imported, and how well their time is known."""

from sqlalchemy import ColumnElement

from tillsight_models.events import ClockQuality

from ..tables import device

EXACT_BOOT = "import"
"""`boot` of an event whose file says when it happened; its `mono` is the line of the file."""
HOURLY_BOOT = "import-hour"
"""`boot` of an event that was one of a count per hour: only its hour is known, so nothing that compares
moments (presses of one person, presses without a contact) can be said of it."""

DEVICE_STATE = "import"
"""`state` of the devices that imported events belong to: no box stands there, so fleet health omits them."""

CLOCK_QUALITY: ClockQuality = "rtc"
"""Of imported events: some clock was right enough to the hour, nobody compared it with ours."""


def is_box() -> ColumnElement[bool]:
    """Of the device table: what really stands somewhere."""
    return device.c.state != DEVICE_STATE
