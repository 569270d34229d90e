"""What is wrong with a survey, in the words of the pages: the contract says it in English, one line each."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_SAID: tuple[tuple[str, str], ...] = (
    ("is missing", "missing"),
    ("has no text", "missing"),
    (r"(?P<has>\d+) characters: should be at most (?P<most>\d+)", "too_long"),
    ("is not one of the survey's languages", "foreign_language"),
    (r"(?P<what>\S+) is there (?P<times>\d+) times", "twice"),
    (r"(?P<has>\d+): should be 1 to (?P<most>\d+) for \w+", "options"),
    (r"(?P<has>\d+): should be none for \w+", "no_options"),
    (r".+: should be left out for \w+", "no_points"),
    (r".+: should be 2 to (?P<most>\d+) points, the lowest first", "points"),
    (r"should have at most (?P<most>\d+) characters each", "ends"),
    (r"'(?P<what>.*)': there is no such question", "no_question"),
    (r"'(?P<what>.*)': is asked later; .+", "asked_later"),
    (r"'(?P<what>.*)': of a \w+ only whether it was answered is known", "only_answered"),
    (r"'(?P<what>.*)': options are no numbers; .+", "no_numbers"),
    (r"'?(?P<answer>.*?)'?: is no answer to '(?P<what>.*)'", "no_answer"),
    (r"waits for itself: (?P<what>.+)", "circle"),
    ("reasons should come before all other questions", "reasons_first"),
    ("should have another id: `rating` is the rating of the press", "id_rating"),
    (r"(?P<asked>\d+): the group has (?P<has>\d+) questions", "group_small"),
    (r"(?P<what>.+): is missing; how many questions of this group are asked\?", "group_unsaid"),
)
"""What the contract says after the name of the part, and the key of the text that says the same."""


@dataclass(frozen=True)
class Problem:
    """The text `surveys.problem_<key>` with its values."""

    key: str
    values: Mapping[str, str]


def problem_of(line: str) -> Problem:
    """A problem without the name of its part; as the contract says it where there are no other words."""
    for pattern, key in _SAID:
        if found := re.fullmatch(pattern, line):
            return Problem(key, found.groupdict())
    return Problem("said", {"said": line})


def split(problem: str) -> tuple[str, str]:
    """`questions.why.text.it: is missing` as part and what is wrong with it."""
    where, _, said = problem.partition(": ")
    return (where, said) if said else ("", problem)


def by_question(problems: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """By question id, "" for the survey itself: parts within the question, and what is wrong."""
    found: dict[str, list[tuple[str, str]]] = {}
    for problem in problems:
        where, said = split(problem)
        parts = where.split(".", 2)
        if parts[0] == "questions" and len(parts) > 1:
            found.setdefault(parts[1], []).append((parts[2] if len(parts) > 2 else "", said))
        else:
            found.setdefault("", []).append((where, said))
    return found


def by_field(problems: Iterable[tuple[str, str]], question: Mapping[str, Any]) -> dict[str, list[Problem]]:
    """Of one question, by the name of the field in its form."""
    numbers = {each["id"]: number for number, each in enumerate(question.get("options", ()))}
    found: dict[str, list[Problem]] = {}
    for where, said in problems:
        found.setdefault(_field(where, numbers), []).append(problem_of(said))
    return found


def _field(where: str, numbers: Mapping[str, int]) -> str:
    parts = where.split(".")
    if parts[0] in ("text", "ends") and len(parts) == 2:
        return f"{parts[0]}_{parts[1]}"
    if parts[0] == "options" and len(parts) == 4 and parts[1] in numbers:
        return f"option_{numbers[parts[1]]}_text_{parts[3]}"
    return parts[0] or "id"
