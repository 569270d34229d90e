"""The demo's chain: one org, two regions, three stores in different time zones, six touchpoints."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

ORG = ("nordwind", "Nordwind Markets")
REGIONS = {"europe": "Europe", "america": "America"}

OPEN_AT, CLOSE_AT = 8, 21
"""Usual opening hours, local time."""
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Store:
    """A shop, and where its clock is."""

    id: str
    name: str
    region: str
    tz: str

    def hours(self, now: datetime) -> tuple[int, int]:
        """Opening and closing hour; a demo at night needs shops that never close: (0, 24)."""
        hour = now.astimezone(ZoneInfo(self.tz)).hour
        return (OPEN_AT, CLOSE_AT) if OPEN_AT < hour < CLOSE_AT - 1 else (0, 24)


@dataclass(frozen=True)
class Place:
    """A touchpoint with its one device, and what kind of day its customers have."""

    id: str
    name: str
    store: str
    scale: str
    panel: str
    """`gpio`: buttons on (mock) pins; `serial`: a button panel on a pseudo-terminal."""
    contacts_per_hour: float
    response_rate: float
    """Share of the customers served who press a button."""
    moods: tuple[float, ...]
    """How often each rating is given, worst first."""

    @property
    def device(self) -> str:
        return f"{self.id}-box"


STORES = (
    Store("berlin", "Berlin Mitte", "europe", "Europe/Berlin"),
    Store("lisbon", "Lisboa Chiado", "europe", "Europe/Lisbon"),
    Store("new-york", "New York SoHo", "america", "America/New_York"),
)

NPS_MOODS = (3, 1, 1, 2, 2, 5, 6, 12, 22, 20, 26)

PLACES = (
    Place("berlin-checkout", "Checkout", "berlin", "smiley-4", "gpio", 30, 0.16, (6, 9, 35, 50)),
    Place("berlin-service", "Service desk", "berlin", "smiley-5", "serial", 12, 0.22, (14, 16, 20, 28, 22)),
    Place("lisbon-checkout", "Checkout", "lisbon", "smiley-4", "serial", 26, 0.13, (4, 7, 29, 60)),
    Place("lisbon-fitting", "Fitting rooms", "lisbon", "smiley-4", "gpio", 14, 0.09, (12, 20, 40, 28)),
    Place("new-york-checkout", "Checkout", "new-york", "smiley-4", "serial", 34, 0.11, (9, 14, 33, 44)),
    Place("new-york-pickup", "Pick-up desk", "new-york", "nps", "gpio", 10, 0.18, NPS_MOODS),
)


def store_of(place: Place) -> Store:
    """The store that a touchpoint is in."""
    return next(store for store in STORES if store.id == place.store)


def seed_file(now: datetime) -> str:
    """The hub's seed file of the whole chain."""
    tables = [("org", {"id": ORG[0], "name": ORG[1]})]
    tables += [("region", {"id": id, "name": name, "org": ORG[0]}) for id, name in REGIONS.items()]
    for store in STORES:
        opens, closes = store.hours(now)
        spans = json.dumps([f"{opens:02}:00-{closes % 24:02}:00"])
        hours = ", ".join(f"{day} = {spans}" for day in WEEKDAYS)
        tables.append(
            (
                "store",
                {"id": store.id, "name": store.name, "region": store.region, "tz": store.tz, "hours": hours},
            )
        )
    for place in PLACES:
        what = {"id": place.id, "name": place.name, "store": place.store, "scale": place.scale}
        tables.append(("touchpoint", {**what, "contact_source": "presence"}))
    tables += [("device", {"id": place.device, "touchpoint": place.id}) for place in PLACES]
    return "\n".join(_table(kind, values) for kind, values in tables)


def _table(kind: str, values: dict[str, str]) -> str:
    lines = [f"[[{kind}]]"]
    for key, value in values.items():
        lines.append(f"opening_hours = {{ {value} }}" if key == "hours" else f"{key} = {json.dumps(value)}")
    return "\n".join(lines) + "\n"


def device_file(place: Place, outbox: Path, mqtt_port: int) -> str:
    """The configuration of the agent at this touchpoint."""
    buttons = 11 if place.scale == "nps" else int(place.scale[-1])
    pins = f"pins = {list(range(4, 4 + buttons))}\n" if place.panel == "gpio" else ""
    return f"""\
[device]
id = "{place.device}"
org = "{ORG[0]}"
site = "{place.store}"
touchpoint = "{place.id}"

[panel]
kind = "{place.panel}"
scale = "{place.scale}"
{pins}
[presence]
pins = [26]
min_dwell_s = 0.5
leave_gap_s = 0.3

[health]
heartbeat_s = 5

[outbox]
path = {json.dumps(str(outbox))}

[hub]
host = "127.0.0.1"
port = {mqtt_port}
"""


def now() -> datetime:
    return datetime.now(UTC)
