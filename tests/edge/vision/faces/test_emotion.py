"""From probabilities to a valence, and from crops of any size to probabilities."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from tests.harness.drawn_faces import drawn_face
from tests.harness.reference_data import reference_data
from tests.harness.scripted_faces import emotion_row

from tillsight_edge.vision.errors import BadModel
from tillsight_edge.vision.faces.emotion import (
    FERPLUS,
    NetworkEmotion,
    Valence,
    checked,
    grey_face,
    resized,
    valence,
    valence_shares,
)
from tillsight_edge.vision.networks.registry import Model, Registry

VALENCES = [
    ({"happiness": 0.9}, 1),
    ({"neutral": 0.7, "happiness": 0.3}, 0),
    ({"sadness": 0.6}, -1),
    ({"anger": 0.2, "fear": 0.2, "disgust": 0.2, "contempt": 0.1, "sadness": 0.1, "happiness": 0.2}, -1),
    ({"contempt": 0.8}, -1),
    ({"surprise": 0.9}, None),
    ({"surprise": 0.45, "happiness": 0.45}, None),
    ({"surprise": 0.3, "happiness": 0.6}, 1),
    ({"happiness": 0.4, "sadness": 0.25, "neutral": 0.35}, None),
]


@pytest.fixture(scope="module")
def model() -> NetworkEmotion:
    return NetworkEmotion(Registry().find("emotion", "emotion"))


@pytest.mark.parametrize(("probabilities", "sign"), VALENCES, ids=lambda case: str(case))
def test_valence_sums_up_what_is_alike_and_abstains(
    probabilities: dict[str, float], sign: int | None
) -> None:
    (row,) = valence_shares(emotion_row(**probabilities)[None])
    assert valence(row, 0.5).sign == sign


def test_the_confidence_of_a_valence_is_told_even_if_it_is_not_enough() -> None:
    (row,) = valence_shares(emotion_row(happiness=0.55)[None])
    assert valence(row, 0.5) == Valence(1, pytest.approx(0.55))  # type: ignore[arg-type]
    assert valence(row, 0.6) == Valence(None, pytest.approx(0.55))  # type: ignore[arg-type]


@given(
    arrays.arrays(np.float64, 8, elements=st.floats(0.001, 1)),
    st.floats(0, 1),
)
def test_a_valence_is_unknown_exactly_below_the_threshold(row: np.ndarray, threshold: float) -> None:  # type: ignore[type-arg]
    probabilities = (row / row.sum()).astype(np.float32)
    (shares,) = valence_shares(probabilities[None])
    found = valence(shares, threshold)
    assert (found.sign is None) == (found.confidence < threshold)
    assert float(shares.sum()) == pytest.approx(1 - float(probabilities[2]), abs=1e-5)


def test_values_that_are_no_numbers_are_the_models_fault() -> None:
    rows = np.full((3, 8), 0.125, np.float32)
    assert checked(rows, "owl") is rows
    rows[1, 2] = np.nan
    with pytest.raises(BadModel, match="model owl: gave values that are no numbers"):
        checked(rows, "owl")


def test_a_grey_crop_of_the_right_size_is_not_touched() -> None:
    crop = np.random.default_rng(1).integers(0, 256, (48, 48), np.uint8)
    assert grey_face(crop, 48) is crop


def test_other_sizes_are_scaled_without_distortion() -> None:
    wide = np.zeros((40, 80, 3), np.uint8)
    wide[:, 38:42] = 255
    square = resized(wide, 48)
    assert square.shape == (48, 48, 3)
    assert (square[:, 23:25] > 200).all()  # the edge rows go on above and below
    assert square[:, :20].max() == 0


def test_colour_and_grey_of_the_same_face_say_the_same(model: NetworkEmotion) -> None:
    grey = cv2.cvtColor(drawn_face(48), cv2.COLOR_BGR2GRAY)
    colour = np.repeat(grey[:, :, None], 3, axis=2)
    np.testing.assert_allclose(model.predict([grey]), model.predict([colour]), atol=1e-5)


@given(
    st.lists(
        st.tuples(st.integers(8, 200), st.integers(8, 200), st.booleans(), st.integers(0, 255)), max_size=6
    )
)
@settings(max_examples=25, deadline=None)
def test_any_crops_give_one_row_of_probabilities_each(
    model: NetworkEmotion, sizes: list[tuple[int, int, bool, int]]
) -> None:
    crops = [np.full((h, w, 3) if colour else (h, w), value, np.uint8) for h, w, colour, value in sizes]
    rows = model.predict(crops)
    assert rows.shape == (len(crops), len(FERPLUS))
    np.testing.assert_allclose(rows.sum(1), 1, atol=1e-3)


def test_batches_change_nothing(model: NetworkEmotion) -> None:
    random = np.random.default_rng(2)
    crops = list(random.integers(0, 256, (70, 48, 48), np.uint8))
    together = model.predict(crops)
    for place in (0, 63, 64, 69):
        np.testing.assert_allclose(together[place], model.predict([crops[place]])[0], atol=1e-3)


@pytest.mark.parametrize(
    "change",
    [{"classes": FERPLUS[:7]}, {"classes": FERPLUS[::-1]}, {"input": (0, 48, 48, 1)}, {"input": (0, 48, 64)}],
    ids=str,
)
def test_a_network_of_another_kind_is_refused(change: dict[str, object]) -> None:
    own = Registry().find("emotion")
    with pytest.raises(BadModel, match=r"^model emotion: "):
        NetworkEmotion(replace(own, entry=own.entry.model_copy(update=change)))


def test_a_network_with_another_input_than_its_manifest_says_is_refused() -> None:
    own: Model = Registry().find("emotion")
    with pytest.raises(BadModel, match=r"input 'faces' is uint8 \[\?,48,48\], should be uint8 \[\?,64,64\]"):
        NetworkEmotion(replace(own, entry=own.entry.model_copy(update={"input": (0, 64, 64)})))


def test_the_shipped_model_tells_emotions_on_faces_it_was_not_trained_on(model: NetworkEmotion) -> None:
    path: Path = reference_data("data/emotion/fer2013_valid.npz")
    with np.load(path) as faces:
        truth = faces["ferplus_majority"][:500]
        rows = model.predict(list(faces["images"][:500]))
    agreed = truth >= 0
    assert (rows.argmax(1) == truth)[agreed].mean() > 0.8
