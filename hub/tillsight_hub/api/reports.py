"""`/api/v1/reports/...`: a report as a PDF."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query, Request
from pydantic import Field
from starlette.responses import Response

from ..access import CurrentViewer
from ..access.clock import now_ms
from ..charts.drawing import Voice
from ..errors import BadPeriod
from ..hierarchy import Hierarchy
from ..reports.kinds import Kind, latest_over, name_of_period, period_of
from ..reports.making import MAY_READ, language_of, make_report, voice_of
from ..reports.typesetting import pdf_of
from ..services import ServicesDep
from .reading import READ_ERRORS, PlaceQuery, visible_places

router = APIRouter(prefix="/api/v1", tags=["reports"], responses=READ_ERRORS)


class ReportQuery(PlaceQuery):
    """Of which place and time."""

    place: str = Field(description="id of an org, region, store or touchpoint")
    period: str | None = Field(
        None,
        description="2026-W47, 2026-11 or 2026-H2, or any day in it; default: the latest that is over there",
    )
    language: str | None = Field(None, description="ISO 639 code; default: the place's")


@router.get(
    "/reports/{report}.pdf",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}, "description": "the report, as PDF/UA"}},
)
def report(
    request: Request,
    viewer: CurrentViewer,
    services: ServicesDep,
    kind: Annotated[Kind, Path(alias="report", description="which one")],
    query: Annotated[ReportQuery, Query()],
) -> Response:
    """A report of a place, with the numbers of /api/v1/scores."""
    if viewer.role not in MAY_READ[kind]:
        raise HTTPException(403, f"your role is {viewer.role}; this needs {' or '.join(MAY_READ[kind])}")
    now = now_ms()
    with services.engine.connect() as connection:
        hierarchy, places = visible_places(connection, viewer, query.place)
        try:
            period = (
                period_of(kind, query.period)
                if query.period is not None
                else latest_over(kind, [place.calendar for place in places], now)
            )
        except BadPeriod as error:
            raise HTTPException(422, str(error)) from error
        made = make_report(
            connection,
            hierarchy,
            kind,
            query.place,
            period,
            voice=_voice(request, hierarchy, query),
            metrics=services.metrics,
            settings=services.config.reports,
            now=now,
        )
    name = f"{kind}-{query.place}-{name_of_period(kind, period)}.pdf"
    return pdf_answer(pdf_of(made), name)


def pdf_answer(pdf: bytes, name: str) -> Response:
    """For a browser that shows it, or keeps it under this name."""
    return Response(
        pdf, media_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'}
    )


def _voice(request: Request, hierarchy: Hierarchy, query: ReportQuery) -> Voice:
    """422 for a language that the hub does not speak."""
    spoken: dict[str, Voice] = request.app.state.pages
    if query.language is not None and query.language not in spoken:
        known = ", ".join(spoken)
        raise HTTPException(422, f"language: {query.language!r:.20}: expected one of {known}")
    return voice_of(spoken, query.language or language_of(hierarchy, query.place))
