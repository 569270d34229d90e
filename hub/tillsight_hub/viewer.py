"""Who is asking: every read takes a viewer and shows them their own part of the hierarchy only."""

from dataclasses import dataclass
from typing import Literal

Role = Literal["admin", "ops", "manager", "analyst", "device"]

READERS: tuple[Role, ...] = ("admin", "ops", "manager", "analyst")


@dataclass(frozen=True)
class Viewer:
    """A logged-in person or an API token."""

    name: str
    role: Role
    scope: str | None = None
    """Org, region or store id that they may see; None means everything. For role `device`: the device id."""
