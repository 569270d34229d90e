"""What is gone: raw events of old days are deleted, and what was counted from them stays."""

from sqlalchemy import Connection, delete, insert, select

from .calendar import PlaceCalendar
from .periods import Period
from .tables import UNDATED_DAY, UNDATED_HOUR, setting

EXPIRED = "expired"
"""Reason in `stream_gap` of numbers that were stored and deleted; from 0 on, which no event has."""
_KEY = "events_gone_before"
"""In the table `setting`, an ISO date."""


def gone_before(connection: Connection) -> str:
    """Raw events of business days before this one may be deleted; empty where none is."""
    return connection.scalar(select(setting.c.value).where(setting.c.key == _KEY)) or ""


def note_gone(connection: Connection, day: str) -> None:
    """From now on; it never goes back."""
    if day > gone_before(connection):
        connection.execute(delete(setting).where(setting.c.key == _KEY))
        connection.execute(insert(setting).values(key=_KEY, value=day))


class Counted:
    """Which rollups of a touchpoint can be counted again where events of before a day are deleted."""

    def __init__(self, calendar: PlaceCalendar, gone: str) -> None:
        self.day = gone
        self.hour = -(-Period(gone, gone).bounds(calendar)[0] // 1000) if gone else 0
        """UTC seconds; an hour in which that day begins cannot be counted again."""

    def has_day(self, day: str) -> bool:
        return day >= self.day or day == UNDATED_DAY

    def has_hour(self, hour: int) -> bool:
        return hour >= self.hour or hour == UNDATED_HOUR
