"""What is wrong with the hub itself, as far as devices depend on it."""

from collections.abc import Iterator
from datetime import UTC, datetime

from ..config import HubConfig
from ..identity.authority import CERT_FILE
from ..identity.revocation import authority_folder, days_left
from .boxes import Trouble

LIST_DAYS, LIST_LAST_DAYS = 3.0, 1.0
"""Of the revocation list, which is made anew every night for two weeks: when it ends, nobody gets in."""


def hub_troubles(config: HubConfig, now: int) -> Iterator[Trouble]:
    """At `now`, ms UTC."""
    at = datetime.fromtimestamp(now / 1000, UTC)
    if (authority_folder(config) / CERT_FILE).exists():
        left = days_left(config, at)
        if left is None or left < LIST_DAYS:
            severe = left is None or left < LIST_LAST_DAYS
            yield Trouble("revocation_list", 2 if severe else 1, {"days": max(0, round(left or 0))})
    hours = backup_hours(config, now)
    if hours is not None and hours > config.fleet.backup_hours:
        yield Trouble("backup", 1, {"hours": round(hours)})


def backup_hours(config: HubConfig, now: int) -> float | None:
    """Age of the newest backup; of none at all it is as if it were a year. None where nobody looks."""
    folder = config.fleet.backups
    if folder is None:
        return None
    try:
        newest = max((file.stat().st_mtime for file in folder.glob("*.tar.gz")), default=None)
    except OSError:
        newest = None
    return 8760.0 if newest is None else (now / 1000 - newest) / 3600
