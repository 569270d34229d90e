"""Making: a report of any kind, of a place and a period, in a language."""

from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from ..charts.drawing import Voice
from ..errors import UnknownPlace
from ..hierarchy import Hierarchy
from ..metrics.registry import Catalogue
from ..periods import Period
from .camera_check import camera_check
from .document import Report
from .kinds import Kind
from .monthly import monthly
from .reading import Asked
from .settings import ReportSettings
from .weekly import weekly

MAKERS: Mapping[Kind, Callable[[Asked], Report]] = {
    "weekly": weekly,
    "monthly": monthly,
    "camera-check": camera_check,
}
MAY_READ: Mapping[Kind, tuple[str, ...]] = {
    "weekly": ("admin", "manager", "analyst"),
    "monthly": ("admin", "manager", "analyst"),
    "camera-check": ("admin", "ops", "manager", "analyst"),
}
"""Roles, each within its own places."""
DEFAULT_LANGUAGE = "en"


def make_report(
    connection: Connection,
    hierarchy: Hierarchy,
    kind: Kind,
    place: str,
    period: Period,
    *,
    voice: Voice,
    metrics: Catalogue,
    settings: ReportSettings,
    now: int,
) -> Report:
    """The report as a value; UnknownPlace where nothing of that id has a touchpoint."""
    if not hierarchy.within(place):
        raise UnknownPlace(f"place {place!r}: no org, region, store or touchpoint has this id")
    report = MAKERS[kind](Asked(connection, hierarchy, place, period, voice, metrics, now))
    return report if settings.address is None else report.with_links(settings.address)


def language_of(hierarchy: Hierarchy, place: str) -> str:
    """What is spoken at a place: of its stores the most common language."""
    spoken = [hierarchy.stores[each.store_id].language for each in hierarchy.within(place)]
    return max(sorted(set(spoken)), key=spoken.count) if spoken else DEFAULT_LANGUAGE


def voice_of(spoken: Mapping[str, Voice], language: str) -> Voice:
    """Of a language, or English where the hub does not speak it."""
    return spoken.get(language, spoken[DEFAULT_LANGUAGE])
