"""A face finder and models that say what a test wants, and remember what they were shown."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt
from tests.harness.drawn_faces import Image, drawn_face

from tillsight_edge.vision.detections import Detection
from tillsight_edge.vision.faces.demographics import AGE_BANDS, Estimates
from tillsight_edge.vision.faces.emotion import FERPLUS, Crop, Probabilities

FACE_PX = 48
Region = tuple[int, int, int, int]


@dataclass
class ScriptedFinder:
    """Finds the faces that it was given wherever their middle lies in a region."""

    faces: list[Detection] = field(default_factory=list)
    regions: list[Region] = field(default_factory=list)
    """All that it was asked to look at."""

    def find(self, image: Image, regions: Sequence[Region]) -> list[list[Detection]]:
        self.regions += regions
        return [[face for face in self.faces if _inside(face, region)] for region in regions]


@dataclass
class ScriptedEmotion:
    """Says the same of all faces until it is told otherwise."""

    row: Probabilities
    name: str = "scripted"
    sha256: str = "0" * 64
    threshold: float = 0.5
    shown: list[Crop] = field(default_factory=list)

    def predict(self, crops: Sequence[Crop]) -> Probabilities:
        self.shown += crops
        return np.tile(self.row, (len(crops), 1))


@dataclass
class ScriptedDemographics:
    """The same for age band and gender."""

    age: int = 1
    male: float = 0.9
    threshold: float = 0.5

    def predict(self, crops: Sequence[Crop]) -> Estimates:
        ages = np.full(len(AGE_BANDS), 0.05, np.float32)
        ages[self.age] = 0.8
        genders = np.array([self.male, 1 - self.male], np.float32)
        return Estimates(np.tile(ages, (len(crops), 1)), np.tile(genders, (len(crops), 1)))


def emotion_row(**probabilities: float) -> npt.NDArray[np.float32]:
    """One row of probabilities by name; neutral gets the rest."""
    row = np.zeros(len(FERPLUS), np.float32)
    for name, probability in probabilities.items():
        row[FERPLUS.index(name)] = probability
    row[0] += 1 - row.sum()
    return row


def room(faces: Sequence[Detection] = ()) -> Image:
    """A frame of 640x480 with drawn faces in it."""
    image = np.full((480, 640, 3), 60, np.uint8)
    for face in faces:
        side = round(1.15 * max(face.width, face.height))
        left, top = round((face.x1 + face.x2 - side) / 2), round((face.y1 + face.y2 - side) / 2)
        image[top : top + side, left : left + side] = cv2.resize(drawn_face(), (side, side))
    return image


def _inside(face: Detection, region: Region) -> bool:
    x, y = (face.x1 + face.x2) / 2, (face.y1 + face.y2) / 2
    return region[0] <= x < region[2] and region[1] <= y < region[3]
