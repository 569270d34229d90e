"""A small chain of stores with every awkward kind of place, and events put straight into the hub's tables."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, Engine, insert

from tillsight_hub import rollups, tables
from tillsight_hub.database import writing
from tillsight_hub.hierarchy import Hierarchy, Touchpoint, read_hierarchy
from tillsight_hub.labels import Label
from tillsight_models.events import ButtonPressed, ContactEnded, Payload, SalesReported

from .schemas import with_tables

EVIL_NAME = "=cmd|' /C calc'!A0"

DAYTIME = {day: ["09:00-21:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
EVENING = {day: ["18:00-02:30"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}

STORES = {
    # store: (region, tz, hours)
    "market": ("north", "Europe/Rome", DAYTIME),
    "bar": ("north", "Europe/Rome", EVENING),
    "bazaar": ("south", "Asia/Kolkata", DAYTIME),
}
TOUCHPOINTS = {
    # touchpoint: (store, name, scale, contact source)
    "till-1": ("market", "Till 1", "smiley-4", "presence"),
    "till-2": ("market", EVIL_NAME, "smiley-4", None),
    "counter": ("bar", "Counter", "smiley-4", "presence"),
    "desk": ("market", "Desk", "nps", None),
    "stall": ("bazaar", "Stall", "smiley-4", "pos"),
}


class Chain:
    """The chain in one database. Call `settle` before reading: it counts the rollups."""

    def __init__(self, url: str) -> None:
        self.engine: Engine = with_tables(url)
        self._seq = dict.fromkeys(TOUCHPOINTS, 0)
        with writing(self.engine) as connection:
            _insert_places(connection)

    def at(self, touchpoint: str, local: str) -> int:
        """ms UTC of a wall time at the touchpoint; the first one where it comes twice."""
        zone = ZoneInfo(STORES[TOUCHPOINTS[touchpoint][0]][1])
        return int(datetime.fromisoformat(local).replace(tzinfo=zone).timestamp() * 1000)

    def press(
        self,
        touchpoint: str,
        local: str,
        rating: int,
        *,
        times: int = 1,
        labels: Label = Label.NONE,
        scale: str | None = None,
        tq: str = "ntp",
        received: int | None = None,
    ) -> None:
        """Presses of one button at one moment."""
        payload = ButtonPressed(button=1, rating=rating, scale=scale or TOUCHPOINTS[touchpoint][2])
        t = self.at(touchpoint, local)
        self.put(touchpoint, t, payload, times=times, labels=labels, tq=tq, received=received)

    def serve(self, touchpoint: str, local: str, people: int) -> None:
        """Contacts by a presence sensor, or receipts of the till where that counts them."""
        if TOUCHPOINTS[touchpoint][3] == "pos":
            payload: Payload = SalesReported(period_s=60, receipts=people)
            self.put(touchpoint, self.at(touchpoint, local), payload)
            return
        contact = ContactEnded(source="presence", dwell_s=10)
        self.put(touchpoint, self.at(touchpoint, local), contact, times=people)

    def put(
        self,
        touchpoint: str,
        t: int,
        payload: Payload,
        *,
        times: int = 1,
        labels: Label = Label.NONE,
        tq: str = "ntp",
        received: int | None = None,
    ) -> None:
        """Events that are alike but for their number."""
        first = self._seq[touchpoint] + 1
        self._seq[touchpoint] += times
        row = {
            "stream": stream_of(touchpoint),
            "type": payload.TYPE,
            "dev": f"box-{touchpoint}",
            "tp": touchpoint,
            "t": t,
            "tq": tq,
            "boot": "boot",
            "mono": 0,
            "device_t": t,
            "device_tq": tq,
            "received": received or t + 250,
            "rating": getattr(payload, "rating", None),
            "labels": int(labels),
            "data": msgspec.json.encode(payload).decode(),
        }
        with writing(self.engine) as connection:
            connection.execute(insert(tables.event), [row | {"seq": first + n} for n in range(times)])

    def lose(self, touchpoint: str, local: str, events: int) -> None:
        """The device gives up its next events and says so at that wall time."""
        first = self._seq[touchpoint] + 1
        self._seq[touchpoint] += events
        with writing(self.engine) as connection:
            connection.execute(
                insert(tables.stream_gap).values(
                    stream=stream_of(touchpoint),
                    first=first,
                    last=self._seq[touchpoint],
                    reason="outbox-full",
                    reported=self.at(touchpoint, local),
                )
            )

    def settle(self) -> Hierarchy:
        """Count all rollups anew."""
        with writing(self.engine) as connection:
            rollups.recompute_touchpoints(connection, TOUCHPOINTS)
            return read_hierarchy(connection)

    def touchpoints(self, *ids: str) -> list[Touchpoint]:
        """These touchpoints, or all."""
        with self.engine.connect() as connection:
            known = read_hierarchy(connection).touchpoints
        return [known[id] for id in ids or known]


def stream_of(touchpoint: str) -> str:
    """The one stream of the touchpoint's device."""
    return f"stream{touchpoint.replace('-', '')}00"


@contextmanager
def open_chain(url: str) -> Iterator[Chain]:
    """A fresh chain in an empty database."""
    chain = Chain(url)
    try:
        yield chain
    finally:
        chain.engine.dispose()


def _insert_places(connection: Connection) -> None:
    connection.execute(insert(tables.org).values(id="acme", name="Acme"))
    for region in ("north", "south"):
        connection.execute(insert(tables.region).values(id=region, org_id="acme", name=region.title()))
    for store, (region, tz, hours) in STORES.items():
        row = {"id": store, "org_id": "acme", "region_id": region, "name": store.title(), "tz": tz}
        connection.execute(insert(tables.store).values(**row, opening_hours=json.dumps(hours)))
    for id, (store, name, scale, source) in TOUCHPOINTS.items():
        connection.execute(
            insert(tables.touchpoint).values(
                id=id, store_id=store, name=name, scale=scale, contact_source=source
            )
        )
        connection.execute(insert(tables.device).values(id=f"box-{id}", touchpoint_id=id, name=f"Box {id}"))
        connection.execute(
            insert(tables.stream).values(
                id=stream_of(id), device_id=f"box-{id}", upto=0, highest=0, first_seen=0, last_seen=0
            )
        )
