"""Answers: what the people of a place and period answered to questionnaires, each person's kept together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Answers:
    """Adding two gives the answers of both; a person is in one of them only."""

    visits: tuple[Mapping[str, int], ...] = ()
    """Of each person: the answers by what was asked (`nps`, `ces2`, `driver:staff`); all on their scales."""
    refused: int = 0
    """Answers that were left out, because they lie on no scale of theirs."""

    def __add__(self, other: Answers) -> Answers:
        return Answers(self.visits + other.visits, self.refused + other.refused)

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
