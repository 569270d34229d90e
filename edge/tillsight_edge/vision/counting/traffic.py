"""Visitors through an entrance: over a line with a direction, or out of a zone and into it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tillsight_models.geometry import Line, Point, Zone

from .sightings import Sighting, Track

BAND = 0.1
"""Body heights on each side of a line, or of a zone's border, in which nothing is decided."""


@dataclass(frozen=True)
class Visitor:
    """Somebody went through the entrance."""

    mono_ms: int
    entered: bool
    """Otherwise they left."""


class Entrance(Protocol):
    """Decides from where people are."""

    def update(self, tracks: Sequence[Track]) -> list[Visitor]:
        """Who went through by this frame."""

    def finish(self) -> list[Visitor]:
        """No more frames: who went through by that."""


@dataclass
class _Walk:
    """What is known of one person's way."""

    side: int = 0
    """Where the person last was for sure: 1, -1, or 0 while that is not known."""
    at: Point = (0.0, 0.0)
    """Where that was, feet."""
    last_ms: int = -1
    told: set[bool] = field(default_factory=set)


class LineEntrance:
    """Over the line from its left to its right: entered; the other way: left.

    A crossing needs a way from beyond the band on one side to beyond it on the other, between the line's
    ends. Each track counts at most once in each direction, so nobody who dawdles on the line counts often.
    """

    def __init__(self, line: Line) -> None:
        self._line = line
        self._walks: dict[int, _Walk] = {}

    def update(self, tracks: Sequence[Track]) -> list[Visitor]:
        """See Entrance."""
        visitors = [visitor for track in tracks for visitor in self._follow(track)]
        known = {track.number for track in tracks}
        self._walks = {number: walk for number, walk in self._walks.items() if number in known}
        return visitors

    def finish(self) -> list[Visitor]:
        """See Entrance."""
        self._walks.clear()
        return []

    def _follow(self, track: Track) -> Iterable[Visitor]:
        walk = self._walks.setdefault(track.number, _Walk())
        for sighting in track.sightings:
            if sighting.mono_ms > walk.last_ms:
                walk.last_ms = sighting.mono_ms
                yield from self._step(walk, sighting)

    def _step(self, walk: _Walk, now: Sighting) -> Iterable[Visitor]:
        off = self._line.right_of(now.foot)
        if abs(off) < BAND * now.height:
            return
        side = 1 if off > 0 else -1
        entered = side > 0
        crossed = walk.side == -side and self._line.crossed_by(walk.at, now.foot)
        walk.side, walk.at = side, now.foot
        if crossed and entered not in walk.told:
            walk.told.add(entered)
            yield Visitor(now.mono_ms, entered)


class ZoneEntrance:
    """Who is first seen in the zone and leaves it has entered; who comes into it and disappears has left."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._walks: dict[int, _Walk] = {}

    def update(self, tracks: Sequence[Track]) -> list[Visitor]:
        """See Entrance."""
        visitors = [visitor for track in tracks for visitor in self._follow(track)]
        known = {track.number for track in tracks}
        gone = [number for number in self._walks if number not in known]
        return visitors + [visitor for number in gone for visitor in self._gone(number)]

    def finish(self) -> list[Visitor]:
        """See Entrance."""
        return [visitor for number in list(self._walks) for visitor in self._gone(number)]

    def _follow(self, track: Track) -> Iterable[Visitor]:
        walk = self._walks.get(track.number)
        if walk is None:
            walk = self._walks[track.number] = _Walk(side=self._side(track.sightings[0], 0))
            walk.told = {True} if walk.side < 0 else set()
        for sighting in track.sightings:
            if sighting.mono_ms > walk.last_ms:
                walk.last_ms = sighting.mono_ms
                walk.side = self._side(sighting, walk.side)
                if walk.side < 0 and True not in walk.told:
                    walk.told.add(True)
                    yield Visitor(sighting.mono_ms, True)

    def _gone(self, number: int) -> Iterable[Visitor]:
        """Somebody who was outside before, and was last seen in the zone."""
        walk = self._walks.pop(number)
        if walk.side > 0 and True in walk.told:
            yield Visitor(walk.last_ms, False)

    def _side(self, sighting: Sighting, before: int) -> int:
        """1 in the zone, -1 outside; between them as before, of somebody new as it looks."""
        off = self._zone.distance_to(sighting.foot)
        if abs(off) < BAND * sighting.height and before:
            return before
        return -1 if off > 0 else 1
