"""What is refused, one line each: in English for logs, files and programs, with what a page needs to say it
in another language."""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, Self

SAID = {
    "missing": "is missing",
    "no_text": "has no text",
    "too_long": "{has} characters: should be at most {most}",
    "foreign_language": "is not one of the survey's languages",
    "twice": "{what}: is there {times} times",
    "options": "{has}: should be 1 to {most} for {kind}",
    "no_options": "{has}: should be none for {kind}",
    "no_points": "{low} to {high}: should be left out for {kind}",
    "points": "{low} to {high}: should be 2 to {most} points, the lowest first",
    "ends": "should have at most {most} characters each",
    "no_question": "'{what}': there is no such question",
    "asked_later": "'{what}': is asked later; a condition looks at earlier questions",
    "only_answered": "'{what}': of a {kind} only whether it was answered is known",
    "no_numbers": "'{what}': options are no numbers; say which ones in `any`",
    "no_answer": "'{answer}': is no answer to '{what}'",
    "circle": "waits for itself: {what}",
    "reasons_first": "reasons should come before all other questions",
    "id_rating": "should have another id: `rating` is the rating of the press",
    "group_small": "{asked}: the group has {has} questions",
    "group_unsaid": "{what}: is missing; how many questions of this group are asked?",
    "no_language": "{survey} has no {missing}: the screen's languages do",
    "some_of": "{given}: should be some of {known}",
    "first_language": "{given}: should be one of {known}",
    "of_characters": "should have {least} to {most} characters",
    "card_days": "{days}: should be days such as 2026-10-01",
    "card_order": "{days}: should not end before it begins",
    "no_settings": "{given}: should be settings by name",
    "not_remote": "is no setting that a hub may set",
    "range": "{given}: should be {least} to {most}",
    "more_than_other": "{given}: should be more than {least}",
    "no_setting": "is not a setting",
    "at_least": "{given}: should be greater than or equal to {least}",
    "above": "{given}: should be greater than {least}",
    "at_most": "{given}: should be less than or equal to {most}",
    "below": "{given}: should be less than {most}",
    "came_back": "the settings before came back: {why}",
    "agent_ended": "the agent ended {times} times while it tried them",
    "no_connection": "no connection to the hub since they were tried",
    "no_camera": "this device has no such camera",
    "faces_stay": "is decided at the device while faces are looked at",
    "camera_blind": "camera {cameras} gave no frame for {seconds} s",
    "type": "Expected `{expected}`, got `{given}`",
    "field_missing": "Object missing required field `{what}`",
    "field_unknown": "Object contains unknown field `{what}`",
    "choice": "Invalid enum value {given}",
    "pattern": "Expected `{expected}` matching regex {pattern}",
    "length": "Expected `{expected}` of length {length}",
    "bound": "Expected `{expected}` {bound}",
}
"""What the contract says of a part, by key, with the names of the values in it. Devices say it to their hub
in these words, so a hub knows them again."""


class Problem(str):
    """A line that can be said in other words: by its `key` and the named `values`, of the part `where`."""

    key: str
    where: str
    values: dict[str, Any]

    def __new__(cls, line: str, key: str, where: str = "", **values: Any) -> Self:
        """The line as it stands; `where` is the part that it begins with, empty for none."""
        made = super().__new__(cls, line)
        made.key, made.where, made.values = key, where, values
        return made

    def within(self, part: str) -> "Problem":
        """The same, of a part of something larger: `survey: ` or `kiosk.` is put before it."""
        where = f"{part}{self.where}" if self.where else part.rstrip(":. ")
        return Problem(f"{part}{self}", self.key, where, **self.values)


def said(key: str, where: str = "", **values: Any) -> Problem:
    """What the contract says of this part."""
    line = SAID[key].format(**values)
    return Problem(f"{where}: {line}" if where else line, key, where, **values)


def recognised(line: str) -> Problem | None:
    """A line of the contract that came as plain text, say from a device; None where it is none of ours."""
    for key, pattern in _patterns().items():
        if found := pattern.fullmatch(line):
            values = found.groupdict()
            section, behind = values.pop("where_").removesuffix(": "), values.pop("behind_")
            where = behind or section
            return Problem(line, key, where, **values)
    return None


def of_types(section: str, error: Exception) -> Problem:
    """What a decoder refused: `survey: Expected `int`, got `str`: at `questions[0].points``."""
    line = f"{section}: {error}".replace(" - at `$.", ": at `")
    return recognised(line) or Problem(line, "unreadable", section)


def lines(problems: Iterable[str]) -> list[str]:
    """As plain text, for what writes messages and files."""
    return [str(problem) for problem in problems]


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    """The longest first, since a short one may fit what a longer one says."""
    return {
        key: re.compile(
            rf"(?P<where_>(?:[a-z][\w.\[\]-]*: ){{0,2}}){_pattern(SAID[key])}(?:: at `(?P<behind_>[^`]+)`)?",
            re.DOTALL,
        )
        for key in sorted(SAID, key=lambda key: -len(re.sub("{.*?}", "", SAID[key])))
    }


def _pattern(text: str) -> str:
    parts = re.split(r"{(\w+)}", text)
    return "".join(rf"(?P<{part}>.+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
