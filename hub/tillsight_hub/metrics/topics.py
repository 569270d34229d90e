"""Topics: which answers of a person go into one number together, and when there are enough of them."""

from collections.abc import Mapping
from functools import lru_cache

from .questions import SERVQUAL_DIMENSIONS, SERVQUAL_EXPECTED, SERVQUAL_PERCEIVED

_SHARED = {
    "expected": ("experience",),
    "actual": ("experience", "ideal"),
    "ideal": ("ideal",),
    "outcome": ("drivers", "forces"),
}


@lru_cache(maxsize=256)
def topics_of(asked: str) -> tuple[str, ...]:
    """Of what a question asks: `nps` alone, or all of SERVQUAL, or the outcome with its drivers."""
    kind, named, _ = asked.partition(":")
    return (f"{kind}s",) if named else _SHARED.get(asked, (asked.partition("-")[0],))


@lru_cache(maxsize=256)
def topic_of(*asked: str) -> str:
    """The one topic in which all of these lie."""
    (topic,) = set.intersection(*(set(topics_of(each)) for each in asked))
    return topic


def by_topic(given: Mapping[str, int], asking: frozenset[str]) -> dict[str, dict[str, int]]:
    """One person's answers by topic, where they answered all that the settings ask about it.

    Of SERVQUAL one pair is enough: its dimensions are numbers of their own.
    """
    found: dict[str, dict[str, int]] = {}
    for asked, answer in given.items():
        for topic in topics_of(asked):
            found.setdefault(topic, {})[asked] = answer
    wanted = _wanted(asking)
    return {
        topic: answers
        for topic, answers in found.items()
        if (any(_pairs(answers)) if topic == "servqual" else answers.keys() >= wanted[topic])
    }


def is_whole(topic: str, answers: Mapping[str, int], asking: frozenset[str]) -> bool:
    """Whether the person counts for a cell: of SERVQUAL, whether they answered in each dimension asked."""
    if topic != "servqual":
        return True
    own, wanted = _pairs(answers), _pairs(dict.fromkeys(_wanted(asking)[topic], 0))
    return all(has for has, is_asked in zip(own, wanted, strict=True) if is_asked)


@lru_cache(maxsize=64)
def _wanted(asking: frozenset[str]) -> dict[str, frozenset[str]]:
    topics: dict[str, set[str]] = {}
    for asked in asking:
        for topic in topics_of(asked):
            topics.setdefault(topic, set()).add(asked)
    return {topic: frozenset(found) for topic, found in topics.items()}


def _pairs(answers: Mapping[str, int]) -> list[bool]:
    """By dimension of SERVQUAL: whether an item was answered both times."""
    return [
        any(SERVQUAL_EXPECTED[item] in answers and SERVQUAL_PERCEIVED[item] in answers for item in items)
        for items in SERVQUAL_DIMENSIONS
    ]
