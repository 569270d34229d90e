"""What a shopper sees and can choose: the same for a finger on the screen and for the panel's buttons."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from tillsight_models.surveys import Question, Texts, options_for

State = Literal["attract", "rate", "reasons", "questionnaire", "thanks"]
SKIP, DONE = "-skip", "-done"
"""Choices that are no answers; no option can have such an id, nor a point such a number."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Something that can be chosen."""

    id: str
    """Of an option; the number of a point; or SKIP, DONE."""
    text: str = ""
    """Empty for SKIP and DONE: the page has words of its own for them."""
    button: int | None = None
    """The panel's button that chooses it now."""
    chosen: bool = False


class Ease(msgspec.Struct, frozen=True):
    """What makes the screen easier for one shopper; off again for the next."""

    large: bool = False
    contrast: bool = False
    aloud: bool = False
    """Each screen is read aloud, where the browser has a voice."""

    def turned(self, name: str) -> "Ease":
        """With this one the other way; the same where there is none of that name."""
        if name not in self.__struct_fields__:
            return self
        return msgspec.structs.replace(self, **{name: not getattr(self, name)})


class Screen(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the page shows of one moment."""

    number: int
    """Grows with every new screen: a touch says which one it meant."""
    state: State
    language: str
    ease: Ease = Ease()
    kind: str = ""
    """Of the question."""
    title: str = ""
    row: str = ""
    """Of a matrix: which row is asked about."""
    step: tuple[int, int] | None = None
    """Of a matrix: this row, and how many there are."""
    ends: tuple[str, str] | None = None
    choices: list[Choice] = []
    more: int | None = None
    """The panel's button that goes on to further choices."""
    rating: int | None = None
    """Of the press that all this is about."""
    undo_ms: int = 0
    """How long the press can still be taken back."""
    warning_ms: int | None = None
    """How long until the screen is cleared; None while nobody has to be warned."""
    undone: bool = False
    """The last press was just taken back."""


def choices_of(question: Question, language: str, rating: int | None, chosen: Sequence[str]) -> list[Choice]:
    """All choices of a question, or of one row of a matrix, in the order of the panel's buttons."""
    if question.kind in ("single", "multiple", "reason"):
        choices = [
            Choice(id=each.id, text=in_language(each.text, language), chosen=each.id in chosen)
            for each in options_for(question, rating)
        ]
    elif question.kind == "text":
        choices = []
    else:
        low, high = question.scale
        choices = [Choice(id=str(point), text=str(point)) for point in range(low, high + 1)]
    if question.kind == "multiple":
        choices.append(Choice(id=DONE))
    elif question.optional:
        choices.append(Choice(id=SKIP))
    return choices


def reached_by_panel(choices: Sequence[Choice], window: int, buttons: int) -> tuple[list[Choice], int | None]:
    """The choices with the buttons that they have now, and the button for further ones.

    Button n is choice n. Of a longer list the buttons reach a part, which begins at `window`, and the last
    button goes on.
    """
    reach = buttons if len(choices) <= buttons else buttons - 1
    shown = [
        msgspec.structs.replace(each, button=place - window + 1 if window <= place < window + reach else None)
        for place, each in enumerate(choices)
    ]
    return shown, None if reach == buttons else buttons


def next_window(choices: int, window: int, buttons: int) -> int:
    """Where the part that the buttons reach begins after one more press of the last button."""
    following = window + buttons - 1
    return following if following < choices else 0


def in_language(texts: Texts, language: str) -> str:
    """The text in this language, else in the first that there is."""
    return texts.get(language) or next(iter(texts.values()), "")
