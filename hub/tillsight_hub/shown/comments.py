"""Comments: what people wrote, told where enough of them wrote, without the hour and in no order."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, update

from tillsight_models.events import QuestionAnswered
from tillsight_models.surveys import Question

from ..access.audit import record
from ..hierarchy import Touchpoint
from ..tables import event
from .answers import Asking, Given, by_place, months_of, name_of, people_of, rows_of, told_days

ERASED = ""
"""What stands in the place of a comment that was deleted: it still counts as one."""


@dataclass(frozen=True)
class Comment:
    """One person's words."""

    id: str
    text: str
    language: str


@dataclass(frozen=True)
class CommentCell:
    """Comments of one touchpoint on some days, in no order."""

    place: Touchpoint
    question: str
    first: str
    last: str
    comments: tuple[Comment, ...]


def read_comments(
    connection: Connection, asking: Asking, survey: str, questions: Iterable[Question]
) -> tuple[list[CommentCell], int]:
    """What people wrote, in cells, and how many wrote what is not told."""
    people = people_of(connection, asking, survey)
    cells: list[CommentCell] = []
    withheld = 0
    for question in questions:
        if question.kind != "text":
            continue
        for place, by_day in by_place(people, question.id, lambda value: isinstance(value, str)):
            inside = {day for day in by_day if asking.period.first <= day <= asking.period.last}
            for days in told_days(place, by_day, asking):
                inside -= set(days)
                cells.append(
                    _comments(place, question.id, [each for day in days for each in by_day[day]], days)
                )
            withheld += sum(len(by_day[day]) for day in inside)
    return sorted(cells, key=lambda cell: (cell.last, cell.place.name), reverse=True), withheld


def erase_comment(connection: Connection, asking: Asking, survey: str, id: str, actor: str) -> bool:
    """Delete a comment's words; False where there is no such comment at these places in this period."""
    months = months_of(asking.period)
    for _, _, data, stream, seq in rows_of(connection, asking.places, months, QuestionAnswered.TYPE):
        if name_of(stream, seq) != id:
            continue
        values = json.loads(data)
        if values["survey"] != survey or not isinstance(values.get("value"), str):
            return False
        values["value"] = ERASED
        one = (event.c.stream == stream) & (event.c.seq == seq)
        connection.execute(update(event).where(one).values(data=json.dumps(values, ensure_ascii=False)))
        record(connection, actor, "comment.erase", f"{survey} {stream}-{seq}")
        return True
    return False


def _comments(place: Touchpoint, question: str, given: Iterable[Given], days: Sequence[str]) -> CommentCell:
    """Sorted by what says nothing about the order in which they were written."""
    comments = sorted((Comment(name, text, language) for text, name, language in given), key=lambda c: c.id)
    kept = tuple(each for each in comments if each.text != ERASED)
    return CommentCell(place, question, days[0], days[-1], kept)
