"""Surveys in the hub: versions that begin as drafts, are published, and never change after that."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from tillsight_models.problems import Problem, of_types
from tillsight_models.surveys import Question, Survey
from tillsight_models.surveys import problems as survey_problems

from .. import tables
from ..access.audit import record
from ..access.clock import now_ms
from ..wanted.sections import note_change
from .errors import BadSurvey, NotDraft, StaleDraft, UnknownSurvey

State = Literal["draft", "published", "retired"]
_survey = tables.survey


@dataclass(frozen=True)
class Version:
    """One version as it is kept."""

    id: str
    version: int
    org_id: str
    content: dict[str, Any]
    """Survey as JSON; a draft may still have problems."""
    state: State
    created: int
    """ms UTC, of the last change"""
    actor: str

    @property
    def base(self) -> str:
        """Names the content: who saves another one says which one they began with."""
        return hashlib.sha256(json.dumps(self.content, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def survey(self) -> Survey:
        """The content, whose fields are all there."""
        return msgspec.convert(self.content, Survey)

    @property
    def problems(self) -> list[Problem]:
        """What has to be settled before it can be published."""
        return list(survey_problems(self.survey))


@dataclass(frozen=True)
class Kept:
    """A survey with its versions, the newest first."""

    id: str
    versions: tuple[Version, ...]

    @property
    def newest(self) -> Version:
        return self.versions[0]

    @property
    def draft(self) -> Version | None:
        return self.versions[0] if self.versions[0].state == "draft" else None

    @property
    def asked(self) -> Version | None:
        """What screens ask; None where nothing is published any more."""
        return next((each for each in self.versions if each.state == "published"), None)


def read_surveys(connection: Connection, orgs: Iterable[str] | None = None) -> list[Kept]:
    """All surveys of these orgs, by id."""
    query = select(_survey).order_by(_survey.c.id, _survey.c.version.desc())
    if orgs is not None:
        query = query.where(_survey.c.org_id.in_(list(orgs)))
    found: dict[str, list[Version]] = {}
    for row in connection.execute(query).mappings():
        found.setdefault(row["id"], []).append(_version(row))
    return [Kept(id, tuple(versions)) for id, versions in found.items()]


def find_survey(connection: Connection, id: str) -> Kept:
    """UnknownSurvey where there is none."""
    query = select(_survey).where(_survey.c.id == id).order_by(_survey.c.version.desc())
    versions = tuple(_version(row) for row in connection.execute(query).mappings())
    if not versions:
        raise UnknownSurvey(f"survey {id!r}: there is none")
    return Kept(id, versions)


def published_surveys(connection: Connection) -> dict[str, Version]:
    """By id: what is asked of whoever has it."""
    return {kept.id: kept.asked for kept in read_surveys(connection) if kept.asked is not None}


def create(connection: Connection, org: str, content: dict[str, Any], actor: str) -> Version:
    """The first draft of a new survey."""
    survey = checked_fields({**content, "version": 1})
    if connection.scalar(select(_survey.c.id).where(_survey.c.id == survey.id).limit(1)):
        line = f"id: {survey.id}: there is already a survey of this id"
        raise BadSurvey([Problem(line, "survey_there", "id", id=survey.id)])
    return _insert(connection, org, survey, actor, "survey.create")


def begin_draft(connection: Connection, id: str, actor: str) -> Version:
    """A draft with the content of the newest version; the one that there is, where there is one."""
    kept = find_survey(connection, id)
    if kept.draft is not None:
        return kept.draft
    survey = msgspec.structs.replace(kept.newest.survey, version=kept.newest.version + 1)
    return _insert(connection, kept.newest.org_id, survey, actor, "survey.draft")


def save_draft(connection: Connection, id: str, content: dict[str, Any], base: str, actor: str) -> Version:
    """Another content of the draft. StaleDraft where it is not the one of `base` any more."""
    draft = draft_of(find_survey(connection, id))
    if draft.base != base:
        raise StaleDraft(draft.actor)
    survey = checked_fields({**content, "id": id, "version": draft.version})
    values = {"content": _encoded(survey), "created": now_ms(), "actor": actor}
    connection.execute(update(_survey).where(_is(draft)).values(values))
    record(connection, actor, "survey.save", f"{id} {draft.version}")
    return find_survey(connection, id).newest


def remove_draft(connection: Connection, id: str, actor: str) -> None:
    """As if it had never been begun."""
    draft = draft_of(find_survey(connection, id))
    connection.execute(delete(_survey).where(_is(draft)))
    record(connection, actor, "survey.remove", f"{id} {draft.version}")


def publish(connection: Connection, id: str, actor: str) -> Version:
    """From now on it is asked wherever the survey is; the version before is retired. BadSurvey where it has
    problems."""
    draft = draft_of(find_survey(connection, id))
    if problems := list(survey_problems(checked_fields(draft.content))):
        raise BadSurvey(problems)
    asked = (_survey.c.id == id) & (_survey.c.state == "published")
    connection.execute(update(_survey).where(asked).values(state="retired"))
    values = {"state": "published", "created": now_ms(), "actor": actor}
    connection.execute(update(_survey).where(_is(draft)).values(values))
    record(connection, actor, "survey.publish", f"{id} {draft.version}")
    note_change(connection)
    return find_survey(connection, id).versions[0]


def retire(connection: Connection, id: str, actor: str) -> None:
    """Nobody is asked any more; screens that had it thank for the rating only."""
    kept = find_survey(connection, id)
    if kept.asked is None:
        raise NotDraft(f"survey {id}: nothing of it is published")
    connection.execute(update(_survey).where(_is(kept.asked)).values(state="retired"))
    record(connection, actor, "survey.retire", f"{id} {kept.asked.version}")
    note_change(connection)


def checked_fields(content: Any) -> Survey:
    """A survey whose fields are of their types, whatever else is wrong; BadSurvey otherwise."""
    try:
        return msgspec.convert(content, Survey)
    except msgspec.ValidationError as error:
        raise BadSurvey([of_types("survey", error)]) from error


def asked_ever(kept: Kept) -> Survey:
    """The newest version that was ever published, with the questions that older ones had besides; a draft
    where there is nothing else."""
    published = [each.survey for each in kept.versions if each.state != "draft"] or [kept.newest.survey]
    questions: dict[str, Question] = {}
    for survey in published:
        for question in survey.questions:
            questions.setdefault(question.id, question)
    return msgspec.structs.replace(published[0], questions=list(questions.values()))


def draft_of(kept: Kept) -> Version:
    """NotDraft where there is none."""
    if kept.draft is None:
        raise NotDraft(f"survey {kept.id}: has no draft; what is published never changes")
    return kept.draft


def _insert(connection: Connection, org: str, survey: Survey, actor: str, action: str) -> Version:
    row = {
        "id": survey.id,
        "version": survey.version,
        "org_id": org,
        "content": _encoded(survey),
        "state": "draft",
        "created": now_ms(),
        "actor": actor,
    }
    connection.execute(insert(_survey).values(row))
    record(connection, actor, action, f"{survey.id} {survey.version}")
    return find_survey(connection, survey.id).newest


def _encoded(survey: Survey) -> str:
    return json.dumps(msgspec.to_builtins(survey), ensure_ascii=False)


def _is(version: Version) -> Any:
    return (_survey.c.id == version.id) & (_survey.c.version == version.version)


def _version(row: RowMapping) -> Version:
    names = ("id", "version", "org_id", "state", "created", "actor")
    return Version(content=json.loads(row["content"]), **{name: row[name] for name in names})
