"""What is refused is one line of English, and its key and values for whoever says it in other words."""

import re

import pytest

from tillsight_models.configuration import Settings, read_settings
from tillsight_models.errors import BadConfig
from tillsight_models.problems import SAID, Problem, recognised, said
from tillsight_models.surveys import read_survey
from tillsight_models.wanted import read_device, read_kiosk


@pytest.mark.parametrize("key", SAID)
def test_a_device_says_it_and_the_hub_knows_it_again(key: str) -> None:
    names = re.findall(r"{(\w+)}", SAID[key])
    values = {name: str(7 + at) for at, name in enumerate(names)}
    for where in ("", "questions.why.text.it", "kiosk.survey: questions.why"):
        line = said(key, where, **values)
        again = recognised(str(line))
        assert again is not None
        assert (again.key, again.where, again.values) == (key, where, values)


def test_what_nobody_of_ours_says_is_not_known_again() -> None:
    assert recognised("kiosk.survey: too new for this device") is None
    assert recognised("") is None


def test_a_line_stays_plain_text_for_who_wants_that() -> None:
    line = said("missing", "text.it").within("questions.why.").within("kiosk.survey: ")
    assert line == "kiosk.survey: questions.why.text.it: is missing"
    assert (line.key, line.where) == ("missing", "kiosk.survey: questions.why.text.it")
    assert type(str(line)) is str


class Box(Settings):
    """Something to be set."""

    size: int


@pytest.mark.parametrize(
    ("read", "values", "key", "where"),
    [
        (read_survey, {"id": "a", "version": 1, "languages": ["en"], "questions": []}, "length", "questions"),
        (read_survey, {"id": "a", "version": 1, "languages": ["en"]}, "field_missing", "survey"),
        (read_survey, [], "type", "survey"),
        (read_kiosk, {"idle_s": 2}, "bound", "idle_s"),
        (read_kiosk, {"idle_s": 20, "question": {"en": " "}}, "of_characters", "kiosk.question.en"),
        (read_device, {"panel.cooldown_s": 700}, "range", "device.panel.cooldown_s"),
        (lambda values: read_settings(values, Box), {"size": "x"}, "whole", "size"),
        (lambda values: read_settings(values, Box), {"colour": 1}, "missing", "size"),
    ],
)
def test_refusals_of_the_contract_carry_their_keys(read, values, key, where) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadConfig) as refused:
        read(values)
    problem = refused.value.problems[0]
    assert isinstance(problem, Problem)
    assert (problem.key, problem.where) == (key, where)
