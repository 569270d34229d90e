"""`/surveys/{survey}/question`: one question as a form beside its screens. Works without any script."""

import copy
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from tillsight_models.problems import Problem
from tillsight_models.surveys import (
    LONGEST_OPTION,
    LONGEST_QUESTION,
    MOST_OPTIONS,
    MOST_ROWS,
    RATING,
    problems,
)

from ..access.forms import checked_long_form
from ..shown.editing import (
    KINDS,
    MOST_CONDITIONS,
    WITH_ENDS,
    WITH_OPTIONS,
    WITH_POINTS,
    OptionForm,
    QuestionForm,
    as_form,
    as_question,
    rearranged,
    typed,
)
from ..shown.errors import BadSurvey, NotDraft, StaleDraft
from ..shown.preview import preview
from ..shown.surveys import Version, checked_fields, draft_of, save_draft
from .desk import Desk, DeskDep
from .survey_words import by_field, by_question
from .surveys import Told, own_survey

router = APIRouter(include_in_schema=False)

LongForm = Annotated[FormData, Depends(checked_long_form)]


@router.get("/surveys/{survey}/question")
def question_page(desk: DeskDep, survey: str, of: str = "", kind: str = "rating") -> Response:
    """The form of a question of the draft; without `of` that of a new one."""
    draft = _draft(desk, survey)
    if not of:
        empty = [OptionForm() for _ in range(3)] if kind in WITH_OPTIONS else []
        form = QuestionForm(kind=kind if kind in KINDS else "rating", options=empty)
        return _page(desk, draft, form, of)
    found = [each for each in draft.content["questions"] if each["id"] == of]
    if not found:
        raise HTTPException(404, f"survey {survey}: has no question {of!r}")
    return _page(desk, draft, as_form(found[0]), of)


@router.post("/surveys/{survey}/question")
def keep_question(desk: DeskDep, survey: str, form: LongForm) -> Response:
    """Save the question in the draft, or rearrange its form, which saves nothing."""
    draft = _draft(desk, survey)
    of, sent = str(form.get("of", "")), {name: str(value) for name, value in form.items()}
    shown = typed(sent, draft.content["languages"])
    if rearranged(shown, sent.get("do", "")):
        return _page(desk, draft, shown, of, base=sent.get("base", ""), is_kept=False)
    question, base = as_question(shown), sent.get("base", "")
    if shown.problems:
        return _page(desk, draft, shown, of, Told("not_saved"), 422, base=base)
    if refused := _save(desk, survey, question, of, base):
        told, status = refused
        return _page(desk, draft, shown, of, told, status, base=base if status == 422 else "")
    if sent.get("do") == "done":
        return RedirectResponse(f"/surveys/{survey}#questions", 303)
    return RedirectResponse(f"/surveys/{survey}/question?of={question['id']}&saved=1", 303)


@router.post("/surveys/{survey}/preview")
def preview_fragment(desk: DeskDep, survey: str, form: LongForm) -> Response:
    """The screens of what is typed, for a page that shows them while somebody types."""
    draft = _draft(desk, survey)
    sent = {name: str(value) for name, value in form.items()}
    shown = typed(sent, draft.content["languages"])
    html = desk.pages.html(
        "surveys/screens.html", screens=_screens(as_question(shown), draft.content["languages"])
    )
    return Response(html, media_type="text/html; charset=utf-8")


def with_question(content: Mapping[str, Any], question: dict[str, Any], of: str) -> dict[str, Any]:
    """The content with this question in the place of the one of id `of`, at the end where there is none.
    Conditions that look at it go on to do so when it is called otherwise."""
    changed = copy.deepcopy(dict(content))
    ids = [each["id"] for each in changed["questions"]]
    if question["id"] != of and question["id"] in ids:
        where = f"questions.{question['id']}"
        line = f"{where}: there is another question of this id"
        raise BadSurvey([Problem(line, "question_there", where)])
    if of in ids:
        changed["questions"][ids.index(of)] = question
        for each in changed["questions"]:
            for condition in each.get("show_if", ()):
                if condition["question"] == of:
                    condition["question"] = question["id"]
    else:
        changed["questions"].append(question)
    return changed


def _save(desk: Desk, survey: str, question: dict[str, Any], of: str, base: str) -> tuple[Told, int] | None:
    """Why it was not saved, and the status that says so; None where it was."""
    try:
        with desk.writing() as (connection, hierarchy):
            draft = draft_of(own_survey(desk, connection, hierarchy, survey))
            content = with_question(draft.content, question, of)
            save_draft(connection, survey, content, base, desk.viewer.name)
    except BadSurvey as error:
        return Told("not_saved", lines=error.problems), 422
    except StaleDraft as error:
        return Told("stale", {"actor": error.actor}), 409
    except NotDraft:
        return Told("not_draft"), 409
    return None


def _draft(desk: Desk, survey: str) -> Version:
    desk.must_keep()
    with desk.reading() as (connection, hierarchy):
        kept = desk.survey(connection, hierarchy, survey)
    if kept.draft is None:
        raise HTTPException(409, desk.pages.t("surveys.not_draft"))
    return kept.draft


def _page(  # noqa: PLR0917
    desk: Desk,
    draft: Version,
    form: QuestionForm,
    of: str,
    told: Told | None = None,
    status: int = 200,
    *,
    base: str = "",
    is_kept: bool = True,
) -> Response:
    question = as_question(form)
    languages = draft.content["languages"]
    return desk.page(
        "surveys/question.html",
        status,
        draft=draft,
        form=form,
        of=of,
        base=base or draft.base,
        languages=languages,
        kinds=KINDS,
        has_options=form.kind in WITH_OPTIONS,
        has_points=form.kind in WITH_POINTS,
        has_ends=form.kind in WITH_ENDS,
        most_options=MOST_ROWS if form.kind == "matrix" else MOST_OPTIONS,
        most_conditions=MOST_CONDITIONS,
        longest=LONGEST_QUESTION,
        longest_option=LONGEST_OPTION,
        earlier=_earlier(draft, of),
        wrong=_wrong(draft, question, of) if of or form.text else {},
        screens=_screens(question, languages),
        is_kept=is_kept,
        saved="saved" in desk.request.query_params,
        told=told or Told(),
    )


def _wrong(draft: Version, question: dict[str, Any], of: str) -> dict[str, Any]:
    """Problems of the question, by field."""
    try:
        survey = checked_fields(with_question(draft.content, question, of))
    except BadSurvey:
        return {}
    return by_field(by_question(problems(survey)).get(question["id"], []), question)


def _earlier(draft: Version, of: str) -> list[tuple[str, str]]:
    """Questions that a condition can look at: id, and its text in the first language."""
    first = draft.content["languages"][0]
    found = [(RATING, "")]
    for each in draft.content["questions"]:
        if each["id"] == of:
            break
        found.append((each["id"], each["text"].get(first, "")))
    return found


def _screens(question: Mapping[str, Any], languages: Sequence[str]) -> list[Any]:
    return [preview(question, language) for language in languages]
