"""Which question of which questionnaire asks what: the settings that turn answers into metrics."""

import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator

from tillsight_models.configuration import Settings

MOST_DRIVERS = 12
"""As many as their weights are computed for."""
SERVQUAL_DIMENSIONS = (range(4), range(4, 9), range(9, 13), range(13, 17), range(17, 22))
"""Positions of each dimension's items."""
SERVQUAL_ITEMS = 22

Points = tuple[int, int]
"""Lowest and highest answer of a scale, both in it."""

SERVQUAL_EXPECTED = tuple(f"servqual-e-{item}" for item in range(1, SERVQUAL_ITEMS + 1))
SERVQUAL_PERCEIVED = tuple(f"servqual-p-{item}" for item in range(1, SERVQUAL_ITEMS + 1))
CSI = ("csi-overall", "csi-disconfirmation", "csi-ideal")
EXPERIENCE = ("expected", "actual", "ideal")

PUBLISHED: dict[str, Points] = {
    "nps": (0, 10),
    "ces1": (1, 5),
    "ces2": (1, 7),
    "womi-recommend": (1, 10),
    "womi-discourage": (1, 10),
    **dict.fromkeys((*SERVQUAL_EXPECTED, *SERVQUAL_PERCEIVED), (1, 7)),
}
"""What may be asked on its published scale only."""
USUAL: dict[str, Points] = {
    **dict.fromkeys(("csat", *EXPERIENCE, "outcome"), (1, 5)),
    **dict.fromkeys(CSI, (1, 10)),
}
"""What may be asked on another scale than this. Mostly the one of a questionnaire that says nothing else: a
wider one would take its answers for bad ones, and nobody would notice."""
USUAL_OF_NAMED: Points = (1, 5)
_NAMED = re.compile(r"^(driver|force):\S(.{0,58}\S)?$")

Slug = Annotated[str, Field(pattern="^[a-z0-9-]{1,40}$")]


class QuestionSettings(Settings):
    """One question, and what its answers say."""

    survey: Slug
    question: Slug
    asks: str
    row: str | None = None
    """Of a question that asks several things in one table: the row."""
    scale: tuple[int, int] | None = None
    """Lowest and highest answer, where the usual scale is not the one."""
    since_version: Annotated[int, Field(ge=1)] = 1
    """Answers to older versions of the questionnaire are left out."""

    @field_validator("asks")
    @classmethod
    def _is_known(cls, asks: str) -> str:
        if asks in PUBLISHED or asks in USUAL or _NAMED.match(asks):
            return asks
        fixed = [name for name in (*PUBLISHED, *USUAL) if not name.startswith("servqual")]
        expected = ", ".join(
            [*fixed, "servqual-e-1 to -22", "servqual-p-1 to -22", "driver:NAME", "force:NAME"]
        )
        raise ValueError(f"expected one of {expected}")

    @field_validator("scale")
    @classmethod
    def _rises(cls, scale: Points | None) -> Points | None:
        if scale is not None and not 1 <= scale[1] - scale[0] <= 100:
            raise ValueError("expected the lowest and the highest answer, such as [1, 7]")
        return scale

    @model_validator(mode="after")
    def _keeps_what_is_published(self) -> "QuestionSettings":
        published = PUBLISHED.get(self.asks)
        if published and self.scale not in (None, published):
            raise ValueError(f"{self.asks}: expected the published scale, {list(published)}")
        return self

    @property
    def points(self) -> Points:
        """Lowest and highest answer."""
        return self.scale or PUBLISHED.get(self.asks) or USUAL.get(self.asks, USUAL_OF_NAMED)

    @property
    def name(self) -> str:
        """Of a driver or a force; elsewhere empty."""
        return self.asks.partition(":")[2]

    def is_given(self, value: Any) -> bool:
        """Whether there is an answer at all, right or wrong."""
        return value is not None and (self.row is None or not isinstance(value, dict) or self.row in value)

    def answer(self, value: Any) -> int | None:
        """The answer as a whole number of the scale; None where it is not one."""
        if self.row is not None:
            value = value.get(self.row) if isinstance(value, dict) else None
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        if isinstance(value, float) and not value.is_integer():
            return None
        lowest, highest = self.points
        return int(value) if lowest <= value <= highest else None


Questions = tuple[QuestionSettings, ...]


def top_box(points: Points) -> int:
    """The lowest of the best answers: the best 1 of up to 3, the best 2 of up to 7, the best 3 of more."""
    lowest, highest = points
    answers = highest - lowest + 1
    return highest + 1 - (1 if answers <= 3 else 2 if answers <= 7 else 3)


def points_of(questions: Questions, asked: str) -> Points | None:
    """The scale of what is asked; None where nobody asks it."""
    return next((question.points for question in questions if question.asks == asked), None)


def names_of(questions: Questions, kind: str) -> list[str]:
    """What is asked of this kind, `driver` or `force`, in the order of the settings."""
    return list(dict.fromkeys(each.asks for each in questions if each.asks.startswith(f"{kind}:")))


def check_questions(questions: Questions, forces: Sequence[str]) -> None:
    """ValueError where questions do not fit each other or the list of forces."""
    places = [(each.survey, each.question, each.row, each.asks) for each in questions]
    for survey, question, row, asks in _twice(places):
        raise ValueError(f"{survey} {question}{f' {row}' if row else ''}: asks {asks} twice")
    for group in (CSI, EXPERIENCE, *[(each.asks,) for each in questions]):
        scales = {each.points for each in questions if each.asks in group}
        if len(scales) > 1:
            told = " and ".join(f"{low} to {high}" for low, high in sorted(scales))
            raise ValueError(f"{', '.join(group)}: asked on {told}, expected one scale")
    for each in questions:
        if each.asks.startswith("force:") and each.name not in forces:
            raise ValueError(f"{each.asks}: expected one of the forces {', '.join(forces)}")
    if len(names_of(questions, "driver")) > MOST_DRIVERS:
        raise ValueError(f"expected at most {MOST_DRIVERS} drivers")


def _twice(places: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    found = list(places)
    return [place for at, place in enumerate(found) if place in found[:at]]
