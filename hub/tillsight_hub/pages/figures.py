"""Numbers and times as people of a language read them, and the geometry of the small charts around them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache

from babel import Locale
from babel.dates import format_date, format_datetime

from ..calendar import PlaceCalendar
from ..metrics.registry import Score, Unit

NOTHING = "–"
"""Stands where a number is not known or withheld."""
MINUS = "\N{MINUS SIGN}"
EN_DASH = "\N{EN DASH}"
LOCALES = {"en": "en_GB"}
"""Where the language alone would mean another order of day and month than the one we write."""


class Figures:
    """How one language writes numbers and dates: 1,234.5 and 12% here, 1.234,5 there."""

    def __init__(self, language: str) -> None:
        self.locale = Locale.parse(LOCALES.get(language, language))
        signs = self.locale.number_symbols["latn"]
        self._signs = str.maketrans({",": signs["group"], ".": signs["decimal"], "-": MINUS})
        self._percent = str(self.locale.percent_formats[None].pattern).partition("0")[2]

    def count(self, number: float | None) -> str:
        """1,234; a corrected count is rounded to whole people."""
        return NOTHING if number is None else self._written(f"{round(number):,}")

    def number(self, value: float | None, digits: int = 1) -> str:
        """With so many digits after the decimal sign."""
        return NOTHING if value is None else self._written(f"{value:,.{digits}f}")

    def value_text(self, score: Score, unit: Unit) -> str:
        """The value with its sign and unit: 12%, 3.4%, 78.2, +32."""
        return NOTHING if score.value is None else self._bare(score.value, unit) + self._suffix(unit)

    def range_text(self, score: Score, unit: Unit) -> str:
        """Its interval, such as 8–17%; empty where there is none."""
        if score.lower is None or score.upper is None:
            return ""
        return f"{self._bare(score.lower, unit)}{EN_DASH}{self._bare(score.upper, unit)}{self._suffix(unit)}"

    def quantity(self, value: float | None, unit: Unit) -> str:
        """A number that is no score, written like one."""
        return NOTHING if value is None else self._bare(value, unit) + self._suffix(unit)

    def share(self, value: float | None) -> str:
        """0.034 as 3.4%, 0.5 as 50%."""
        return self.quantity(value, "share")

    def day(self, day: date | str) -> str:
        """Sunday 29 March 2026; a text is an ISO date."""
        return self._dated(day, "EEEE d MMMM y")

    def full_date(self, day: date | str) -> str:
        """29 March 2026."""
        return self._dated(day, "d MMMM y")

    def short_date(self, day: date | str) -> str:
        """29 Mar."""
        return self._dated(day, "d MMM")

    def month(self, day: date | str) -> str:
        """March 2026."""
        return self._dated(day, "LLLL y")

    def weekday(self, number: int, short: bool = False) -> str:
        """The name of a weekday, 1 is Monday."""
        return str(self.locale.days["stand-alone"]["abbreviated" if short else "wide"][number - 1])

    def moment(self, calendar: PlaceCalendar, t_ms: int) -> str:
        """Wall time at the place with its day: 29 Mar 2026, 14:03."""
        return str(format_datetime(calendar.local(t_ms), "d MMM y, HH:mm", locale=self.locale))

    @staticmethod
    def clock(calendar: PlaceCalendar, t_ms: int, seconds: bool = False) -> str:
        """Wall time at the place: 14:03 or 14:03:22."""
        return calendar.local(t_ms).strftime("%H:%M:%S" if seconds else "%H:%M")

    @staticmethod
    def iso(t_ms: int) -> str:
        """ISO 8601 in UTC, for machines."""
        return iso(t_ms)

    @staticmethod
    def band(score: Score, end: float = 1.0) -> "Band | None":
        """Where to draw a score."""
        return band(score, end)

    def _dated(self, day: date | str, pattern: str) -> str:
        on = date.fromisoformat(day) if isinstance(day, str) else day
        return str(format_date(on, pattern, locale=self.locale))

    def _bare(self, value: float, unit: Unit) -> str:
        if unit == "count":
            return self.count(value)
        if unit == "share":
            percent = 100 * value
            text = f"{percent:.0f}" if abs(percent) >= 9.95 or percent == 0 else f"{percent:.1f}"
        elif unit == "rating":
            text = f"{value:.2f}"
        elif unit == "points":
            text = f"{value:+.0f}" if round(value) else "0"
        elif unit == "money":
            text = f"{value / 100:,.2f}"
        else:
            text = f"{value:.1f}"
        return self._written(text)

    def _suffix(self, unit: Unit) -> str:
        return {"share": self._percent, "seconds": " s"}.get(unit, "")

    def _written(self, text: str) -> str:
        return str(text.translate(self._signs))


@cache
def figures_of(language: str) -> Figures:
    """The figures of a language, made once."""
    return Figures(language)


def iso(t_ms: int) -> str:
    """ISO 8601 in UTC, for machines."""
    return datetime.fromtimestamp(t_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class Band:
    """A score on an axis from 0 to `end`, in percent of the chart's width."""

    lower: float
    upper: float
    value: float
    beyond: bool
    """The interval, or even the value, goes on to the right of the chart."""

    @property
    def width(self) -> float:
        """At least a hair, so that a narrow interval can be seen."""
        return max(0.6, self.upper - self.lower)


def band(score: Score, end: float = 1.0) -> Band | None:
    """Where to draw a score; None where there is nothing to draw."""
    if score.value is None:
        return None
    lower = score.value if score.lower is None else score.lower
    upper = score.value if score.upper is None else score.upper
    return Band(
        lower=_percent(lower, end),
        upper=_percent(upper, end),
        value=_percent(score.value, end),
        beyond=max(upper, score.value) > end * 1.001,
    )


AXIS_ENDS = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0)


def axis_end(scores: list[Score]) -> float:
    """The end of a common axis: room for half as much again as the highest value, so that rows compare."""
    highest = max((score.value for score in scores if score.value is not None), default=0.0)
    return next((end for end in AXIS_ENDS if highest * 1.5 <= end), AXIS_ENDS[-1])


def _percent(value: float, end: float) -> float:
    return round(100 * min(1.0, max(0.0, value / end)), 2)
