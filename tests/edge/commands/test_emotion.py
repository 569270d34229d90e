"""`tillsight-edge emotion` and `tillsight-edge demographics`, as a person types them."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from tests.harness.drawn_faces import drawn_face
from tests.harness.edge_configs import device_settings, write_toml
from tests.harness.networks import deepface_network

from tillsight_edge.__main__ import main
from tillsight_edge.vision.faces.validation import read_validation
from tillsight_edge.vision.networks.importing import import_model
from tillsight_edge.vision.networks.registry import Registry

FACES = np.stack([cv2.cvtColor(drawn_face(48), cv2.COLOR_BGR2GRAY)] * 3)


def npz(folder: Path, **values: Any) -> str:
    np.savez(folder / "faces.npz", **values)
    return str(folder / "faces.npz")


def results(folder: Path, *words: str) -> dict[str, Any]:
    out = folder / "out.json"
    assert main([*words, "--json", str(out)]) == 0
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("images", [FACES, np.stack([drawn_face(100)] * 3)], ids=["grey", "colour"])
def test_predict_writes_class_valence_and_confidence(tmp_path: Path, images: Any) -> None:
    found = results(tmp_path, "emotion", "predict", npz(tmp_path, images=images))
    assert list(found) == ["class", "valence", "confidence", "wall_s"]
    assert all(value in range(8) for value in found["class"])
    assert all(value in (-1, 0, 1, None) for value in found["valence"])
    assert all(0 <= value <= 1 for value in found["confidence"])
    assert [len(found[key]) for key in ("class", "valence", "confidence")] == [3, 3, 3]
    assert found["wall_s"] >= 0


def test_no_faces_give_empty_lists(tmp_path: Path) -> None:
    found = results(tmp_path, "emotion", "predict", npz(tmp_path, images=FACES[:0]))
    assert (found["class"], found["valence"], found["confidence"]) == ([], [], [])
    found = results(tmp_path, "demographics", "predict", npz(tmp_path, images=FACES[:0]))
    assert (found["age_band"], found["gender"]) == ([], [])


def test_results_can_go_to_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = npz(tmp_path, images=FACES)
    assert main(["emotion", "predict", path, "--json", "-", "--backend", "tillsight"]) == 0
    assert len(json.loads(capsys.readouterr().out)["class"]) == 3


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--backend", "owl"], "model 'owl': is not there, there are "),
        (["--backend", "demographics"], "model 'demographics': is for demographics, should be for emotion"),
        (["--backend", "deepface"], "model 'deepface': is not there, there are "),
    ],
)
def test_a_model_that_cannot_be_used_is_one_line(
    tmp_path: Path, words: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["emotion", "predict", npz(tmp_path, images=FACES), "--json", str(tmp_path / "out.json")]
    assert main([*arguments, "--folder", str(tmp_path), *words]) == 1
    assert capsys.readouterr().err.startswith(f"tillsight-edge: {problem}")


def test_a_backend_that_was_imported_is_used(tmp_path: Path) -> None:
    file = tmp_path / "given.onnx"
    file.write_bytes(deepface_network())
    import_model(tmp_path / "models", "deepface-emotion", file)
    words = ["--backend", "deepface", "--folder", str(tmp_path / "models")]
    found = results(tmp_path, "emotion", "predict", npz(tmp_path, images=FACES), *words)
    assert len(found["class"]) == 3
    assert all(value != 7 for value in found["class"])  # it knows no contempt


@pytest.mark.parametrize(
    "values",
    [{}, {"images": FACES.astype(float)}, {"images": np.array([None, FACES], object)}],
    ids=["nothing", "floats", "pickle"],
)
def test_bad_data_is_one_line_and_nothing_is_written(tmp_path: Path, values: dict[str, Any]) -> None:
    command = [sys.executable, "-m", "tillsight_edge", "emotion", "predict", npz(tmp_path, **values)]
    done = subprocess.run(
        [*command, "--json", str(tmp_path / "out.json")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(f"tillsight-edge: {tmp_path}/faces.npz: images: ")
    assert not (tmp_path / "out.json").exists()


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "nowhere" / "out.json")
    assert main(["emotion", "predict", npz(tmp_path, images=FACES), "--json", out]) == 1
    assert capsys.readouterr().err == f"tillsight-edge: {out}: No such file or directory\n"


def test_validate_writes_what_the_settings_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, out = npz(tmp_path, images=FACES, valence=[1, 0, -1]), tmp_path / "validation.json"
    assert main(["emotion", "validate", data, "--out", str(out)]) == 0
    validation = read_validation(out)
    assert validation.sha256 == Registry().find("emotion").entry.sha256
    assert [sum(row) for row in validation.counts] == [1, 1, 1]
    assert capsys.readouterr().out.splitlines()[0] == f"3 people judged, by emotion: {out}"


def test_validate_takes_its_limits_from_the_configuration(tmp_path: Path) -> None:
    limits = {"min_crops": 4}
    config = write_toml(tmp_path / "device.toml", device_settings(tmp_path, emotion=limits))
    data = npz(tmp_path, images=FACES, valence=[1, 1, 1], person=[5, 5, 5])
    out = tmp_path / "validation.json"
    assert main(["emotion", "validate", data, "--out", str(out), "--config", str(config)]) == 0
    assert read_validation(out).counts[0] == (0, 0, 0, 1)


def zipped(folder: Path, members: dict[str, bytes]) -> str:
    path = folder / "faces.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return str(path)


def test_age_bands_and_genders_come_in_the_order_of_the_pictures_names(tmp_path: Path) -> None:
    packed = cv2.imencode(".jpg", drawn_face(112))[1].tobytes()
    names = [f"images/{number:05}.jpg" for number in range(70, 0, -1)]
    path = zipped(tmp_path, {**dict.fromkeys(names, packed), "labels.csv": b"image,age\n"})
    found = results(tmp_path, "demographics", "predict", path)
    assert list(found) == ["image", "age_band", "gender", "confidence", "gender_confidence", "wall_s"]
    assert found["image"] == [f"{number:05}.jpg" for number in range(1, 71)]
    assert set(found["age_band"]) <= {"under-18", "18-29", "30-44", "45-59", "60+"}
    minors = [band == "under-18" for band in found["age_band"]]
    assert [gender is None for gender in found["gender"]] == minors
    assert set(found["gender"]) <= {"male", "female", None}
    assert {len(found[key]) for key in found if key != "wall_s"} == {70}
    assert all(0.2 <= value <= 1 for value in found["confidence"])
    sure = [value for value in found["gender_confidence"] if value is not None]
    assert len(sure) == minors.count(False)
    assert all(0.5 <= value <= 1 for value in sure)


def test_age_and_gender_of_an_npz_are_numbered(tmp_path: Path) -> None:
    found = results(tmp_path, "demographics", "predict", npz(tmp_path, images=FACES))
    assert found["image"] == ["0", "1", "2"]


def test_a_broken_picture_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = zipped(tmp_path, {"images/1.jpg": b"\xff\xd8\xff"})
    assert main(["demographics", "predict", path, "--json", str(tmp_path / "out.json")]) == 1
    assert capsys.readouterr().err.startswith(f"tillsight-edge: {path}: images/1.jpg: ")


def test_nobody_is_judged_where_faces_may_not_be_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = device_settings(tmp_path) | {"cameras.till": {"source": "scene:1", "zone": [[0, 0], [1, 1]]}}
    config = str(write_toml(tmp_path / "device.toml", settings))
    command = ["emotion", "judge", "--config", config, "--out", str(tmp_path / "validation.json")]
    assert main(command) == 2
    assert capsys.readouterr().err == "emotion.enabled: False: should be true where customers are judged\n"
    assert main([*command, "--camera", "door"]) == 2
    assert capsys.readouterr().err == "--camera: door: should be one of till\n"
