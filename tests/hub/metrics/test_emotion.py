"""Shares of people by mood: what the validation puts right, and whether the interval holds."""

from dataclasses import replace

import numpy as np
import pytest

from tillsight_hub.metrics.catalogue import catalogue
from tillsight_hub.metrics.counts import NEVER_AUDITED, Calibration, Counts, Validation
from tillsight_hub.metrics.emotion import moods_of
from tillsight_hub.metrics.settings import MetricSettings
from tillsight_models.scales import scale

METRICS = catalogue(MetricSettings())
CONFUSED: Validation = ((312, 72, 16, 0), (40, 320, 40, 0), (20, 140, 240, 0))
PERFECT: Validation = ((400, 0, 0, 0), (0, 400, 0, 0), (0, 0, 400, 0))


def faces(validation: Validation | None, *emotions: int, of: str = "till-1") -> Counts:
    nothing = Counts.none_yet(scale("smiley-4"), "camera")
    known = Calibration(NEVER_AUDITED, NEVER_AUDITED, of=of, validation=validation)
    return replace(nothing, events=1, emotions=emotions, calibration=known)


def test_a_perfect_model_is_believed() -> None:
    score = METRICS["positive_emotion_share"].score(faces(PERFECT, 200, 250, 50, 0))
    assert score.value == pytest.approx(0.4)


def test_the_same_counts_give_the_same_interval_every_time() -> None:
    one = METRICS["person_valence"].score(faces(CONFUSED, 200, 250, 50, 0))
    moods_of.cache_clear()
    assert METRICS["person_valence"].score(faces(CONFUSED, 200, 250, 50, 0)) == one


def test_touchpoints_of_one_model_share_its_error_and_of_two_models_do_not() -> None:
    other: Validation = ((312, 71, 17, 0), (40, 320, 40, 0), (20, 140, 240, 0))
    many = 30_000, 50_000, 8_000, 0
    same = faces(CONFUSED, *many) + faces(CONFUSED, *many, of="till-2")
    apart = faces(CONFUSED, *many) + faces(other, *many, of="till-2")
    widths = []
    for counts in (same, apart):
        score = METRICS["positive_emotion_share"].score(counts)
        assert score.lower is not None and score.upper is not None
        widths.append(score.upper - score.lower)
    assert widths[1] == pytest.approx(widths[0] / 2**0.5, rel=0.1)


def test_faces_of_a_model_that_nobody_validated_are_left_out_and_told() -> None:
    both = faces(PERFECT, 200, 250, 50, 0) + faces(None, 500, 0, 0, 0, of="till-2")
    score = METRICS["positive_emotion_share"].score(both)
    assert score.value == pytest.approx(0.4)
    assert score.n == 500
    assert "unvalidated" in score.flags


def test_a_model_that_says_the_same_of_every_mood_tells_nothing() -> None:
    blind: Validation = ((10, 80, 10, 0), (10, 80, 10, 0), (10, 80, 10, 0))
    assert METRICS["positive_emotion_share"].score(faces(blind, 50, 400, 50, 0)).status == "no_data"


def test_the_interval_covers_with_few_and_many_faces() -> None:
    random = np.random.default_rng([20261122, 2])
    chances = np.array([[0.78, 0.18, 0.04], [0.10, 0.80, 0.10], [0.05, 0.35, 0.60]])
    for n in (100, 5000):
        covered = []
        for _ in range(120):
            truth = random.dirichlet((34, 56, 9))
            validation = tuple((*map(int, random.multinomial(400, row)), 0) for row in chances)
            seen = tuple(map(int, random.multinomial(n, truth @ chances)))
            for metric, mood in (("positive_emotion_share", 0), ("negative_emotion_share", 2)):
                score = METRICS[metric].score(faces(validation, *seen, 0))
                assert score.lower is not None and score.upper is not None
                covered.append(score.lower <= truth[mood] <= score.upper)
        assert 0.91 <= np.mean(covered) <= 0.985, n
