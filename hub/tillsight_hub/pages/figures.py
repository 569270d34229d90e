"""Numbers and times as people read them, and the geometry of the small charts around them."""

from dataclasses import dataclass
from datetime import UTC, datetime

from ..calendar import PlaceCalendar
from ..metrics.registry import Score, Unit

NOTHING = "–"
"""Stands where a number is not known or withheld."""
MINUS = "\N{MINUS SIGN}"
EN_DASH = "\N{EN DASH}"


def count(number: float | None) -> str:
    """1,234; a corrected count is rounded to whole people."""
    return NOTHING if number is None else f"{round(number):,}".replace("-", MINUS)


def value_text(score: Score, unit: Unit) -> str:
    """The value with its sign and unit: 12%, 3.4%, 78.2, +32."""
    return NOTHING if score.value is None else _bare(score.value, unit) + _suffix(unit)


def range_text(score: Score, unit: Unit) -> str:
    """Its interval, such as 8–17%; empty where there is none."""
    if score.lower is None or score.upper is None:
        return ""
    return f"{_bare(score.lower, unit)}{EN_DASH}{_bare(score.upper, unit)}{_suffix(unit)}"


def share(value: float | None) -> str:
    """0.034 as 3.4%, 0.5 as 50%."""
    return NOTHING if value is None else _bare(value, "share") + "%"


def clock(calendar: PlaceCalendar, t_ms: int, seconds: bool = False) -> str:
    """Wall time at the place: 14:03 or 14:03:22."""
    return calendar.local(t_ms).strftime("%H:%M:%S" if seconds else "%H:%M")


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


def _bare(value: float, unit: Unit) -> str:
    if unit == "count":
        return count(value)
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
    return text.replace("-", MINUS)


def _suffix(unit: Unit) -> str:
    return {"share": "%", "seconds": " s"}.get(unit, "")
