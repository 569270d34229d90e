"""Settings of cases, and of what people leave who want to be answered."""

import re
from typing import Annotated

from pydantic import Field, field_validator

from tillsight_models.configuration import Settings

Hours = Annotated[float, Field(gt=0, le=1000)]

_web = re.compile(r"https?://[\w.:\[\]-]+/(?:[\w./-]*/)?go/?")
_mail = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+")


class CaseSettings(Settings):
    """When cases are opened, how soon they should be closed, and who hears of it when they are not."""

    from_alerts: bool = True
    """An alert that is sent opens a case; a storm opens one for all."""
    reasons: tuple[str, ...] = ()
    """Ids of reasons that open a case where somebody chooses them after a press."""
    hours_alert: Hours = 4.0
    """Opening hours from the alert to the deadline."""
    hours_request: Hours = 24.0
    """The same where somebody wants to be answered."""
    hours_reason: Hours = 24.0
    """The same for a reason, and for what a person opens."""
    phone_url: str | None = None
    """Address of `/go` as shoppers' phones reach it; without it screens show no code."""
    ask_contact: bool = True
    """Whether a phone asks if somebody wants to be answered."""
    keep_contacts_days: Annotated[int, Field(ge=1, le=730)] = 90
    """What they leave is erased after so many days."""
    escalate_to: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """By id of a touchpoint, store, region or org: mail addresses that hear of a missed deadline there; the
    nearest place that has any is told."""

    @field_validator("phone_url")
    @classmethod
    def _is_web(cls, url: str | None) -> str | None:
        if url is not None and not _web.fullmatch(url):
            raise ValueError("expected https://HOST/go")
        return None if url is None else url.rstrip("/")

    @field_validator("escalate_to")
    @classmethod
    def _are_addresses(cls, places: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        wrong = [each for addresses in places.values() for each in addresses if not _mail.fullmatch(each)]
        if wrong:
            raise ValueError(f"{wrong[0]!r}: expected a mail address")
        return places
