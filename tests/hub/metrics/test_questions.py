"""Settings of questions: what may be set, and one clear line for what may not."""

from typing import Any

import pytest
from tests.harness.asking import EVERYTHING, asking

from tillsight_hub.config import HubConfig
from tillsight_hub.metrics import drivers, questions, servqual
from tillsight_hub.metrics.questions import QuestionSettings, names_of, points_of, top_box
from tillsight_hub.metrics.topics import by_topic, is_whole, topic_of
from tillsight_models.configuration import read_settings
from tillsight_models.errors import BadConfig

QUESTION = {"survey": "exit", "question": "q-1"}


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"questions": [QUESTION]}, "metrics.questions.0.asks: is missing"),
        (
            {"questions": [QUESTION | {"asks": "ces3"}]},
            "metrics.questions.0.asks: 'ces3': expected one of nps, ces1",
        ),
        (
            {"questions": [QUESTION | {"asks": "driver:"}]},
            "metrics.questions.0.asks: 'driver:': expected one of",
        ),
        ({"questions": [QUESTION | {"asks": "servqual-e-23"}]}, "servqual-e-1 to -22"),
        (
            {"questions": [QUESTION | {"asks": "nps", "survey": "Exit!"}]},
            "metrics.questions.0.survey: 'Exit!'",
        ),
        (
            {"questions": [QUESTION | {"asks": "nps", "points": 5}]},
            "metrics.questions.0.points: is not a setting",
        ),
        (
            {"questions": [QUESTION | {"asks": "ces2", "scale": [1, 5]}]},
            "ces2: expected the published scale, [1, 7]",
        ),
        ({"questions": [QUESTION | {"asks": "csat", "scale": [5, 1]}]}, "the lowest and the highest answer"),
        (
            {"questions": [QUESTION | {"asks": "nps", "since_version": 0}]},
            "metrics.questions.0.since_version: 0",
        ),
        ({"questions": [QUESTION | {"asks": "nps"}] * 2}, "exit q-1: asks nps twice"),
        (
            {"questions": [QUESTION | {"asks": "force:Joy"}]},
            "force:Joy: expected one of the forces Certainty, Fair",
        ),
        (
            {"questions": [QUESTION | {"asks": "ideal", "scale": [1, 10]}, QUESTION | {"asks": "actual"}]},
            "expected, actual, ideal: asked on 1 to 5 and 1 to 10, expected one scale",
        ),
        (
            {"questions": [QUESTION | {"asks": f"driver:{n}"} for n in range(13)]},
            "expected at most 12 drivers",
        ),
        ({"csi_weights": [0, 0, 0]}, "metrics.csi_weights: [0, 0, 0]: expected at least one weight above 0"),
        ({"csi_weights": [1, 1]}, "metrics.csi_weights.2: is missing"),
        ({"servqual_weights": [20, 20, 20, 20, 10]}, "expected 100 points together, not 90"),
        ({"forces": [""]}, "metrics.forces.0: ''"),
    ],
)
def test_a_bad_setting_is_one_clear_line(settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadConfig) as raised:
        read_settings({"metrics": settings}, HubConfig)
    (line,) = raised.value.problems
    assert problem in line
    assert "\n" not in line


def test_everything_that_can_be_asked_can_be_set() -> None:
    settings = asking()
    assert len(settings.questions) == len(EVERYTHING)
    assert names_of(settings.questions, "driver") == ["driver:speed", "driver:price"]
    assert names_of(settings.questions, "force") == ["force:Control", "force:Status"]
    assert points_of(settings.questions, "ces1") == (1, 5)
    assert points_of((), "ces1") is None


def test_the_list_of_forces_is_a_setting() -> None:
    question = QUESTION | {"asks": "force:Recognition"}
    settings = {"questions": [question], "forces": ["Recognition"]}
    assert read_settings({"metrics": settings}, HubConfig).metrics.questions[0].name == "Recognition"


@pytest.mark.parametrize(
    ("points", "lowest_of_the_best"),
    [((0, 1), 1), ((1, 3), 3), ((1, 4), 3), ((1, 5), 4), ((1, 7), 6), ((1, 10), 8), ((0, 10), 8)],
)
def test_the_top_box_grows_with_the_scale(points: tuple[int, int], lowest_of_the_best: int) -> None:
    assert top_box(points) == lowest_of_the_best


def test_what_makes_one_number_is_one_topic() -> None:
    assert topic_of(*questions.CSI) == "csi"
    assert topic_of("expected", "actual") == "experience"
    assert topic_of("actual", "ideal") == "ideal"
    assert topic_of("outcome", "driver:a-b") == "drivers"
    assert topic_of("force:Control", "outcome") == "forces"
    assert topic_of(*questions.SERVQUAL_EXPECTED, *questions.SERVQUAL_PERCEIVED) == "servqual"
    assert len({topic_of(asked) for asked in ("nps", "csat", "ces1", "ces2", "womi-recommend")}) == 5


def test_a_person_belongs_to_a_topic_with_all_answers_that_it_asks_for() -> None:
    asks = frozenset(("expected", "actual", "ideal", "nps", "womi-recommend", "womi-discourage"))
    given = {"expected": 3, "actual": 4, "nps": 9, "womi-recommend": 9}
    assert by_topic(given, asks) == {"experience": {"expected": 3, "actual": 4}, "nps": {"nps": 9}}


def test_one_pair_of_servqual_is_told_and_one_of_each_dimension_counts() -> None:
    asks = frozenset(("servqual-e-1", "servqual-p-1", "servqual-e-5", "servqual-p-5"))
    pair = {"servqual-e-1": 6, "servqual-p-1": 5}
    assert by_topic({"servqual-e-1": 6, "servqual-p-5": 5}, asks) == {}
    assert by_topic(pair, asks) == {"servqual": pair}
    assert not is_whole("servqual", pair, asks)
    assert is_whole("servqual", pair | {"servqual-e-5": 6, "servqual-p-5": 5}, asks)


def test_an_answer_is_a_whole_number_of_the_scale() -> None:
    question = QuestionSettings(**QUESTION, asks="ces2")
    assert [question.answer(value) for value in (1, 7, 4.0)] == [1, 7, 4]
    odd = (0, 8, 4.5, "4", True, None, ["4"], {"row": 4}, float("nan"), float("inf"))
    assert [question.answer(value) for value in odd] == [None] * len(odd)


def test_the_settings_know_what_the_formulas_can_do() -> None:
    """They do not import them: a command that only reads its configuration should not load numpy."""
    assert questions.MOST_DRIVERS == drivers.MOST_DRIVERS
    assert questions.SERVQUAL_ITEMS == servqual.ITEMS
    assert tuple(servqual.DIMENSIONS.values()) == questions.SERVQUAL_DIMENSIONS
