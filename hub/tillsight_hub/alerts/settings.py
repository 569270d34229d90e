"""Settings of the alerts that come with the hub."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from tillsight_models.configuration import Settings

Months = Literal[1, 2, 6]
"""Mean time between false alarms at one touchpoint, in months."""


class AlertSettings(Settings):
    """How often alerts may be wrong, how many there may be, and where they are sent."""

    enabled: bool = True
    months: Months = 2
    """The built-in rule raises about one false alarm per touchpoint in so many months."""
    budget_per_touchpoint: Annotated[int, Field(ge=1, le=1000)] = 3
    """Alerts sent per touchpoint and business day; what is more is held back, and listed."""
    budget_per_store: Annotated[int, Field(ge=1, le=1000)] = 8
    """The same per store; the alerts of a storm count as one."""
    storm_touchpoints: Annotated[int, Field(ge=2, le=1000)] = 3
    """So many touchpoints of a store, or stores of a chain, with an alert ..."""
    storm_minutes: Annotated[float, Field(gt=0, le=1440)] = 15.0
    """... within so many minutes are one storm: the first ones are sent, the others belong to it."""
    webhook_url: str | None = None
    """Gets a POST with JSON for each alert that is sent."""
    webhook_url_file: Path | None = None
    """Holds the address, for one with a secret in it."""
    webhook_secret_file: Path | None = None
    """Key of the signature in the header X-Tillsight-Signature."""

    @field_validator("webhook_url")
    @classmethod
    def _is_web(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("http://", "https://")):
            raise ValueError("expected an address that begins with https:// or http://")
        return url

    @model_validator(mode="after")
    def _one_of_both(self) -> "AlertSettings":
        if self.webhook_url is not None and self.webhook_url_file is not None:
            raise ValueError("webhook_url and webhook_url_file exclude each other")
        return self
