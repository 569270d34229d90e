"""The hierarchy org > region > store > touchpoint > device, as the tables say it."""

from dataclasses import dataclass, field

from sqlalchemy import Connection, RowMapping, Table, select

from tillsight_models.scales import Scale, scale

from . import tables
from .calendar import OpeningHours, PlaceCalendar
from .imports.origin import DEVICE_STATE

VERSION_KEY = "hierarchy_version"
"""In the table `setting`."""


@dataclass(frozen=True)
class Org:
    """A company."""

    id: str
    name: str


@dataclass(frozen=True)
class Region:
    """A part of an org."""

    id: str
    name: str
    org_id: str


@dataclass(frozen=True)
class Store:
    """A shop, with its time zone and opening hours."""

    id: str
    name: str
    region_id: str
    org_id: str
    calendar: PlaceCalendar
    language: str = "en"
    """What its reports and its shoppers' screens speak, as an ISO 639 code."""


@dataclass(frozen=True)
class Touchpoint:
    """A place where customers are served, with all that turns its events into numbers."""

    id: str
    name: str
    store_id: str
    store_name: str
    region_id: str
    region_name: str
    org_id: str
    scale: Scale
    contact_source: str | None
    """Which source counts who was served; None: nobody counts."""
    calendar: PlaceCalendar
    closed: str | None = None
    """Its last business day; None: nobody thinks of closing it."""

    def is_gone(self, now_ms: int) -> bool:
        """Whether its last day is over."""
        return self.closed is not None and self.closed < self.calendar.business_day(now_ms)

    def bucketing(self, until: str) -> tuple[str, OpeningHours, str]:
        """What its rollups up to that business day depend on."""
        return self.calendar.tz, self.calendar.hours.until(until), self.scale.id


@dataclass(frozen=True)
class DevicePlace:
    """A device and where it stands."""

    id: str
    name: str
    touchpoint_id: str
    store_id: str
    org_id: str
    is_import: bool = False
    """No box stands there: imported events belong to it."""


@dataclass(frozen=True)
class Hierarchy:
    """All of it at one version; ids of orgs, regions, stores and touchpoints never clash."""

    version: int
    orgs: dict[str, Org] = field(default_factory=dict)
    regions: dict[str, Region] = field(default_factory=dict)
    stores: dict[str, Store] = field(default_factory=dict)
    touchpoints: dict[str, Touchpoint] = field(default_factory=dict)
    """In the order in which people read them: by region, store and own name."""
    devices: dict[str, DevicePlace] = field(default_factory=dict)

    def within(self, scope: str | None) -> list[Touchpoint]:
        """The touchpoints of an org, region, store or touchpoint id; None means all, a stranger none."""
        return [touchpoint for touchpoint in self.touchpoints.values() if _is_in(scope, touchpoint)]

    def contains(self, scope: str | None, touchpoint_id: str) -> bool:
        """Whether that touchpoint exists and lies in the scope."""
        touchpoint = self.touchpoints.get(touchpoint_id)
        return touchpoint is not None and _is_in(scope, touchpoint)


_VERSION = select(tables.setting.c.value).where(tables.setting.c.key == VERSION_KEY)
_HELD_VERSION = _VERSION.with_for_update(read=True)


def hierarchy_version(connection: Connection, *, hold: bool = False) -> int:
    """Grows with every change; 0 before the first.

    `hold` keeps it from changing until the transaction ends, for who writes rollups by what it says. (On
    PostgreSQL a shared lock of that row; on SQLite a write transaction is alone anyway.)
    """
    return int(connection.scalar(_HELD_VERSION if hold else _VERSION) or 0)


def read_hierarchy(connection: Connection) -> Hierarchy:
    """The hierarchy as the tables have it now; places with equal hours share one calendar."""
    calendars: dict[tuple[str, str, str | None], PlaceCalendar] = {}

    def calendar(tz: str, hours: str, own: str | None = None) -> PlaceCalendar:
        if (tz, hours, own) not in calendars:
            found = OpeningHours.from_json(hours)
            if own is not None:
                found = OpeningHours.from_json(own).within(found)
            calendars[tz, hours, own] = PlaceCalendar(tz, found)
        return calendars[tz, hours, own]

    version = hierarchy_version(connection)
    orgs = {row["id"]: Org(**row) for row in _rows(connection, tables.org)}
    regions = {row["id"]: Region(**row) for row in _rows(connection, tables.region)}
    store_rows = {row["id"]: row for row in _rows(connection, tables.store)}
    stores = {id: _store(row, calendar(row["tz"], row["opening_hours"])) for id, row in store_rows.items()}
    touchpoints = [
        _touchpoint(
            row,
            store := stores[row["store_id"]],
            regions[store.region_id],
            calendar(store.calendar.tz, store_rows[store.id]["opening_hours"], row["opening_hours"]),
        )
        for row in _rows(connection, tables.touchpoint)
    ]
    touchpoints.sort(key=lambda touchpoint: (touchpoint.region_name, touchpoint.store_name, touchpoint.name))
    by_id = {touchpoint.id: touchpoint for touchpoint in touchpoints}
    devices = {row["id"]: _device(row, by_id) for row in _rows(connection, tables.device)}
    return Hierarchy(version, orgs, regions, stores, by_id, devices)


def _is_in(scope: str | None, touchpoint: Touchpoint) -> bool:
    places = (None, touchpoint.org_id, touchpoint.region_id, touchpoint.store_id, touchpoint.id)
    return scope in places


def _rows(connection: Connection, table: Table) -> list[RowMapping]:
    return list(connection.execute(select(table).order_by(table.c.id)).mappings())


def _store(row: RowMapping, calendar: PlaceCalendar) -> Store:
    return Store(row["id"], row["name"], row["region_id"], row["org_id"], calendar, row["language"])


def _touchpoint(row: RowMapping, store: Store, region: Region, calendar: PlaceCalendar) -> Touchpoint:
    return Touchpoint(
        id=row["id"],
        name=row["name"],
        store_id=store.id,
        store_name=store.name,
        region_id=region.id,
        region_name=region.name,
        org_id=store.org_id,
        scale=scale(row["scale"]),
        contact_source=row["contact_source"],
        calendar=calendar,
        closed=row["closed"],
    )


def _device(row: RowMapping, touchpoints: dict[str, Touchpoint]) -> DevicePlace:
    touchpoint = touchpoints[row["touchpoint_id"]]
    place = touchpoint.id, touchpoint.store_id, touchpoint.org_id
    return DevicePlace(row["id"], row["name"], *place, is_import=row["state"] == DEVICE_STATE)
