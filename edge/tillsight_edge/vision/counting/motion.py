"""Whether a frame is worth a look: it is when something has changed since the last one that was looked at."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ..frames import Image


@dataclass(frozen=True)
class MotionRules:
    """The numbers of the motion gate."""

    width_px: int = 160
    """Frames are compared in grey at this width."""
    least_change: int = 10
    """Grey levels, of 255, that are a change in a picture without noise."""
    noise_factor: float = 6.0
    """In a noisy picture: so many times what half of its pixels stay below."""
    least_share: float = 0.001
    """Of the picture that has to change: somebody of a tenth of the frame's height who takes a step."""
    watching_share: float = 0.004
    """The same while somebody is there: hands that move at a till are no news."""
    watching_s: float = 1.0
    """While somebody is there, the longest time without a look: people who stand still do not move."""
    empty_s: float = 5.0
    """While nobody is there, the longest time without a look."""


class MotionGate:
    """Compares each frame with the last one that went through, so that slow movements add up."""

    def __init__(self, rules: MotionRules | None = None) -> None:
        self._rules = rules or MotionRules()
        self._looked: npt.NDArray[np.uint8] | None = None
        self._looked_ms = 0

    def opens(self, image: Image, mono_ms: int, *, watching: bool, settled: bool) -> bool:
        """Whether this frame should be looked at.

        `watching`: somebody is known to be there; `settled`: whoever is there was seen in the last frame
        and is no surprise any more. While that is not so, every frame is looked at.
        """
        small = self._small(image)
        waited_ms = mono_ms - self._looked_ms
        patience_s = self._rules.watching_s if watching else self._rules.empty_s
        due = self._looked is None or not settled or waited_ms >= patience_s * 1000
        least = self._rules.watching_share if watching else self._rules.least_share
        if not due and self._moved(small) < least:
            return False
        self._looked, self._looked_ms = small, mono_ms
        return True

    def _small(self, image: Image) -> npt.NDArray[np.uint8]:
        height, width = image.shape[:2]
        across, down = self._rules.width_px, max(1, round(height * self._rules.width_px / width))
        # in two steps: averaging over the whole frame in one would take six times as long
        double = cv2.resize(image, (2 * across, 2 * down), interpolation=cv2.INTER_LINEAR)
        small = cv2.resize(double, (across, down), interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)

    def _moved(self, small: npt.NDArray[np.uint8]) -> float:
        """Share that changed. Light that changes everywhere alike is no movement, and neither is grain."""
        if self._looked is None or self._looked.shape != small.shape:
            return 1.0
        change = small.astype(np.int16) - self._looked
        away = np.abs(change - round(float(np.median(change))))
        limit = max(self._rules.least_change, self._rules.noise_factor * float(np.median(away)))
        return float(np.count_nonzero(away > limit) / away.size)
