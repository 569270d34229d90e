"""Validation: counts by a person's judgement, kept in a file that only fits the model it was made with."""

from datetime import date
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from tests.harness.drawn_faces import drawn_face
from tests.harness.scripted_faces import ScriptedEmotion, emotion_row

from tillsight_edge.vision.errors import BadCrops, BadValidation
from tillsight_edge.vision.faces.crops import QualityFloor
from tillsight_edge.vision.faces.validation import (
    Judged,
    Validation,
    added,
    read_judged,
    read_validation,
    table,
    validated,
    validation_counts,
    write_validation,
)

MODEL = ScriptedEmotion(emotion_row(happiness=0.9), name="emotion", sha256="a" * 64)
COUNTS = ((40, 5, 1, 6), (4, 70, 6, 11), (1, 8, 32, 9))
FACE = drawn_face(64)
BLURRED = cv2.GaussianBlur(FACE, (0, 0), 4)


def written(folder: Path, **changes: Any) -> Path:
    path = folder / "validation.json"
    values: dict[str, Any] = {"model": "emotion", "sha256": "a" * 64, "date": date(2026, 11, 22)}
    write_validation(path, Validation(**{**values, "counts": COUNTS, **changes}))
    return path


def test_people_are_counted_by_what_is_true_and_what_was_said() -> None:
    truth = [1, 1, 1, 0, 0, -1, -1, -1]
    said = [1, 0, None, 0, -1, -1, None, None]
    assert table(truth, said) == ((1, 1, 0, 1), (0, 1, 1, 0), (0, 0, 1, 2))  # type: ignore[arg-type]


def test_each_face_is_a_person_unless_it_is_said_whose_it_is() -> None:
    judged = Judged([FACE] * 6, [1, 1, 0, 0, -1, -1], None)
    assert validated(judged, MODEL, QualityFloor(), 5) == ((2, 0, 0, 0), (2, 0, 0, 0), (2, 0, 0, 0))


def test_faces_of_one_person_become_one_value_as_on_the_device() -> None:
    crops = [FACE] * 5 + [FACE] * 4 + [FACE] * 4 + [BLURRED]
    person = [1] * 5 + [2] * 4 + [3] * 5
    judged = Judged(crops, [1] * 5 + [0] * 4 + [-1] * 5, person)
    assert validated(judged, MODEL, QualityFloor(), 5) == ((1, 0, 0, 0), (0, 0, 0, 1), (0, 0, 0, 1))


def test_counts_are_written_and_read_back(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert read_validation(path).counts == COUNTS
    assert read_validation(path).people == 193
    assert validation_counts(path, MODEL) == COUNTS


def test_counts_of_another_model_are_refused(tmp_path: Path) -> None:
    other = ScriptedEmotion(MODEL.row, name="emotion", sha256="b" * 64)
    with pytest.raises(
        BadValidation, match="is of model emotion aaaaaaaaaaaa, should be of emotion bbbbbbbbbbbb"
    ):
        validation_counts(written(tmp_path), other)


def test_counts_of_few_people_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadValidation, match="9 people judged: should be 10 or more"):
        validation_counts(written(tmp_path, counts=((3, 0, 0, 0),) * 3), MODEL)


def test_counts_of_several_days_add_up(tmp_path: Path) -> None:
    path = written(tmp_path)
    more = Validation(model="emotion", sha256="a" * 64, date=date(2026, 11, 23), counts=COUNTS)
    assert added(more, path).counts == ((80, 10, 2, 12), (8, 140, 12, 22), (2, 16, 64, 18))
    assert added(more, tmp_path / "new.json") == more
    other = Validation(model="emotion", sha256="b" * 64, date=date(2026, 11, 23), counts=COUNTS)
    with pytest.raises(BadValidation, match="is of model emotion aaaaaaaaaaaa: take another file"):
        added(other, path)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"\xff\xfe",
        b'{"model":"m","sha256":"aa","date":"2026-11-22","counts":[[0,0,0,0],[0,0,0,0],[0,0,0,0]]}',
        b'{"model":"m","sha256":"' + b"a" * 64 + b'","date":"2026-11-22","counts":[[0,0,0],[0,0,0],[0,0,0]]}',
        b'{"model":"m","sha256":"'
        + b"a" * 64
        + b'","date":"2026-11-22","counts":[[0,0,0,-1],[0,0,0,0],[0,0,0,0]]}',
        b'{"model":"m","sha256":"'
        + b"a" * 64
        + b'","date":"today","counts":[[0,0,0,1],[0,0,0,0],[0,0,0,0]]}',
        b'{"model":"m","sha256":"' + b"a" * 64 + b'","date":"2026-11-22","people":["Ann"]}',
    ],
)
def test_a_file_that_is_no_validation_is_one_line(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "validation.json"
    path.write_bytes(text)
    with pytest.raises(BadValidation, match=r"validation\.json: is no validation") as refused:
        read_validation(path)
    assert "\n" not in str(refused.value)


def test_a_missing_file_and_one_that_cannot_be_written_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadValidation, match=r"absent\.json: cannot be read: No such file"):
        read_validation(tmp_path / "absent.json")
    with pytest.raises(BadValidation, match="cannot be written: No such file"):
        written(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({}, "valence: is missing"),
        ({"valence": [1, 0]}, "valence: 2 values for 3 images"),
        ({"valence": [1, 0, 2]}, "valence: 2: should be 1, 0 or -1"),
        ({"valence": [1.0, 0.0, 0.0]}, r"valence: float64 \[3\]: should be whole numbers"),
        ({"valence": [1, 0, 0], "person": [1, 2]}, "person: 2 values for 3 images"),
        ({"valence": [1, 0, 0], "person": [1, 1, 2]}, "differs between images of the same person"),
    ],
)
def test_judgements_that_do_not_fit_are_one_line(
    tmp_path: Path, values: dict[str, Any], problem: str
) -> None:
    path = tmp_path / "judged.npz"
    np.savez(path, images=np.zeros((3, 48, 48), np.uint8), **values)
    with pytest.raises(BadCrops, match=problem):
        read_judged(path)


def test_nobody_judged_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "judged.npz"
    np.savez(path, images=np.zeros((0, 48, 48), np.uint8), valence=np.zeros(0, np.int8))
    with pytest.raises(BadCrops, match="nobody was judged"):
        read_judged(path)
