"""Answers: what the people of a place and period answered to questionnaires, each person's kept together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Answers:
    """Adding two gives the answers of both."""

    visits: tuple[Mapping[str, int], ...] = ()
    """Of each person and topic: the answers by what was asked (`nps`, `ces2`, `driver:staff`), all on their
    scales. A person who answered to two topics is here twice."""
    refused: Mapping[str, int] = field(default_factory=dict)
    """By topic: answers that were left out, because they lie on no scale of theirs."""
    withheld: Mapping[str, int] = field(default_factory=dict)
    """By topic: people whose answers are withheld, because too few answered in their days."""

    @classmethod
    def of(cls, parts: Iterable[Answers]) -> Answers:
        """The answers of them all."""
        visits: list[Mapping[str, int]] = []
        refused, withheld = Counter[str](), Counter[str]()
        for part in parts:
            visits += part.visits
            refused.update(part.refused)
            withheld.update(part.withheld)
        return cls(tuple(visits), dict(refused), dict(withheld))

    def __add__(self, other: Answers) -> Answers:
        return Answers.of([self, other])

    def to(self, asked: str) -> list[int]:
        """The answers to one question, one a person."""
        return [visit[asked] for visit in self.visits if asked in visit]

    def to_all(self, *asked: str) -> list[tuple[int, ...]]:
        """The answers of the people who answered all of these, in this order."""
        return [tuple(visit[each] for each in asked) for visit in self.visits if visit.keys() >= set(asked)]

    def counted(self, asked: str, lowest: int, highest: int) -> list[int]:
        """How many gave each answer of the scale, lowest first."""
        counts = [0] * (highest - lowest + 1)
        for answer in self.to(asked):
            counts[answer - lowest] += 1
        return counts


NOBODY = Answers()
