"""Answers: what the people of a place and period answered to questionnaires, each person's kept together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .topics import topic_of


@dataclass(frozen=True)
class Answers:
    """Adding two gives the answers of both."""

    people: Mapping[str, tuple[Mapping[str, int], ...]] = field(default_factory=dict)
    """By topic: of each person the answers by what was asked (`nps`, `ces2`, `driver:staff`), all on their
    scales."""
    refused: Mapping[str, int] = field(default_factory=dict)
    """By topic: answers that were left out, because they lie on no scale of theirs."""
    withheld: Mapping[str, int] = field(default_factory=dict)
    """By topic: people whose answers are withheld, because too few answered in their days."""

    @classmethod
    def of(cls, parts: Iterable[Answers]) -> Answers:
        """The answers of them all."""
        people: dict[str, list[Mapping[str, int]]] = {}
        refused, withheld = Counter[str](), Counter[str]()
        for part in parts:
            for topic, found in part.people.items():
                people.setdefault(topic, []).extend(found)
            refused.update(part.refused)
            withheld.update(part.withheld)
        told = {topic: tuple(found) for topic, found in people.items()}
        return cls(told, dict(refused), dict(withheld))

    def __add__(self, other: Answers) -> Answers:
        return Answers.of([self, other])

    def about(self, topic: str) -> tuple[Mapping[str, int], ...]:
        """The people who answered to it."""
        return self.people.get(topic, ())

    def to(self, asked: str) -> list[int]:
        """The answers to one question, one a person."""
        return [person[asked] for person in self.about(topic_of(asked)) if asked in person]

    def to_all(self, *asked: str) -> list[tuple[int, ...]]:
        """The answers of the people who answered all of these, which are of one topic, in this order."""
        wanted = set(asked)
        return [
            tuple(person[each] for each in asked)
            for person in self.about(topic_of(*asked))
            if person.keys() >= wanted
        ]

    def counted(self, asked: str, lowest: int, highest: int) -> list[int]:
        """How many gave each answer of the scale, lowest first."""
        counts = [0] * (highest - lowest + 1)
        for answer in self.to(asked):
            counts[answer - lowest] += 1
        return counts


NOBODY = Answers()
