"""Questionnaires as data: which questions a touchpoint asks, in which languages, of whom, and how often."""

import json
import tomllib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from .errors import BadConfig
from .events import Rating, Slug
from .problems import Problem, of_types, said

Kind = Literal["reason", "rating", "nps", "single", "multiple", "matrix", "text"]
Answer = int | str | list[str] | dict[str, int] | None
"""What `survey.answer` carries: points of rating and nps, option ids, points by row, text; None: skipped."""
Answers = Mapping[str, Answer]
"""By question, skipped ones too."""
Language = Annotated[str, Meta(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$")]
Texts = dict[str, str]
"""By language."""
Points = tuple[int, int]
"""Lowest and highest answer, both in it."""

RATING = "rating"
"""What a condition calls the rating of the press."""
NPS_POINTS: Points = (0, 10)
USUAL_POINTS: Points = (1, 5)
MOST_POINTS = 11
MOST_OPTIONS = 8
"""So that all of them are on a small screen at once, large enough for a finger."""
MOST_ROWS = 12
LONGEST_QUESTION = 100
LONGEST_OPTION = 40
MANY_OPTIONS = 7
LONGEST_OF_MANY = 28
"""Characters of an option, where there are so many that they are narrow."""
LONGEST_TEXT = 500
"""Characters that a shopper may write."""


class Condition(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an earlier answer has to be. A question that was skipped, or not asked, fulfils none."""

    question: str
    """Id of an earlier question, or `rating`: the rating of the press."""
    any: list[int | str] = []
    """One of these: points, or option ids; of several options that were chosen, any."""
    at_least: int | None = None
    at_most: int | None = None

    def holds(self, answer: Answer) -> bool:
        """Whether this answer fulfils it."""
        if answer is None:
            return False
        given = list(answer) if isinstance(answer, list) else [answer]
        if self.any and not any(each in self.any for each in given):
            return False
        if self.at_least is None and self.at_most is None:
            return True
        points = [each for each in given if isinstance(each, int)]
        least = -(10**9) if self.at_least is None else self.at_least
        most = 10**9 if self.at_most is None else self.at_most
        return any(least <= each <= most for each in points)


class Option(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing to choose, or one row of a matrix."""

    id: Slug
    text: Texts
    ratings: list[Rating] = []
    """Offered after a press with one of these ratings only; empty: after any."""


class Question(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question."""

    id: Slug
    kind: Kind
    text: Texts
    options: list[Option] = []
    """Of single, multiple and reason; the rows of matrix."""
    points: Points | None = None
    """Of rating and matrix; 1 to 5 where it is left out. NPS is 0 to 10."""
    ends: dict[str, tuple[str, str]] = {}
    """By language: what the lowest and the highest point mean."""
    show_if: list[Condition] = []
    """Asked where all of them hold."""
    optional: bool = True
    """It can be skipped alone; leaving the whole questionnaire is always possible."""
    group: str = ""
    """Questions of one group take turns, see `Survey.rotation`."""
    per_day: Annotated[int, Meta(ge=1)] | None = None
    """Answers a day, after which it is not asked any more."""

    @property
    def scale(self) -> Points:
        """Lowest and highest point."""
        return NPS_POINTS if self.kind == "nps" else self.points or USUAL_POINTS


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How seldom shoppers at one touchpoint are asked more than a rating and its reason; 0: no limit."""

    every_contacts: Annotated[int, Meta(ge=0)] = 0
    """Contacts from one questionnaire to the next, at least."""
    every_minutes: Annotated[float, Meta(ge=0)] = 0.0
    per_day: Annotated[int, Meta(ge=0)] = 0
    """Questionnaires a day, at most."""


class Survey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version of one questionnaire. Reasons come first; then the rest, in this order."""

    id: Slug
    version: Annotated[int, Meta(ge=1)]
    languages: Annotated[list[Language], Meta(min_length=1, max_length=20)]
    questions: Annotated[list[Question], Meta(min_length=1, max_length=60)]
    rotation: dict[str, Annotated[int, Meta(ge=1)]] = {}
    """By group: how many of its questions one shopper is asked."""
    limits: Limits = Limits()

    def question(self, id: str) -> Question:
        """The question of that id; KeyError where there is none."""
        return {each.id: each for each in self.questions}[id]


def next_question(
    survey: Survey, answers: Answers, rating: int | None, left_out: Collection[str] = ()
) -> Question | None:
    """What to ask now, after these answers and a press with this rating; None: that was all.

    `left_out` are questions that this shopper is not asked: `rotated_out`, full quotas, too many lately.
    """
    for question in survey.questions:
        if question.id not in answers and question.id not in left_out and _is_due(question, answers, rating):
            return question
    return None


def options_for(question: Question, rating: int | None) -> list[Option]:
    """The options that are offered after a press with this rating."""
    return [each for each in question.options if not each.ratings or rating in each.ratings]


def rotated_out(survey: Survey, turn: int) -> frozenset[str]:
    """Questions whose turn it is not; over consecutive turns all of a group are asked equally often."""
    out: set[str] = set()
    for group, asked in survey.rotation.items():
        members = [each.id for each in survey.questions if each.group == group]
        chosen = {members[(turn * asked + step) % len(members)] for step in range(min(asked, len(members)))}
        out |= set(members) - chosen
    return frozenset(out)


def wrong_answer(question: Question, answer: Answer, rating: int | None = None) -> str | None:
    """What is wrong with an answer, in words; None where it is one."""
    ids = [each.id for each in options_for(question, rating)]
    low, high = question.scale
    if answer is None:
        return None if question.optional else "should not be skipped"
    if question.kind in ("rating", "nps"):
        return None if _is_point(answer, low, high) else f"{answer!r}: should be {low} to {high}"
    if question.kind in ("single", "reason"):
        return None if answer in ids else f"{answer!r}: should be one of {', '.join(ids)}"
    if question.kind == "multiple":
        fits = isinstance(answer, list) and set(answer) <= set(ids) and len(set(answer)) == len(answer)
        return None if fits else f"{answer!r}: should be some of {', '.join(ids)}"
    if question.kind == "matrix":
        fits = isinstance(answer, dict) and set(answer) <= set(ids) and bool(answer)
        fits = fits and all(_is_point(each, low, high) for each in answer.values())  # type: ignore[union-attr]
        return None if fits else f"{answer!r}: should be {low} to {high} for {', '.join(ids)}"
    fits = isinstance(answer, str) and 0 < len(answer) <= LONGEST_TEXT
    return None if fits else f"should be a text of 1 to {LONGEST_TEXT} characters"


def load_survey(path: Path) -> Survey:
    """The survey in a TOML or JSON file; BadConfig has one line a problem."""
    try:
        text = path.read_text(encoding="utf-8")
        values = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise BadConfig([f"{path}: {error.strerror or error}"]) from error
    except ValueError as error:
        raise BadConfig([f"{path}: not {'JSON' if path.suffix == '.json' else 'TOML'}: {error}"]) from error
    return read_survey(values)


def read_survey(values: Any) -> Survey:
    """The survey in a dict, as `load_survey`."""
    try:
        survey = msgspec.convert(values, Survey)
    except msgspec.ValidationError as error:
        raise BadConfig([of_types("survey", error)]) from error
    if found := list(problems(survey)):
        raise BadConfig(found)
    return survey


def problems(survey: Survey) -> Iterator[Problem]:
    """What is wrong with a survey whose fields are all there, one line each."""
    yield from _twice("languages", survey.languages)
    yield from _twice("questions", [each.id for each in survey.questions])
    yield from _loops(survey)
    groups = Counter(each.group for each in survey.questions if each.group)
    for group, asked in survey.rotation.items():
        if asked > groups[group]:
            yield said("group_small", f"rotation.{group}", asked=asked, has=groups[group])
    for group in groups:
        if group not in survey.rotation:
            yield said("group_unsaid", "rotation", what=group)
    others_began = False
    for place, question in enumerate(survey.questions):
        if question.kind == "reason" and others_began:
            yield said("reasons_first", f"questions.{question.id}")
        others_began |= question.kind != "reason"
        earlier = {each.id: each for each in survey.questions[:place]}
        yield from _wrong_in(question, earlier, {each.id for each in survey.questions}, survey.languages)


def _wrong_in(
    question: Question, earlier: Mapping[str, Question], known: set[str], languages: list[str]
) -> Iterator[Problem]:
    where = f"questions.{question.id}"
    if question.id == RATING:
        yield said("id_rating", where)
    yield from _texts(f"{where}.text", question.text, languages, LONGEST_QUESTION)
    yield from _twice(f"{where}.options", [each.id for each in question.options])
    is_narrow = question.kind != "matrix" and len(question.options) >= MANY_OPTIONS
    longest = LONGEST_OF_MANY if is_narrow else LONGEST_OPTION
    for option in question.options:
        yield from _texts(f"{where}.options.{option.id}.text", option.text, languages, longest)
    yield from _wrong_shape(question, where)
    for language, pair in question.ends.items():
        if max(map(len, pair)) > LONGEST_OPTION:
            yield said("ends", f"{where}.ends.{language}", most=LONGEST_OPTION)
    for condition in question.show_if:
        yield from _wrong_condition(condition, f"{where}.show_if", earlier, known)


def _wrong_shape(question: Question, where: str) -> Iterator[Problem]:
    kind, options = question.kind, len(question.options)
    most = MOST_ROWS if kind == "matrix" else MOST_OPTIONS
    if kind in ("single", "multiple", "reason", "matrix"):
        if not 1 <= options <= most:
            yield said("options", f"{where}.options", has=options, most=most, kind=kind)
    elif options:
        yield said("no_options", f"{where}.options", has=options, kind=kind)
    low, high = question.scale
    if question.points is not None and kind not in ("rating", "matrix"):
        yield said("no_points", f"{where}.points", low=low, high=high, kind=kind)
    elif not 1 <= high - low < MOST_POINTS:
        yield said("points", f"{where}.points", low=low, high=high, most=MOST_POINTS)


def _wrong_condition(
    condition: Condition, where: str, earlier: Mapping[str, Question], known: set[str]
) -> Iterator[Problem]:
    if condition.question not in known | {RATING}:
        yield said("no_question", where, what=condition.question)
    elif condition.question in earlier:
        asked = earlier[condition.question]
        ids = {each.id for each in asked.options}
        numbers = range(asked.scale[0], asked.scale[1] + 1)
        if asked.kind in ("matrix", "text") and (condition.any or _has_bounds(condition)):
            yield said("only_answered", where, what=condition.question, kind=asked.kind)
        elif asked.kind in ("single", "multiple", "reason") and _has_bounds(condition):
            yield said("no_numbers", where, what=condition.question)
        elif wrong := [each for each in condition.any if each not in ids and each not in numbers]:
            yield said("no_answer", where, answer=wrong[0], what=condition.question)
    elif condition.question != RATING:
        yield said("asked_later", where, what=condition.question)


def _loops(survey: Survey) -> Iterator[Problem]:
    """Questions that wait for each other, each circle once."""
    waits = {each.id: {other.question for other in each.show_if} for each in survey.questions}
    told: set[str] = set()
    for start in waits:
        path, seen = [start], {start}
        while following := sorted((waits.get(path[-1], set()) & waits.keys()) - (seen - {start})):
            if following[0] == start:
                if start not in told:
                    yield said("circle", f"questions.{start}.show_if", what=" -> ".join([*path, start]))
                told |= seen
                break
            path.append(following[0])
            seen.add(following[0])


def _texts(where: str, texts: Texts, languages: list[str], longest: int) -> Iterator[Problem]:
    for language in languages:
        text = texts.get(language, "").strip()
        if language not in texts:
            yield said("missing", f"{where}.{language}")
        elif not text:
            yield said("no_text", f"{where}.{language}")
        elif len(text) > longest:
            yield said("too_long", f"{where}.{language}", has=len(text), most=longest)
    for language in texts.keys() - set(languages):
        yield said("foreign_language", f"{where}.{language}")


def _twice(where: str, ids: list[str]) -> Iterator[Problem]:
    counted = Counter(ids).items()
    return (said("twice", where, what=id, times=times) for id, times in counted if times > 1)


def _has_bounds(condition: Condition) -> bool:
    return condition.at_least is not None or condition.at_most is not None


def _is_point(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_due(question: Question, answers: Answers, rating: int | None) -> bool:
    if question.options and not options_for(question, rating):
        return False
    known: dict[str, Answer] = {**answers, RATING: rating}
    return all(each.holds(known.get(each.question)) for each in question.show_if)
