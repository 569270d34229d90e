"""Questionnaires as data: what is asked next, what is refused, and that every path ends."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillsight_models.errors import BadConfig
from tillsight_models.surveys import (
    Answer,
    Question,
    Survey,
    load_survey,
    next_question,
    options_for,
    problems,
    read_survey,
    rotated_out,
    wrong_answer,
)


def text(words: str) -> dict[str, str]:
    return {"en": words, "ar": words}


def option(id: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "text": text(id), **more}


def question(id: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "kind": kind, "text": text(id), **more}


def survey_of(*questions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "exit", "version": 3, "languages": ["en", "ar"], "questions": list(questions), **more}


WHY = question(
    "why",
    "reason",
    options=[option("queue", ratings=[1, 2]), option("staff"), option("choice", ratings=[3, 4])],
    show_if=[{"question": "rating", "at_most": 3}],
)
BRANCHED = survey_of(
    WHY,
    question("likely", "nps"),
    question("missing", "text", show_if=[{"question": "likely", "at_most": 6}]),
    question("came-for", "multiple", options=[option("bread"), option("fruit")]),
    question("fresh", "rating", show_if=[{"question": "came-for", "any": ["fruit"]}]),
)


def asked_in_turn(survey: Survey, rating: int, given: dict[str, Answer]) -> list[str]:
    answers: dict[str, Answer] = {}
    while following := next_question(survey, answers, rating):
        answers[following.id] = given.get(following.id)
    return list(answers)


@pytest.mark.parametrize(
    ("rating", "given", "asked"),
    [
        (4, {"likely": 10}, ["likely", "came-for"]),
        (2, {"likely": 6}, ["why", "likely", "missing", "came-for"]),
        (4, {"likely": 7, "came-for": ["bread", "fruit"]}, ["likely", "came-for", "fresh"]),
        (4, {}, ["likely", "came-for"]),
    ],
)
def test_earlier_answers_decide_what_is_asked(
    rating: int, given: dict[str, Answer], asked: list[str]
) -> None:
    assert asked_in_turn(read_survey(BRANCHED), rating, given) == asked


def test_a_question_that_is_left_out_is_not_asked() -> None:
    following = next_question(read_survey(BRANCHED), {}, 4, left_out={"likely"})
    assert following is not None
    assert following.id == "came-for"


def test_options_belong_to_ratings_and_a_question_without_any_left_is_not_asked() -> None:
    why = read_survey(BRANCHED).question("why")
    assert [each.id for each in options_for(why, 2)] == ["queue", "staff"]
    only = read_survey(survey_of(question("why", "reason", options=[option("queue", ratings=[1])])))
    assert next_question(only, {}, 4) is None


def test_a_group_takes_turns_and_all_of_it_is_asked_equally_often() -> None:
    survey = read_survey(
        survey_of(*(question(f"q{n}", "nps", group="mind") for n in range(5)), rotation={"mind": 2})
    )
    asked = [{f"q{n}" for n in range(5)} - rotated_out(survey, turn) for turn in range(5)]
    assert all(len(each) == 2 for each in asked)
    assert {id: sum(id in each for each in asked) for id in ("q0", "q4")} == {"q0": 2, "q4": 2}


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"show_if": [{"question": "gone"}]}, "questions.x.show_if: 'gone': there is no such question"),
        ({"show_if": [{"question": "x"}]}, "questions.x.show_if: waits for itself: x -> x"),
        ({"show_if": [{"question": "y"}]}, "questions.x.show_if: 'y': is asked later; a condition looks at"),
        ({"show_if": [{"question": "likely", "any": ["often"]}]}, "'often': is no answer to 'likely'"),
        ({"text": {"en": "x"}}, "questions.x.text.ar: is missing"),
        ({"text": {"en": "x", "ar": " "}}, "questions.x.text.ar: has no text"),
        (
            {"text": {"en": "x" * 101, "ar": "x"}},
            "questions.x.text.en: 101 characters: should be at most 100",
        ),
        ({"text": {**text("x"), "de": "x"}}, "questions.x.text.de: is not one of the survey's languages"),
        ({"kind": "single"}, "questions.x.options: 0: should be 1 to 8 for single"),
        ({"kind": "nps", "points": [1, 5]}, "questions.x.points: 0 to 10: should be left out for nps"),
        ({"points": [5, 1]}, "questions.x.points: 5 to 1: should be 2 to 11 points, the lowest first"),
        (
            {"kind": "single", "options": [option(f"{n}" * 29) for n in range(7)]},
            "text.ar: 29 characters: should be at most 28",
        ),
        ({"options": [option("a")]}, "questions.x.options: 1: should be none for rating"),
        (
            {"kind": "single", "options": [option("a"), option("a")]},
            "questions.x.options: a: is there 2 times",
        ),
        ({"kind": "reason", "options": [option("a")]}, "questions.x: reasons should come before all other"),
        ({"id": "rating"}, "questions.rating: should have another id: `rating` is the rating of the press"),
        ({"group": "mind"}, "rotation: mind: is missing; how many questions of this group are asked?"),
        ({"id": "likely"}, "questions: likely: is there 2 times"),
    ],
)
def test_a_problem_is_told_in_one_line(changed: dict[str, Any], line: str) -> None:
    values = survey_of(
        question("likely", "nps"), {**question("x", "rating"), **changed}, question("y", "text")
    )
    with pytest.raises(BadConfig) as refused:
        read_survey(values)
    assert any(line in each for each in refused.value.problems), refused.value.problems
    assert not any("\n" in each for each in refused.value.problems)


def test_questions_that_wait_for_each_other_are_told_as_a_circle() -> None:
    a = question("a", "nps", show_if=[{"question": "b"}])
    b = question("b", "nps", show_if=[{"question": "a"}])
    with pytest.raises(BadConfig) as refused:
        read_survey(survey_of(a, b))
    assert "questions.a.show_if: waits for itself: a -> b -> a" in refused.value.problems


def test_an_unknown_field_or_kind_is_one_line_too() -> None:
    wrong: list[Any] = [survey_of(question("x", "stars")), {**BRANCHED, "colour": "red"}, [], {"id": "exit"}]
    for values in wrong:
        with pytest.raises(BadConfig) as refused:
            read_survey(values)
        assert len(refused.value.problems) == 1
        assert refused.value.problems[0].startswith("survey: ")


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("rating", [1, 5, None], [0, 6, "3", True]),
        ("nps", [0, 10], [11, -1]),
        ("single", ["a"], ["c", 1, ["a"]]),
        ("multiple", [["a", "b"], []], [["a", "a"], ["c"], "a"]),
        ("matrix", [{"a": 1}, {"a": 5, "b": 2}], [{}, {"a": 6}, {"c": 1}]),
        ("text", ["fine"], ["", "x" * 501, 3]),
    ],
)
def test_an_answer_fits_its_question_or_the_reason_is_told(
    kind: str, good: list[Answer], bad: list[Answer]
) -> None:
    has_options = kind in ("single", "multiple", "matrix")
    options = {"options": [option("a"), option("b")]} if has_options else {}
    asked = read_survey(survey_of(question("x", kind, **options))).question("x")
    assert [wrong_answer(asked, each) for each in good] == [None] * len(good)
    assert all(wrong_answer(asked, each) for each in bad)


def test_surveys_are_read_from_toml_and_json(tmp_path: Path) -> None:
    toml = tmp_path / "exit.toml"
    toml.write_text(
        'id = "exit"\nversion = 1\nlanguages = ["en"]\n'
        '[[questions]]\nid = "likely"\nkind = "nps"\ntext = { en = "Likely?" }\n'
    )
    other = tmp_path / "exit.json"
    other.write_text(json.dumps(BRANCHED))
    assert load_survey(toml).question("likely").scale == (0, 10)
    assert load_survey(other).version == 3


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [("a.toml", "x = [", "not TOML"), ("a.json", "{", "not JSON"), ("none.toml", None, "No such file")],
)
def test_a_file_that_cannot_be_read_is_one_line(
    tmp_path: Path, name: str, content: str | None, line: str
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(BadConfig, match=line):
        load_survey(tmp_path / name)


CONDITIONS = st.lists(
    st.fixed_dictionaries(
        {"question": st.sampled_from(["rating", "q0", "q1", "q2", "q3"])},
        optional={"at_least": st.integers(0, 10), "at_most": st.integers(0, 10)},
    ),
    max_size=2,
)


@given(conditions=st.lists(CONDITIONS, min_size=1, max_size=5), data=st.data())
def test_every_path_ends_whatever_is_answered(
    conditions: list[list[dict[str, Any]]], data: st.DataObject
) -> None:
    values = survey_of(*(question(f"q{n}", "nps", show_if=each) for n, each in enumerate(conditions)))
    survey = Survey(**{**values, "questions": [_converted(each) for each in values["questions"]]})
    answers: dict[str, Answer] = {}
    rating = data.draw(st.none() | st.integers(1, 5))
    while following := next_question(survey, answers, rating):
        assert following.id not in answers
        answers[following.id] = data.draw(st.none() | st.integers(0, 10))
    assert len(answers) <= len(conditions)
    if not list(problems(survey)):
        shown = {each.id for each in survey.questions if not each.show_if}
        assert shown <= answers.keys()


def _converted(values: dict[str, Any]) -> Question:
    return msgspec.convert(values, Question)
