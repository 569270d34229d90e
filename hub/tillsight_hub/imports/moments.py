"""Moments as other systems write them: local or with an offset, in ISO 8601 or with day or month first."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Literal, NamedTuple

from .problems import BadRow

Dates = Literal["iso", "day-first", "month-first"]

_CLOCK = (
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
)
_OFFSET = r"(?P<offset>[Zz]|[+-]\d\d:?\d\d)"
_iso = re.compile(rf"^(\d{{4}})[-/](\d\d?)[-/](\d\d?)(?:[T ]\s*{_CLOCK}\s*{_OFFSET}?)?$")
_european = re.compile(rf"^(\d\d?)([./-])(\d\d?)\2(\d{{4}})(?:,?\s+{_CLOCK}\s*{_OFFSET}?)?$")
_clock = re.compile(rf"^{_CLOCK}(?:\s*[-–]\s*\d\d?(?::\d\d){{0,2}})?$")

EXPECTED = "expected a time like 2026-03-29T10:15:00"


class Moment(NamedTuple):
    """An instant as the file says it."""

    t: int
    """ms UTC; of a wall time that comes twice the first."""
    second: int | None
    """The other instant of a wall time that comes twice."""


def read_moment(text: str, dates: Dates, zone: tzinfo) -> Moment:
    """From one text with date and time; `zone` is for one without an offset."""
    day, found = _date_of(text, dates)
    if found["hour"] is None:
        raise BadRow("time", f"{text[:40]!r}: a date without a time; {EXPECTED}")
    wall = datetime.combine(day, _time_of(found, text))
    if found["offset"]:
        return Moment(_ms(wall.replace(tzinfo=_offset(found["offset"], text)), text), None)
    return _local(wall, zone, text)


def read_parts(day: str, clock: str, dates: Dates, zone: tzinfo) -> Moment:
    """From a date and a time of day in two columns; of `10:00-11:00` it is the begin."""
    on, _ = _date_of(day, dates)
    found = _clock.match(clock)
    if found is None:
        raise BadRow("time", f"{clock[:40]!r}: expected a time of day like 10:15")
    return _local(datetime.combine(on, _time_of(found, clock)), zone, f"{day} {clock}")


def _date_of(text: str, dates: Dates) -> tuple[date, re.Match[str]]:
    if iso := _iso.match(text):
        return _date(iso[1], iso[2], iso[3], text), iso
    found = _european.match(text)
    if found is None:
        raise BadRow("time", f"{text[:40]!r}: {EXPECTED}")
    first, mark, second, year = found[1], found[2], found[3], found[4]
    if dates == "iso" and mark != ".":
        raise BadRow("time", f"{text[:40]!r}: which is the day? say --dates day-first or month-first")
    month, day = (first, second) if dates == "month-first" else (second, first)
    return _date(year, month, day, text), found


def _date(year: str, month: str, day: str, text: str) -> date:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise BadRow("time", f"{text[:40]!r}: there is no such date") from None


def _time_of(found: re.Match[str], text: str) -> time:
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    half = (found["half"] or "").lower().replace(".", "")
    if half and not 1 <= hour <= 12:
        raise BadRow("time", f"{text[:40]!r}: there is no such time of day")
    hour = hour % 12 + (12 if half == "pm" else 0) if half else hour
    micros = int(((found["fraction"] or "") + "000000")[:6])
    try:
        return time(hour, minute, second, micros)
    except ValueError:
        raise BadRow("time", f"{text[:40]!r}: there is no such time of day") from None


def _offset(text: str, whole: str) -> tzinfo:
    if text in "Zz":
        return UTC
    sign, digits = text[0], text[1:].replace(":", "")
    ahead = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    if ahead >= timedelta(hours=24):
        raise BadRow("time", f"{whole[:40]!r}: there is no such offset")
    return timezone(ahead if sign == "+" else -ahead)


def _local(wall: datetime, zone: tzinfo, text: str) -> Moment:
    first, second = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    t = _ms(first, text)
    if first.utcoffset() == second.utcoffset():
        return Moment(t, None)
    if datetime.fromtimestamp(t / 1000, zone).replace(tzinfo=None, microsecond=0) != wall.replace(
        microsecond=0, fold=0
    ):
        raise BadRow("no-such-time", f"{text[:40]!r}: the clock in {zone} skipped this time")
    return Moment(t, _ms(second, text))


def _ms(moment: datetime, text: str) -> int:
    try:
        return round(moment.timestamp() * 1000)
    except (OverflowError, ValueError, OSError):
        raise BadRow("time", f"{text[:40]!r}: {EXPECTED}") from None
