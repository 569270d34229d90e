"""What is known of a visit on a phone while it goes on: its questions, its answers, and what is next."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Struct

from tillsight_models.continuation import phone_stream
from tillsight_models.events import (
    Payload,
    QuestionAnswered,
    Stamp,
    SurveyEnded,
    encode_event,
    new_event,
)
from tillsight_models.surveys import Answer, Question, Survey, next_question

BOOT = "phone"
"""Of the events: no device of ours booted there."""


class Given(Struct, frozen=True):
    """One answer that was given on the phone."""

    value: Any
    """An `Answer`; None where the question was skipped."""
    t: int
    """ms UTC"""
    language: str


class Content(Struct, frozen=True, kw_only=True):
    """Kept with the visit until its events are stored, and then forgotten."""

    survey: Survey
    """As it was when the phone came: another version changes nothing for who is answering."""
    before: dict[str, Any] = {}
    """Answers that were given at the screen."""
    rating: int | None = None
    """Of the press that the visit began with; None where it is not certain which one that was."""
    left_out: tuple[str, ...] = ()
    given: dict[str, Given] = {}


@dataclass(frozen=True)
class Visit:
    """A row of `visit_link`."""

    id: str
    tp: str
    dev: str
    opened: int
    """ms UTC"""
    ended: int | None
    content: Content | None
    """None once its answers are events."""

    @property
    def is_open(self) -> bool:
        """Whether it still takes answers."""
        return self.ended is None and self.content is not None


def due(content: Content) -> Question | None:
    """What to ask now; None: that was all."""
    return next_question(content.survey, answers_of(content), content.rating, content.left_out)


def question_at(content: Content, id: str | None) -> Question | None:
    """The question that the phone is at: one that was answered here already, else what is due."""
    return content.survey.question(id) if id in content.given and id is not None else due(content)


def after(content: Content, id: str) -> Question | None:
    """What comes after a question that was answered: the next answered one, or what is due."""
    waiting = due(content)
    for question in content.survey.questions[_place(content.survey, id) + 1 :]:
        if question.id in content.given or question == waiting:
            return question
    return waiting


def before(content: Content, id: str | None) -> Question | None:
    """The question that was answered on the phone before this one; of None, the last."""
    place = None if id is None else _place(content.survey, id)
    given = [each for each in content.survey.questions[:place] if each.id in content.given]
    return given[-1] if given else None


def answers_of(content: Content) -> Mapping[str, Answer]:
    """All answers of the visit, the screen's too."""
    return {**content.before, **{id: each.value for id, each in content.given.items()}}


def with_answer(content: Content, question: Question, given: Given) -> Content:
    """With this answer instead of any before; what nobody would be asked after it is left out."""
    known = content.given.get(question.id)
    if known is not None and known.value == given.value:
        return content
    answers = {**content.given, question.id: given}
    kept: dict[str, Given] = {}
    passed = set(content.left_out)
    told: dict[str, Answer] = dict(content.before)
    while (asked := next_question(content.survey, told, content.rating, passed)) is not None:
        if asked.id in answers:
            kept[asked.id] = answers[asked.id]
            told[asked.id] = answers[asked.id].value
        else:
            passed.add(asked.id)
    return msgspec.structs.replace(content, given=kept)


def without_words(content: Content) -> Content:
    """With texts as if they had been skipped."""
    given = {
        id: msgspec.structs.replace(each, value=None) if content.survey.question(id).kind == "text" else each
        for id, each in content.given.items()
    }
    return msgspec.structs.replace(content, given=given)


def events_of(visit: Visit) -> list[bytes]:
    """The events of a visit that ended, always the same: sent twice, they are stored once."""
    content, ended = visit.content, visit.ended
    if content is None or ended is None or not content.given:
        return []
    given = sorted(content.given.items(), key=lambda item: item[1].t)
    payloads: list[tuple[int, Payload]] = [
        (each.t, _answered(visit, content.survey, id, each)) for id, each in given
    ]
    payloads.append((max(ended, given[-1][1].t), _ended(visit, content, given[-1][1].language)))
    return [_event(visit, seq, t, payload) for seq, (t, payload) in enumerate(payloads, 1)]


def encode(content: Content) -> str:
    """As the table keeps it."""
    return msgspec.json.encode(content).decode()


def decode(text: str | None) -> Content | None:
    """From the table."""
    return None if text is None else msgspec.json.decode(text, type=Content)


def _place(survey: Survey, id: str) -> int:
    return [each.id for each in survey.questions].index(id)


def _answered(visit: Visit, survey: Survey, question: str, given: Given) -> QuestionAnswered:
    return QuestionAnswered(
        survey=survey.id,
        survey_version=survey.version,
        visit=visit.id,
        question=question,
        value=given.value,
        language=given.language,
    )


def _ended(visit: Visit, content: Content, language: str) -> SurveyEnded:
    some = any(each.value is not None for each in content.given.values())
    whole = "complete" if due(content) is None else "partial"
    return SurveyEnded(
        survey=content.survey.id,
        survey_version=content.survey.version,
        visit=visit.id,
        outcome=whole if some else "abandoned",  # type: ignore[arg-type]
        language=language,
    )


def _event(visit: Visit, seq: int, t: int, payload: Payload) -> bytes:
    at = Stamp(t=t, tq="ntp", boot=BOOT, mono=seq)
    stream = phone_stream(visit.id)
    return encode_event(new_event(dev=visit.dev, tp=visit.tp, stream=stream, seq=seq, at=at, payload=payload))
