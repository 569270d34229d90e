"""Who comes into a rendered store, when, how long they are served, and how they leave."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .drawing import Point
from .people import Mood

DOOR: Point = (0.82, 0.43)
AISLE: Point = (1.12, 0.62)
"""Outside the picture at the right."""


@dataclass(frozen=True)
class Visit:
    """One person's way through the store; places are shares of the picture, where the feet are."""

    start_s: float
    arriving: tuple[Point, ...]
    """From where they appear to where they stand."""
    dwell_s: float
    """How long they stand at the till; 0 for who only passes by."""
    leaving: tuple[Point, ...] = ()
    """From where they stand to where they disappear."""
    mood: Mood = "neutral"
    looks_seed: int = 0
    speed_mps: float = 1.2

    @property
    def served(self) -> bool:
        return self.dwell_s > 0


@dataclass(frozen=True)
class SceneScript:
    """All visits of a round; a scene that goes on longer begins again."""

    visits: tuple[Visit, ...]
    duration_s: float


def busy_till(
    seed: int,
    *,
    every_s: float = 20.0,
    dwell_s: tuple[float, float] = (5.0, 14.0),
    duration_s: float = 3600.0,
    passing_share: float = 0.25,
    pair_share: float = 0.1,
) -> SceneScript:
    """A customer about every `every_s`, or when the till is free; some only pass by, some come as two."""
    rng = np.random.default_rng([seed, 1])
    visits: list[Visit] = []
    start, free_at = 1.0, 0.0
    while start < duration_s - dwell_s[1] - 30:
        if rng.random() < passing_share:
            visits.append(_passing(rng, start, len(visits)))
        dwell = float(rng.uniform(*dwell_s))
        visits.append(_served(rng, max(start, free_at - 5.0), dwell, len(visits), shift=0.0))
        if rng.random() < pair_share:
            last = visits[-1]
            visits.append(_served(rng, last.start_s + 0.7, dwell - 1.0, len(visits), shift=0.11))
        free_at = visits[-1].start_s + dwell + 8.0
        start = max(start + every_s * float(rng.uniform(0.6, 1.4)), free_at - 5.0)
    return SceneScript(tuple(sorted(visits, key=lambda visit: visit.start_s)), duration_s)


def _served(rng: np.random.Generator, start_s: float, dwell_s: float, number: int, shift: float) -> Visit:
    stand = (0.44 + shift + float(rng.uniform(-0.02, 0.02)), 0.89 + float(rng.uniform(-0.025, 0.025)))
    turn = (0.62 + shift / 2, 0.62 + float(rng.uniform(-0.04, 0.04)))
    mood: Mood = ("positive", "neutral", "negative")[rng.choice(3, p=(0.45, 0.4, 0.15))]
    return Visit(
        start_s,
        (DOOR, turn, stand),
        dwell_s,
        (stand, turn, DOOR),
        mood,
        number,
        float(rng.uniform(1.0, 1.4)),
    )


def _passing(rng: np.random.Generator, start_s: float, number: int) -> Visit:
    """From the door to the aisle, or across the back of the store."""
    middle = (0.66, 0.58) if rng.random() < 0.5 else (0.3, 0.47)
    ways = [(DOOR, middle, AISLE), (AISLE, middle, DOOR), (DOOR, (0.3, 0.46), (-0.12, 0.5))]
    way = ways[rng.integers(len(ways))]
    return Visit(start_s, way, 0.0, looks_seed=number, speed_mps=float(rng.uniform(1.0, 1.5)))


def length(path: tuple[Point, ...]) -> float:
    """Of a path on the ground, in its unit."""
    return float(sum(np.hypot(x2 - x1, y2 - y1) for (x1, y1), (x2, y2) in pairwise(path)))


def along(path: tuple[Point, ...], walked: float) -> tuple[Point, Point]:
    """Where somebody is after a distance on the path, and the direction of that part."""
    for start, end in pairwise(path):
        whole = float(np.hypot(end[0] - start[0], end[1] - start[1]))
        if walked <= whole or end == path[-1]:
            share = min(1.0, walked / max(whole, 1e-6))
            direction = (end[0] - start[0], end[1] - start[1])
            return (start[0] + share * direction[0], start[1] + share * direction[1]), direction
        walked -= whole
    return path[0], (0.0, -1.0)
