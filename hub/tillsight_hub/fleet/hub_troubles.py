"""What is wrong with the hub itself, as far as devices depend on it."""

from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from ..config import HubConfig
from ..identity.authority import CERT_FILE
from ..identity.revocation import authority_folder, days_left
from ..tables import certificate
from .boxes import Trouble
from .sightings import BROKER, read_sightings

LIST_DAYS, LIST_LAST_DAYS = 3.0, 1.0
"""Of the revocation list, which is made anew every night for two weeks: when it ends, nobody gets in."""

NAMED = 5


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


def broker_troubles(connection: Connection, now: int) -> Iterator[Trouble]:
    """Whom the broker turned away for a certificate that is revoked, over, or another authority's. It does
    not tell whom: where there are revoked ones that have not run out, it may be one of those."""
    for each in read_sightings(connection, now).get(BROKER, ()):
        values: dict[str, int | str] = {"n": each.times, "address": each.detail}
        suspects = _revoked_and_about(connection, now)
        if suspects:
            yield Trouble("revoked_at_door", 2, {**values, "which": _names(suspects)})
        else:
            yield Trouble("turned_away", 1, values)


def _revoked_and_about(connection: Connection, now: int) -> list[str]:
    """Devices with a revoked certificate that would be good without that."""
    mine = certificate.c.revoked.is_not(None) & (certificate.c.not_after > now)
    newest = certificate.c.revoked.desc()
    return list(dict.fromkeys(connection.scalars(select(certificate.c.dev).where(mine).order_by(newest))))


def _names(names: list[str]) -> str:
    more = f" +{len(names) - NAMED}" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


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
