"""`/api/v1/devices/{device}/orders`: orders for people who give them and for devices without MQTT."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from tillsight_models.orders import Kind, OrderResult

from ..access import CurrentDevice, require_role
from ..access.clock import now_ms
from ..commands.errors import OrderNotGiven
from ..commands.models import by_digest, model_file
from ..commands.orders import MINUTES, MOST_MINUTES, Given, give, note_result, read_orders, waiting
from ..database import writing
from ..hierarchy import read_hierarchy
from ..services import Services, ServicesDep
from ..viewer import Viewer
from .reading import READ_ERRORS, Utc, utc

router = APIRouter(prefix="/api/v1", tags=["devices"], responses=READ_ERRORS)

GIVERS = ("admin", "ops")
"""Who may tell devices to do something."""
Reader = Annotated[Viewer, Depends(require_role("admin", "ops", "manager"))]
Giver = Annotated[Viewer, Depends(require_role(*GIVERS))]


class Asked(BaseModel):
    """An order."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    minutes: Annotated[float, Field(gt=0, le=MOST_MINUTES)] = MINUTES
    """How long it is good."""
    model: Annotated[str, Field(max_length=40)] | None = None
    """Of `pull-model`: name of a file in `models` of the hub's data directory, without `.onnx`."""
    like: Annotated[str, Field(max_length=40)] | None = None
    """Of `pull-model`: the known model that says how it is read."""
    address: Annotated[str, Field(max_length=300)] | None = None
    """Of `pull-model`: the hub's own address, as the device reaches it; else `reports.address`."""


class OrderOut(BaseModel):
    """An order and what came of it."""

    id: str
    device: str
    kind: str
    made: Utc
    expires: Utc
    actor: str
    told: Utc | None = Field(description="when it last went out over MQTT")
    answered: Utc | None
    outcome: str | None = Field(description="done, failed, refused, expired; null while nobody knows")
    words: list[str]


class ResultIn(BaseModel):
    """As on the topic `cmd/res`."""

    model_config = ConfigDict(extra="ignore")

    id: Annotated[str, Field(max_length=64)]
    outcome: Literal["done", "failed", "refused", "expired"]
    words: Annotated[list[Annotated[str, Field(max_length=300)]], Field(max_length=40)] = []


@router.get("/devices/{device}/orders")
def orders(device: str, reader: Reader, services: ServicesDep) -> list[OrderOut]:
    """The newest orders of a device and what came of them."""
    must_see(services, reader, device)
    with services.engine.connect() as connection:
        return [_out(each) for each in read_orders(connection, device)]


@router.get("/devices/{device}/orders/waiting", response_model=list[dict[str, Any]])
def orders_waiting(device: str, asking: CurrentDevice, services: ServicesDep) -> Response:
    """What the device is to do, as on its topic `cmd`. Only itself may ask, with its own token."""
    _is_itself(asking, device)
    with services.engine.connect() as connection:
        due = waiting(connection, now_ms(), device)
    return Response(f"[{','.join(each.message for each in due)}]", media_type="application/json")


@router.post("/devices/{device}/orders", status_code=201)
def order(device: str, giver: Giver, services: ServicesDep, asked: Asked) -> OrderOut:
    """Give a device an order."""
    must_see(services, giver, device)
    try:
        model = None
        if asked.kind == "pull-model":
            address = asked.address or services.config.reports.address or ""
            model = model_file(services.config.data_dir, asked.model or "", asked.like or "", address)
        with writing(services.engine) as connection:
            give(connection, device, asked.kind, actor=giver.name, minutes=asked.minutes, model=model)
            given = read_orders(connection, device, 1)[0]
    except OrderNotGiven as error:
        raise HTTPException(422, str(error)) from error
    return _out(given)


@router.post("/devices/{device}/orders/result")
def result(
    device: str, asking: CurrentDevice, services: ServicesDep, told: ResultIn
) -> dict[Literal["done"], bool]:
    """What came of an order, as on the topic `cmd/res`; the first word counts."""
    _is_itself(asking, device)
    said = OrderResult(id=told.id, outcome=told.outcome, words=told.words)
    with writing(services.engine) as connection:
        return {"done": note_result(connection, device, said, now_ms())}


@router.get("/models/{sha256}", response_class=FileResponse)
def model(sha256: str, services: ServicesDep) -> FileResponse:
    """A model, for who knows its hash: an order names it, and what is fetched is checked by it."""
    found = by_digest(services.config.data_dir, sha256)
    if found is None:
        raise HTTPException(404, "no model of this hash")
    return FileResponse(found, media_type="application/octet-stream")


def must_see(services: Services, viewer: Viewer, device: str) -> None:
    """404 for a device that is not there, or beyond what they may see."""
    with services.engine.connect() as connection:
        hierarchy = read_hierarchy(connection)
    place = hierarchy.devices.get(device)
    if place is None or place.touchpoint_id not in {each.id for each in hierarchy.within(viewer.scope)}:
        raise HTTPException(404, f"device {device!r}: you see none of this id")


def _is_itself(asking: Viewer, device: str) -> None:
    if asking.scope != device:
        raise HTTPException(404, f"device {device!r}: this token is another device's")


def _out(given: Given) -> OrderOut:
    def when(at: int | None) -> Any:
        return utc(at) if at else None

    return OrderOut(
        id=given.id,
        device=given.device,
        kind=given.kind,
        made=utc(given.made),
        expires=utc(given.expires),
        actor=given.actor,
        told=when(given.told),
        answered=when(given.answered),
        outcome=given.outcome,
        words=list(given.words),
    )
