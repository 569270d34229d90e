"""Deadlines: so many hours later, counted while the place is open."""

from datetime import date, timedelta

from ..calendar import PlaceCalendar

HOUR_MS = 3_600_000
MOST_DAYS = 400


def deadline(calendar: PlaceCalendar, start: int, hours: float) -> int:
    """ms UTC at which so many opening hours have gone by since `start`; by the clock where a place does not
    open within a year."""
    left = round(hours * HOUR_MS)
    day = date.fromisoformat(calendar.business_day(start)) - timedelta(days=1)
    for ahead in range(MOST_DAYS):
        for opens, closes in calendar.open_intervals((day + timedelta(days=ahead)).isoformat()):
            begins = max(opens, start)
            if closes <= begins:
                continue
            if left <= closes - begins:
                return begins + left
            left -= closes - begins
    return start + round(hours * HOUR_MS)
