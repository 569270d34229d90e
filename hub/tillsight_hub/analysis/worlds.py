"""Worlds: the event stream of a simulated chain of stores, as presses, contacts and camera states.

A folder with `events.jsonl` and `calibration.json`. Each event becomes what our own device would have said:
parts of one visit are one contact, faces are gathered into hourly windows, camera states into reports.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from tillsight_models.configuration import read_settings
from tillsight_models.events import (
    ButtonPressed,
    CameraReported,
    ContactEnded,
    CounterAudited,
    EmotionWindowed,
    Payload,
    ValenceCounts,
)

from ..calendar import WEEKDAYS, OpeningHours, PlaceCalendar, Span
from ..errors import BadFile
from ..seed import Seed
from .recordings import Happened, Recording

SCALE = "smiley-4"
CAMERA = "camera"
HOUR_MS = 3_600_000
Mood = Literal["pos", "neu", "neg"]
MOODS: tuple[Mood, ...] = ("pos", "neu", "neg")
Aware = Annotated[datetime, Meta(tz=True)]
Count = Annotated[int, Meta(ge=0)]


class _Line(Struct, frozen=True, tag_field="type", gc=False):
    id: str
    tp: str
    ts: Aware
    rx: Aware


class _Press(_Line, frozen=True, tag="press", gc=False):
    button: Annotated[int, Meta(ge=0, le=3)]


class _Contact(_Line, frozen=True, tag="contact", gc=False):
    dwell_s: Annotated[float, Meta(ge=0, le=864_000)]
    visit: str
    emotion: Mood | None = None


class _Status(_Line, frozen=True, tag="status", gc=False):
    component: str
    state: Literal["up", "down"]


class _Audit(Struct, frozen=True):
    true: Count
    matched: Count
    counted: Count
    pressers_true: Count = 0
    pressers_matched: Count = 0


class _Place(Struct, frozen=True):
    tp: str
    store: str
    tz: str
    hours: tuple[str, str]
    audit: _Audit | None = None


class _Calibration(Struct, frozen=True):
    days: Annotated[int, Meta(ge=1, le=3660)]
    start: date
    touchpoints: list[_Place]
    emotion_classes: tuple[Mood, Mood, Mood] = ("pos", "neu", "neg")
    emotion_validation: tuple[tuple[Count, Count, Count], ...] = ()


_line_decoder = msgspec.json.Decoder(_Press | _Contact | _Status)


def read_world(folder: Path) -> Recording:
    """The recording of a world; BadFile names the file, the line and what was expected."""
    known = _calibration(folder / "calibration.json")
    lines = _lines(folder / "events.jsonl")
    places = {place.tp: place for place in known.touchpoints}
    seen: set[str] = set()
    by_place: dict[str, _Gathered] = {tp: _Gathered() for tp in places}
    for number, line in enumerate(lines, 1):
        if line.id in seen:
            continue
        seen.add(line.id)
        if line.tp not in by_place:
            raise BadFile(
                f"{folder / 'events.jsonl'}: line {number}: touchpoint {line.tp!r} is not in calibration.json"
            )
        by_place[line.tp].take(line, number)
    days = [(known.start + timedelta(days=n)).isoformat() for n in range(known.days)]
    calendars: dict[tuple[str, str, str], PlaceCalendar] = {}
    return Recording(
        seed=_seed(known, folder),
        happened={
            tp: list(_happened(gathered, places[tp], _calendar(places[tp], calendars), known, days))
            for tp, gathered in by_place.items()
        },
        first_day=days[0],
        last_day=days[-1],
        events=len(lines),
        duplicates=len(lines) - len(seen),
    )


# --- Reading the files ------------------------------------------------------------------------------------


def _calibration(path: Path) -> _Calibration:
    try:
        known = msgspec.json.decode(path.read_bytes(), type=_Calibration)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadFile(f"{path}: {error}") from error
    if known.emotion_validation and len(known.emotion_validation) != len(MOODS):
        raise BadFile(f"{path}: emotion_validation: {len(known.emotion_validation)} rows, expected 3")
    return known


def _lines(path: Path) -> list[_Press | _Contact | _Status]:
    content = path.read_bytes()
    try:
        return _line_decoder.decode_lines(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return list(_one_by_one(path, content))


def _one_by_one(path: Path, content: bytes) -> Iterator[_Press | _Contact | _Status]:
    """Finds the line that is wrong."""
    for number, line in enumerate(content.splitlines(), 1):
        if line.strip():
            try:
                yield _line_decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise BadFile(f"{path}: line {number}: {error}") from error


# --- The hierarchy ----------------------------------------------------------------------------------------


def _seed(known: _Calibration, folder: Path) -> Seed:
    """One org and region; a store's hours are its touchpoints'."""
    stores = {place.store: place for place in known.touchpoints}
    shape: dict[str, Any] = {
        "org": [{"id": "world", "name": folder.name or "World"}],
        "region": [{"id": "everywhere", "name": "Everywhere", "org": "world"}],
        "store": [
            {"id": id, "name": id, "region": "everywhere", "tz": place.tz, "opening_hours": _week(place)}
            for id, place in stores.items()
        ],
        "touchpoint": [
            {"id": p.tp, "name": p.tp, "store": p.store, "scale": SCALE, "contact_source": "camera"}
            | ({} if p.hours == stores[p.store].hours else {"opening_hours": _week(p)})
            for p in known.touchpoints
        ],
    }
    return read_settings(shape, Seed)


def _week(place: _Place) -> dict[str, list[str]]:
    return {day: ["-".join(place.hours)] for day in WEEKDAYS}


def _calendar(place: _Place, known: dict[tuple[str, str, str], PlaceCalendar]) -> PlaceCalendar:
    """One for all that have the same zone and hours."""
    key = place.tz, *place.hours
    if key not in known:
        known[key] = PlaceCalendar(place.tz, OpeningHours.parse(_week(place)))
    return known[key]


# --- From lines to events ---------------------------------------------------------------------------------


@dataclass
class _Visit:
    """What the parts of one visit say together."""

    start: int
    end: int
    arrived: int
    number: int
    mood: Mood | None


@dataclass
class _Gathered:
    """What the lines of one touchpoint say so far."""

    presses: list[tuple[int, int, int, int]] = field(default_factory=list)
    """Time, line, arrival, button."""
    visits: dict[str, _Visit] = field(default_factory=dict)
    states: list[tuple[int, bool]] = field(default_factory=list)
    """Time, whether the camera can see from then on."""

    def take(self, line: _Press | _Contact | _Status, number: int) -> None:
        t, arrived = _ms(line.ts), _ms(line.rx)
        if isinstance(line, _Press):
            self.presses.append((t, number, arrived, line.button))
        elif isinstance(line, _Contact):
            part = _Visit(t, t + round(1000 * line.dwell_s), arrived, number, line.emotion)
            self.visits[line.visit] = _joined(self.visits.get(line.visit), part)
        elif line.component == "camera":
            self.states.append((t, line.state == "up"))


def _joined(one: _Visit | None, two: _Visit) -> _Visit:
    if one is None:
        return two
    return _Visit(
        start=min(one.start, two.start),
        end=max(one.end, two.end),
        arrived=max(one.arrived, two.arrived),
        number=min(one.number, two.number),
        mood=one.mood or two.mood,
    )


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


_PRESSED = tuple(ButtonPressed(button=n, rating=n, scale=SCALE) for n in range(1, 5))


def _happened(
    gathered: _Gathered, place: _Place, calendar: PlaceCalendar, known: _Calibration, days: Sequence[str]
) -> Iterator[Happened]:
    for t, number, arrived, button in gathered.presses:
        yield Happened(t, place.tp, number, "ntp", 0, arrived, _PRESSED[button])
    for visit in gathered.visits.values():
        contact = ContactEnded(source="camera", dwell_s=(visit.end - visit.start) / 1000, camera=CAMERA)
        yield Happened(visit.end, place.tp, visit.number, "ntp", 0, visit.arrived, contact)
    opening = [span for day in days for span in calendar.open_intervals(day)]
    end = calendar.day_bounds(days[-1])[1] - 1
    told = [
        *_camera_reports(opening, _dark(gathered.states, opening[-1][1] if opening else end)),
        *_emotion_windows(gathered.visits.values(), _validation(known)),
        *([] if place.audit is None else [(end, _audited(place.audit))]),
    ]
    for number, (t, payload) in enumerate(told, 1):
        yield Happened(t, f"{place.tp}-made", number, "ntp", 0, t, payload)


def _audited(audit: _Audit) -> Payload:
    return CounterAudited(
        period_s=0.0,
        counted=audit.counted,
        observed=audit.true,
        matched=audit.matched,
        pressers_observed=audit.pressers_true,
        pressers_matched=audit.pressers_matched,
    )


def _validation(known: _Calibration) -> ValenceCounts | None:
    """In our order of moods; the world's model always says something."""
    if not known.emotion_validation:
        return None
    order = [known.emotion_classes.index(mood) for mood in MOODS]
    rows = [[known.emotion_validation[true][said] for said in order] + [0] for true in order]
    counts: ValenceCounts = msgspec.convert(rows, ValenceCounts)
    return counts


def _emotion_windows(
    visits: Iterable[_Visit], validation: ValenceCounts | None
) -> Iterator[tuple[int, Payload]]:
    """People by mood, an hour at a time; a ghost has no face, so it is unknown."""
    windows: dict[int, dict[str, int]] = {}
    last: dict[int, int] = {}
    for visit in visits:
        hour = visit.end // HOUR_MS
        window = windows.setdefault(hour, dict.fromkeys((*MOODS, "unknown"), 0))
        window[visit.mood or "unknown"] += 1
        last[hour] = max(last.get(hour, 0), visit.end)
    for hour, people in sorted(windows.items()):
        positive, neutral, negative, unknown = people.values()
        yield (
            last[hour],
            EmotionWindowed(
                period_s=3600.0,
                positive=positive,
                neutral=neutral,
                negative=negative,
                unknown=unknown,
                validation=validation,
            ),
        )


# --- Cameras ----------------------------------------------------------------------------------------------


def _dark(states: Iterable[tuple[int, bool]], end: int) -> list[Span]:
    """When the camera could not see."""
    spans, since = [], None
    for t, can_see in sorted(states):
        if can_see and since is not None:
            spans.append((since, t))
        since = None if can_see else since if since is not None else t
    return spans if since is None else [*spans, (since, end)]


def _camera_reports(opening: Iterable[Span], dark: Sequence[Span]) -> Iterator[tuple[int, Payload]]:
    """What a device would have reported: every open hour, and whenever the state changed."""
    for opens, closes in opening:
        hours = range(opens, closes, HOUR_MS)
        changes = (t for span in dark for t in span if opens < t < closes)
        moments = sorted({*hours, *changes, closes - 1})
        for since, t in pairwise(moments):
            working = not any(start <= since < end for start, end in dark)
            sees = not any(start <= t < end for start, end in dark)
            yield (
                t,
                CameraReported(
                    camera=CAMERA,
                    state="ok" if sees else "down",
                    period_s=(t - since) / 1000,
                    working_s=(t - since) / 1000 if working else 0.0,
                ),
            )
