"""`/api/v1/touchpoints`: the places that a viewer may see."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from ..access import CurrentViewer
from ..hierarchy import Touchpoint
from ..services import ServicesDep
from .reading import READ_ERRORS, PlaceQuery, visible_places

router = APIRouter(prefix="/api/v1", tags=["places"], responses=READ_ERRORS)


class PlaceOut(BaseModel):
    """A place further up."""

    id: str
    name: str


class TouchpointOut(BaseModel):
    """A place where customers are served."""

    id: str
    name: str
    store: PlaceOut
    region: PlaceOut
    org: str
    tz: str = Field(description="IANA time zone")
    scale: str = Field(description="rating scale of its panel")
    contact_source: str | None = Field(description="what counts the people served; null where nothing does")
    devices: list[str] = Field(description="ids of the devices that stand there")


@router.get("/touchpoints")
def touchpoints(
    viewer: CurrentViewer, services: ServicesDep, query: Annotated[PlaceQuery, Query()]
) -> list[TouchpointOut]:
    """Every touchpoint of a place, by region, store and name."""
    with services.engine.connect() as connection:
        hierarchy, places = visible_places(connection, viewer, query.place)
    devices: dict[str, list[str]] = {}
    for device in hierarchy.devices.values():
        if not device.is_import:
            devices.setdefault(device.touchpoint_id, []).append(device.id)
    return [_touchpoint(each, devices.get(each.id, [])) for each in places]


def _touchpoint(place: Touchpoint, devices: list[str]) -> TouchpointOut:
    return TouchpointOut(
        id=place.id,
        name=place.name,
        store=PlaceOut(id=place.store_id, name=place.store_name),
        region=PlaceOut(id=place.region_id, name=place.region_name),
        org=place.org_id,
        tz=place.calendar.tz,
        scale=place.scale.id,
        contact_source=place.contact_source,
        devices=devices,
    )
