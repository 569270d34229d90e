"""What published surveys ask, as the metrics understand it: from the kind and the id of a question."""

import logging
import re
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pydantic import ValidationError
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from tillsight_models.problems import Problem
from tillsight_models.surveys import Question, Survey

from ..metrics.catalogue import catalogue
from ..metrics.questions import PUBLISHED, USUAL, Questions, QuestionSettings, check_questions
from ..metrics.registry import Catalogue
from ..metrics.settings import MetricSettings
from ..wanted.sections import stamp
from .surveys import read_surveys

log = logging.getLogger(__name__)

LOOK_S = 1.0
"""Between two looks whether something was published."""

_OF_ROWS = ("servqual-e", "servqual-p", "driver", "force")
"""Ids of tables whose rows are asked about one by one."""


def questions_of(
    surveys: Iterable[Survey], configured: Questions, forces: Sequence[str]
) -> tuple[Questions, list[Problem]]:
    """All questions that metrics are made of: those of the configuration, and of the published surveys what
    the configuration says nothing of. What does not fit the others is left out, and told in words."""
    chosen: Questions = configured
    problems: list[Problem] = []
    said = {(each.survey, each.question) for each in configured}
    for survey in surveys:
        for found in asked_by(survey, forces):
            if (found.survey, found.question) in said:
                continue
            try:
                check_questions((*chosen, found), forces)
            except ValueError as error:
                line = f"{survey.id} {found.question}: {error}"
                problems.append(Problem(line, "metrics_clash", question=found.question, asks=found.asks))
            else:
                chosen = (*chosen, found)
    return chosen, problems


def asked_by(survey: Survey, forces: Sequence[str]) -> Iterator[QuestionSettings]:
    """What this survey asks. Its older versions count as far as they ask the same, see `since_version`."""
    for question in survey.questions:
        for row, asks in _asks(question, forces):
            if PUBLISHED.get(asks, question.scale) != question.scale:
                continue  # on another scale than the published one it is another question
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


# --- In a hub --------------------------------------------------------------------------------------------


def read_metric_settings(connection: Connection, configured: MetricSettings) -> MetricSettings:
    """The configured settings with what all surveys ask that were ever published."""
    published = {
        kept.id: [each.survey for each in kept.versions if each.state != "draft"]
        for kept in read_surveys(connection)
    }
    newest = [versions[0] for versions in published.values() if versions]
    questions, problems = questions_of(newest, configured.questions, configured.forces)
    for problem in problems:
        log.warning("no metric is made of %s", problem)
    own = questions[len(configured.questions) :]
    dated = (*configured.questions, *since_versions(own, published))
    return configured.model_copy(update={"questions": dated})


class MetricsNow:
    """The metrics of this moment: made anew when a survey was published. Any thread may ask."""

    def __init__(self, engine: Engine, configured: MetricSettings, smallest_cell: int) -> None:
        self._engine = engine
        self._configured = self._settings = configured
        self._smallest = smallest_cell
        self._catalogue = catalogue(configured, smallest_cell)
        self._stamp = -1
        self._look_at = 0.0
        self._lock = threading.Lock()

    @property
    def settings(self) -> MetricSettings:
        """The configuration's, with the questions of published surveys."""
        self._look()
        return self._settings

    @property
    def catalogue(self) -> Catalogue:
        """What the hub computes."""
        self._look()
        return self._catalogue

    def _look(self) -> None:
        """At most once a second; while the database is away, what was known stays."""
        with self._lock:
            if time.monotonic() < self._look_at:
                return
            self._look_at = time.monotonic() + LOOK_S
            try:
                with self._engine.connect() as connection:
                    now, _ = stamp(connection)
                    if now == self._stamp:
                        return
                    self._settings = read_metric_settings(connection, self._configured)
            except SQLAlchemyError:
                return
            self._catalogue = catalogue(self._settings, self._smallest)
            self._stamp = now
