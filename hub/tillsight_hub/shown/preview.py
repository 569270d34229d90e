"""A question as a screen shows it, for the pages of the hub: words and choices, without any state."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

RIGHT_TO_LEFT = ("ar", "he", "fa", "ur")


@dataclass(frozen=True)
class Preview:
    """One screen of 800 x 480."""

    language: str
    direction: str
    kind: str
    title: str
    hint: str
    row: str
    choices: tuple[str, ...]
    ends: tuple[str, str] | None
    optional: bool
    words: Mapping[str, str]
    """The kiosk's own, in this language; in English where it speaks another."""

    @property
    def is_points(self) -> bool:
        return self.kind in ("rating", "nps", "matrix")


def preview(question: Mapping[str, Any], language: str) -> Preview:
    """The screen of a question of a survey's content; texts that are not there yet are empty."""
    words, kind = kiosk_words(language), question["kind"]
    options = [each["text"].get(language, "") for each in question.get("options", ())]
    hint, row = "", ""
    choices = tuple(options)
    if kind in ("rating", "nps", "matrix"):
        low, high = (0, 10) if kind == "nps" else question.get("points") or (1, 5)
        choices = tuple(str(point) for point in range(low, min(high, low + 10) + 1))
    if kind == "matrix" and options:
        row = options[0]
        hint = words["row"].format(n=1, of=len(options))
    if kind == "multiple":
        hint = words["many"]
    ends = question.get("ends", {}).get(language)
    return Preview(
        language=language,
        direction="rtl" if language.partition("-")[0] in RIGHT_TO_LEFT else "ltr",
        kind=kind,
        title=question["text"].get(language, ""),
        hint=hint,
        row=row,
        choices=() if kind == "text" else choices,
        ends=(ends[0], ends[1]) if ends else None,
        optional=question.get("optional", True),
        words=words,
    )


def kiosk_words(language: str) -> Mapping[str, str]:
    """The words around a question."""
    found = _all_words()
    return found.get(language, found["en"])


@cache
def _all_words() -> dict[str, dict[str, str]]:
    return tomllib.loads(Path(__file__).with_name("kiosk_words.toml").read_text(encoding="utf-8"))
