"""Emotion networks of others: what each is fed, and which of its numbers is which emotion."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.harness.networks import (
    deepface_network,
    emotion_network,
    hsemotion_network,
    mini_xception_network,
    model_in,
)

from tillsight_edge.vision.errors import BadModel
from tillsight_edge.vision.faces.emotion import FERPLUS, NetworkEmotion
from tillsight_edge.vision.networks.emotion_models import open_emotion_model
from tillsight_edge.vision.networks.registry import Model
from tillsight_edge.vision.networks.upstream.deepface import DeepfaceEmotion
from tillsight_edge.vision.networks.upstream.face_batches import FaceNetwork
from tillsight_edge.vision.networks.upstream.hsemotion import DEVIATION, MEAN, HsemotionEmotion
from tillsight_edge.vision.networks.upstream.known import AFFECTNET, FER2013, KNOWN
from tillsight_edge.vision.networks.upstream.mini_xception import MiniXceptionEmotion

RNG = np.random.default_rng(3)
COLOUR = RNG.integers(0, 255, (90, 90, 3), np.uint8)
GREY = RNG.integers(0, 255, (48, 48), np.uint8)


def deepface_model(folder: Path) -> Model:
    return model_in(folder, deepface_network(), decoder="deepface", input=[0, 48, 48, 1], classes=FER2013)


def hsemotion_model(folder: Path, values: int = 8, batch: int = 0, side: int = 224, **fields: Any) -> Model:
    data = hsemotion_network(side, values, batch or "batch")
    fields = {"decoder": "hsemotion", "input": [batch, 3, side, side], "classes": AFFECTNET, **fields}
    return model_in(folder, data, **fields)


def mini_xception_model(folder: Path) -> Model:
    fields = {"decoder": "mini_xception", "input": [0, 1, 64, 64], "classes": FER2013}
    return model_in(folder, mini_xception_network(), **fields)


def fed(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """Faces as they reach the network, in a list that fills later."""
    faces: list[np.ndarray] = []

    def run(network: FaceNetwork, given: Sequence[np.ndarray]) -> np.ndarray:
        faces.extend(given)
        return np.zeros(
            (len(given), 7 if len(given[0].shape) == 3 and given[0].shape[0] != 3 else 8), np.float32
        )

    monkeypatch.setattr(FaceNetwork, "run", run)
    return faces


@pytest.mark.parametrize("made", [deepface_model, hsemotion_model, mini_xception_model])
def test_every_kind_gives_probabilities_of_eight_emotions(made: Any, tmp_path: Path) -> None:
    model = open_emotion_model(made(tmp_path))
    probabilities = model.predict([COLOUR, GREY, COLOUR])
    assert probabilities.shape == (3, 8)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-4)
    np.testing.assert_allclose(probabilities[0], probabilities[2], rtol=1e-4)
    assert model.predict([]).shape == (0, 8)
    assert model.sha256 == made(tmp_path).entry.sha256


def test_our_own_kind_is_opened_too(tmp_path: Path) -> None:
    assert isinstance(open_emotion_model(model_in(tmp_path, emotion_network())), NetworkEmotion)
    with pytest.raises(BadModel, match=r"^model made: yunet for emotion tells no emotion$"):
        open_emotion_model(model_in(tmp_path, emotion_network(), decoder="yunet"))


def test_each_number_is_the_emotion_that_its_network_means(tmp_path: Path) -> None:
    network = FaceNetwork(deepface_model(tmp_path), (48, 48, 1))
    said = network.in_order(np.eye(7, dtype=np.float32))
    assert [FERPLUS[place] for place in said.argmax(1)] == list(FER2013)
    assert said[:, FERPLUS.index("contempt")].max() == 0


def test_deepface_is_fed_grey_shares_with_the_channel_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = DeepfaceEmotion(deepface_model(tmp_path))
    faces = fed(monkeypatch)
    model.predict([GREY])
    np.testing.assert_allclose(faces[0], GREY[:, :, None] / 255, rtol=1e-6)


def test_mini_xception_is_fed_grey_of_64_pixels_around_zero(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = MiniXceptionEmotion(mini_xception_model(tmp_path))
    faces = fed(monkeypatch)
    model.predict([np.full((64, 64), 255, np.uint8), np.zeros((64, 64), np.uint8)])
    assert faces[0].shape == (1, 64, 64)
    assert (faces[0].min(), faces[1].max()) == (1, -1)


def test_hsemotion_is_fed_red_first_as_imagenet_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = HsemotionEmotion(hsemotion_model(tmp_path))
    faces = fed(monkeypatch)
    red = np.zeros((224, 224, 3), np.uint8)
    red[:, :, 2] = 255
    model.predict([red, np.full((30, 30), 128, np.uint8)])
    wanted = (np.array([1, 0, 0]) - MEAN) / DEVIATION
    np.testing.assert_allclose(faces[0][:, 0, 0], wanted, rtol=1e-5)
    np.testing.assert_allclose(faces[1][:, 5, 5], (128 / 255 - np.array(MEAN)) / DEVIATION, rtol=1e-5)


def test_values_beyond_the_classes_are_left_out(tmp_path: Path) -> None:
    """The files with valence and arousal give ten values."""
    probabilities = open_emotion_model(hsemotion_model(tmp_path, values=10)).predict([COLOUR])
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-4)


def test_too_few_values_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match=r"^model made: gives 7 values, should give 8$"):
        open_emotion_model(hsemotion_model(tmp_path, values=7))


def test_a_class_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match=r"^model made: class 'bored' is none of neutral, "):
        open_emotion_model(hsemotion_model(tmp_path, classes=["bored"]))


@pytest.mark.parametrize("batch", [1, 4])
def test_a_network_of_a_fixed_batch_takes_any_number_of_faces(batch: int, tmp_path: Path) -> None:
    few = open_emotion_model(hsemotion_model(tmp_path, batch=batch, side=64))
    crops = [RNG.integers(0, 255, (64, 64, 3), np.uint8) for _ in range(6)]
    one_by_one = np.concatenate([few.predict([crop]) for crop in crops])
    np.testing.assert_allclose(few.predict(crops), one_by_one, rtol=1e-4, atol=1e-6)


def test_every_known_model_says_where_it_comes_from_and_what_it_may_be_used_for() -> None:
    for known in KNOWN.values():
        assert known.licence
        assert known.source
        assert known.address is None or known.address.startswith("https://")
        assert known.sha256 is None or len(known.sha256) == 64
