"""What published surveys ask, as the metrics understand it: from the kind and the id of a question."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pydantic import ValidationError

from tillsight_models.surveys import Question, Survey

from ..metrics.questions import PUBLISHED, USUAL, Questions, QuestionSettings, check_questions

_OF_ROWS = ("servqual-e", "servqual-p", "driver", "force")
"""Ids of tables whose rows are asked about one by one."""


def questions_of(
    surveys: Iterable[Survey], configured: Questions, forces: Sequence[str]
) -> tuple[Questions, list[str]]:
    """All questions that metrics are made of: those of the configuration, and of the published surveys what
    the configuration says nothing of. What does not fit the others is left out, and told in words."""
    chosen: Questions = configured
    problems: list[str] = []
    said = {(each.survey, each.question) for each in configured}
    for survey in surveys:
        for found in asked_by(survey, forces):
            if (found.survey, found.question) in said:
                continue
            try:
                check_questions((*chosen, found), forces)
            except ValueError as error:
                problems.append(f"{survey.id} {found.question}: {error}")
            else:
                chosen = (*chosen, found)
    return chosen, problems


def asked_by(survey: Survey, forces: Sequence[str]) -> Iterator[QuestionSettings]:
    """What this survey asks. Its older versions count as far as they ask the same, see `since_version`."""
    for question in survey.questions:
        for row, asks in _asks(question, forces):
            scale = None if asks in PUBLISHED else question.scale
            try:
                yield QuestionSettings(
                    survey=survey.id, question=question.id, asks=asks, row=row, scale=scale
                )
            except ValidationError:
                continue


def since_versions(questions: Questions, versions: Mapping[str, Sequence[Survey]]) -> Questions:
    """With the first version of each survey from which on every one asked the same on the same scale."""
    return tuple(
        each.model_copy(update={"since_version": _since(each, versions.get(each.survey, ()))})
        for each in questions
    )


def _since(asked: QuestionSettings, versions: Sequence[Survey]) -> int:
    """`versions` are all that were ever published, the newest first."""
    first = 1
    for survey in versions:
        same = [
            each
            for each in survey.questions
            if each.id == asked.question and each.scale == asked.points and _has_row(each, asked.row)
        ]
        if not same:
            return max(1, first)
        first = survey.version
    return 1 if not versions else min(first, versions[-1].version)


def _has_row(question: Question, row: str | None) -> bool:
    return row is None or row in {each.id for each in question.options}


def _asks(question: Question, forces: Sequence[str]) -> Iterator[tuple[str | None, str]]:
    """By row, or None for the question itself: the word of the metrics' settings."""
    if question.kind == "nps":
        yield None, "nps"
    elif question.kind == "rating":
        if asks := _word(question.id, forces):
            yield None, asks
    elif question.kind == "matrix" and question.id in _OF_ROWS:
        for row in question.options:
            if asks := _word(f"{question.id}-{row.id}", forces):
                yield row.id, asks


def _word(id: str, forces: Sequence[str]) -> str | None:
    if id in PUBLISHED or id in USUAL:
        return id
    if driver := re.fullmatch("driver-(.+)", id):
        return f"driver:{driver[1]}"
    named = {each.lower().replace(" ", "-"): each for each in forces}
    force = named.get(id.removeprefix("force-")) if id.startswith("force-") else None
    return f"force:{force}" if force else None
