"""Where somebody was at one moment: the box that was seen, and the body that it stands for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import hypot

from tillsight_models.geometry import Box, Point

NEARLY_SURE = 0.9
"""Of the score from which on the detector is sure."""


@dataclass(frozen=True)
class Sighting:
    """Where somebody was at one moment, in pixels."""

    mono_ms: int
    box: Box
    certainty: float = 1.0
    """The detector's score per score from which on it is sure, at most 1."""
    clipped: bool = False
    """The box reaches the lower edge of the frame: the feet are not in the picture."""
    hidden: float = 0.0
    """How much of the person, in pixels, is hidden below the box."""

    @property
    def sure(self) -> bool:
        """The detector was sure enough for a track to begin."""
        return self.certainty >= 1

    @property
    def nearly_sure(self) -> bool:
        """Not enough for a track to begin, and it speaks for it."""
        return self.certainty >= NEARLY_SURE

    @property
    def foot(self) -> Point:
        """Where the person stands: the middle of the lower edge, or below it where the legs are hidden."""
        return (self.box[0] + self.box[2]) / 2, self.box[3] + self.hidden

    @property
    def head(self) -> Point:
        """The middle of the upper edge."""
        return (self.box[0] + self.box[2]) / 2, self.box[1]

    @property
    def body(self) -> Box:
        """The box with the legs that are hidden."""
        return self.box[0], self.box[1], self.box[2], self.box[3] + self.hidden

    @property
    def width(self) -> float:
        return self.box[2] - self.box[0]

    @property
    def height(self) -> float:
        """Of the body, hidden legs included."""
        return self.box[3] + self.hidden - self.box[1]


@dataclass(frozen=True)
class Track:
    """One person so far. The number dies with the track and says nothing about who it was."""

    number: int
    sightings: tuple[Sighting, ...]
    """Of the last `TrackerRules.memory_s`, oldest first, at least one."""
    seen: bool
    """In this very frame; otherwise out of sight for the moment."""

    @property
    def last(self) -> Sighting:
        return self.sightings[-1]


def with_hidden_legs(new: Sighting, before: Sequence[Sighting], shrunk: float) -> Sighting:
    """The sighting with its hidden legs: something stands before them, or the detector missed them.

    A box gets shorter and slimmer when somebody walks away from the camera; one that is only shorter while
    the head is where it was has lost the legs. They stay hidden until they are seen again or the person
    moves. What counts is the second tallest body of late, so that one box that is too long does no harm.
    """
    last = before[-1]
    late = sorted((s for s in before if last.mono_ms - s.mono_ms <= 1500), key=lambda s: s.height)
    if new.clipped or len(late) < 2:
        return new
    body = late[-2]
    shorter, slimmer = new.height / body.height, new.width / body.width
    if shorter >= shrunk or shorter >= 0.85 * slimmer or way(body.head, new.head) > 0.2 * body.height:
        return new
    return replace(new, hidden=body.height - (new.box[3] - new.box[1]))


def with_suspected_legs(sighting: Sighting, unsure: Sequence[Sighting]) -> Sighting:
    """The sighting with the legs that the detector only suspects: a weak box with the same trunk, but longer.

    People in long clothes, seen from above, are sometimes sure down to the hips and weak down to the feet.
    """
    _, y1, _, y2 = sighting.box
    feet = [
        weak.box[3]
        for weak in unsure
        if abs(weak.foot[0] - sighting.foot[0]) <= 0.25 * sighting.width
        and 0.6 <= weak.width / sighting.width <= 1.5
        and weak.box[1] <= y1 + 0.4 * sighting.height
        and y2 + 0.15 * sighting.height < weak.box[3] <= y2 + 1.2 * sighting.height
    ]
    return replace(sighting, hidden=min(feet) - y2) if feet and not sighting.clipped else sighting


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    common = _common(one, other)
    return common / (_area(one) + _area(other) - common) if common else 0.0


def nested(one: Box, other: Box) -> float:
    """Share of the smaller box that lies in the larger one."""
    return _common(one, other) / min(_area(one), _area(other))


def way(before: Point, now: Point) -> float:
    """Between two points, in pixels."""
    return hypot(now[0] - before[0], now[1] - before[1])


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _common(one: Box, other: Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return width * height if width > 0 and height > 0 else 0.0
