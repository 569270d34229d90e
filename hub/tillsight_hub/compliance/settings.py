"""What an operator may set about keeping data, and about whom to tell."""

import re
from typing import Annotated

from pydantic import Field, field_validator

from tillsight_models.configuration import Settings

_contact = re.compile(r"(mailto:[^@\s]+@[^@\s]+|https://\S+|tel:\+[0-9-]+)")


class RetentionSettings(Settings):
    """After how many days what is kept is made empty or deleted, every night."""

    events_days: Annotated[int, Field(ge=400, le=36_500)] = 1825
    """Raw events, by whole months; the totals that were counted from them stay."""
    texts_days: Annotated[int, Field(ge=1, le=3650)] = 90
    """What shoppers wrote in their own words. The answers' other parts, and all scores, stay."""
    notes_days: Annotated[int, Field(ge=1, le=3650)] = 365
    """What staff wrote into cases, counted from when the case was closed."""
    quarantine_days: Annotated[int, Field(ge=7, le=3650)] = 90
    """The content of messages that could not be taken; that there were such stays."""
    audit_days: Annotated[int, Field(ge=180, le=3650)] = 1095
    """Who did what in the hub."""
    alarms_days: Annotated[int, Field(ge=7, le=3650)] = 365
    """What was wrong with devices, counted from when it was over."""


class ComplianceSettings(Settings):
    """Whom people outside can turn to."""

    security_contact: str | None = None
    """Who is told of a vulnerability: `mailto:`, `https://` or `tel:`; else no security.txt."""
    privacy_contact: str | None = None
    """The same for questions of shoppers, as public notices tell it."""
    controller: Annotated[str, Field(max_length=200)] = ""
    """Who is responsible for the data, name and address, as public notices tell it."""

    @field_validator("security_contact", "privacy_contact")
    @classmethod
    def _is_a_way(cls, contact: str | None) -> str | None:
        if contact is not None and not _contact.fullmatch(contact):
            raise ValueError("expected mailto:NAME@HOST, https://... or tel:+NUMBER")
        return contact
