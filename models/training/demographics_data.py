"""Face chips with age and gender as the demographics training and evaluation see them."""

import csv
import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

FACE_SIZE = 64
BANDS = ("under-18", "18-29", "30-44", "45-59", "60+")
BAND_STARTS = (0, 18, 30, 45, 60)
GENDERS = ("male", "female")


@dataclass(frozen=True)
class Chips:
    """Coloured faces: `images` [N, 64, 64, 3] RGB, `age` in years, `gender` 0 male 1 female.

    The `ethnicity`, in the data's words, serves to compare errors between groups; nothing predicts it.
    """

    images: npt.NDArray[np.uint8]
    age: npt.NDArray[np.int64]
    gender: npt.NDArray[np.int64]
    ethnicity: npt.NDArray[np.str_]
    held_out: npt.NDArray[np.bool_]

    def part(self, rows: npt.NDArray[np.bool_]) -> "Chips":
        """The chips where `rows` is true."""
        return Chips(
            self.images[rows], self.age[rows], self.gender[rows], self.ethnicity[rows], self.held_out[rows]
        )


def band_of(age: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The index of the age band of each age in years."""
    return np.digitize(age, BAND_STARTS[1:]).astype(np.int64)


def read_chips(path: Path) -> Chips:
    """All chips of a zip with labels.csv; a fifth, chosen by the hash of its bytes, is not trained on."""
    images, held_out = [], []
    with zipfile.ZipFile(path) as archive:
        rows = list(csv.DictReader(io.TextIOWrapper(archive.open("labels.csv"), "utf-8")))
        for row in rows:
            content = archive.read(f"images/{row['image']}")
            picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
            small = cv2.resize(picture, (FACE_SIZE, FACE_SIZE), interpolation=cv2.INTER_AREA)
            images.append(cv2.cvtColor(small, cv2.COLOR_BGR2RGB))
            held_out.append(hashlib.sha256(content).digest()[0] % 5 == 0)
    return Chips(
        images=np.stack(images).astype(np.uint8),
        age=np.array([int(row["age"]) for row in rows], dtype=np.int64),
        gender=np.array([GENDERS.index(row["gender"]) for row in rows], dtype=np.int64),
        ethnicity=np.array([row["ethnicity"] for row in rows]),
        held_out=np.array(held_out, dtype=np.bool_),
    )
