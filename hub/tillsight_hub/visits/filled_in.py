"""Filled in: what a phone sent for a question, as the answer that the event carries."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.datastructures import FormData

from tillsight_models.surveys import LONGEST_TEXT, Answer, Question, options_for, wrong_answer

VALUE = "value"
ROW = "row-"
"""Before the id of a matrix' row."""


class NotAnswered(ValueError):
    """What was sent is no answer to the question."""


def answer_of(question: Question, form: FormData, rating: int | None) -> Answer:
    """The answer; NotAnswered where nothing was chosen, or what is no choice."""
    answer = _read(question, form, rating)
    if answer is None or wrong_answer(question, answer, rating) is not None:
        raise NotAnswered(question.id)
    return answer


def clean(text: str, longest: int = LONGEST_TEXT) -> str:
    """What a person wrote, without what no keyboard writes: control characters, halves of characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(each for each in lines if each == "\n" or _is_written(each))
    return kept.strip()[:longest].strip()


def typed(question: Question | None, form: FormData) -> dict[str, Any]:
    """What to show again where it was no answer."""
    if question is None:
        return {}
    rows = {each.id: str(form.get(ROW + each.id, ""))[:20] for each in question.options}
    return {"values": _texts(form), "rows": rows, "text": clean(str(form.get(VALUE, "")))}


def shown(answer: Answer) -> dict[str, Any]:
    """The same of an answer that was given before."""
    values = answer if isinstance(answer, list) else [] if answer is None else [str(answer)]
    rows = {row: str(point) for row, point in answer.items()} if isinstance(answer, Mapping) else {}
    return {"values": values, "rows": rows, "text": answer if isinstance(answer, str) else ""}


def _read(question: Question, form: FormData, rating: int | None) -> Answer:
    if question.kind == "matrix":
        points = {each.id: _point(form.get(ROW + each.id)) for each in options_for(question, rating)}
        return {row: point for row, point in points.items() if point is not None} or None
    if question.kind == "multiple":
        return sorted(set(_texts(form))) or None
    text = clean(str(form.get(VALUE, "")))
    if question.kind in ("rating", "nps"):
        return _point(text)
    return text or None


def _point(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 2 else None


def _texts(form: FormData) -> Sequence[str]:
    return [str(value)[:60] for value in form.getlist(VALUE)]


def _is_written(character: str) -> bool:
    """Letters, marks, signs, spaces, and the joiners that Arabic and pictures are written with."""
    return character.isprintable() or character in "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
