"""All persons and faces in a picture file, weak ones too: for judging detectors, not for counting."""

from pathlib import Path
from typing import TypedDict

import cv2
import numpy as np

from .boxes import Floats, without_doubles
from .detections import Detection
from .detector import FaceFinder, OnnxDetector
from .errors import BadFrame
from .frames import Image, as_bgr
from .registry import Registry

LEAST_SCORE = 0.05
MOST_BOXES = 300
DOUBLES = 0.5
LARGEST_FILE_BYTES = 64_000_000


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
        image = read_picture(path)
        seen = self._persons.detect(image)
        faces = _rows((*self._faces.find_all(image), *seen.faces))
        return {
            "persons": _rounded(_rows(seen.persons)),
            "faces": _rounded(without_doubles(faces, DOUBLES, MOST_BOXES)),
        }


def read_picture(path: Path) -> Image:
    """The picture in a file, as it was taken up by OpenCV: turned as its camera says."""
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= LARGEST_FILE_BYTES else b""
    except OSError as error:
        raise BadFrame(f"{path}: {error.strerror or error}") from error
    if size > LARGEST_FILE_BYTES:
        raise BadFrame(f"{path}: {size:,} bytes, should be at most {LARGEST_FILE_BYTES:,}")
    if not data:
        raise BadFrame(f"{path}: is empty, should be a picture")
    if _is_cut_off(data):
        raise BadFrame(f"{path}: the JPEG ends in the middle")
    try:
        array = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise BadFrame(f"{path}: cannot be decoded: {error.err}") from error
    if array is None:
        raise BadFrame(f"{path}: no picture that can be decoded, should be JPEG, PNG, ...")
    return as_bgr(array, str(path))


def _is_cut_off(data: bytes) -> bool:
    """Whether it is a JPEG without its end, which OpenCV would fill up with grey."""
    if not data.startswith(b"\xff\xd8"):
        return False
    at = 2
    while data[at : at + 1] == b"\xff" and data[at + 1 : at + 2] != b"\xda":  # segments before the first scan
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return b"\xff\xd9" not in data[at:]


def _rows(detections: tuple[Detection, ...]) -> Floats:
    boxes = [(each.x1, each.y1, each.x2, each.y2, each.score) for each in detections]
    return np.array(boxes, np.float32).reshape(-1, 5)


def _rounded(boxes: Floats) -> list[list[float]]:
    """Hundredths of a pixel, and scores of four digits."""
    return [[*(round(side, 2) for side in row[:4]), round(row[4], 4)] for row in boxes.astype(float).tolist()]
