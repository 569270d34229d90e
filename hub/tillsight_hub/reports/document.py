"""A report as a value: words and numbers in the order of reading; `report.typ` says how they look."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any, Literal

from ..metrics.registry import Score

Tone = Literal["negative", "positive", "rate"]
"""What colour a number has: bad news, good news, neither."""
Mood = Literal["good", "warn", "bad", "quiet"]


@dataclass(frozen=True)
class Mark:
    """A score on an axis, as shares of its width."""

    lower: float
    upper: float
    value: float
    tone: Tone


@dataclass(frozen=True)
class Chip:
    """A word of warning or praise."""

    text: str
    mood: Mood


@dataclass(frozen=True)
class Became:
    """What became of a number since the period before."""

    text: str
    detail: str
    mood: Mood
    certain: bool


@dataclass(frozen=True)
class Number:
    """A score with its words. Where it has no value, `why` says why not."""

    id: str
    """Of the score, as the API calls it."""
    score: Score
    name: str
    text: str
    range: str
    rests_on: str
    why: str | None = None
    mark: Mark | None = None
    chips: tuple[Chip, ...] = ()
    change: Became | None = None
    link: str | None = None


@dataclass(frozen=True)
class Cell:
    """One cell of a table; with a `mark` it is a drawing."""

    text: str = ""
    detail: str = ""
    strong: bool = False
    mood: Mood | Literal[""] = ""
    mark: Mark | None = None
    link: str | None = None


@dataclass(frozen=True)
class Column:
    """Of a table. Width 0 is as wide as its words, others share what is left."""

    title: str
    align: Literal["left", "right", "centre"] = "left"
    width: float = 0


@dataclass(frozen=True)
class Cards:
    """A few numbers side by side."""

    numbers: tuple[Number, ...]
    title: str = ""
    kind: Literal["cards"] = "cards"


@dataclass(frozen=True)
class Table:
    """Rows of cells; `numbers` are the scores in it."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numbers: tuple[Number, ...] = ()
    kind: Literal["table"] = "table"


@dataclass(frozen=True)
class Chart:
    """A drawing with what it shows in words."""

    svg: str
    alt: str
    title: str = ""
    kind: Literal["chart"] = "chart"


@dataclass(frozen=True)
class Fact:
    """A name and what it is."""

    name: str
    text: str


@dataclass(frozen=True)
class Facts:
    """A list of names with what they are."""

    facts: tuple[Fact, ...]
    kind: Literal["facts"] = "facts"


@dataclass(frozen=True)
class Point:
    """An item of a list."""

    text: str
    head: str = ""


@dataclass(frozen=True)
class Points:
    """A list; small where it is only for whoever wants to know exactly."""

    points: tuple[Point, ...]
    small: bool = False
    kind: Literal["points"] = "points"


@dataclass(frozen=True)
class Note:
    """A sentence that must be seen."""

    text: str
    mood: Mood = "quiet"
    kind: Literal["note"] = "note"


Block = Cards | Table | Chart | Facts | Points | Note


@dataclass(frozen=True)
class Section:
    """A heading with what is under it."""

    title: str
    blocks: tuple[Block, ...]
    lead: str = ""


@dataclass(frozen=True)
class Report:
    """All of it."""

    title: str
    kind_name: str
    heading: str
    period: str
    where: str
    summary: str
    language: str
    region: str
    """Country code that goes with the language, for the typesetter."""
    made: date
    footer: str
    page_of: str
    """With {page} and {pages}."""
    lead: str = ""
    keywords: tuple[str, ...] = ()
    sections: tuple[Section, ...] = field(default=())

    @property
    def numbers(self) -> list[Number]:
        """Every score in it, in order."""
        blocks = [block for section in self.sections for block in section.blocks]
        return [number for block in blocks if isinstance(block, Cards | Table) for number in block.numbers]

    def with_links(self, address: str) -> "Report":
        """The same with every number a link to where it comes from, on the hub at this address."""
        sections = [
            replace(section, blocks=tuple(_linked(block, address.rstrip("/")) for block in section.blocks))
            for section in self.sections
        ]
        return replace(self, sections=tuple(sections))

    def as_data(self) -> dict[str, Any]:
        """For the typesetter: what JSON can say."""
        data = _without_scores(asdict(self))
        assert isinstance(data, dict)
        return data | {"made": [self.made.year, self.made.month, self.made.day]}


def _linked(block: Block, address: str) -> Block:
    if not isinstance(block, Cards):
        return block
    numbers = (
        replace(number, link=f"{address}/explain/{number.id}") if number.why is None else number
        for number in block.numbers
    )
    return replace(block, numbers=tuple(numbers))


def _without_scores(value: Any) -> Any:
    """Scores are there for whoever compares them; the paper gets their words."""
    if isinstance(value, Mapping):
        return {name: _without_scores(each) for name, each in value.items() if name != "score"}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_without_scores(each) for each in value]
    return value
