"""`/api/v1/devices/{device}/wanted`: what a device without MQTT asks for, and what it says to it."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, HTTPException
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from tillsight_models.wanted import ConfigIs

from ..access import CurrentDevice
from ..access.clock import now_ms
from ..database import writing
from ..services import ServicesDep
from ..viewer import Viewer
from ..wanted.keeping import note_answer, read_wanted

router = APIRouter(prefix="/api/v1", tags=["devices"])

WANTED_HEADER = "Tillsight-Wanted"
"""The version that is wanted; answers to events have it too."""
Line = Annotated[str, Field(max_length=500)]


class Answer(BaseModel):
    """As on the topic `cfg/is`."""

    model_config = ConfigDict(extra="ignore")

    version: Annotated[str, Field(max_length=64)]
    problems: Annotated[list[Line], Field(max_length=50)] = []
    ignored: Annotated[list[Line], Field(max_length=50)] = []


@router.get("/devices/{device}/wanted", response_model=dict[str, Any])
def wanted(
    device: str,
    asking: CurrentDevice,
    services: ServicesDep,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """What is wanted of a device, as on its topic `cfg`; 204 where nothing is, 304 where `If-None-Match` has
    its version. Only the device itself may ask, with its own token."""
    _is_itself(asking, device)
    with services.engine.connect() as connection:
        found = read_wanted(connection, [device]).get(device)
    if found is None:
        return Response(status_code=204)
    headers = {WANTED_HEADER: found.version, "ETag": f'"{found.version}"'}
    if if_none_match == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(found.message, media_type="application/json", headers=headers)


@router.post("/devices/{device}/wanted")
def answered(
    device: str, asking: CurrentDevice, services: ServicesDep, answer: Answer
) -> dict[Literal["done"], bool]:
    """What the device follows, as on its topic `cfg/is`."""
    _is_itself(asking, device)
    told = ConfigIs(version=answer.version, problems=answer.problems, ignored=answer.ignored)
    with writing(services.engine) as connection:
        note_answer(connection, device, told, now_ms())
    return {"done": True}


def _is_itself(asking: Viewer, device: str) -> None:
    if asking.scope != device:
        raise HTTPException(404, f"device {device!r}: this token is another device's")
