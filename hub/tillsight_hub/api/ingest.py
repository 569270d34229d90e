"""`POST /api/v1/ingest`: events over HTTPS where MQTT is blocked, by the same writer; 200 means committed."""

import asyncio
import contextlib
import math
import time
from typing import Any

import msgspec
from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import BaseModel
from sqlalchemy import Engine, select
from starlette.concurrency import run_in_threadpool

from tillsight_models.events import MAX_MESSAGE_BYTES
from tillsight_models.topics import DeviceTopics

from .. import tables
from ..access import CurrentDevice
from ..ingest.messages import Incoming, Receipt
from ..ingest.writer import IngestWriter
from ..services import Services, ServicesDep
from .wanted import WANTED_HEADER

router = APIRouter(prefix="/api/v1", tags=["ingest"])

COMMIT_S = 30.0
"""How long a request waits for the commit. The client sends again after that, which stores nothing twice."""
RETRY = {"Retry-After": "5"}
MOST_WAIT_S = 600
"""A device that is far beyond its limits may ask again after this."""

_BODY = {
    "required": True,
    "description": "One event or an array of events, as on the `ev` topic; at most 64 kB.",
    "content": {"application/json": {"schema": {"type": ["object", "array"]}}},
}


class Ingested(BaseModel):
    """What became of the message. The three numbers are those of its transaction, which other messages may
    have been part of; `acks` is about this device alone."""

    stored: int
    duplicates: int
    quarantined: int
    acks: list[dict[str, Any]]
    """As on the device's `ack` topic: stream, upto, missing, window, now."""


@router.post("/ingest", openapi_extra={"requestBody": _BODY})
async def ingest(
    request: Request, response: Response, device: CurrentDevice, services: ServicesDep
) -> Ingested:
    """Store events of one device, which sends its API token (role `device`). The header `Tillsight-Wanted` of
    the answer names the configuration that is wanted of it."""
    payload = await _read_body(request)
    _check_limits(services, device.scope or "", len(payload))
    topic, wanted = await run_in_threadpool(_place_of, services.engine, device.scope or "")
    receipt = await _committed(services.writer, topic, payload) if services.writer.running else None
    if receipt is None or not receipt.committed:
        raise HTTPException(503, "the hub takes no events now; send it again", RETRY)
    if wanted:
        response.headers[WANTED_HEADER] = wanted
    return Ingested(
        stored=receipt.stored,
        duplicates=receipt.duplicates,
        quarantined=receipt.quarantined,
        acks=[msgspec.to_builtins(ack) for id, ack in receipt.acks.items() if id == device.scope],
    )


def _check_limits(services: Services, device: str, size: int) -> None:
    """429 where the device hands in too much: it keeps its events, and sends them again."""
    wait_s = services.limits.wait_s(device, size) if services.limits else 0.0
    if wait_s > 0:
        again = {"Retry-After": str(min(MOST_WAIT_S, math.ceil(wait_s)))}
        raise HTTPException(429, "more than one device may hand in: send it again later", again)


async def _read_body(request: Request) -> bytes:
    """At most one message; the rest of a larger one is not even read."""
    payload = bytearray()
    async for chunk in request.stream():
        payload += chunk
        if len(payload) > MAX_MESSAGE_BYTES:
            raise HTTPException(413, f"at most {MAX_MESSAGE_BYTES} bytes a message")
    return bytes(payload)


def _place_of(engine: Engine, device: str) -> tuple[str, str | None]:
    """The topic that this device has on MQTT, and the version of what is wanted of it; 403 for one that is
    not in the hierarchy."""
    wanted = tables.device_config
    known = tables.device.join(tables.touchpoint).join(tables.store)
    place = (
        select(tables.store.c.org_id, tables.store.c.id, wanted.c.version)
        .select_from(known.outerjoin(wanted, wanted.c.dev == tables.device.c.id))
        .where(tables.device.c.id == device)
    )
    with engine.connect() as connection:
        row = connection.execute(place).one_or_none()
    if row is None:
        raise HTTPException(403, f"device {device!r} is not in the hierarchy")
    return DeviceTopics(row.org_id, row.id, device).of("ev"), row.version


async def _committed(writer: IngestWriter, topic: str, payload: bytes) -> Receipt:
    """The writer's receipt; 503 where it cannot commit in time."""
    loop = asyncio.get_running_loop()
    receipt: asyncio.Future[Receipt] = loop.create_future()

    def settle(result: Receipt) -> None:
        if not receipt.done():
            receipt.set_result(result)

    def done(result: Receipt) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result)

    writer.submit(Incoming(topic, payload, time.time_ns() // 1_000_000, done))
    try:
        return await asyncio.wait_for(receipt, COMMIT_S)
    except TimeoutError:
        raise HTTPException(503, "the database takes too long; send it again", RETRY) from None
