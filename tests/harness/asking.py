"""A questionnaire that asks everything, and people who answer it."""

from collections.abc import Mapping, Sequence
from typing import Any

from tillsight_hub.metrics import topics
from tillsight_hub.metrics.answers import Answers
from tillsight_hub.metrics.questions import CSI, EXPERIENCE, PUBLISHED
from tillsight_hub.metrics.servqual import DIMENSIONS
from tillsight_hub.metrics.settings import MetricSettings
from tillsight_models.configuration import read_settings
from tillsight_models.events import QuestionAnswered

DRIVERS = ("driver:speed", "driver:price", "force:Control", "force:Status")
EVERYTHING: list[dict[str, Any]] = [
    *({"survey": "exit", "question": asked, "asks": asked} for asked in (*PUBLISHED, "csat", *CSI)),
    *(
        {"survey": "exit", "question": asked.replace(":", "-").lower(), "asks": asked, "scale": [1, 10]}
        for asked in (*EXPERIENCE, "outcome", *DRIVERS)
    ),
]
"""Settings by which each question asks what its own name says."""


def asking(**others: Any) -> MetricSettings:
    """Settings that ask everything."""
    return read_settings({"questions": EVERYTHING, **others}, MetricSettings)


def answered(question: str, value: Any, visit: str = "v-1", version: int = 1) -> QuestionAnswered:
    """One answer of the questionnaire `exit`."""
    return QuestionAnswered(
        survey="exit", survey_version=version, visit=visit, question=question, value=value
    )


def people(*groups: dict[str, Any]) -> Answers:
    """`{"times": 20, "nps": 10}` is twenty people; `found` are SERVQUAL's perceptions by dimension, and
    `wanted` one expectation of everything."""
    visits = []
    for group in groups:
        given = {
            asked: answer for asked, answer in group.items() if asked not in ("times", "found", "wanted")
        }
        for items, found in zip(DIMENSIONS.values(), group.get("found", ()), strict=False):
            given |= {f"servqual-p-{item + 1}": found for item in items}
            given |= {f"servqual-e-{item + 1}": group["wanted"] for item in items}
        visits += [given] * group.get("times", 1)
    return by_topic(visits)


def by_topic(visits: Sequence[Mapping[str, int]]) -> Answers:
    """Of people, and by person what was asked and answered."""
    asking_all = frozenset(question["asks"] for question in EVERYTHING if question["asks"] not in DRIVERS)
    found: dict[str, list[dict[str, int]]] = {}
    for visit in visits:
        for topic, given in topics.by_topic(visit, asking_all).items():
            found.setdefault(topic, []).append(given)
    return Answers({topic: tuple(given) for topic, given in found.items()})
