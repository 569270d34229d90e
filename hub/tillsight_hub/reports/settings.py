"""What an organisation may set about its reports."""

from pydantic import field_validator

from tillsight_models.configuration import Settings


class ReportSettings(Settings):
    """Where readers of a report find the hub."""

    address: str | None = None
    """The hub's address as readers reach it; numbers in reports are then links to where they come from."""

    @field_validator("address")
    @classmethod
    def _is_web(cls, address: str | None) -> str | None:
        if address is not None and not address.startswith(("https://", "http://")):
            raise ValueError("expected an address that begins with https:// or http://")
        return address
