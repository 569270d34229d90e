"""Asking: which questionnaire goes on on a phone, and what its screen knows of the visit already."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from tillsight_models.continuation import Continuation
from tillsight_models.errors import BadConfig
from tillsight_models.events import ButtonPressed, QuestionAnswered, ReasonGiven
from tillsight_models.surveys import Question, Survey, read_survey, rotated_out

from ..labels import NOT_COUNTED, Label
from ..tables import device_config, event
from .content import Content
from .texts import SPOKEN, phone_texts

OPEN_QUESTION = "phone"
"""Id of the questionnaire that is asked where a touchpoint has none."""
BEFORE_MS = 15 * 60_000
"""A visit began at most so long before its code was made."""
PRESS_MS = 3 * 60_000
"""The same of the press that it began with."""


@dataclass
class _Earlier:
    """What the screen stored of this visit."""

    answers: dict[str, Any] = field(default_factory=dict)
    presses: list[tuple[int, int]] = field(default_factory=list)
    """Number in the device's stream, and rating."""
    reasons: dict[int, str] = field(default_factory=dict)
    """By the number of the press."""


def content_of(connection: Connection, continuation: Continuation, tp: str) -> Content:
    """What a phone that comes with this code is asked."""
    survey = survey_of(connection, continuation.device)
    earlier = _read_earlier(connection, continuation, tp)
    known, rating = dict(earlier.answers), None
    if len(earlier.presses) == 1:
        ((number, rating),) = earlier.presses
        known |= {each.id: earlier.reasons.get(number) for each in _reasons(survey)}
    turn = int(continuation.visit[:8], 16)
    left_out = {*rotated_out(survey, turn), *(each.id for each in _reasons(survey))}
    before = {each.id: known[each.id] for each in survey.questions if each.id in known}
    return Content(
        survey=survey, before=before, rating=rating, left_out=tuple(sorted(left_out - set(before)))
    )


def survey_of(connection: Connection, device: str) -> Survey:
    """The questionnaire that the device's screen was given; else one open question."""
    query = select(device_config.c.wanted).where(device_config.c.dev == device)
    wanted = connection.scalar(query)
    try:
        values = json.loads(wanted)["kiosk"]["survey"] if wanted else None
        return read_survey(values) if values else open_question()
    except (BadConfig, ValueError, KeyError, TypeError):
        return open_question()


def open_question() -> Survey:
    """What should we know?"""
    words = {language: phone_texts(language)("ask.open") for language in SPOKEN}
    question = Question(id="words", kind="text", text=words)
    return Survey(id=OPEN_QUESTION, version=1, languages=list(SPOKEN), questions=[question])


def _reasons(survey: Survey) -> Iterator[Question]:
    """They belong to a press, and are asked right after it only."""
    return (each for each in survey.questions if each.kind == "reason")


def _read_earlier(connection: Connection, continuation: Continuation, tp: str) -> _Earlier:
    made = continuation.minute * 60_000
    query = (
        select(event.c.type, event.c.seq, event.c.t, event.c.labels, event.c.rating, event.c.data)
        .where(event.c.tp == tp, event.c.t >= made - BEFORE_MS, event.c.t < made + BEFORE_MS)
        .where(event.c.dev == continuation.device)
        .where(event.c.type.in_((ButtonPressed.TYPE, ReasonGiven.TYPE, QuestionAnswered.TYPE)))
        .order_by(event.c.t, event.c.seq)
    )
    found = _Earlier()
    for row in connection.execute(query).mappings():
        if row["type"] == ButtonPressed.TYPE:
            near = made - PRESS_MS <= row["t"] < made + 60_000
            if near and not Label(row["labels"]) & NOT_COUNTED:
                found.presses.append((row["seq"], row["rating"]))
        elif row["type"] == ReasonGiven.TYPE:
            reason = msgspec.json.decode(row["data"], type=ReasonGiven)
            if reason.press is not None and reason.reason:
                found.reasons[reason.press] = reason.reason
        else:
            answer = msgspec.json.decode(row["data"], type=QuestionAnswered)
            if answer.visit == continuation.visit:
                found.answers[answer.question] = answer.value
    return found
