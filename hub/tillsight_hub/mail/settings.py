"""Where mail is handed in."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from tillsight_models.configuration import Settings

from .addresses import is_address

Security = Literal["starttls", "tls", "none"]


class MailSettings(Settings):
    """A mail server; without `host` the hub sends no mail."""

    host: str | None = None
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    security: Security = "starttls"
    """`tls` speaks TLS from the first byte, as on port 465; `none` sends everything in clear."""
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    """Checks the server's certificate instead of the machine's own list."""
    sender: str = "tillsight@localhost"
    """Address that mails come from."""

    @field_validator("sender")
    @classmethod
    def _is_address(cls, sender: str) -> str:
        if not is_address(sender):
            raise ValueError("expected a mail address such as tillsight@example.org")
        return sender

    @model_validator(mode="after")
    def _makes_sense(self) -> "MailSettings":
        if (self.username is None) != (self.password_file is None):
            raise ValueError("username and password_file need each other")
        return self
