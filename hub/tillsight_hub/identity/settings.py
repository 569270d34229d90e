"""Settings of the devices' identity."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from tillsight_models.configuration import Settings


class IdentitySettings(Settings):
    """The hub's certificate authority and what it tells the broker."""

    folder: Path | None = None
    """Holds the authority's key; None: `ca` in the data directory."""
    revocation_list: Path | None = None
    """Which certificates are not to be believed, for the broker; None: `crl.pem` in the folder."""
    reload: tuple[str, ...] = ()
    """The command that makes the broker read the list again; none: something else watches the file."""
    reload_wait_s: Annotated[float, Field(ge=0, le=60)] = 1.0
    """How long that takes, before a revoked device is thrown off."""
