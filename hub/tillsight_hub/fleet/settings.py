"""Settings of the fleet's alarms."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from tillsight_models.configuration import Settings

from ..mail.addresses import is_address


class FleetSettings(Settings):
    """Who hears of what is wrong with devices and with the hub itself, and when."""

    mail_to: tuple[str, ...] = ()
    """Addresses that get each alarm; the webhook of `[alerts]` gets them too."""
    patience_minutes: Annotated[float, Field(ge=0, le=1440)] = 5.0
    """What is over sooner is no alarm; copied cards and the like are one at once."""
    budget_per_device: Annotated[int, Field(ge=1, le=1000)] = 4
    """Alarms sent per device within 24 hours; what is more is held back, and listed."""
    budget_per_hour: Annotated[int, Field(ge=1, le=10_000)] = 20
    """The same for all together: a broker that is away is no hundred alarms."""
    backups: Path | None = None
    """Folder in which `tillsight-hub backup` leaves its files; None: nobody looks."""
    backup_hours: Annotated[float, Field(gt=0, le=8760)] = 36.0
    """A newest backup that is older is an alarm."""

    @field_validator("mail_to")
    @classmethod
    def _are_addresses(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [each for each in addresses if not is_address(each)]:
            raise ValueError(f"expected mail addresses, not {', '.join(wrong)}")
        return addresses
