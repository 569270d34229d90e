"""What is wrong with a survey, by question and by field of its form."""

from collections.abc import Iterable, Mapping
from typing import Any

from tillsight_models.problems import Problem

Told = tuple[str, Problem]
"""The part of a question, or of the survey, and what is wrong with it."""


def by_question(problems: Iterable[Problem]) -> dict[str, list[Told]]:
    """By question id, "" for the survey itself: parts within the question, and what is wrong."""
    found: dict[str, list[Told]] = {}
    for problem in problems:
        parts = problem.where.split(".", 2)
        if parts[0] == "questions" and len(parts) > 1:
            found.setdefault(parts[1], []).append((parts[2] if len(parts) > 2 else "", problem))
        else:
            found.setdefault("", []).append((problem.where, problem))
    return found


def by_field(problems: Iterable[Told], question: Mapping[str, Any]) -> dict[str, list[Problem]]:
    """Of one question, by the name of the field in its form."""
    numbers = {each["id"]: number for number, each in enumerate(question.get("options", ()))}
    found: dict[str, list[Problem]] = {}
    for where, problem in problems:
        found.setdefault(_field(where, numbers), []).append(problem)
    return found


def _field(where: str, numbers: Mapping[str, int]) -> str:
    parts = where.split(".")
    if parts[0] in ("text", "ends") and len(parts) == 2:
        return f"{parts[0]}_{parts[1]}"
    if parts[0] == "options" and len(parts) == 4 and parts[1] in numbers:
        return f"option_{numbers[parts[1]]}_text_{parts[3]}"
    return parts[0] or "id"
