"""Sentences: what an alert says to a person."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..calendar import PlaceCalendar


def sentence(detail: Mapping[str, Any], calendar: PlaceCalendar, since: int, raised: int) -> str:
    """One line: what was seen, since when, what is usual, and how often this rule is wrong."""
    begin, end = (_clock(calendar.local(t)) for t in (since, raised))
    votes = f"{detail['votes_neg']} negative and {detail['votes_pos']} positive answers"
    seen = f"{votes} from {begin} to {end}"
    if detail.get("contacts"):
        seen += (
            f", of {detail['contacts']} people served; usual are {detail['expected_neg']:.1f} negative ones"
        )
    how_sure = ""
    if (months := detail.get("arl0_months")) is not None:
        how_sure = (
            f" When nothing is wrong, such an alert comes about once in {_months(months)} per touchpoint."
        )
    return f"{seen}.{how_sure}"


def _months(months: float) -> str:
    if months < 0.1:
        return f"{months * 30 * 24:.0f} hours"
    if months < 0.95:
        return f"{months * 30:.0f} days"
    return f"{months:.1f} months"


def _clock(moment: datetime) -> str:
    return moment.strftime("%H:%M")
