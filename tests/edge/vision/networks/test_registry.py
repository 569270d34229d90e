"""Which models there are."""

from pathlib import Path

import pytest
from tests.harness.edge_configs import device_settings
from tests.harness.networks import emotion_network, model_in

from tillsight_edge.config import DeviceConfig
from tillsight_edge.vision.errors import BadModel
from tillsight_edge.vision.networks.registry import Registry, model_hashes, model_problems, read_file
from tillsight_models.configuration import read_settings
from tillsight_models.manifest import as_toml, shipped


def imported(folder: Path, name: str) -> str:
    """Make a model as the import leaves it; its hash."""
    model = model_in(folder, emotion_network(), name=name)
    (folder / f"{name}.toml").write_text(as_toml(model.entry), encoding="utf-8")
    return model.entry.sha256


def configured(folder: Path, **sections: object) -> DeviceConfig:
    """With one camera that looks at a zone."""
    camera = {"source": "0", "zone": [[0.1, 0.1], [0.9, 0.9]]}
    vision = {"models_folder": str(folder), **sections.pop("vision", {})}  # type: ignore[dict-item]
    settings = device_settings(folder, 1, cameras={"till": camera}, vision=vision, **sections)
    return read_settings(settings, DeviceConfig)


def test_shipped_and_imported_models_are_found_by_name(tmp_path: Path) -> None:
    wanted = imported(tmp_path, "deepface-emotion")
    registry = Registry(tmp_path)
    assert list(registry.models()) == [*shipped(), "deepface-emotion"]
    assert registry.find("deepface").entry.sha256 == wanted
    assert registry.find("deepface-emotion", "emotion").read() == emotion_network()


def test_an_imported_model_cannot_take_a_shipped_ones_place(tmp_path: Path) -> None:
    name = next(iter(shipped()))
    imported(tmp_path, name)
    assert Registry(tmp_path).find(name).shipped


def test_a_model_that_is_not_there_or_does_another_task_is_told(tmp_path: Path) -> None:
    imported(tmp_path, "own")
    registry = Registry(tmp_path)
    with pytest.raises(BadModel, match=r"^model 'nose': is not there, there are .*own"):
        registry.find("nose")
    with pytest.raises(BadModel, match=r"^model 'own': is for emotion, should be for faces$"):
        registry.find("own", "faces")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[own]\nfile = 3", "own.file: 3: "),
        ("nothing", "not TOML: "),
        ("", "should describe the one model own"),
        ("\xff", "cannot be read: "),
    ],
)
def test_a_broken_table_beside_a_model_is_told(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "own.toml").write_bytes(text.encode("latin-1"))
    imported(tmp_path, "other")
    registry = Registry(tmp_path)
    assert registry.broken()["own"].startswith(f"{tmp_path / 'own.toml'}: {words}")
    assert list(registry.models()) == [*shipped(), "other"]
    assert registry.find("other").name == "other"
    with pytest.raises(BadModel, match=r"own\.toml: "):
        registry.find("own")


def test_a_file_that_is_missing_or_too_large_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match=r"gone\.onnx: is missing$"):
        read_file(tmp_path / "gone.onnx", 10)
    with pytest.raises(BadModel, match="cannot be read: "):
        read_file(tmp_path, 10)
    (tmp_path / "large.onnx").write_bytes(bytes(1001))
    with pytest.raises(BadModel, match=r"large\.onnx: should be at most 1,000 bytes$"):
        read_file(tmp_path / "large.onnx", 1000)


def test_the_hashes_of_the_models_in_use_are_known_without_a_runtime(tmp_path: Path) -> None:
    own = imported(tmp_path, "own")
    assert model_hashes(configured(tmp_path, vision={"persons_model": "own"})) == {}
    assert model_hashes(configured(tmp_path, vision={"persons_model": "gone"})) == {}
    declared = {
        "purpose": "knowing how customers feel",
        "assessment": "dpia-1",
        "legal_basis": "consent",
        "responsible": "store management",
        "sign_installed": "2026-01-01",
        "expires": "2027-01-01",
    }
    config = configured(
        tmp_path,
        vision={"persons_model": "gone"},
        emotion={"enabled": True, "model": "own", "faces_model": "gone", "staff_out_of_view": True},
        demographics={"enabled": True},
        declaration=declared,
    )
    assert model_hashes(config) == {"own": own, "demographics": shipped()["demographics"].sha256}


def test_a_setting_that_names_no_model_is_told(tmp_path: Path) -> None:
    imported(tmp_path, "own")
    assert model_problems(configured(tmp_path)) == []
    (wrong_task,) = model_problems(configured(tmp_path, vision={"persons_model": "own"}))
    assert wrong_task == "vision.persons_model: model 'own': is for emotion, should be for persons"
    (not_there,) = model_problems(configured(tmp_path, vision={"persons_model": "nose"}))
    assert not_there.startswith("vision.persons_model: model 'nose': is not there, there are ")


def test_without_cameras_no_model_is_in_use(tmp_path: Path) -> None:
    config = read_settings(device_settings(tmp_path, 1), DeviceConfig)
    assert model_hashes(config) == {}
    assert model_problems(config) == []
