"""What the kiosk shows besides its own words, read when the agent starts: survey and cards."""

import logging

from tillsight_models.errors import BadConfig
from tillsight_models.surveys import Survey, load_survey

from ..kiosk_config import KioskSettings
from .cards import Card, load_cards

log = logging.getLogger(__name__)


def contents_problems(settings: KioskSettings) -> list[str]:
    """What is wrong with survey and cards, one line each."""
    _, _, problems = _read(settings)
    return problems


def read_contents(settings: KioskSettings) -> tuple[Survey | None, list[Card]]:
    """The survey and the cards; what cannot be used is told in the log, and the faces work without it."""
    survey, cards, problems = _read(settings)
    for problem in problems:
        log.warning("%s", problem)
    return survey, cards


def _read(settings: KioskSettings) -> tuple[Survey | None, list[Card], list[str]]:
    survey: Survey | None = None
    cards: list[Card] = []
    problems: list[str] = []
    try:
        survey = load_survey(settings.survey) if settings.survey else None
    except BadConfig as error:
        problems += [f"kiosk.survey: {problem}" for problem in error.problems]
    if survey and (missing := [each for each in settings.languages if each not in survey.languages]):
        problems.append(f"kiosk.survey: {survey.id} has no {', '.join(missing)}: kiosk.languages has")
        survey = None
    try:
        cards = load_cards(settings.cards, settings.languages) if settings.cards else []
    except BadConfig as error:
        problems += [f"kiosk.cards: {problem}" for problem in error.problems]
    return survey, cards, problems
