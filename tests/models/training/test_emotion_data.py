"""FER+ votes as they are learned and measured."""

import numpy as np
import pytest

pytest.importorskip("cv2")

from tests.harness.training import training_module

data = training_module("emotion_data")

NEUTRAL, HAPPY, SAD, NOBODY = 0, 1, 3, -1
# neutral, happiness, surprise, sadness, anger, disgust, fear, contempt, unknown, not a face
CASES = [
    ("six of ten", [6, 4, 0, 0, 0, 0, 0, 0, 0, 0], NEUTRAL),
    ("half is no majority", [5, 5, 0, 0, 0, 0, 0, 0, 0, 0], NOBODY),
    ("single votes count as nothing", [0, 5, 0, 4, 1, 0, 0, 0, 0, 0], HAPPY),
    ("more than half of what is left", [1, 1, 1, 4, 1, 1, 0, 0, 0, 1], SAD),
    ("unknown is no emotion", [2, 0, 0, 0, 0, 0, 0, 0, 8, 0], NOBODY),
    ("not a face is no emotion", [2, 0, 0, 0, 0, 0, 0, 0, 0, 8], NOBODY),
    ("nothing but single votes", [1, 1, 1, 1, 1, 1, 1, 1, 1, 1], NOBODY),
]


@pytest.mark.parametrize(("case", "votes", "expected"), CASES)
def test_the_published_protocol_chooses(case: str, votes: list[int], expected: int) -> None:
    assert data.published_protocol(np.array([votes], np.uint8)).tolist() == [expected], case


def test_shares_leave_out_single_votes_and_sum_to_one() -> None:
    votes = np.array([[3, 6, 1, 0, 0, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0, 0, 0, 8, 0]], np.uint8)
    shares = data.vote_shares(votes)
    assert shares[0].tolist() == pytest.approx([1 / 3, 2 / 3, 0, 0, 0, 0, 0, 0])
    assert not shares[1].any()


@pytest.mark.parametrize("shape", [(48, 48), (64, 64, 3)])
def test_a_disturbed_face_keeps_its_shape_and_differs(shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(3)
    face = random.integers(0, 256, shape, dtype=np.uint8)
    before = face.copy()
    disturbed = [data.disturbed(face, random) for _ in range(40)]
    assert all(each.shape == shape and each.dtype == np.uint8 for each in disturbed)
    assert all((each != face).any() for each in disturbed)
    assert (face == before).all()
