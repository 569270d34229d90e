"""Histories of presses and contacts, written down as in tests/hub/cases/cleaning.toml or made by chance."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from tillsight_hub.calendar import WEEKDAYS, OpeningHours, PlaceCalendar, Span
from tillsight_hub.hierarchy import Touchpoint
from tillsight_hub.history import History
from tillsight_hub.labels import NOT_COUNTED, Label
from tillsight_models.scales import scale

WORDS = {
    "repeat": Label.REPEAT,
    "undone": Label.UNDONE,
    "session": Label.SESSION,
    "mashing": Label.MASHING,
    "staff": Label.STAFF,
    "orphan": Label.ORPHAN,
    "out-of-hours": Label.OUT_OF_HOURS,
    "uncovered": Label.UNCOVERED,
}
DAY_MS = 86_400_000


def place(source: str | None = "camera", hours: str = "09:00-21:00", tz: str = "Europe/Rome") -> Touchpoint:
    """A touchpoint with four smileys and the same hours every day."""
    opening = OpeningHours.parse({day: [hours] for day in WEEKDAYS})
    return Touchpoint(
        id="till-1",
        name="Till 1",
        store_id="rome",
        store_name="Rome",
        region_id="north",
        region_name="North",
        org_id="acme",
        scale=scale("smiley-4"),
        contact_source=source,
        calendar=PlaceCalendar(tz, opening),
    )


def history(
    at: Touchpoint,
    presses: Iterable[tuple[int, int, int]],
    contacts: Iterable[Span] = (),
    blind: Sequence[Span] = (),
) -> History:
    """Of presses (t, rating, labels) and contacts (begin, end) in any order, all ms UTC."""
    pressed = np.array(sorted(presses), np.int64).reshape(-1, 3)
    served = np.array(sorted(contacts, key=lambda span: span[1]), np.int64).reshape(-1, 2)
    ends = [*pressed[:, 0], *served[:, 1], 0]
    return History(
        place=at,
        start=min([*pressed[:, 0], *served[:, 0], max(ends)]) - DAY_MS,
        end=int(max(ends)) + DAY_MS,
        press_t=pressed[:, 0],
        rating=pressed[:, 1].astype(np.int8),
        labels=pressed[:, 2].astype(np.int32),
        contact_start=served[:, 0],
        contact_end=served[:, 1],
        people=np.ones(len(served), np.int32),
        blind=tuple(blind),
    )


def of_case(case: dict[str, Any]) -> tuple[History, list[str]]:
    """The history of a case, and what is expected of each of its presses, both in order of time."""
    source = case.get("source", "camera")
    at = place(
        None if source == "none" else source,
        case.get("hours", "09:00-21:00"),
        case.get("zone", "Europe/Rome"),
    )
    day = date.fromisoformat(case.get("date", "2026-03-17"))
    rows = sorted(_press(line, day, at) for line in case["presses"])
    contacts = [_span(text, day, at) for text in case.get("contacts", ())]
    if not contacts:
        contacts = [(t - 60_000 - n, t + 60_000) for t, *_ in rows for n in range(5)]
    blind = [_span(text, day, at) for text in case.get("blind", ())]
    return history(at, [row[:3] for row in rows], contacts, blind), [row[3] for row in rows]


def told(labels: int) -> str:
    """`counts`, or `set aside: session mashing`."""
    words = " ".join(word for word, bit in WORDS.items() if labels & bit)
    return ("set aside" if labels & NOT_COUNTED else "counts") + (f": {words}" if words else "")


def _press(line: str, day: date, at: Touchpoint) -> tuple[int, int, int, str]:
    what, _, expected = line.partition(" -> ")
    moment, rating, *labels = what.removeprefix("+1 ").split()
    t = _instant(moment, day + timedelta(days=what.startswith("+1")), at)
    return t, int(rating), int(sum(WORDS[label] for label in labels)), expected


def _span(text: str, day: date, at: Touchpoint) -> Span:
    start, _, end = text.partition("-")
    return _instant(start, day, at), _instant(end, day, at)


def _instant(moment: str, day: date, at: Touchpoint) -> int:
    clock = datetime.fromisoformat(f"{day.isoformat()} {moment}").replace(tzinfo=ZoneInfo(at.calendar.tz))
    return round(clock.timestamp() * 1000)
