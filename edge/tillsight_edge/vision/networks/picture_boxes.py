"""All persons and faces in a picture file, weak ones too: for judging detectors, not for counting."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

import cv2
import numpy as np

from ..camera.pictures import read_picture
from ..detections import Detection
from ..frames import Image
from .boxes import Floats, without_doubles
from .detector import FaceFinder, OnnxDetector
from .registry import Registry

LEAST_SCORE = 0.05
MOST_BOXES = 300
DOUBLES = 0.5
LARGE_PX = 40
"""From this longer side on, on its canvas, the network for persons tells of faces too."""


class Boxes(TypedDict):
    """Boxes as x1, y1, x2, y2, score, in pixels of the picture, best first."""

    persons: list[list[float]]
    faces: list[list[float]]


class PictureBoxes:
    """Persons by one network; faces by another, and the large ones that the first sees too."""

    def __init__(self, registry: Registry, persons: str, faces: str) -> None:
        """`persons` and `faces` are names of models."""
        cv2.setNumThreads(1)
        self._persons = OnnxDetector(registry.find(persons, "persons"), LEAST_SCORE)
        self._faces = FaceFinder(registry.find(faces, "faces"), LEAST_SCORE)

    def of_file(self, path: Path) -> Boxes:
        """BadFrame where it is no picture that can be used."""
        return self.of_image(read_picture(path))

    def of_image(self, image: Image) -> Boxes:
        """The same of a picture in memory."""
        seen = self._persons.detect(image)
        least = LARGE_PX / self._persons.scale(image)
        large = [face for face in seen.faces if max(face.width, face.height) >= least]
        faces = rows_of((*self._faces.find_all(image), *large))
        return {
            "persons": _rounded(rows_of(seen.persons)),
            "faces": _rounded(without_doubles(faces, DOUBLES, MOST_BOXES)),
        }


def rows_of(detections: Sequence[Detection]) -> Floats:
    """[N, 5] of x1, y1, x2, y2 and score."""
    boxes = [(each.x1, each.y1, each.x2, each.y2, each.score) for each in detections]
    return np.array(boxes, np.float32).reshape(-1, 5)


def _rounded(boxes: Floats) -> list[list[float]]:
    """Hundredths of a pixel, and scores of four digits."""
    return [[*(round(side, 2) for side in row[:4]), round(row[4], 4)] for row in boxes.astype(float).tolist()]
