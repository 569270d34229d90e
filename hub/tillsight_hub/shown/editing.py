"""Editing: a question as the fields of a form, and back. Nothing that was typed is lost on the way."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tillsight_models.surveys import MOST_OPTIONS, MOST_ROWS, RATING

KINDS = ("reason", "rating", "nps", "single", "multiple", "matrix", "text")
WITH_OPTIONS = ("reason", "single", "multiple", "matrix")
WITH_POINTS = ("rating", "matrix")
WITH_ENDS = ("rating", "nps", "matrix")
MOST_CONDITIONS = 6

Fields = Mapping[str, str]
"""What came from a browser."""


@dataclass
class OptionForm:
    """One option as it is typed."""

    id: str = ""
    ratings: str = ""
    text: dict[str, str] = field(default_factory=dict)


@dataclass
class ConditionForm:
    """One condition as it is typed."""

    question: str = ""
    any: str = ""
    at_least: str = ""
    at_most: str = ""


@dataclass
class QuestionForm:
    """A question as it is typed: texts only."""

    id: str = ""
    kind: str = "rating"
    text: dict[str, str] = field(default_factory=dict)
    low: str = ""
    high: str = ""
    ends_low: dict[str, str] = field(default_factory=dict)
    ends_high: dict[str, str] = field(default_factory=dict)
    optional: bool = True
    group: str = ""
    per_day: str = ""
    options: list[OptionForm] = field(default_factory=list)
    conditions: list[ConditionForm] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    """By field: what could not be read (`number`, `id`)."""


def as_form(question: Mapping[str, Any]) -> QuestionForm:
    """A question of a survey's content."""
    points = question.get("points") or ("", "")
    ends = question.get("ends", {})
    return QuestionForm(
        id=question["id"],
        kind=question["kind"],
        text=dict(question["text"]),
        low=str(points[0]),
        high=str(points[1]),
        ends_low={language: pair[0] for language, pair in ends.items()},
        ends_high={language: pair[1] for language, pair in ends.items()},
        optional=question.get("optional", True),
        group=question.get("group", ""),
        per_day=str(question.get("per_day") or ""),
        options=[
            OptionForm(each["id"], ", ".join(map(str, each.get("ratings", ()))), dict(each["text"]))
            for each in question.get("options", ())
        ],
        conditions=[
            ConditionForm(
                each["question"],
                ", ".join(map(str, each.get("any", ()))),
                "" if each.get("at_least") is None else str(each["at_least"]),
                "" if each.get("at_most") is None else str(each["at_most"]),
            )
            for each in question.get("show_if", ())
        ],
    )


def typed(fields: Fields, languages: Sequence[str]) -> QuestionForm:
    """What a browser sent, as it was typed."""

    def texts(name: str) -> dict[str, str]:
        return {each: fields.get(f"{name}_{each}", "").strip() for each in languages}

    def line(name: str) -> str:
        return fields.get(name, "").strip()

    form = QuestionForm(
        id=line("id"),
        kind=line("kind"),
        low=line("low"),
        high=line("high"),
        group=line("group"),
        per_day=line("per_day"),
        optional="optional" in fields,
        text=texts("text"),
        ends_low=texts("ends_low"),
        ends_high=texts("ends_high"),
    )
    for number in range(MOST_ROWS + 1):
        if f"option_{number}_id" in fields:
            start = f"option_{number}"
            words = {each: fields.get(f"{start}_text_{each}", "").strip() for each in languages}
            ids = fields[f"{start}_id"].strip(), fields.get(f"{start}_ratings", "").strip()
            form.options.append(OptionForm(*ids, words))
    for number in range(MOST_CONDITIONS + 1):
        if f"condition_{number}_question" in fields:
            names = ("question", "any", "at_least", "at_most")
            told = [fields.get(f"condition_{number}_{name}", "").strip() for name in names]
            form.conditions.append(ConditionForm(*told))
    return form


def rearranged(form: QuestionForm, do: str) -> bool:
    """Do what a button of the form asks for (`option-add`, `option-up:2`); False where it was another."""
    what, _, number = do.partition(":")
    at = int(number) if number.isascii() and number.isdigit() else -1
    if what == "option-add":
        if len(form.options) < (MOST_ROWS if form.kind == "matrix" else MOST_OPTIONS):
            form.options.append(OptionForm())
    elif what == "condition-add":
        if len(form.conditions) < MOST_CONDITIONS:
            form.conditions.append(ConditionForm(question=RATING))
    elif what in ("option-remove", "option-up", "option-down"):
        move(form.options, at, what.partition("-")[2])
    elif what == "condition-remove":
        move(form.conditions, at, "remove")
    else:
        return what == "kind"
    return True


def move(things: list[Any], at: int, how: str) -> None:
    """One place up or down, or away; nothing where there is no such place."""
    if not 0 <= at < len(things):
        return
    if how == "remove":
        del things[at]
        return
    other = at + (-1 if how == "up" else 1)
    if 0 <= other < len(things):
        things[at], things[other] = things[other], things[at]


def as_question(form: QuestionForm) -> dict[str, Any]:
    """The question for a survey's content; `form.problems` has what could not be read, and is left out."""
    form.problems.clear()
    question: dict[str, Any] = {
        "id": slug(form.id or next(filter(None, form.text.values()), "")) or "question",
        "kind": form.kind if form.kind in KINDS else "rating",
        "text": {language: text for language, text in form.text.items() if text},
        "optional": form.optional,
    }
    if form.id and slug(form.id) != form.id:
        form.problems["id"] = "id"
    if form.group:
        question["group"] = form.group
    if form.per_day and (number := _number(form, "per_day", form.per_day)) is not None:
        question["per_day"] = number
    if form.kind in WITH_POINTS and (form.low or form.high):
        points = _number(form, "low", form.low), _number(form, "high", form.high)
        if None not in points:
            question["points"] = points
    if form.kind in WITH_ENDS:
        question["ends"] = {
            language: (form.ends_low.get(language, ""), form.ends_high.get(language, ""))
            for language in form.text
            if form.ends_low.get(language) or form.ends_high.get(language)
        }
    if form.kind in WITH_OPTIONS:
        question["options"] = _options(form)
    question["show_if"] = [
        _condition(form, number, each) for number, each in enumerate(form.conditions) if each.question
    ]
    return question


def slug(text: str) -> str:
    """`Il personale` as an id: `il-personale`; empty where nothing is left."""
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return re.sub("[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-")


def _options(form: QuestionForm) -> list[dict[str, Any]]:
    """Rows in which nothing was typed are no options. An id that nobody wrote is made of the first text."""
    options: list[dict[str, Any]] = []
    for number, each in enumerate(form.options):
        texts = {language: text for language, text in each.text.items() if text}
        if not texts and not each.id:
            continue
        if each.id and slug(each.id) != each.id:
            form.problems[f"option_{number}_id"] = "id"
        made = slug(each.id or next(iter(texts.values()), "")) or f"option-{number + 1}"
        option: dict[str, Any] = {"id": made, "text": texts}
        if each.ratings:
            ratings = [_number(form, f"option_{number}_ratings", part) for part in _parts(each.ratings)]
            option["ratings"] = [rating for rating in ratings if rating is not None]
        options.append(option)
    return options


def _condition(form: QuestionForm, number: int, each: ConditionForm) -> dict[str, Any]:
    condition: dict[str, Any] = {"question": each.question}
    if each.any:
        condition["any"] = [int(part) if part.isdigit() else part for part in _parts(each.any)]
    for name in ("at_least", "at_most"):
        if text := getattr(each, name):
            value = _number(form, f"condition_{number}_{name}", text)
            if value is not None:
                condition[name] = value
    return condition


def _number(form: QuestionForm, name: str, text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        form.problems[name] = "number"
        return None


def _parts(text: str) -> list[str]:
    return [part for part in re.split(r"[,;\s]+", text) if part]
