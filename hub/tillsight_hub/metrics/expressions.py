"""Expressions: from the frames in which faces were classified to shares of people."""

from collections.abc import Iterable
from operator import add
from typing import NamedTuple


class Frames(NamedTuple):
    """How many frames of a face looked like what."""

    positive: int
    neutral: int
    negative: int


class Expressions(NamedTuple):
    """Of people, and beside it of frames, in which whoever stays longest counts most."""

    persons: int
    frames: int
    frame_share_positive: float | None
    person_share_positive: float | None
    """Share of people most of whose frames are positive."""
    frame_valence: float | None
    """(positive - negative) / frames, -1..1."""
    person_valence: float | None
    """Mean over people of their own valence."""


def expressions(tracks: Iterable[tuple[str, Frames | None]]) -> Expressions:
    """Of tracks, each with the visit that it is a part of; a visit's tracks are one person.

    A person without frames does not count. A tie between expressions is neutral.
    """
    people: dict[str, Frames] = {}
    for visit, seen in tracks:
        if seen:
            before = people.get(visit, Frames(0, 0, 0))
            people[visit] = Frames(*map(add, before, seen))
    visits = [frames for frames in people.values() if sum(frames)]
    persons, frames = len(visits), sum(map(sum, visits))
    if not persons:
        return Expressions(0, 0, None, None, None, None)
    positive = sum(seen.positive for seen in visits)
    return Expressions(
        persons=persons,
        frames=frames,
        frame_share_positive=positive / frames,
        person_share_positive=sum(map(_is_positive, visits)) / persons,
        frame_valence=(positive - sum(seen.negative for seen in visits)) / frames,
        person_valence=sum(map(valence, visits)) / persons,
    )


def valence(seen: Frames) -> float:
    """(positive - negative) / frames of one person, -1..1; there must be a frame."""
    return (seen.positive - seen.negative) / sum(seen)


def _is_positive(seen: Frames) -> bool:
    return seen.positive > max(seen.neutral, seen.negative)
