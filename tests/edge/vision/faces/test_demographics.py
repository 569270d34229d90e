"""Age band and gender: the shipped network's contract, and that nothing finer than its bands is said."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from tests.harness.drawn_faces import drawn_face

from tillsight_edge.vision.errors import BadModel
from tillsight_edge.vision.faces.demographics import AGE_BANDS, NetworkDemographics, colour_face, named
from tillsight_edge.vision.faces.windows import AGE_FIELDS
from tillsight_edge.vision.networks.registry import Registry


@pytest.fixture(scope="module")
def model() -> NetworkDemographics:
    return NetworkDemographics(Registry().find("demographics", "demographics"))


def test_there_is_one_band_below_18() -> None:
    bands = Registry().find("demographics").entry.classes
    assert bands == AGE_BANDS == tuple(AGE_FIELDS)
    assert [band for band in bands if band == "under-18" or int(band[:2]) < 18] == ["under-18"]


def test_each_face_gets_two_rows_of_probabilities(model: NetworkDemographics) -> None:
    crops = [drawn_face(side) for side in (20, 64, 112)] + [cv2.cvtColor(drawn_face(64), cv2.COLOR_BGR2GRAY)]
    found = model.predict(crops * 20)
    assert found.age_band.shape == (80, 5)
    assert found.gender.shape == (80, 2)
    np.testing.assert_allclose(found.age_band.sum(1), 1, atol=1e-3)
    np.testing.assert_allclose(found.gender.sum(1), 1, atol=1e-3)


def test_no_faces_give_no_rows(model: NetworkDemographics) -> None:
    assert model.predict([]).age_band.shape == (0, 5)


def test_the_network_gets_red_first() -> None:
    blue = np.zeros((64, 64, 3), np.uint8)
    blue[..., 0] = 255
    assert tuple(colour_face(blue, 64)[0, 0]) == (0, 0, 255)


def test_what_is_not_sure_enough_is_unknown() -> None:
    assert named([0.6, 0.4], ("male", "female"), 0.6) == "male"
    assert named([0.4, 0.59], ("male", "female"), 0.6) is None


@pytest.mark.parametrize(
    "change",
    [
        {"classes": ("under-12", "12-17", "18-29", "30-44", "45+")},
        {"classes": AGE_BANDS[::-1]},
        {"genders": ("female", "male")},
        {"input": (0, 64, 64)},
        {"input": (0, 64, 48, 3)},
    ],
    ids=str,
)
def test_a_network_with_other_bands_is_refused(change: dict[str, object]) -> None:
    own = Registry().find("demographics")
    with pytest.raises(BadModel, match=r"^model demographics: "):
        NetworkDemographics(replace(own, entry=own.entry.model_copy(update=change)))
