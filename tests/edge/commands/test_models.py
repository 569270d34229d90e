"""`tillsight-edge models` and `tillsight-edge detect`, as a person types them."""

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.harness.edge_configs import device_settings, write_toml
from tests.harness.networks import (
    any_size_boxes_network,
    boxes_model,
    boxes_network,
    deepface_network,
    emotion_network,
    hsemotion_network,
    model_in,
)

from tillsight_edge.__main__ import main
from tillsight_models.manifest import as_toml, shipped

PROGRAM = Path(sys.executable).with_name("tillsight-edge")


def imported(folder: Path, data: bytes | None = None, name: str = "own") -> Path:
    """A model in the folder, as the import leaves it; its file."""
    model = model_in(folder, data or emotion_network(), name=name)
    (folder / f"{name}.toml").write_text(as_toml(model.entry), encoding="utf-8")
    return model.path


def models(folder: Path, *words: object) -> int:
    return main(["models", "--folder", str(folder), *map(str, words)])


def test_list_names_what_there_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    imported(tmp_path)
    assert models(tmp_path, "list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["name", "task", "file", "size", "from", "licence", "source"]
    assert [line.split()[0] for line in lines[1:]] == [*shipped(), "own"]
    assert lines[-1].split()[4] == "import"


def test_list_as_json_has_the_whole_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = imported(tmp_path)
    assert models(tmp_path, "list", "--json") == 0
    own = json.loads(capsys.readouterr().out)["own"]
    assert (own["task"], own["file"], own["from"]) == ("emotion", str(path), "import")
    assert own["size"] == path.stat().st_size
    assert len(own["sha256"]) == 64


def test_the_folder_is_the_configured_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    imported(tmp_path)
    settings = device_settings(tmp_path, 1, vision={"models_folder": str(tmp_path)})
    config = write_toml(tmp_path / "device.toml.here", settings)
    assert main(["models", "--config", str(config), "list"]) == 0
    assert "own" in capsys.readouterr().out


def test_verify_is_content_with_good_models(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    imported(tmp_path)
    assert models(tmp_path, "verify") == 0
    assert capsys.readouterr().out.splitlines() == [f"{name}: good" for name in (*shipped(), "own")]


def test_verify_tells_a_bad_one_and_looks_at_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imported(tmp_path, name="bad").write_bytes(b"changed")
    imported(tmp_path, name="gone").unlink()
    imported(tmp_path, hsemotion_network(), name="odd")
    imported(tmp_path, name="own")
    (tmp_path / "table.toml").write_text("[table", encoding="utf-8")
    assert models(tmp_path, "verify") == 1
    told = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())
    assert told["bad"].startswith(f"BAD: {tmp_path / 'bad.onnx'}: sha256 is ")
    assert told["gone"] == f"BAD: {tmp_path / 'gone.onnx'}: is missing"
    assert told["odd"].startswith("BAD: model odd: its input is 'input', should be 'faces'")
    assert told["table"].startswith(f"BAD: {tmp_path / 'table.toml'}: not TOML: ")
    assert told["own"] == "good"
    assert models(tmp_path, "list") == 0
    assert capsys.readouterr().err.startswith(f"tillsight-edge: {tmp_path / 'table.toml'}: not TOML: ")


def test_verify_tells_of_two_wheels_that_own_one_opencv(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    second = importlib.metadata.PathDistribution(tmp_path / "opencv_python-5.0.dist-info")
    (tmp_path / "opencv_python-5.0.dist-info").mkdir()
    (tmp_path / "opencv_python-5.0.dist-info" / "METADATA").write_text("Name: opencv-python\n")
    there = list(importlib.metadata.distributions())
    monkeypatch.setattr("tillsight_edge.opencv_wheels.distributions", lambda: [*there, second])
    assert models(tmp_path, "verify") == 1
    assert capsys.readouterr().out.splitlines()[-1] == (
        "OpenCV: opencv-contrib-python-headless, opencv-python share the module cv2:"
        " uninstall all of them and install one"
    )


def test_import_tells_what_it_took_and_its_hash(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "given.onnx"
    file.write_bytes(deepface_network())
    folder = tmp_path / "models"
    assert models(folder, "import", "deepface-emotion", file) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"deepface-emotion: {folder}/deepface-emotion-")
    assert "licence: MIT; the pictures of FER2013" in first
    assert second.startswith("sha256 ")
    assert models(folder, "import", "deepface-emotion", file, "--sha256", second.split()[1]) == 0


def test_import_of_something_else_is_one_line_and_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "given.onnx"
    file.write_bytes(b"<html>")
    assert models(tmp_path / "models", "import", "hsemotion", file) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("tillsight-edge: model hsemotion: not an ONNX network: ")


def test_bench_measures_all_in_one_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    imported(tmp_path)
    faces = np.random.default_rng(1).integers(0, 255, (30, 48, 48), np.uint8)
    np.savez(tmp_path / "faces.npz", images=faces, ferplus_majority=np.arange(30) % 8 - 1)
    assert models(tmp_path, "bench", "--runs", 1, "--data", tmp_path / "faces.npz", "--json") == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows.keys() == {*shipped(), "own"}
    assert rows["own"]["ms"] > 0
    assert 0 <= rows["own"]["ferplus"] <= 1
    assert 0 <= rows["own"]["valence"] <= 1


def test_bench_with_other_data_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "faces.npz").write_bytes(b"no zip")
    assert models(tmp_path, "bench", "--runs", 1, "--data", tmp_path / "faces.npz") == 1
    assert capsys.readouterr().err.startswith(
        f"tillsight-edge: {tmp_path}/faces.npz: should be npz with images"
    )
    assert models(tmp_path, "bench", "--runs", 0) == 2
    assert capsys.readouterr().err == "--runs: 0: should be 1 or more\n"


@pytest.fixture
def detectors(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    faces = {"name": "own-faces", "task": "faces", "input": [1, 0, 0, 3], "classes": ["face"]}
    for model in (
        boxes_model(folder, boxes_network(spots={(16, 5, 5, 0): 0.9}), name="own-persons"),
        boxes_model(folder, any_size_boxes_network(), **faces),
    ):
        (folder / f"{model.name}.toml").write_text(as_toml(model.entry), encoding="utf-8")
    return folder


def detect(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """As a person calls it."""
    names = ["--folder", folder, "--model", "own-persons", "--faces-model", "own-faces"]
    return subprocess.run(
        [PROGRAM, "detect", *map(str, (*names, *words))], capture_output=True, text=True, check=False
    )


def test_detect_writes_boxes_by_the_names_that_were_typed(detectors: Path, tmp_path: Path) -> None:
    picture = tmp_path / "one.png"
    cv2.imwrite(str(picture), np.zeros((256, 320, 3), np.uint8))
    out = tmp_path / "boxes.json"
    typed = f"{tmp_path}/./one.png"
    done = detect(detectors, typed, "--json", out)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    found = json.loads(out.read_text(encoding="utf-8"))
    assert found == {typed: {"persons": [[56.0, 56.0, 120.0, 120.0, 0.9]], "faces": []}}


def test_detect_goes_on_after_files_that_are_no_pictures(detectors: Path, tmp_path: Path) -> None:
    good, empty, text, huge = (tmp_path / name for name in ("good.png", "empty.jpg", "text.jpg", "huge.png"))
    cv2.imwrite(str(good), np.zeros((60, 80, 3), np.uint8))
    empty.touch()
    text.write_text("no picture", encoding="utf-8")
    cv2.imwrite(str(huge), np.zeros((9000, 9000), np.uint8))
    done = detect(detectors, empty, text, good, huge, tmp_path / "gone.jpg", "--json", "-")
    assert done.returncode == 1
    assert list(json.loads(done.stdout)) == [str(good)]
    lines = done.stderr.splitlines()
    assert [line.split(": ")[1] for line in lines] == [
        str(empty),
        str(text),
        str(huge),
        f"{tmp_path}/gone.jpg",
    ]
    assert all(line.startswith("tillsight-edge: ") for line in lines)


def test_detect_tells_of_a_model_that_is_not_there(detectors: Path, tmp_path: Path) -> None:
    done = detect(detectors, tmp_path / "one.png", "--json", "-", "--model", "nose")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("tillsight-edge: model 'nose': is not there, there are ")


def test_detect_tells_where_it_cannot_write(detectors: Path, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "one.png"), np.zeros((60, 80, 3), np.uint8))
    done = detect(detectors, tmp_path / "one.png", "--json", tmp_path / "gone" / "boxes.json")
    assert done.returncode == 1
    assert done.stderr == f"tillsight-edge: {tmp_path}/gone/boxes.json: No such file or directory\n"
