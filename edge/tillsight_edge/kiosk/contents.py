"""What the kiosk shows besides its own words: the device's own file, and over it what the hub wants."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec import UNSET

from tillsight_models.errors import BadConfig
from tillsight_models.problems import said
from tillsight_models.surveys import Survey, load_survey
from tillsight_models.wanted import SPOKEN, Continuing, KioskWanted, read_kiosk

from ..kiosk_config import KioskSettings
from .cards import Card, load_cards, wanted_cards

log = logging.getLogger(__name__)

SETTINGS = ("idle_s", "warning_s", "thanks_s", "attract_s", "tally", "sound", "panel_answers", "question")
"""What hub and file both may say."""


@dataclass(frozen=True)
class Contents:
    """Everything on the screens that can change while the agent runs."""

    settings: KioskSettings
    """Of the file, with what the hub wants in its place."""
    survey: Survey | None = None
    cards: tuple[Card, ...] = ()
    attract: Mapping[str, str] = field(default_factory=dict)
    """By language, instead of the kiosk's own words on the attract screen; nobody is there."""
    attract_here: Mapping[str, str] = field(default_factory=dict)
    """Somebody is."""
    continuing: Continuing | None = None

    @property
    def languages(self) -> tuple[str, ...]:
        """The default first."""
        return self.settings.spoken

    def card(self, turn: int, language: str, day: str) -> int | None:
        """Whose turn it is of the cards in this language on this local day; None: there is none."""
        fitting = [place for place, each in enumerate(self.cards) if each.is_for(language, day)]
        return fitting[turn % len(fitting)] if fitting else None


def contents_problems(settings: KioskSettings) -> list[str]:
    """What is wrong with survey and cards of the file, one line each."""
    return _read(settings)[1]


def read_contents(settings: KioskSettings) -> Contents:
    """What the file says; what cannot be used is told in the log, and the faces work without it."""
    contents, problems = _read(settings)
    for problem in problems:
        log.warning("%s", problem)
    return contents


def contents_of(own: Contents, value: Any) -> Contents:
    """The hub's section `kiosk` over the file's contents; BadConfig where the two make no screens.

    Languages that the hub leaves open are those of its survey, as far as the kiosk speaks them.
    """
    wanted = read_kiosk(value)
    survey = own.survey if wanted.survey is UNSET else wanted.survey
    settings = own.settings.model_copy(update=_settings(own.settings, wanted))
    missing = [each for each in settings.languages if survey and each not in survey.languages]
    if survey is not None and missing:
        values = {"survey": survey.id, "missing": ", ".join(missing)}
        raise BadConfig([said("no_language", "kiosk.survey", **values)])
    return Contents(
        settings=settings,
        survey=survey,
        cards=own.cards if wanted.cards is UNSET else wanted_cards(wanted.cards),
        attract=own.attract if wanted.attract is UNSET else wanted.attract,
        attract_here=own.attract_here if wanted.attract_here is UNSET else wanted.attract_here,
        continuing=own.continuing if wanted.continuing is UNSET else wanted.continuing,
    )


def _settings(own: KioskSettings, wanted: KioskWanted) -> dict[str, Any]:
    changed = {name: value for name in SETTINGS if (value := getattr(wanted, name)) is not UNSET}
    languages: Sequence[str] = own.languages
    if wanted.languages is not UNSET:
        languages = wanted.languages
    elif isinstance(wanted.survey, Survey):
        languages = [each for each in wanted.survey.languages if each in SPOKEN]
    if not languages:
        raise BadConfig([f"kiosk.languages: should be some of {', '.join(SPOKEN)}"])
    first = own.default_language or own.languages[0]
    if wanted.default_language is not UNSET:
        first = wanted.default_language
    return changed | {
        "languages": tuple(languages),
        "default_language": first if first in languages else languages[0],
    }


def _read(settings: KioskSettings) -> tuple[Contents, list[str]]:
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
    return Contents(settings, survey, tuple(cards)), problems
