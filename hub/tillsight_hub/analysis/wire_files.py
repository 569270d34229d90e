"""Files of our own events: one JSON event a line in order of arrival, and the hierarchy beside it.

A folder with `events.jsonl` and `seed.toml`. What ingest does to single events is done here too: each counts
once, an undone press is labelled, and unsynced events get the time of their boot's anchor.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from tillsight_models.errors import BadEvent
from tillsight_models.events import (
    ButtonPressed,
    ClockAnchored,
    Event,
    PressUndone,
    decode_event,
)

from ..errors import BadFile
from ..ingest.clocks import Anchor, Boot, corrected
from ..labels import Label
from ..seed import read_seed
from .recordings import Happened, Recording

Key = tuple[str, int]
"""Stream and seq."""


def read_wire_files(folder: Path) -> Recording:
    """The recording of a folder; BadFile names the file, the line and what was expected."""
    seed = read_seed(folder / "seed.toml")
    path = folder / "events.jsonl"
    events: dict[Key, tuple[Event, int]] = {}
    known = {touchpoint.id for touchpoint in seed.touchpoint}
    lines = latest = 0
    for number, event in _events(path):
        if event.tp not in known:
            raise BadFile(f"{path}: line {number}: touchpoint {event.tp!r} is not in seed.toml")
        lines += 1
        latest = max(latest, event.at.t if event.at.tq != "unsynced" else 0)
        events.setdefault((event.stream, event.seq), (event, latest))
    happened: dict[str, list[Happened]] = {touchpoint: [] for touchpoint in known}
    for event, each in _stamped(events, latest):
        happened[event.tp].append(each)
    return Recording(seed=seed, happened=happened, events=lines, duplicates=lines - len(events))


def _events(path: Path) -> Iterator[tuple[int, Event]]:
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        if line.strip():
            try:
                yield number, decode_event(line)
            except BadEvent as error:
                raise BadFile(f"{path}: line {number}: {error}") from error


def _stamped(events: dict[Key, tuple[Event, int]], latest: int) -> Iterator[tuple[Event, Happened]]:
    """Each event with its right time and its labels; nothing happened after the latest that has a time."""
    anchors = _anchors(event for event, _ in events.values())
    undone = {
        (event.stream, event.payload.press)
        for event, _ in events.values()
        if isinstance(event.payload, PressUndone)
    }
    for (stream, seq), (event, arrived) in events.items():
        t, tq = event.at.t, str(event.at.tq)
        if tq == "unsynced":
            right = corrected(anchors.get((event.dev, event.at.boot)), event.at.mono, latest)
            t, tq = right or (t, tq)
        labels = Label.NONE
        if isinstance(event.payload, ButtonPressed):
            labels |= Label.REPEAT if "repeat" in event.payload.labels else Label.NONE
            labels |= Label.UNDONE if (stream, seq) in undone else Label.NONE
        yield event, Happened(t, stream, seq, tq, int(labels), max(arrived, t), event.payload)


def _anchors(events: Iterable[Event]) -> dict[Boot, Anchor]:
    """The anchor with the lowest monotonic of each boot."""
    found: dict[Boot, Anchor] = {}
    for event in events:
        payload = event.payload
        if isinstance(payload, ClockAnchored):
            boot, anchor = (event.dev, payload.boot), Anchor(payload.mono, payload.wall, payload.quality)
            found[boot] = min(found.get(boot, anchor), anchor)
    return found
