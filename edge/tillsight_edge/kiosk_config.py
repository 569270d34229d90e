"""Settings of the shopper's screen."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from tillsight_models.configuration import Settings
from tillsight_models.wanted import SPOKEN

MOST_PAUSED_MIN = 30
"""Of each hour: whoever keeps on pausing cannot switch counting off."""
PICTURES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
}
"""Kinds of files that the attract screen can show."""


class KioskSettings(Settings):
    """A screen beside the panel, or instead of it; the agent serves its page to this machine only."""

    enabled: bool = False
    port: Annotated[int, Field(ge=0, le=65_535)] = 8710
    """0: any free one."""
    survey: Path | None = None
    """TOML or JSON; None: a rating is thanked for, and no more is asked."""
    cards: Path | None = None
    """TOML or JSON: what customers said, and what was done."""
    languages: tuple[str, ...] = ("en",)
    default_language: Annotated[str, Field(validate_default=True)] = ""
    """Empty: the first."""
    question: dict[str, str] = Field(default_factory=dict)
    """By language, instead of the kiosk's own `How was your visit today?`."""
    panel_answers: bool = True
    """The panel's buttons answer questions too."""
    idle_s: Annotated[float, Field(ge=10, le=600)] = 20.0
    """Seconds without a touch, after which a shopper is warned."""
    warning_s: Annotated[float, Field(ge=5, le=120)] = 10.0
    """Seconds from the warning until the screen is cleared."""
    thanks_s: Annotated[float, Field(ge=2, le=60)] = 8.0
    attract_s: Annotated[float, Field(ge=0, le=3600)] = 0.0
    """Seconds without a touch, after which the attract screen comes; 0: never."""
    picture: Path | None = None
    """Of the attract screen, while nobody is there; None: one of ours."""
    present_picture: Path | None = None
    """While somebody is there."""
    play_log: Path | None = None
    """Where it is noted which picture was shown when; None: nowhere."""
    sound: bool = True
    tally: bool = True
    """Show with the thanks how others have rated, late and from 10 people on."""

    keyboard: bool = True
    """Letters on the screen where something is to be written, on a touch screen."""
    continue_s: Annotated[float, Field(ge=2, le=120)] = 20.0
    """How long thanks stay that carry a QR code."""
    pause_min: Annotated[float, Field(ge=0, le=30)] = 5.0
    """How long a shopper can pause the cameras from the privacy page; 0: not at all."""
    pauses_per_hour: Annotated[int, Field(ge=1, le=30)] = 2
    """So many in any 60 minutes."""

    @field_validator("pauses_per_hour")
    @classmethod
    def _counting_goes_on(cls, pauses: int, others: ValidationInfo) -> int:
        if pauses * others.data.get("pause_min", 0) > MOST_PAUSED_MIN:
            raise ValueError(f"times kiosk.pause_min should be at most {MOST_PAUSED_MIN} minutes an hour")
        return pauses

    @field_validator("languages")
    @classmethod
    def _spoken(cls, languages: tuple[str, ...]) -> tuple[str, ...]:
        if not languages or len(set(languages)) != len(languages) or set(languages) - set(SPOKEN):
            raise ValueError(f"should be some of {', '.join(SPOKEN)}")
        return languages

    @field_validator("default_language")
    @classmethod
    def _one_of_them(cls, language: str, others: ValidationInfo) -> str:
        languages = others.data.get("languages", ())
        if language and languages and language not in languages:
            raise ValueError(f"should be one of kiosk.languages: {', '.join(languages)}")
        return language

    @field_validator("picture", "present_picture")
    @classmethod
    def _a_picture(cls, file: Path | None) -> Path | None:
        if file is not None and file.suffix.lower() not in PICTURES:
            raise ValueError(f"should end in {', '.join(PICTURES)}")
        return file

    @field_validator("question")
    @classmethod
    def _of_one_line(cls, question: dict[str, str]) -> dict[str, str]:
        if any(not 1 <= len(text.strip()) <= 60 for text in question.values()):
            raise ValueError("should have 1 to 60 characters in each language")
        return question

    @property
    def spoken(self) -> tuple[str, ...]:
        """The languages, the default first."""
        first = self.default_language or self.languages[0]
        return (first, *(each for each in self.languages if each != first))
