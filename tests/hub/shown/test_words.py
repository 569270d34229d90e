"""What surveys' problems are called on the pages, and the kiosk's own words in the hub's previews."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

import tillsight_edge.kiosk
from tillsight_hub.pages.survey_words import by_field, by_question
from tillsight_hub.pages.telling import say
from tillsight_hub.pages.texts import LANGUAGES, texts
from tillsight_hub.shown import preview
from tillsight_hub.shown.editing import as_form, as_question, slug
from tillsight_hub.shown.files import TEMPLATES, template
from tillsight_hub.shown.surveys import checked_fields
from tillsight_models.surveys import problems


def test_previews_say_what_the_kiosk_says() -> None:
    kiosk = Path(tillsight_edge.kiosk.__file__).with_name("texts.toml")
    theirs = tomllib.loads(kiosk.read_text(encoding="utf-8"))
    for language, words in preview._all_words().items():
        assert words == {name: theirs[language][name] for name in words}, language


def question(id: str, kind: str = "rating", **more: Any) -> dict[str, Any]:
    return {"id": id, "kind": kind, "text": {"en": "?"}, **more}


def options(*ids: str) -> list[dict[str, Any]]:
    return [{"id": id, "text": {"en": id}} for id in ids]


WRONG: tuple[list[dict[str, Any]], ...] = (
    [question("a", text={})],
    [question("a", text={"en": " "})],
    [question("a", text={"en": "x" * 101})],
    [question("a", text={"en": "x", "it": "x"})],
    [question("a"), question("a")],
    [question("a", "single")],
    [question("a", "rating", options=options("b"))],
    [question("a", "nps", points=(1, 5))],
    [question("a", points=(5, 1))],
    [question("a", ends={"en": ("x" * 41, "y")})],
    [question("a", show_if=[{"question": "b"}])],
    [question("a", show_if=[{"question": "b"}]), question("b")],
    [question("a", "text"), question("b", show_if=[{"question": "a", "at_least": 1}])],
    [
        question("a", "single", options=options("x")),
        question("b", show_if=[{"question": "a", "at_least": 1}]),
    ],
    [question("a"), question("b", show_if=[{"question": "a", "any": ["x"]}])],
    [question("a", show_if=[{"question": "a"}])],
    [question("a"), question("b", "reason", options=options("x"))],
    [question("rating")],
)


@pytest.mark.parametrize("questions", WRONG)
def test_every_problem_has_words_and_a_field(questions: list[dict[str, Any]]) -> None:
    survey = checked_fields({"id": "exit", "version": 1, "languages": ["en"], "questions": questions})
    found = list(problems(survey))
    assert found
    for told in by_question(found).values():
        assert all(say(texts(language), problem) for _, problem in told for language in LANGUAGES)
        assert all(by_field(told, questions[-1]))


def test_turns_that_do_not_fit_have_words() -> None:
    content = {"id": "exit", "version": 1, "languages": ["en"]}
    content |= {
        "questions": [question("a", group="poll"), question("b", group="quiz")],
        "rotation": {"poll": 3},
    }
    keys = {problem.key for _, problem in by_question(problems(checked_fields(content)))[""]}
    assert keys == {"group_small", "group_unsaid"}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_question_comes_back_from_its_form_as_it_was(name: str) -> None:
    survey = checked_fields(template(name))
    for each in survey.questions:
        values = msgspec.to_builtins(each)
        again = as_question(as_form(values))
        assert msgspec.convert(again, type(each)) == each


@pytest.mark.parametrize(
    ("text", "id"), [("Il personale", "il-personale"), ("Größe?", "groe"), ("الموظفون", ""), ("--", "")]
)
def test_ids_are_made_of_words(text: str, id: str) -> None:
    assert slug(text) == id
