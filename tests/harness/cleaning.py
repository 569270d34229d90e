"""Histories of presses and contacts, written down as in tests/hub/cases/cleaning.toml or made by chance."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
from tests.harness.ingesting import HOUR, NOON, Box

from tillsight_hub.calendar import WEEKDAYS, OpeningHours, PlaceCalendar, Span
from tillsight_hub.cleaning.history import History
from tillsight_hub.hierarchy import Touchpoint
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


GENUINE, AGAIN, MASHED, STAFF = range(4)
"""What a simulated press truly is: an answer, the same person once more, or one of two kinds of misuse."""


def simulated_week(seed: int) -> tuple[History, npt.NDArray[np.int64]]:
    """A week of a till with customers, misuse and a counter that misses people; what each press truly is."""
    dice = np.random.default_rng([seed, 21])
    opens = 1_791_270_000_000  # 2026-10-06 09:00 in Rome
    presses: list[tuple[int, int, int, int]] = []
    contacts: list[Span] = []
    for day in range(7):
        start = opens + day * DAY_MS
        arrivals = start + np.sort(dice.integers(0, 12 * HOUR, 400))
        for t in arrivals:
            _customer(dice, int(t), presses, contacts)
        for t in dice.choice(arrivals, 1):
            gaps = np.cumsum(dice.exponential(600, dice.integers(10, 40)) + 120)
            presses += [(int(t + gap), int(dice.integers(1, 5)), 0, MASHED) for gap in gaps]
        idle = arrivals[np.argmax(np.diff(arrivals))] + 90_000 if day % 2 else start - 900_000
        gaps = np.cumsum(dice.integers(4_000, 30_000, dice.integers(5, 25)))
        presses += [(int(idle + gap), 4, 0, STAFF) for gap in gaps]
    presses.sort()
    kinds = np.array([kind for *_, kind in presses])
    return history(place(), [press[:3] for press in presses], contacts), kinds


def _customer(
    dice: np.random.Generator, t: int, presses: list[tuple[int, int, int, int]], contacts: list[Span]
) -> None:
    dwell = int(1000 * 45 * np.exp(dice.normal(0, 0.6)))
    if dice.random() < 0.12:
        rating = int(dice.choice([1, 1, 2, 3, 4, 4, 4]))
        again = int(dice.integers(1, 7)) if dice.random() < 0.06 else 0
        at = t + int(dwell * dice.uniform(0.6, 1))
        for kind in [GENUINE, *[AGAIN] * again]:
            presses.append((at, rating, 0, kind))
            at += int(dice.integers(400, 2900))
    if dice.random() < 0.92:
        middle = t + dwell // 2
        split = dice.random() < 0.08
        contacts += [(t, middle), (middle + 1000, t + dwell)] if split else [(t, t + dwell)]


def half_a_day(box: Box, seed: int) -> list[bytes]:
    """Customers, repeats, mashing, staff and retractions, as their device sends them."""
    dice = np.random.default_rng([seed, 9])
    events: list[tuple[int, Callable[[int], bytes]]] = []
    for t in np.sort(dice.integers(NOON, NOON + 4 * HOUR, 60)):
        dwell = float(dice.integers(8, 60))
        events.append((int(t) + int(1000 * dwell), partial(_left, box, dwell)))
        presses = int(dice.choice([0, 1, 1, 3]))
        events += _pressed(box, int(t) + 3000, presses, int(dice.integers(1, 5)), 900)
    events += _pressed(box, NOON + HOUR, 12, 2, 400)
    events += _pressed(box, NOON + 9 * HOUR, 8, 4, 15_000)
    encoded = [make(t) for t, make in sorted(events, key=lambda each: each[0])]
    return [*encoded, *(box.undo(seq) for seq in range(3, 60, 17))]


def _left(box: Box, dwell_s: float, t: int) -> bytes:
    return box.contact(t=t, dwell_s=dwell_s)


def _pressed(
    box: Box, t: int, presses: int, rating: int, gap: int
) -> Iterator[tuple[int, Callable[[int], bytes]]]:
    for n in range(presses):
        yield t + n * gap, lambda t: box.press(rating, t=t)
