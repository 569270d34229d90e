"""`detect`'s way from a file to boxes, through broken files too."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.harness.networks import any_size_boxes_network, boxes_model, boxes_network

from tillsight_edge.vision.networks.picture_boxes import PictureBoxes
from tillsight_edge.vision.networks.registry import Registry
from tillsight_models.manifest import as_toml

PICTURE = np.random.default_rng(2).integers(0, 255, (120, 160, 3), np.uint8)


def encoded(kind: str, picture: np.ndarray = PICTURE) -> bytes:
    return bytes(cv2.imencode(kind, picture)[1])


def saved(folder: Path, data: bytes) -> Path:
    path = folder / "picture"
    path.write_bytes(data)
    return path


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """A detector that sees one person and one large face, and one that sees faces where it is bright."""
    persons = boxes_network(spots={(16, 5, 5, 0): 0.9, (16, 2, 5, 1): 0.7, (32, 6, 8, 0): 0.06})
    faces = {"name": "own-faces", "task": "faces", "input": [1, 0, 0, 3], "classes": ["face"]}
    for model in (
        boxes_model(tmp_path, persons, name="own-persons"),
        boxes_model(tmp_path, any_size_boxes_network(), **faces),
    ):
        (tmp_path / f"{model.name}.toml").write_text(as_toml(model.entry), encoding="utf-8")
    return Registry(tmp_path)


def test_persons_and_faces_of_both_networks_are_told_once(registry: Registry, tmp_path: Path) -> None:
    picture = np.zeros((256, 320, 3), np.uint8)
    found = PictureBoxes(registry, "own-persons", "own-faces").of_file(
        saved(tmp_path, encoded(".png", picture))
    )
    assert found == {
        "persons": [[56.0, 56.0, 120.0, 120.0, 0.9], [208.0, 144.0, 320.0, 256.0, 0.06]],
        "faces": [[56.0, 8.0, 120.0, 72.0, 0.7]],
    }


def test_faces_of_the_second_network_are_there_too(registry: Registry, tmp_path: Path) -> None:
    picture = np.zeros((512, 640, 3), np.uint8)
    picture[400:420, 300:320] = 255
    found = PictureBoxes(registry, "own-persons", "own-faces").of_file(
        saved(tmp_path, encoded(".png", picture))
    )
    assert any(
        300 <= (x1 + x2) / 2 <= 320 and 400 <= (y1 + y2) / 2 <= 420 for x1, y1, x2, y2, _ in found["faces"]
    )
    assert found["faces"] == sorted(found["faces"], key=lambda face: -face[4])
