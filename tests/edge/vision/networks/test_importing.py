"""Importing: a file is hashed and tried before it is kept, and nothing half done stays."""

import email
import io
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from tests.harness.networks import (
    boxes_network,
    deepface_network,
    emotion_network,
    hsemotion_network,
    hungry_network,
    yolox_network,
)
from tests.harness.reference_data import reference_data

from tillsight_edge.vision.errors import BadModel
from tillsight_edge.vision.networks import importing, trial
from tillsight_edge.vision.networks.importing import import_model
from tillsight_edge.vision.networks.registry import Registry, sha256
from tillsight_edge.vision.networks.trial import open_model


def saved(folder: Path, data: bytes) -> Path:
    path = folder / "given.onnx"
    path.write_bytes(data)
    return path


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def test_deepfaces_network_is_imported_and_used(tmp_path: Path, models: Path) -> None:
    data = deepface_network()
    model = import_model(models, "deepface-emotion", saved(tmp_path, data), wanted_sha256=sha256(data))
    assert model == Registry(models).find("deepface")
    assert (model.entry.input, model.entry.decoder, model.entry.task) == (
        (0, 48, 48, 1),
        "deepface",
        "emotion",
    )
    assert model.read() == data
    open_model(model)
    assert sorted(path.name for path in models.iterdir()) == [model.entry.file, "deepface-emotion.toml"]


def test_an_upstream_detector_is_imported_and_used(models: Path) -> None:
    folder = reference_data("reference-models")
    yunet = import_model(models, "yunet", folder / "yunet_n_dynamic.onnx")
    assert yunet.entry.input == (0, 3, 0, 0)
    yolox = import_model(models, "yolox-nano", folder / "yolox_nano_bi.onnx")
    assert yolox.entry.input == (1, 3, 416, 416)


def test_a_site_brings_its_own_network_of_our_kind(tmp_path: Path, models: Path) -> None:
    model = import_model(models, "our-faces", saved(tmp_path, emotion_network()), kind="emotion")
    assert (model.name, model.entry.task, model.entry.licence) == ("our-faces", "emotion", "not stated")


def test_a_second_import_takes_the_place_of_the_first(tmp_path: Path, models: Path) -> None:
    import_model(models, "hsemotion", saved(tmp_path, hsemotion_network()))
    new = import_model(models, "hsemotion", saved(tmp_path, hsemotion_network(values=10)))
    assert sorted(path.name for path in models.iterdir()) == [new.entry.file, "hsemotion.toml"]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("hsemotion", b"<!DOCTYPE html>", "model hsemotion: not an ONNX network: "),
        ("hsemotion", b"", "model hsemotion: not an ONNX network: "),
        ("hsemotion", deepface_network()[:100_000], "model hsemotion: not an ONNX network: "),
        ("hsemotion", emotion_network(), "model hsemotion: "),
        ("hsemotion", hsemotion_network(values=5), "model hsemotion: gives 5 values, should give 8"),
        ("own", hungry_network(10_000_000_000), "model own: cannot be "),
        ("yolox-nano", boxes_network(), "model yolox-nano: "),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line_and_leaves_nothing(
    name: str, data: bytes, words: str, tmp_path: Path, models: Path
) -> None:
    with pytest.raises(BadModel) as caught:
        import_model(models, name, saved(tmp_path, data), kind="emotion" if name == "own" else None)
    assert str(caught.value).startswith(words)
    assert "\n" not in str(caught.value)
    assert list(models.iterdir()) == []


def test_a_refused_file_leaves_the_earlier_one_alone(tmp_path: Path, models: Path) -> None:
    good = import_model(models, "hsemotion", saved(tmp_path, hsemotion_network()))
    with pytest.raises(BadModel):
        import_model(models, "hsemotion", saved(tmp_path, emotion_network()))
    assert Registry(models).find("hsemotion") == good
    open_model(good)


def test_a_network_that_takes_its_process_along_is_refused(
    tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = subprocess.run

    def run(words: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        return real([sys.executable, "-c", "import os; os.kill(os.getpid(), 11)"], **options)

    monkeypatch.setattr(trial.subprocess, "run", run)
    with pytest.raises(BadModel, match=r"^model hsemotion: its trial was ended by signal 11$"):
        import_model(models, "hsemotion", saved(tmp_path, hsemotion_network()))
    assert list(models.iterdir()) == []


def test_a_network_that_does_not_end_is_refused(
    tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "PATIENCE_S", 0.01)
    with pytest.raises(BadModel, match=r"^model hsemotion: its trial did not end within 0\.01 s$"):
        import_model(models, "hsemotion", saved(tmp_path, hsemotion_network()))
    assert list(models.iterdir()) == []


def test_the_hash_that_is_known_or_given_has_to_be_the_files(tmp_path: Path, models: Path) -> None:
    file = saved(tmp_path, yolox_network(416))
    with pytest.raises(BadModel, match=rf"^{file}: sha256 is [0-9a-f]{{64}}, should be 00ff \("):
        import_model(models, "yolox-nano", file, wanted_sha256="00ff")
    with pytest.raises(BadModel, match=r"should be 104ee26c"):
        import_model(models, "yunet", file)
    assert not models.exists()


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("emotion", None, "model 'emotion': comes with the product, should have another name"),
        ("nose", None, "model 'nose': 'nose' is no kind of model, should be one of "),
        ("mini-xception", None, "model 'mini-xception': there is no address to fetch it from, "),
        ("Own Net", "emotion", "model 'Own Net': should have a name of up to 40 of a-z, "),
        ("../own", "emotion", "model '../own': should have a name of up to 40 of a-z, "),
    ],
)
def test_a_name_or_kind_that_cannot_be_is_told(
    name: str, kind: str | None, words: str, tmp_path: Path, models: Path
) -> None:
    file = saved(tmp_path, emotion_network()) if kind else None
    with pytest.raises(BadModel) as caught:
        import_model(models, name, file, kind)
    assert str(caught.value).startswith(words)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    file = saved(tmp_path, hsemotion_network())
    with pytest.raises(BadModel, match=rf"^{file}: "):
        import_model(file, "hsemotion", file)


class Answer(io.BytesIO):
    """What urllib gives of a page."""


def test_without_a_file_the_authors_are_asked(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(opener: Any, address: str, timeout: float) -> Answer:
        asked.append(address)
        return Answer(hsemotion_network())

    monkeypatch.setattr(urllib.request.OpenerDirector, "open", answer)
    assert import_model(models, "hsemotion").read() == hsemotion_network()
    assert asked[0].startswith("https://")


def test_without_a_network_one_line_says_so(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(opener: Any, address: str, timeout: float) -> Answer:
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.setattr(urllib.request.OpenerDirector, "open", answer)
    with pytest.raises(BadModel, match=r"^https://\S+yolox_nano\.onnx: Name or service not known$"):
        import_model(models, "yolox-nano")
    assert not models.exists()


def test_a_redirection_out_of_tls_is_not_followed() -> None:
    request = urllib.request.Request("https://models.example/net.onnx")
    with pytest.raises(urllib.error.URLError, match="should stay with https"):
        importing._OnlyHttps().redirect_request(
            request,
            io.BytesIO(),
            302,
            "Found",
            email.message_from_string(""),
            "http://models.example/net.onnx",
        )
