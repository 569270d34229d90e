"""Wanted configuration: what the hub wants of a device, section by section, and the device's answer."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, cast

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from .errors import BadConfig
from .problems import Problem, of_types, said
from .surveys import Language, Survey, Texts
from .surveys import problems as survey_problems

SPOKEN = ("en", "it", "de", "ar")
"""Languages of the kiosk's own words."""
LONGEST_CARD = 100
"""Characters of what was said, and of what was done."""
MOST_CARDS = 20
LONGEST_CALL = 60
"""Characters of the question above the faces, and of the words of the attract screen."""

REMOTE: Mapping[str, tuple[float, float]] = {
    "panel.cooldown_s": (0, 600),
    "panel.undo_s": (0, 60),
    "presence.min_dwell_s": (0.1, 3600),
    "presence.leave_gap_s": (0, 600),
    "presence.max_dwell_s": (1, 86_400),
    "health.heartbeat_s": (5, 600),
    "health.report_s": (60, 1800),
}
"""Settings of a device that its hub may set: at least, at most. Whatever says who it is, where its hub is,
where its files are or whether faces are looked at is decided at the device alone."""

Seconds = Annotated[float, Meta(ge=0, le=3600)]


class CardWords(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A card in one language."""

    said: Annotated[str, Meta(min_length=1, max_length=LONGEST_CARD)]
    did: Annotated[str, Meta(min_length=1, max_length=LONGEST_CARD)]


class WantedCard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What customers said and what was done about it. Shown to who speaks one of its languages."""

    id: int
    texts: Annotated[dict[Language, CardWords], Meta(min_length=1)]
    first_day: str
    """Local day of the touchpoint, 2026-10-01."""
    last_day: str | None = None
    """None: until it is taken down."""

    def is_shown_on(self, day: str) -> bool:
        """Whether it belongs on a screen on this local day."""
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


class Continuing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the shopper's own phone goes on with a visit."""

    url: str
    key: str
    """Base64url, 32 bytes."""


class KioskWanted(Struct, frozen=True, kw_only=True, rename={"continuing": "continue"}):
    """What a screen is to show. What is not set is as the device's own file says."""

    survey: Survey | UnsetType | None = UNSET
    """None: a rating is thanked for, and no more is asked."""
    cards: Annotated[list[WantedCard], Meta(max_length=MOST_CARDS)] | UnsetType = UNSET
    languages: Annotated[list[Language], Meta(min_length=1)] | UnsetType = UNSET
    default_language: Language | UnsetType = UNSET
    question: Texts | UnsetType = UNSET
    """Above the faces."""
    attract: Texts | UnsetType = UNSET
    """On the attract screen, while nobody is there."""
    attract_here: Texts | UnsetType = UNSET
    """While somebody is there."""
    idle_s: Annotated[float, Meta(ge=10, le=600)] | UnsetType = UNSET
    warning_s: Annotated[float, Meta(ge=5, le=120)] | UnsetType = UNSET
    thanks_s: Annotated[float, Meta(ge=2, le=60)] | UnsetType = UNSET
    attract_s: Seconds | UnsetType = UNSET
    tally: bool | UnsetType = UNSET
    sound: bool | UnsetType = UNSET
    panel_answers: bool | UnsetType = UNSET
    continuing: Continuing | UnsetType | None = UNSET
    """On the wire: `continue`."""


class ConfigIs(Struct, frozen=True, kw_only=True):
    """Retained on `cfg/is`: which wanted configuration the device follows, as far as it can."""

    version: Annotated[str, Meta(max_length=64)]
    problems: Annotated[list[Annotated[str, Meta(max_length=500)]], Meta(max_length=50)] = []
    """By section: why the one before stays in force. Empty: everything is followed."""
    ignored: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=50)] = []
    """Sections that this device has nothing for."""


def version_of(sections: Mapping[str, Any]) -> str:
    """Names a content: the same sections have the same version, whoever asks and in whatever order."""
    return hashlib.sha256(msgspec.json.encode(sections, order="deterministic")).hexdigest()[:16]


def read_kiosk(values: Any) -> KioskWanted:
    """The section `kiosk`; BadConfig has one line a problem."""
    try:
        wanted = msgspec.convert(values, KioskWanted)
    except msgspec.ValidationError as error:
        raise BadConfig([of_types("kiosk", error)]) from error
    if found := [problem.within("kiosk.") for problem in kiosk_problems(wanted)]:
        raise BadConfig(found)
    return wanted


def read_device(values: Any) -> dict[str, float]:
    """The section `device`: numbers by `section.key`; BadConfig has one line a problem."""
    if not isinstance(values, dict):
        raise BadConfig([said("no_settings", "device", given=f"{values!r:.80}")])
    problems: list[Problem] = []
    for name, value in values.items():
        if name not in REMOTE:
            problems.append(said("not_remote", f"device.{name!s:.80}"))
            continue
        least, most = REMOTE[name]
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not (is_number and least <= value <= most):
            given, bounds = f"{value!r:.80}", {"least": f"{least:g}", "most": f"{most:g}"}
            problems.append(said("range", f"device.{name}", given=given, **bounds))
    if problems:
        raise BadConfig(problems)
    read = {name: float(value) for name, value in values.items()}
    shortest, longest = read.get("presence.min_dwell_s"), read.get("presence.max_dwell_s")
    if shortest is not None and longest is not None and longest <= shortest:
        told = {"given": f"{longest:g}", "least": f"{shortest:g}"}
        raise BadConfig([said("more_than_other", "device.presence.max_dwell_s", **told)])
    return read


def kiosk_problems(wanted: KioskWanted) -> Iterator[Problem]:
    """What is wrong with a section whose fields are all of their type, one line each."""
    languages = [] if wanted.languages is UNSET else wanted.languages
    unknown = [each for each in languages if each not in SPOKEN]
    if unknown or len(set(languages)) < len(languages):
        yield said("some_of", "languages", given=", ".join(languages), known=", ".join(SPOKEN))
    if wanted.default_language is not UNSET and languages and wanted.default_language not in languages:
        given, known = wanted.default_language, ", ".join(languages)
        yield said("first_language", "default_language", given=given, known=known)
    if isinstance(wanted.survey, Survey):
        yield from (problem.within("survey: ") for problem in survey_problems(wanted.survey))
        if missing := [each for each in languages if each not in wanted.survey.languages]:
            yield said("no_language", "survey", survey=wanted.survey.id, missing=", ".join(missing))
    for name in ("question", "attract", "attract_here"):
        yield from _lines(name, getattr(wanted, name))
    for card in cast("list[WantedCard]", [] if wanted.cards is UNSET else wanted.cards):
        yield from _days(card)


def _lines(name: str, texts: Texts | UnsetType) -> Iterator[Problem]:
    for language, text in {} if texts is UNSET else texts.items():
        if not 1 <= len(text.strip()) <= LONGEST_CALL:
            yield said("of_characters", f"{name}.{language}", least=1, most=LONGEST_CALL)


def _days(card: WantedCard) -> Iterator[Problem]:
    days = [day for day in (card.first_day, card.last_day) if day is not None]
    try:
        read = [date.fromisoformat(day) for day in days]
    except ValueError:
        yield said("card_days", f"cards.{card.id}", days=" to ".join(days))
        return
    if read != sorted(read):
        yield said("card_order", f"cards.{card.id}", days=" to ".join(days))
