"""`/api/v1/devices`: whether the devices live, and what they still hold back."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy import RowMapping, func, select

from ..access import require_role
from ..hierarchy import DevicePlace
from ..imports.origin import is_box
from ..services import ServicesDep
from ..tables import device, stream
from ..viewer import Viewer
from .reading import READ_ERRORS, PlaceQuery, Utc, utc, visible_places

router = APIRouter(prefix="/api/v1", tags=["devices"], responses=READ_ERRORS)

DeviceReader = Annotated[Viewer, Depends(require_role("admin", "ops", "manager"))]


class LagOut(BaseModel):
    """What has not arrived yet, as far as the hub knows."""

    outbox_events: int | None = Field(description="events waiting on the device, by its newest health")
    outbox_lag_s: float | None = Field(description="age of the oldest of them, seconds")
    behind_gap: int = Field(
        description="numbers from the first gap in its events to its newest event; some may be stored"
    )


class DeviceOut(BaseModel):
    """A box at a touchpoint."""

    id: str
    name: str
    touchpoint: str
    store: str
    org: str
    state: str = Field(description="unknown, ready, disconnected (said good-bye) or lost (did not)")
    first_seen: Utc | None
    last_seen: Utc | None
    version: str | None = Field(description="of its software")
    stream: str | None = Field(description="its newest stream of events")
    lag: LagOut
    health: dict[str, Any] | None = Field(description="the newest one it sent, as a device.health event")


@router.get("/devices")
def devices(
    viewer: DeviceReader, services: ServicesDep, query: Annotated[PlaceQuery, Query()]
) -> list[DeviceOut]:
    """Every device of a place, with its state, lag and health."""
    lacking = func.sum(stream.c.highest - stream.c.upto).label("lacking")
    lags = select(stream.c.device_id, lacking).group_by(stream.c.device_id).subquery()
    lagging = (
        select(device, lags.c.lacking)
        .outerjoin(lags, lags.c.device_id == device.c.id)
        .where(is_box())
        .order_by(device.c.id)
    )
    with services.engine.connect() as connection:
        hierarchy, places = visible_places(connection, viewer, query.place)
        seen = {each.id for each in places}
        rows = [row for row in connection.execute(lagging).mappings() if row["touchpoint_id"] in seen]
    return [_device(row, hierarchy.devices[row["id"]]) for row in rows]


def _device(row: RowMapping, place: DevicePlace) -> DeviceOut:
    health = json.loads(row["health"]) if row["health"] else None
    return DeviceOut(
        id=row["id"],
        name=row["name"],
        touchpoint=place.touchpoint_id,
        store=place.store_id,
        org=place.org_id,
        state=row["state"],
        first_seen=utc(row["first_seen"]) if row["first_seen"] else None,
        last_seen=utc(row["last_seen"]) if row["last_seen"] else None,
        version=row["version"],
        stream=row["stream"],
        lag=LagOut(
            outbox_events=health.get("outbox_events", 0) if health else None,
            outbox_lag_s=health.get("outbox_lag_s", 0.0) if health else None,
            behind_gap=row["lacking"] or 0,
        ),
        health=health,
    )
