"""What one customer of the demo does: is served, presses a button, says why, answers a few questions."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

from tillsight_models.events import (
    ButtonPressed,
    ContactEnded,
    Payload,
    QuestionAnswered,
    ReasonGiven,
    SurveyEnded,
)

from .chain import Place

REPEAT_SHARE = 0.04
"""Presses that are followed by another one at once, as children do."""
REASONS = {
    "waiting": (30, 8),
    "friendliness": (14, 26),
    "price": (22, 10),
    "range": (16, 20),
    "cleanliness": (8, 14),
    "advice": (10, 22),
}
"""How often each is named by the dissatisfied and by the others."""
REASON_SHARES = {"answered": 0.45, "skipped": 0.2, "timeout": 0.35}
SURVEY = "visit"
QUESTIONS = ("speed", "friendliness", "range", "overall", "recommend")
"""The questionnaire of the demo: 1 to 5, and 0 to 10 for the last."""
SURVEY_SHARE = 0.3
WEIGHTS = {"speed": 0.9, "friendliness": 0.5, "range": 0.2}
"""What the overall answer of the simulated customers is made of."""


def customer(
    place: Place, at: datetime, dice: random.Random, trouble: float = 1.0
) -> Iterator[tuple[datetime, Payload]]:
    """All that one customer leaves behind; with `trouble` so many times as many are dissatisfied."""
    dwell = min(600.0, max(3.0, dice.lognormvariate(3.7, 0.6)))
    yield at, ContactEnded(source=place.contact_source, dwell_s=round(dwell, 1))
    if dice.random() >= place.response_rate:
        return
    unhappy = len(place.moods) // 2
    moods = [mood * trouble if number < unhappy else mood for number, mood in enumerate(place.moods)]
    rating = dice.choices(range(1, len(moods) + 1), moods)[0]
    panel: Literal["gpio", "serial"] = "gpio" if place.panel == "gpio" else "serial"
    yield at, ButtonPressed(button=rating, rating=rating, scale=place.scale, panel=panel)
    if dice.random() < REPEAT_SHARE:
        again = ButtonPressed(button=rating, rating=rating, scale=place.scale, panel=panel, labels=["repeat"])
        yield at + timedelta(seconds=1), again
    elif place.scale != "nps":
        is_unhappy = rating <= unhappy
        yield at + timedelta(seconds=5), _reason(dice, is_unhappy, trouble)
        if place.asks and dice.random() < SURVEY_SHARE:
            yield from _questionnaire(at + timedelta(seconds=8), dice, is_unhappy)


def _reason(dice: random.Random, is_unhappy: bool, trouble: float) -> ReasonGiven:
    outcome = dice.choices(list(REASON_SHARES), list(REASON_SHARES.values()))[0]
    if outcome == "skipped":
        return ReasonGiven(outcome="skipped")
    if outcome == "timeout":
        return ReasonGiven(outcome="timeout")
    named: dict[str, float] = {name: shares[not is_unhappy] for name, shares in REASONS.items()}
    named["waiting"] *= trouble if is_unhappy else 1
    return ReasonGiven(reason=dice.choices(list(named), list(named.values()))[0])


def _questionnaire(at: datetime, dice: random.Random, is_unhappy: bool) -> Iterator[tuple[datetime, Payload]]:
    """Some stop half-way, as people do."""
    visit = f"{dice.getrandbits(80):020x}"
    mood = -1.2 if is_unhappy else 0.6
    parts: dict[str, int] = {name: _of_five(3.4 + mood + dice.gauss(0, 0.9)) for name in WEIGHTS}
    sums = sum(weight * (parts[name] - 3) for name, weight in WEIGHTS.items())
    parts["overall"] = _of_five(3.2 + 0.75 * sums + dice.gauss(0, 0.5))
    parts["recommend"] = min(10, max(0, round(2 * parts["overall"] + dice.gauss(0, 1.2))))
    asked = QUESTIONS if dice.random() < 0.85 else QUESTIONS[: dice.randint(1, 4)]
    for number, question in enumerate(asked):
        yield (
            at + timedelta(seconds=4 * number),
            QuestionAnswered(
                survey=SURVEY, survey_version=1, visit=visit, question=question, value=parts[question]
            ),
        )
    outcome: Literal["complete", "timeout"] = "complete" if asked == QUESTIONS else "timeout"
    ended = SurveyEnded(survey=SURVEY, survey_version=1, visit=visit, outcome=outcome)
    yield at + timedelta(seconds=4 * len(asked)), ended


def _of_five(value: float) -> int:
    return min(5, max(1, round(value)))
