"""The numbers in the model cards are what they are called."""

import numpy as np
import pytest
from tests.harness.training import training_module

pytest.importorskip("cv2")
scores = training_module("emotion_scores")


def rows(*lines: list[float]) -> np.ndarray:
    """Probabilities of neutral, happiness, surprise, sadness, anger; the other three are zero."""
    return np.array([line + [0.0] * (8 - len(line)) for line in lines], np.float32)


def test_negative_emotions_add_up() -> None:
    valence = scores.valence_of(rows([0.4, 0.0, 0.0, 0.3, 0.3]))
    assert (valence.sign.tolist(), valence.confidence.tolist()) == ([-1], pytest.approx([0.6]))


def test_surprise_is_no_valence_and_lowers_the_confidence() -> None:
    valence = scores.valence_of(rows([0.1, 0.2, 0.7]))
    assert (valence.sign.tolist(), valence.confidence.tolist()) == ([1], pytest.approx([0.2]))


def test_valence_accuracy_counts_what_is_kept_and_no_surprise() -> None:
    answers = rows([0.9, 0.1], [0.1, 0.9], [0.5, 0.1, 0.0, 0.4], [0.0, 0.0, 1.0])
    truth = np.array([0, 0, 3, 2])
    assert scores.valence_accuracy(answers, truth) == (pytest.approx(1 / 3), 1.0)
    assert scores.valence_accuracy(answers, truth, 0.8) == (0.5, pytest.approx(2 / 3))
    assert scores.valence_table(answers, truth, 0.8) == [[0, 0, 0, 1], [0, 1, 1, 0], [0, 0, 0, 0]]


def test_smiles_are_recall_and_false_alarms() -> None:
    answers = rows([0.1, 0.9], [0.6, 0.4], [0.2, 0.8], [0.9, 0.1], [0.0, 1.0])
    assert scores.smiles(answers, np.array([1, 1, 0, 0, -1]), 0.5) == (0.5, 0.5)


def test_calibration_error_is_the_gap_between_confidence_and_what_is_right() -> None:
    sure = rows(*[[0.9, 0.1]] * 10)
    assert scores.calibration_error(sure, np.array([0] * 9 + [1])) == pytest.approx(0.0, abs=1e-6)
    assert scores.calibration_error(sure, np.array([0] * 5 + [1] * 5)) == pytest.approx(0.4, abs=1e-6)


def test_a_temperature_brings_confidence_down_to_what_is_right() -> None:
    random = np.random.default_rng(1)
    logits = random.normal(0, 3, (4000, 8))
    honest = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    truth = np.array([random.choice(8, p=row) for row in honest])
    boastful = honest**1.5 / (honest**1.5).sum(1, keepdims=True)
    assert scores.fitted_temperature(boastful, [truth]) == pytest.approx(1.5, abs=0.2)
