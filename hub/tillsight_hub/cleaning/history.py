"""History: what happened at one touchpoint in a stretch of time, as arrays in order of time.

Cleaning and alerts work on it and on nothing else, whether it was read from the database or from a file.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, select

from tillsight_models.events import ButtonPressed, CameraReported, ContactEnded, SalesReported

from ..calendar import Span
from ..hierarchy import Touchpoint
from ..imports.origin import HOURLY_BOOT
from ..periods import hour_bounds
from ..rollups import TO_THE_HOUR
from ..tables import event

Times = npt.NDArray[np.int64]
"""ms UTC"""
Key = tuple[str, int]
"""Stream and seq."""

Told = tuple[int, CameraReported]
"""A report and its time, ms UTC."""

HOLDS_MS = 86_400_000
"""What a camera said of itself holds until it says something else, but no longer than this."""
TELLS_MS = 3_600_000
"""Of the time before a camera's report at most this much is looked at."""


@dataclass(frozen=True)
class History:
    """Events whose time is known to the hour or better, half-open from `start` to `end`."""

    place: Touchpoint
    start: int
    """ms UTC"""
    end: int
    press_t: Times
    """Of every press, ascending."""
    rating: npt.NDArray[np.int8]
    """Of every press; 0 where it was on another scale than the touchpoint's."""
    labels: npt.NDArray[np.int32]
    """Of every press: bits of `labels.Label`."""
    contact_start: Times
    """Of every contact that the touchpoint's own source counted: when the person came."""
    contact_end: Times
    """When the person left, ascending."""
    people: npt.NDArray[np.int32]
    """Of every contact: 1, or the size of a group."""
    blind: tuple[Span, ...] = ()
    """When the contact counter could not see, ms UTC, half-open, in order, without overlaps."""
    hourly: npt.NDArray[np.bool_] | None = None
    """Of every press: whether only its hour is known, as of imported counts; None: of none."""
    unclear: tuple[Span, ...] = ()
    """Hours of whose contacts only the number is known: who was there at which moment, nobody can say."""

    @property
    def counts_contacts(self) -> bool:
        """Whether anything counts who is served here; without it no press can be an orphan."""
        return self.place.contact_source is not None

    def only(self, presses: npt.NDArray[np.bool_]) -> "History":
        """The same with these presses alone, all of one kind as to `hourly`."""
        return replace(
            self,
            press_t=self.press_t[presses],
            rating=self.rating[presses],
            labels=self.labels[presses],
            hourly=None,
        )


@dataclass(frozen=True)
class Reading:
    """A history with the keys of its presses, in the same order."""

    history: History
    keys: Sequence[Key]


def read_history(connection: Connection, place: Touchpoint, start: int, end: int) -> History:
    """What the stored events say of that time, half-open, ms UTC.

    Contacts are those that ended in it, and receipts those that were reported in it.
    """
    return read_with_keys(connection, place, start, end).history


def read_with_keys(connection: Connection, place: Touchpoint, start: int, end: int) -> Reading:
    """The same, for who wants to write to the presses; equal times are in the order of their keys."""
    stored = _stored(connection, place, (ButtonPressed.TYPE, *_CONTACT_TYPES), start, end)
    presses = [each for each in stored if each.type == ButtonPressed.TYPE]
    contacts = np.array(list(_contacts(stored, place.contact_source)), np.int64).reshape(-1, 3)
    history = History(
        place=place,
        start=start,
        end=end,
        press_t=np.array([press.t for press in presses], np.int64),
        rating=np.array([_rating(press, place) for press in presses], np.int8),
        labels=np.array([press.labels for press in presses], np.int32),
        contact_start=contacts[:, 0],
        contact_end=contacts[:, 1],
        people=contacts[:, 2].astype(np.int32),
        blind=_blind(connection, place, start, end),
        hourly=np.array([press.boot == HOURLY_BOOT for press in presses], np.bool_),
        unclear=tuple(_unclear_hours(stored, place)),
    )
    return Reading(history, [(press.stream, press.seq) for press in presses])


_CONTACT_TYPES = (ContactEnded.TYPE, SalesReported.TYPE)


class _Scaled(msgspec.Struct):
    scale: str


class _Stored(NamedTuple):
    stream: str
    seq: int
    type: str
    t: int
    rating: int | None
    labels: int
    boot: str
    data: str


_COLUMNS = tuple(event.c[name] for name in _Stored._fields)


def _stored(
    connection: Connection, place: Touchpoint, types: Sequence[str], start: int, end: int
) -> list[_Stored]:
    query = (
        select(*_COLUMNS)
        .where(event.c.tp == place.id, event.c.t >= start, event.c.t < end)
        .where(event.c.type.in_(types), event.c.tq.in_(TO_THE_HOUR))
        .order_by(event.c.t, event.c.stream, event.c.seq)
    )
    return [_Stored(*row) for row in connection.execute(query)]


def _rating(press: _Stored, place: Touchpoint) -> int:
    own_scale = msgspec.json.decode(press.data, type=_Scaled).scale == place.scale.id
    return press.rating or 0 if own_scale else 0


def _contacts(events: Iterable[_Stored], source: str | None) -> Iterable[tuple[int, int, int]]:
    """Begin, end and people of each that this source counted."""
    for each in events:
        if each.type == ContactEnded.TYPE:
            contact = msgspec.json.decode(each.data, type=ContactEnded)
            if contact.source == source:
                yield each.t - round(1000 * contact.dwell_s), each.t, contact.people
        elif each.type == SalesReported.TYPE and source == "pos":
            sales = msgspec.json.decode(each.data, type=SalesReported)
            yield each.t - round(1000 * sales.period_s), each.t, sales.receipts


def _unclear_hours(events: Iterable[_Stored], place: Touchpoint) -> list[Span]:
    """The hours of which contacts were imported as a count."""
    counted = (each.t for each in events if each.type == ContactEnded.TYPE and each.boot == HOURLY_BOOT)
    return [
        hour_bounds(place.calendar, hour) for hour in sorted(set(map(place.calendar.hour_start, counted)))
    ]


# --- When the counter was blind ---------------------------------------------------------------------------


def _blind(connection: Connection, place: Touchpoint, start: int, end: int) -> tuple[Span, ...]:
    """When none of the cameras that count contacts could see; other sources are never blind."""
    if place.contact_source != "camera":
        return ()
    told: dict[str, list[Told]] = {}
    for each in _stored(connection, place, (CameraReported.TYPE,), start - HOLDS_MS, end + TELLS_MS):
        report = msgspec.json.decode(each.data, type=CameraReported)
        if report.contacts:
            told.setdefault(report.camera, []).append((each.t, report))
    return _clipped(blind_spans(told.values()), start, end)


def blind_spans(told: Iterable[Sequence[Told]]) -> list[Span]:
    """When no camera could see, of the reports of each in order of time.

    A camera is blind from a report that says so until its next one. Of the time before a report it could not
    see the part that the report says: all of it, or else the end where it is blind now, or else the begin
    where it was blind before.
    """
    cameras = [_joined(_dark(reports)) for reports in told]
    common = cameras[0] if cameras else []
    for spans in cameras[1:]:
        both = [(max(a, c), min(b, d)) for a, b in common for c, d in spans]
        common = [(start, end) for start, end in both if start < end]
    return common


def _dark(reports: Sequence[Told]) -> Iterable[Span]:
    was_blind, since = False, 0
    for t, report in reports:
        is_blind = report.state != "ok"
        lost = max(0.0, report.period_s - report.working_s)
        period, missing = (min(TELLS_MS, round(1000 * each)) for each in (report.period_s, lost))
        if missing >= period or is_blind:
            yield t - missing, t
        elif was_blind:
            yield t - period, t - period + missing
        if was_blind:
            yield since, min(t - period, since + HOLDS_MS)
        was_blind, since = is_blind, t
    if was_blind:
        yield since, since + HOLDS_MS


def _joined(spans: Iterable[Span]) -> list[Span]:
    """In order and without overlaps."""
    found: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def _clipped(spans: Iterable[Span], start: int, end: int) -> tuple[Span, ...]:
    return tuple((max(a, start), min(b, end)) for a, b in spans if a < end and b > start)
