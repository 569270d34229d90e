"""The demo's chain: one org, two regions, three stores in different time zones, six touchpoints."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

ORG = ("nordwind", "Nordwind Markets")
REGIONS = {"own": "Own stores", "partners": "Partners"}
OPENS, CLOSES = 8, 21
"""Opening hours of all stores, local time."""
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

CITIES = {
    "Auckland": "Pacific/Auckland",
    "Sydney": "Australia/Sydney",
    "Tokyo": "Asia/Tokyo",
    "Singapore": "Asia/Singapore",
    "Mumbai": "Asia/Kolkata",
    "Dubai": "Asia/Dubai",
    "Nairobi": "Africa/Nairobi",
    "Berlin": "Europe/Berlin",
    "Lisbon": "Europe/Lisbon",
    "São Paulo": "America/Sao_Paulo",
    "New York": "America/New_York",
    "Denver": "America/Denver",
    "Los Angeles": "America/Los_Angeles",
    "Honolulu": "Pacific/Honolulu",
}
"""Where the stores may be: round the world, so that it is afternoon in some of them at any time."""


@dataclass(frozen=True)
class Store:
    """A shop, and where its clock is."""

    id: str
    name: str
    region: str
    tz: str


def stores(now: datetime) -> tuple[Store, Store, Store]:
    """Three stores far apart whose day has begun and is not about to end."""
    awake = [
        (city, tz)
        for city, tz in CITIES.items()
        if OPENS + 3 <= now.astimezone(ZoneInfo(tz)).hour < CLOSES - 2
    ]
    first, second, third = awake[0], awake[len(awake) // 2], awake[-1]
    return (
        Store("store-1", first[0], "own", first[1]),
        Store("store-2", second[0], "own", second[1]),
        Store("store-3", third[0], "partners", third[1]),
    )


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
    contact_source: Literal["camera", "presence"] = "presence"
    """What counts the customers: frames of a camera, or a (mock) sensor."""
    sells: bool = False
    """Its till tells the receipts, and the store's entrance is counted here."""
    has_sellers: bool = False
    """Sellers press a button while they serve."""
    asks: bool = False
    """Some customers answer a questionnaire."""

    @property
    def device(self) -> str:
        return f"{self.id}-box"


NPS_MOODS = (3, 1, 1, 2, 2, 5, 6, 12, 22, 20, 26)

PLACES = (
    Place(
        "checkout-1",
        "Checkout",
        "store-1",
        "smiley-4",
        "gpio",
        30,
        0.16,
        (6, 9, 35, 50),
        "camera",
        sells=True,
    ),
    Place(
        "service-1",
        "Service desk",
        "store-1",
        "smiley-5",
        "serial",
        12,
        0.22,
        (14, 16, 20, 28, 22),
        asks=True,
    ),
    Place("checkout-2", "Checkout", "store-2", "smiley-4", "serial", 26, 0.13, (4, 7, 29, 60), sells=True),
    Place(
        "fitting-2",
        "Fitting rooms",
        "store-2",
        "smiley-4",
        "gpio",
        14,
        0.09,
        (12, 20, 40, 28),
        has_sellers=True,
    ),
    Place(
        "checkout-3",
        "Checkout",
        "store-3",
        "smiley-4",
        "serial",
        34,
        0.11,
        (9, 14, 33, 44),
        sells=True,
        asks=True,
    ),
    Place("pickup-3", "Pick-up desk", "store-3", "nps", "gpio", 10, 0.18, NPS_MOODS),
)


def seed_file(now: datetime) -> str:
    """The hub's seed file of the whole chain."""
    tables = [("org", {"id": ORG[0], "name": ORG[1]})]
    tables += [("region", {"id": id, "name": name, "org": ORG[0]}) for id, name in REGIONS.items()]
    hours = ", ".join(f'{day} = ["{OPENS:02}:00-{CLOSES:02}:00"]' for day in WEEKDAYS)
    for store in stores(now):
        where = {"id": store.id, "name": store.name, "region": store.region, "tz": store.tz}
        tables.append(("store", {**where, "hours": hours}))
    for place in PLACES:
        what = {"id": place.id, "name": place.name, "store": place.store, "scale": place.scale}
        tables.append(("touchpoint", {**what, "contact_source": place.contact_source}))
    tables += [("device", {"id": place.device, "touchpoint": place.id}) for place in PLACES]
    return "\n".join(_table(kind, values) for kind, values in tables)


def _table(kind: str, values: dict[str, str]) -> str:
    lines = [f"[[{kind}]]"]
    for key, value in values.items():
        lines.append(f"opening_hours = {{ {value} }}" if key == "hours" else f"{key} = {json.dumps(value)}")
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class CameraView:
    """What the demo's camera looks at, and where customers are served in its picture."""

    source: str
    zone: tuple[tuple[float, float], ...]
    staff_zones: tuple[tuple[tuple[float, float], ...], ...] = ()


def device_file(place: Place, outbox: Path, mqtt_port: int, view: CameraView) -> str:
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
cooldown_s = 1
{pins}
{_counter(place, view)}
[health]
heartbeat_s = 5

[outbox]
path = {json.dumps(str(outbox))}

[hub]
host = "127.0.0.1"
port = {mqtt_port}
"""


def _counter(place: Place, view: CameraView) -> str:
    """The section about what counts the customers."""
    if place.contact_source == "presence":
        return "[presence]\npins = [26]\nmin_dwell_s = 0.5\nleave_gap_s = 0.3\n"
    lines = ["[cameras.till]"]
    for key, value in asdict(view).items():
        lines.append(f"{key} = {json.dumps(value)}")
    return "\n".join([*lines, "", "[vision]", "window_s = 15", ""])


def now() -> datetime:
    return datetime.now(UTC)
