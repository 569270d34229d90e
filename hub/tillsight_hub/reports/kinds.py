"""Kinds of reports, and the periods that they are about."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from ..calendar import PlaceCalendar
from ..errors import BadPeriod
from ..periods import Period, bucket_days

Kind = Literal["weekly", "monthly", "camera-check"]
KINDS: tuple[Kind, ...] = get_args(Kind)
READY_AT = time(6)
"""Local time of the day after a period at which its report is made: late evenings have arrived by then."""


def period_around(kind: Kind, day: date) -> Period:
    """The week, month or half-year in which a day lies."""
    if kind == "camera-check":
        return _half_year(day)
    return bucket_days(day.isoformat(), "week" if kind == "weekly" else "month")


def period_of(kind: Kind, text: str) -> Period:
    """What `2026-11-16`, `2026-W47`, `2026-11` or `2026-H2` names; BadPeriod where that is no period."""
    try:
        return period_around(kind, _day_in(text))
    except ValueError:
        wanted = {"weekly": "2026-W47", "monthly": "2026-11", "camera-check": "2026-H2"}[kind]
        raise BadPeriod(f"period {text!r:.40}: expected {wanted}, or any day in it like 2026-11-16") from None


def name_of_period(kind: Kind, period: Period) -> str:
    """2026-W47, 2026-11 or 2026-H2."""
    day = date.fromisoformat(period.first)
    if kind == "weekly":
        year, week, _ = day.isocalendar()
        return f"{year:04}-W{week:02}"
    return period.first[:7] if kind == "monthly" else f"{day.year}-H{1 if day.month < 7 else 2}"


def latest_over(kind: Kind, calendars: Sequence[PlaceCalendar], now_ms: int) -> Period:
    """The latest period whose report is due at all of these places: over there, and 06:00 the day after."""
    earliest = min(datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(_zone(each)) for each in calendars)
    running = period_around(kind, earliest.date())
    before = period_around(kind, date.fromisoformat(running.first) - timedelta(days=1))
    if due_at(calendars, before) <= now_ms:
        return before
    return period_around(kind, date.fromisoformat(before.first) - timedelta(days=1))


def next_due(kind: Kind, calendars: Sequence[PlaceCalendar], now_ms: int) -> int:
    """ms UTC at which the next report is made."""
    following = date.fromisoformat(latest_over(kind, calendars, now_ms).last) + timedelta(days=1)
    return due_at(calendars, period_around(kind, following))


def due_at(calendars: Sequence[PlaceCalendar], period: Period) -> int:
    """ms UTC at which a period is over everywhere here and its report is made."""
    after = date.fromisoformat(period.last) + timedelta(days=1)
    moments = (datetime.combine(after, READY_AT, _zone(each)) for each in calendars)
    return max(round(moment.timestamp() * 1000) for moment in moments)


def _day_in(text: str) -> date:
    """A day of the period that is named; ValueError where none is."""
    year, dash, rest = text.partition("-")
    if rest in ("H1", "H2"):
        return date(int(year), 1 if rest == "H1" else 7, 1)
    if rest.startswith("W"):
        return date.fromisocalendar(int(year), int(rest[1:]), 1)
    return date.fromisoformat(f"{text}-01" if dash and "-" not in rest else text)


def _half_year(day: date) -> Period:
    if day.month < 7:
        return Period(f"{day.year:04}-01-01", f"{day.year:04}-06-30")
    return Period(f"{day.year:04}-07-01", f"{day.year:04}-12-31")


def _zone(calendar: PlaceCalendar) -> ZoneInfo:
    return ZoneInfo(calendar.tz)
