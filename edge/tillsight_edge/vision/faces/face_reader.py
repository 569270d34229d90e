"""Reading the faces of people who stand in the zone: many pictures, one value a person when they leave.

No crop outlives the call that cut it out, and nothing of a face is kept but sums of probabilities; those go
with the person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import hypot
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from tillsight_models.geometry import Box

from ..detections import Detection, Image
from .crops import QualityFloor, face_crop, face_quality, head_region
from .demographics import AGE_BANDS, GENDERS, DemographicsModel, is_minor, named
from .emotion import EmotionModel, Sign, valence, valence_shares
from .windows import Reading

READ_EVERY_MS = 450
"""Between two looks at one face: about half a second, and a little less so that frames need not fit."""

Region: TypeAlias = tuple[int, int, int, int]


class FaceFinder(Protocol):
    """Finds faces where heads must be."""

    def find(self, image: Image, regions: Sequence[Region]) -> Sequence[Sequence[Detection]]:
        """For each region its faces, in pixels of the image."""


@dataclass
class Tally:
    """Sums over the usable pictures of one face."""

    crops: int = 0
    looked_ms: int | None = None
    """When the face was last looked for."""
    weight: float = 0.0
    shares: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
    """Of valence, weighted by confidence."""
    ages: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(len(AGE_BANDS)))
    genders: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(len(GENDERS)))

    def add_valence(self, shares: npt.NDArray[np.float32]) -> None:
        """One more picture; a sure one says more."""
        confidence = float(shares.max())
        self.weight += confidence
        self.shares += confidence * shares

    def sign(self, threshold: float) -> Sign | None:
        """The valence over all pictures."""
        return valence(self.shares / self.weight, threshold).sign if self.weight else None

    def add_estimates(self, ages: npt.NDArray[np.float32], genders: npt.NDArray[np.float32]) -> None:
        """One more picture."""
        self.ages += ages
        self.genders += genders


class FaceReader:
    """Looks at the faces of people who stand in the zone, each about twice a second."""

    def __init__(
        self,
        finder: FaceFinder,
        floor: QualityFloor,
        min_crops: int,
        emotion: EmotionModel | None = None,
        demographics: DemographicsModel | None = None,
    ) -> None:
        self._finder = finder
        self._floor = floor
        self._min_crops = min_crops
        self._emotion, self._demographics = emotion, demographics
        self._tallies: dict[int, Tally] = {}
        """By track, of people who have not left."""

    def look(self, image: Image, mono_ms: int, standing: Mapping[int, Box]) -> None:
        """One frame, staff zones black, and the people who stand in the zone by track."""
        due = [track for track in standing if self._is_due(track, mono_ms)]
        regions = {track: head_region(standing[track], image) for track in due}
        places = [(track, region) for track, region in regions.items() if region is not None]
        found = self._finder.find(image, [region for _, region in places])
        crops = {
            track: crop
            for (track, _), faces in zip(places, found, strict=True)
            if (crop := self._usable(image, faces, track, standing)) is not None
        }
        if crops:
            self._read(crops)

    def left(self, track: int) -> Reading:
        """What is known of a person who has left; from now on nothing is."""
        tally = self._tallies.pop(track, None)
        if tally is None or tally.crops < self._min_crops:
            return Reading()
        sign = tally.sign(self._emotion.threshold) if self._emotion else None
        if self._demographics is None:
            return Reading(sign)
        ages, genders = tally.ages / tally.crops, tally.genders / tally.crops
        floor = self._demographics.threshold
        gender = None if is_minor(ages) else named(genders, GENDERS, floor)
        return Reading(sign, named(ages, AGE_BANDS, floor), gender)

    def forget(self) -> None:
        """Of nobody anything is known."""
        self._tallies.clear()

    def _is_due(self, track: int, mono_ms: int) -> bool:
        tally = self._tallies.setdefault(track, Tally())
        if tally.looked_ms is not None and 0 <= mono_ms - tally.looked_ms < READ_EVERY_MS:
            return False
        tally.looked_ms = mono_ms
        return True

    def _usable(
        self, image: Image, faces: Sequence[Detection], track: int, standing: Mapping[int, Box]
    ) -> Image | None:
        """The crop of this person's face, where it is there and good enough."""
        mine = [face for face in faces if _whose(face, standing) == track]
        if not mine:
            return None
        face = max(mine, key=lambda face: face.score)
        crop = face_crop(image, face)
        return crop if face_quality(crop, face, self._floor).usable else None

    def _read(self, crops: Mapping[int, Image]) -> None:
        tallies = [self._tallies[track] for track in crops]
        pictures = list(crops.values())
        for tally in tallies:
            tally.crops += 1
        if self._emotion:
            shares = valence_shares(self._emotion.predict(pictures))
            for tally, row in zip(tallies, shares, strict=True):
                tally.add_valence(row)
        if self._demographics:
            estimates = self._demographics.predict(pictures)
            for tally, ages, genders in zip(tallies, estimates.age_band, estimates.gender, strict=True):
                tally.add_estimates(ages, genders)


def _whose(face: Detection, standing: Mapping[int, Box]) -> int:
    """The person whose head is nearest, in widths of their box: heads are at the top, in the middle."""

    def away(track: int) -> float:
        x1, y1, x2, _ = standing[track]
        width = max(1.0, x2 - x1)
        beside = (face.x1 + face.x2 - x1 - x2) / 2
        below = (face.y1 + face.y2) / 2 - y1
        return hypot(beside, below) / width

    return min(standing, key=away)
