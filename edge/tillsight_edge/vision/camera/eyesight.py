"""Whether a camera sees what it should: not dark, covered, frozen or moved; no frame is kept for it.

All it remembers of a place are edges between 64 x 48 grey levels, in the mean of many frames, in memory.
"""

import zlib
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from tillsight_models.events import CameraState

from ..frames import Frame, Image

Levels = npt.NDArray[np.float32]

WIDTH, HEIGHT, BLOCK = 64, 48, 8
LOOK_EVERY_S = 0.4
LONGEST_STEP_S = 2.0
"""A longer pause between two frames counts as this: what was not seen says nothing."""

DARK_LEVEL, DARK_BRIGHTEST = 16.0, 40.0
"""Of 255: the mean, and what one pixel in fifty reaches."""
DARK_AFTER_S, DARK_BACK_S = 3.0, 2.0

STRONG = 0.95
FLAT_CONTRAST, LOST_SHARE = 0.03, 0.25
"""The contrast is that of strong edges to the brightness: so little is no place; and less than this share of
the usual contrast is not this place. A wall close to the lens has slopes, but no strong edges."""
COVERED_AFTER_S, COVERED_BACK_S = 5.0, 2.0

FROZEN_AFTER_S = 20.0
"""A sensor's noise differs in each picture; a thrifty camera may send the same one for a few seconds."""

LEARN_S = 15.0
SAME_ANGLE = 0.6
"""Cosine between the edges of a block now and as they were learnt, above which it is the same."""
MIN_EDGES, MIN_BLOCKS = 2.0, 6
"""Levels, above which a block has edges to be known by; and how many such blocks a place must have."""
SEEN_WITHIN_S = 40.0
"""A block counts as there if it was seen once in this time: people do not hide all of them for so long."""
MOVED_BELOW, BACK_ABOVE = 0.45, 0.6
"""Shares of the blocks that are there."""
ADAPT = 0.01
"""Share of a look that a block's edges take over, so that slow changes of light are learnt."""
RELEARN_AFTER_S = 600.0
"""A block that looks different for so long, while the rest is as it was, is new furniture."""


@dataclass
class _Held:
    """Holds only after something was true for a while, and ends only after it was false for a while."""

    after_s: float
    back_s: float
    held: bool = False
    since_s: float = 0.0

    def update(self, true: bool, step_s: float) -> bool:
        self.since_s = self.since_s + step_s if true != self.held else 0.0
        if true != self.held and self.since_s >= (self.after_s if true else self.back_s):
            self.held, self.since_s = true, 0.0
        return self.held


class Eyesight:
    """Judges one camera by its frames.

    `moved` stays until the old view is back, or until `forget`: a new view needs new zones, and whoever drew
    them starts the eyes again. What was learnt lives as long as the process.
    """

    def __init__(self) -> None:
        self._state: CameraState = "ok"
        self._mono_ms: int | None = None
        self._looked_s = 0.0
        self._sameness = _Sameness()
        self._dark = _Held(DARK_AFTER_S, DARK_BACK_S)
        self._covered = _Held(COVERED_AFTER_S, COVERED_BACK_S)
        self._place = _Place()

    def look(self, frame: Frame) -> CameraState:
        """How the camera is by this frame and those before it."""
        step_s = 0.0 if self._mono_ms is None else (frame.mono_ms - self._mono_ms) / 1000
        first, self._mono_ms = self._mono_ms is None, frame.mono_ms
        step_s = min(LONGEST_STEP_S, max(0.0, step_s))
        self._looked_s += step_s
        frozen = self._sameness.update(frame, step_s)
        if first or self._looked_s >= LOOK_EVERY_S:
            self._state = self._judge(_small(frame.image), self._looked_s, frozen=frozen)
            self._looked_s = 0.0
        return self._state

    def forget(self) -> None:
        """Accept what is seen from now on as the place."""
        self._place = _Place()

    def _judge(self, small: Levels, step_s: float, *, frozen: bool) -> CameraState:
        is_dark = bool(small.mean() < DARK_LEVEL and np.quantile(small, 0.98) < DARK_BRIGHTEST)
        if self._dark.update(is_dark, step_s):
            return "dark"
        if frozen:
            return "frozen"
        edges = _edges(small)
        contrast = float(np.quantile(np.abs(edges), STRONG) / (small.mean() + 8))
        if self._covered.update(not is_dark and self._place.is_lost(contrast), step_s):
            return "covered"
        if is_dark or self._covered.since_s > 0:  # perhaps soon dark or covered: nothing to be learnt
            return "moved" if self._place.moved else "ok"
        return "moved" if self._place.look(edges, contrast, step_s) else "ok"


class _Sameness:
    """Notices frames that are exactly the same."""

    def __init__(self) -> None:
        self._checksum: int | None = None
        self._same_s = 0.0

    def update(self, frame: Frame, step_s: float) -> bool:
        checksum = frame.checksum if frame.checksum is not None else zlib.adler32(frame.image.data)
        self._same_s = self._same_s + step_s if checksum == self._checksum else 0.0
        self._checksum = checksum
        return self._same_s >= FROZEN_AFTER_S


class _Place:
    """The edges of a place, learnt block by block."""

    def __init__(self) -> None:
        self.moved = False
        self._edges: Levels = np.zeros((2, HEIGHT, WIDTH), np.float32)
        self._contrast = 0.0
        self._learnt_s = 0.0
        self._looks = 0
        self._unseen_s = np.zeros((HEIGHT // BLOCK, WIDTH // BLOCK))

    def is_lost(self, contrast: float) -> bool:
        """Whether so few edges cannot be this place, nor any other."""
        usual = self._contrast if self._learnt_s >= LEARN_S else 0.0
        return contrast < max(FLAT_CONTRAST, LOST_SHARE * usual)

    def look(self, edges: Levels, contrast: float, step_s: float) -> bool:
        """Whether the camera has been moved."""
        if self._learnt_s < LEARN_S:
            self._learn(edges, contrast, step_s)
            return False
        there = _angles(edges, self._edges) > SAME_ANGLE
        self._unseen_s = np.where(there, 0.0, self._unseen_s + step_s)
        share = self._share_there()
        self.moved = share < (BACK_ABOVE if self.moved else MOVED_BELOW)
        if not self.moved:
            self._adapt(edges, contrast, there)
        return self.moved

    def _learn(self, edges: Levels, contrast: float, step_s: float) -> None:
        """The mean of all looks: who walks through leaves little."""
        self._looks += 1
        self._edges += (edges - self._edges) / self._looks
        self._contrast += (contrast - self._contrast) / self._looks
        self._learnt_s += step_s

    def _share_there(self) -> float:
        """Of the blocks that have edges; 1 where there are too few to tell."""
        known = _sizes(self._edges) > MIN_EDGES
        if np.count_nonzero(known) < MIN_BLOCKS:
            return 1.0
        return float(np.mean(self._unseen_s[known] < SEEN_WITHIN_S))

    def _adapt(self, edges: Levels, contrast: float, there: npt.NDArray[np.bool_]) -> None:
        """Blocks that are there change slowly; those that were not seen for long are learnt anew."""
        anew = self._unseen_s >= RELEARN_AFTER_S
        self._unseen_s[anew] = 0.0
        rate = _spread(np.where(anew, 1.0, np.where(there, ADAPT, 0.0)))
        self._edges += rate * (edges - self._edges)
        self._contrast += ADAPT * (contrast - self._contrast)


def _small(image: Image) -> Levels:
    """Grey levels [HEIGHT,WIDTH], each the mean of its part of the picture."""
    small = cv2.resize(image, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.float32)


def _edges(small: Levels) -> Levels:
    """[2,HEIGHT,WIDTH]: how the level changes to the right and downwards."""
    edges = np.zeros((2, HEIGHT, WIDTH), np.float32)
    edges[0, :, :-1] = small[:, 1:] - small[:, :-1]
    edges[1, :-1] = small[1:] - small[:-1]
    return edges


def _blocks(values: Levels) -> Levels:
    """[rows,columns,n]: the values of each block side by side."""
    parts = values.reshape(2, HEIGHT // BLOCK, BLOCK, WIDTH // BLOCK, BLOCK)
    return parts.transpose(1, 3, 0, 2, 4).reshape(HEIGHT // BLOCK, WIDTH // BLOCK, -1)


def _sizes(edges: Levels) -> Levels:
    """Of each block, in levels."""
    return np.asarray(np.sqrt(np.mean(_blocks(edges) ** 2, axis=2)), np.float32)


def _angles(one: Levels, other: Levels) -> Levels:
    """The cosine between the edges of each block: 1 the same, whatever the light."""
    first, second = _blocks(one), _blocks(other)
    lengths = np.linalg.norm(first, axis=2) * np.linalg.norm(second, axis=2)
    return np.asarray((first * second).sum(axis=2) / np.maximum(lengths, 1e-6), np.float32)


def _spread(blocks: npt.NDArray[np.float64]) -> Levels:
    """A value for each block becomes one for each pixel."""
    return np.kron(blocks, np.ones((BLOCK, BLOCK))).astype(np.float32)
