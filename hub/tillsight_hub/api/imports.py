"""`/api/v1/import`: history of other systems, as `tillsight-hub import` takes it."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from tillsight_models.errors import BadConfig
from tillsight_models.events import ContactSource

from ..access import CurrentAdmin
from ..errors import ImportFailed
from ..imports.csv_file import CsvFile
from ..imports.examine import Examined, examine
from ..imports.kinds import Kind
from ..imports.moments import Dates
from ..imports.plan import ImportPlan, read_assignments
from ..imports.register import Import, find_import, list_imports, remove_import
from ..imports.storing import store
from ..imports.values import DecimalMark
from ..ingest.intake import Intake, now_ms
from ..services import Services, ServicesDep
from .reading import READ_ERRORS, Utc, utc

router = APIRouter(prefix="/api/v1/import", tags=["import"], responses=READ_ERRORS)

MAX_UPLOAD_BYTES = 200_000_000
_BODY = {
    "required": True,
    "description": "The CSV file, with a header; at most 200 MB.",
    "content": {"text/csv": {"schema": {"type": "string"}}},
}


class ImportQuery(BaseModel):
    """What the file holds and how to read it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    file: str = Field("upload.csv", max_length=200, description="its name, for the list of imports")
    map: list[str] = Field([], description="COLUMN=FIELD, given often")
    touchpoint: str | None = Field(None, description="where all rows belong, in a file without such a column")
    touchpoint_map: list[str] = Field([], description="THEIRS=OURS, given often")
    tz: str | None = Field(None, description="zone of times without offset; default: the store's")
    dates: Dates = "iso"
    decimal: DecimalMark | None = None
    scale: str | None = Field(None, description="of votes; default: the touchpoint's")
    first_button: int = Field(1, ge=0, le=1)
    best_first: bool = False
    source: ContactSource | None = None
    max_errors: int = Field(0, ge=0)
    dry_run: bool = False

    def plan(self) -> ImportPlan:
        return ImportPlan(
            kind=self.kind,
            columns=read_assignments(self.map, "map"),
            touchpoint=self.touchpoint,
            touchpoint_map=read_assignments(self.touchpoint_map, "touchpoint_map"),
            tz=self.tz,
            dates=self.dates,
            decimal=self.decimal,
            scale=self.scale,
            first_button=self.first_button,
            best_first=self.best_first,
            source=self.source,
        )


class ImportOut(BaseModel):
    """One imported file."""

    stream: str = Field(description="its id")
    at: Utc
    actor: str
    file: str
    kind: str
    rows: int
    events: int
    stored: int = Field(description="fewer than `events` where it was broken off")


class Imported(BaseModel):
    """The quality report, and what became of the file."""

    detail: str
    stored: int = Field(description="events stored now")
    report: dict[str, Any]


class Removed(BaseModel):
    """What was taken out."""

    events: int


@router.post("", openapi_extra={"requestBody": _BODY})
async def import_history(
    admin: CurrentAdmin, services: ServicesDep, request: Request, query: Annotated[ImportQuery, Query()]
) -> JSONResponse:
    """Examine a file and store all its good rows; 422 with the report, and nothing stored, where more than
    `max_errors` rows are bad."""
    async with _received(request) as path:
        status, answer = await run_in_threadpool(_import, services, admin.name, path, query)
    return JSONResponse(answer.model_dump(), status)


@router.get("")
def imports(_: CurrentAdmin, services: ServicesDep) -> list[ImportOut]:
    """What was imported, newest first."""
    with services.engine.connect() as connection:
        return [_out(each) for each in list_imports(connection)]


@router.delete("/{stream}")
def remove(admin: CurrentAdmin, services: ServicesDep, stream: str) -> Removed:
    """Take an import out again, with all that it counted."""
    try:
        return Removed(events=remove_import(services.engine, stream, admin.name))
    except ImportFailed as error:
        raise HTTPException(404, str(error)) from error


@asynccontextmanager
async def _received(request: Request) -> AsyncIterator[Path]:
    """The body in a file that is gone afterwards; the rest of one that is too large is not even read."""
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > MAX_UPLOAD_BYTES:
                raise HTTPException(413, f"at most {MAX_UPLOAD_BYTES:,} bytes; use tillsight-hub import")
            file.write(chunk)
        file.flush()
        yield Path(file.name)


def _import(services: Services, actor: str, path: Path, query: ImportQuery) -> tuple[int, Imported]:
    try:
        plan = query.plan()
        file = CsvFile.open(path, plan.columns, query.file)
        with services.engine.connect() as connection:
            examined = examine(connection, file, plan, now_ms())
            known = find_import(connection, examined.report.stream)
    except BadConfig as error:
        raise HTTPException(422, "; ".join(error.problems)) from error
    report = examined.report
    answer = partial(Imported, stored=0, report=report.as_json())
    if report.bad > query.max_errors:
        detail = f"nothing stored: {report.bad} rows with errors, max_errors is {query.max_errors}"
        return 422, answer(detail=detail)
    if not report.events:
        return 422, answer(detail="nothing stored: no rows to store")
    if known is not None and known.complete:
        return 200, answer(detail=f"nothing stored: imported before, by {known.actor}")
    if query.dry_run:
        return 200, answer(detail="dry run, nothing stored")
    return 200, answer(detail=f"import {report.stream}", stored=_store(services, examined, actor))


def _store(services: Services, examined: Examined, actor: str) -> int:
    ingest = services.config.ingest
    intake = Intake(services.engine, window=ingest.window, future_tolerance_s=ingest.future_tolerance_s)
    told = services.live.commit_seen
    return store(services.engine, examined, actor, intake=intake, told=told).events


def _out(each: Import) -> ImportOut:
    return ImportOut(
        stream=each.stream,
        at=utc(each.at),
        actor=each.actor,
        file=each.file,
        kind=each.kind,
        rows=each.rows,
        events=each.events,
        stored=each.stored,
    )
