"""Pictures with boxes for the detectors: photographs with their boxes, and rendered stores."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Image = npt.NDArray[np.uint8]
Entry = dict[str, Any]  # one image of annotations.json

PERSON_SCORE = 0.35  # a teacher's box at least this sure is taken as a person, a less sure one is ignored
FACE_SCORE = 0.6


@dataclass(frozen=True)
class Boxes:
    """Boxes of one class: `sure` [N,4] are to be found, `unsure` [M,4] count neither way."""

    sure: Floats
    unsure: Floats


@dataclass(frozen=True)
class Picture:
    """One training image, whole and halved, with the boxes of each class in pixels of the whole one."""

    source: str
    name: str
    whole: Image
    half: Image
    boxes: tuple[Boxes, ...]


def _array(rows: list[list[float]]) -> Floats:
    return np.array([row[:4] for row in rows], np.float32).reshape(-1, 4)


def _taught(rows: list[list[float]], sure: float) -> Boxes:
    return Boxes(
        _array([row for row in rows if row[4] >= sure]), _array([row for row in rows if row[4] < sure])
    )


def _without_parts(faces: Boxes, scores: list[float]) -> Boxes:
    """A face that lies mostly within a surer one is a part of it: it counts neither way."""
    order = np.argsort([-score for score in scores], kind="stable")
    whole: list[int] = []
    for index in order:
        box = faces.sure[index]
        low = np.maximum(box[:2], faces.sure[whole, :2])
        high = np.minimum(box[2:], faces.sure[whole, 2:])
        areas = (faces.sure[whole, 2:] - faces.sure[whole, :2]).prod(1)
        smaller = np.minimum(areas, (box[2:] - box[:2]).prod())
        if not (np.clip(high - low, 0, None).prod(1) > 0.6 * smaller).any():
            whole.append(int(index))
    parts = [index for index in range(len(scores)) if index not in whole]
    return Boxes(faces.sure[sorted(whole)], np.concatenate([faces.unsure, faces.sure[parts]]))


def boxes_of(entry: Entry) -> tuple[Boxes, Boxes]:
    """(persons, faces) of one entry of the annotations; people marked by hand go before a teacher's.

    In a portrait whose teacher is not sure of a person, or of a face, all of it is ignored.
    """
    persons = _taught(entry["person_teacher"], PERSON_SCORE)
    faces = _taught(entry["face_teacher"], FACE_SCORE)
    faces = _without_parts(faces, [row[4] for row in entry["face_teacher"] if row[4] >= FACE_SCORE])
    if "person_gt" in entry:
        persons = Boxes(_array(entry["person_gt"]), np.concatenate([persons.sure, persons.unsure]))
    if not entry["file"].startswith("portrait"):
        return persons, faces
    everything = np.array([[0, 0, entry["width"], entry["height"]]], np.float32)
    return (
        persons if len(persons.sure) else Boxes(persons.sure, everything),
        faces if len(faces.sure) else Boxes(faces.sure, everything),
    )


def entries(folder: Path, split: str) -> list[Entry]:
    """The annotations of one split (`train` or `val`)."""
    with (folder / "annotations.json").open(encoding="utf-8") as file:
        images = json.load(file)["images"]
    return [image for image in images if image["split"] == split]


def halved(image: Image) -> Image:
    """Half the size, without aliasing."""
    return np.asarray(cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)


def rendered_pictures(count: int, seed: int, size: tuple[int, int]) -> list[Picture]:
    """Stores that the product draws itself, with their exact boxes: a quarter as its demo shows them."""
    from tillsight_edge.vision.scene.store import StoreScene
    from tillsight_edge.vision.scene.training import random_scene

    random = np.random.default_rng(seed)
    pictures = []
    for number in range(count):
        if number % 4:
            image, persons, faces = random_scene(random, *size)
        else:
            store = StoreScene(int(random.integers(10_000, 1_000_000)))
            shown = store.render(float(random.uniform(0, store.duration_s)))
            image, persons, faces = shown.image, shown.persons, shown.faces
        exact = tuple(Boxes(_array([list(box) for box in found]), _array([])) for found in (persons, faces))
        pictures.append(Picture("rendered", f"rendered/{seed}-{number}", image, halved(image), exact))
    return pictures


def load_pictures(folder: Path, split: str) -> list[Picture]:
    """All images of one split, decoded."""
    pictures = []
    for entry in entries(folder, split):
        name = entry["file"]
        whole = cv2.imread(str(folder / "images" / name), cv2.IMREAD_COLOR)
        if whole is None:
            raise SystemExit(f"{folder / 'images' / name}: not an image that OpenCV can read")
        image = np.asarray(whole, np.uint8)
        pictures.append(Picture(name.split("/", maxsplit=1)[0], name, image, halved(image), boxes_of(entry)))
    return pictures
