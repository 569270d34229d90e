"""The networks for faces that come with the product: what they take and give, and how well they do."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from tests.harness.reference_data import reference_data
from tests.harness.training import training_module

from tillsight_models.manifest import shipped, shipped_folder

pytest.importorskip("cv2")
onnxruntime = pytest.importorskip("onnxruntime")


def session(name: str) -> Any:
    """A shipped network on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    path = shipped_folder() / shipped()[name].file
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def noise(*shape: int) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(7).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize(("name", "size"), [("emotion", (48, 48)), ("demographics", (64, 64, 3))])
def test_answers_are_probabilities_and_do_not_depend_on_the_company(name: str, size: tuple[int, ...]) -> None:
    network, faces = session(name), noise(5, *size)
    together = network.run(None, {"faces": faces})
    alone = network.run(None, {"faces": faces[3:4]})
    for output, single in zip(together, alone, strict=True):
        assert output.sum(1) == pytest.approx(np.ones(5), abs=1e-4)
        assert output[3] == pytest.approx(single[0], abs=1e-4)


def test_outputs_fit_the_manifest() -> None:
    emotion, demographics = shipped()["emotion"], shipped()["demographics"]
    (probabilities,) = session("emotion").run(["probabilities"], {"faces": noise(2, 48, 48)})
    bands, genders = session("demographics").run(["age_band", "gender"], {"faces": noise(2, 64, 64, 3)})
    assert probabilities.shape == (2, len(emotion.classes))
    assert bands.shape == (2, len(demographics.classes))
    assert genders.shape == (2, len(demographics.genders))


def test_emotions_of_faces_that_were_not_trained_on() -> None:
    scores, data = training_module("emotion_scores"), training_module("emotion_data")
    faces = data.read_faces(reference_data("data/emotion") / "fer2013_valid.npz")
    (probabilities,) = session("emotion").run(["probabilities"], {"faces": faces.images[:1200]})
    truth, entry = faces.strict[:1200], shipped()["emotion"]
    assert scores.accuracy(probabilities.argmax(1), truth) >= 0.88
    assert scores.valence_accuracy(probabilities, truth)[0] >= 0.9
    assert scores.calibration_error(probabilities, truth) <= 0.04
    recall, false_alarms = scores.smiles(probabilities, truth, entry.threshold_of("happiness"))
    assert recall >= 0.93
    assert false_alarms <= 0.025


def test_a_face_mirrored_or_brighter_mostly_looks_the_same() -> None:
    data = training_module("emotion_data")
    faces = data.read_faces(reference_data("data/emotion") / "fer2013_valid.npz").images[:300]
    network = session("emotion")
    chosen, mirrored, brighter = (
        network.run(["probabilities"], {"faces": np.ascontiguousarray(each)})[0].argmax(1)
        for each in (faces, faces[:, :, ::-1], np.minimum(faces.astype(int) + 20, 255).astype(np.uint8))
    )
    assert (chosen == mirrored).mean() >= 0.88
    assert (chosen == brighter).mean() >= 0.92


def test_age_and_gender_of_faces_that_were_not_trained_on() -> None:
    data = training_module("demographics_data")
    chips = data.read_chips(reference_data("data/demographics") / "utkface_public.zip")
    chips = chips.part(chips.held_out)
    bands, genders = session("demographics").run(["age_band", "gender"], {"faces": chips.images[:800]})
    age, gender = chips.age[:800], chips.gender[:800]
    assert (bands.argmax(1) == data.band_of(age)).mean() >= 0.7
    assert (genders.argmax(1) == gender)[age >= 18].mean() >= 0.93
